package jinja

import (
	"encoding/json"
	"os"
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
	Cases     []struct {
		Template    string
		Text, Error *string
	}
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

// TestGolden: small templates render as Jinja2 with transformers' settings does, or are
// refused. Never is there text where Jinja2 has an error, or other text.
func TestGolden(t *testing.T) {
	golden := readGoldens(t)
	variables := golden.variables(t)
	same, lacking := 0, 0
	for _, c := range golden.Cases {
		got, err := render(c.Template, variables, Options{Now: goldenDate})
		switch {
		case err != nil && !strings.HasPrefix(err.Error(), "line "):
			t.Errorf("%q: the error begins with no line: %v", c.Template, err)
		case c.Error != nil && err == nil:
			t.Errorf("%q gives %q, Jinja2 says %s", c.Template, got, *c.Error)
		case c.Error != nil:
			same++
		case err != nil:
			lacking++
			t.Logf("refused: %q: %v", c.Template, err)
		case got != *c.Text:
			t.Errorf("%q\n got %q\nwant %q", c.Template, got, *c.Text)
		default:
			same++
		}
	}
	t.Logf("%d as Jinja2, %d refused that Jinja2 renders", same, lacking)
	if most := 40; lacking > most {
		t.Errorf("%d templates are refused that Jinja2 renders, more than %d", lacking, most)
	}
}
