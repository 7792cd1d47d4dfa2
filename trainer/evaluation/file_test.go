package evaluation

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func testHeader() *Header {
	return &Header{Weights: "w", Backend: "go", K: 2, Stop: []string{}, Data: json.RawMessage(`{}`), Reward: json.RawMessage(`{}`)}
}

// TestCutAnywhere cuts a file at every byte: what is there of it goes on, and ends with
// the same bytes.
func TestCutAnywhere(t *testing.T) {
	problems := []*Problem{answered("a", "+a", "x"), answered("b", "", "<y>"), answered("c", "!", "+a")}
	path := filepath.Join(t.TempDir(), "eval.jsonl")
	write := func(order []int) []byte {
		t.Helper()
		f, err := Open(path, testHeader())
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, p := range f.Done() {
			have[p.ID] = true
		}
		for _, i := range order {
			if !have[problems[i].ID] {
				if err := f.Add(problems[i]); err != nil {
					t.Fatal(err)
				}
				// A process that is killed now leaves a file that can be read.
				if _, kept, err := Read(path); err != nil || len(kept) != len(f.Done()) {
					t.Fatalf("%d problems in the unfinished file, want %d: %v", len(kept), len(f.Done()), err)
				}
			}
		}
		if err := f.Finish(problems); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	whole := write([]int{2, 0, 1})
	for n := 0; n < len(whole); n += 7 { // 7: every place in a line, over the lines
		if err := os.WriteFile(path, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if got := write([]int{1, 2, 0}); !bytes.Equal(got, whole) {
			t.Fatalf("cut at byte %d:\n%s\nwant:\n%s", n, got, whole)
		}
	}
	_, read, err := Read(path)
	if err != nil || len(read) != 3 || read[1].Completions[1].Text != "<y>" || !read[2].Completions[0].Masked {
		t.Errorf("read %v, %v", read, err)
	}
}

// TestOtherFilesAreLeftAlone: neither another evaluation nor anything else is written to.
func TestOtherFilesAreLeftAlone(t *testing.T) {
	header := string(encode(testHeaderOf(version)))
	problem := string(encode(answered("a", "+a", "x")))
	for name, c := range map[string]struct{ text, want string }{
		"no header":       {problem, ":1: "},
		"a text":          {"shopping list", "without a line end"},
		"lines of text":   {"eggs\nmilk\n", ":1: "},
		"newer":           {string(encode(testHeaderOf(version + 1))), ":1: "},
		"another":         {strings.Replace(header, `"seed":0`, `"seed":1`, 1), "seed there 1, here 0"},
		"not JSON":        {header + "{\n", ":2: "},
		"no id":           {header + `{"set":"test"}` + "\n", ":2: "},
		"twice":           {header + problem + problem, "that of line 2 too"},
		"vote from ahead": {header + strings.Replace(problem, `"vote":0`, `"vote":1`, 1), ":2: "},
		"vote far away":   {header + strings.Replace(problem, `"vote":0`, `"vote":99`, 1), ":2: "},
		"vote for other":  {header + strings.Replace(problem, `"vote":1`, `"vote":0`, 1), ":2: "},
		"negative length": {header + strings.Replace(problem, `"tokens":10`, `"tokens":-1`, 1), ":2: "},
	} {
		path := filepath.Join(t.TempDir(), "other")
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, testHeader())
		if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != c.text {
			t.Errorf("%s: the file was changed to %q", name, after)
		}
	}
}

func testHeaderOf(version int) *Header {
	h := testHeader()
	h.Version = version
	return h
}

func FuzzDecode(f *testing.F) {
	header := string(encode(testHeaderOf(version)))
	f.Add(header + string(encode(answered("a", "+a", "x", "!", ""))))
	f.Add(header + `{"id":"a","completions":[{"vote":-1}]}`)
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		_, problems, err := decode(strings.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		k := 1
		for _, p := range problems {
			if k = max(k, len(p.Completions)); k > 32 {
				return
			}
		}
		s := Summarize("fuzz", k, problems)
		if s.Avg < 0 || s.Avg > 1 {
			t.Errorf("avg %v", s.Avg)
		}
		Compare("fuzz", problems, problems)
	})
}
