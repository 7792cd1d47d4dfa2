package jinja

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// goldenDate is what strftime_now says in the goldens.
func goldenDate() time.Time { return time.Date(2025, 3, 7, 9, 5, 2, 0, time.UTC) }

// goldens are small templates and what Jinja2 makes of them with transformers'
// settings, from the script that makes the goldens of chats.
type goldens struct {
	Variables []map[string]json.RawMessage
	Cases     []golden
}

func readGoldens(t testing.TB) (g goldens) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "chat", "jinja.json"))
	if err == nil {
		err = json.Unmarshal(raw, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// variables are those of the goldens, and of the chat that they were rendered with.
func (g *goldens) variables(t testing.TB) map[string]Value {
	t.Helper()
	out := map[string]Value{"add_generation_prompt": false, "tools": nil, "documents": nil}
	for name, raw := range g.Variables[0] {
		out[name] = valueFor(t, raw)
	}
	out["messages"] = valueFor(t, json.RawMessage(`[{"role":"user","content":"u"},{"role":"assistant","content":"v"},{"role":"user","content":"w"}]`))
	return out
}

func valueFor(t testing.TB, v any) Value {
	t.Helper()
	out, err := ValueOf(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// render parses and renders.
func render(source string, variables map[string]Value, o Options) (string, error) {
	template, err := Parse(source)
	if err != nil {
		return "", err
	}
	return template.Render(variables, o)
}

// golden is a template and what Jinja2 makes of it: text, or an error.
type golden struct {
	Template    string
	Text, Error *string
}

// compareGoldens renders templates: as Jinja2 does, or they are refused. Never is there
// text where Jinja2 has an error, or other text.
func compareGoldens(t *testing.T, cases []golden, variables map[string]Value) (texts, errs int, refused []string) {
	t.Helper()
	for _, c := range cases {
		got, err := render(c.Template, variables, Options{Now: goldenDate})
		switch {
		case err != nil && !strings.HasPrefix(err.Error(), "line "):
			t.Errorf("%q: the error begins with no line: %v", c.Template, err)
		case c.Error != nil && err == nil:
			t.Errorf("%q gives %q, Jinja2 says %s", c.Template, got, *c.Error)
		case c.Error != nil:
			errs++
		case err != nil:
			refused = append(refused, c.Template+": "+err.Error())
		case got != *c.Text:
			t.Errorf("%q\n got %q\nwant %q", c.Template, got, *c.Text)
		default:
			texts++
		}
	}
	t.Logf("%d texts and %d errors as Jinja2, %d refused that it renders", texts, errs, len(refused))
	return texts, errs, refused
}

func TestGolden(t *testing.T) {
	golden := readGoldens(t)
	texts, errs, refused := compareGoldens(t, golden.Cases, golden.variables(t))
	for _, r := range refused {
		t.Log(r)
	}
	if texts < 120 || errs < 80 || len(refused) > 45 {
		t.Errorf("%d texts, %d errors, %d refused", texts, errs, len(refused))
	}
}

// TestMutationsPeer changes the templates of the goldens at random.
func TestMutationsPeer(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with transformers 5.23 to render with it")
	}
	number := 5000
	if os.Getenv("RLVR_LONG") != "" {
		number = 100_000
	}
	cmd := exec.Command(python, "-B", filepath.Join("testdata", "make_mutations.py"), fmt.Sprint(time.Now().UnixNano()%1e6), fmt.Sprint(number))
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	t.Log(cmd)
	golden := readGoldens(t)
	if texts, errs, refused := compareGoldens(t, cases, golden.variables(t)); texts < number/10 || errs < number/10 || len(refused) > number/10 {
		t.Errorf("%d texts, %d errors, %d refused", texts, errs, len(refused))
	}
}
