package code

import (
	"strings"
	"testing"
)

func TestExtract(t *testing.T) {
	for _, tt := range []struct {
		name, completion string
		format           Format
		think            bool
		want             string
		ok               bool
	}{
		{"a block", "Here:\n```python\nx = 1\n```\nDone.", Fenced, false, "x = 1", true},
		{"the last of two", "```python\nx = 1\n```\n```python\nx = 2\n```", Fenced, false, "x = 2", true},
		{"a tag beats none", "```python\nx = 1\n```\nprints\n```\n1\n```", Fenced, false, "x = 1", true},
		{"without a tag", "```\nx = 1\n```", Fenced, false, "x = 1", true},
		{"other languages are none", "```bash\nls\n```", Fenced, false, "", false},
		{"another language after it", "```python\nx = 1\n```\n```bash\nls\n```", Fenced, false, "x = 1", true},
		{"capital letters, attributes", "``` Python3 title=\"a\"\nx = 1\n```", Fenced, false, "x = 1", true},
		{"braces", "```{.python .numberLines}\nx = 1\n```", Fenced, false, "x = 1", true},
		{"tildes", "~~~py\nx = 1\n~~~", Fenced, false, "x = 1", true},
		{"backticks in it", "````python\nx = '''\n```\n'''\n````", Fenced, false, "x = '''\n```\n'''", true},
		{"cut short", "```python\nx = 1\ny = ", Fenced, false, "x = 1\ny = ", true},
		{"indented as a whole", "  ```python\n  def f():\n    return 1\n  ```", Fenced, false, "def f():\n  return 1", true},
		{"windows", "```python\r\nx = 1\r\n```\r\n", Fenced, false, "x = 1", true},
		{"within a line is none", "use ```x = 1``` here", Fenced, false, "", false},
		{"a line of code in backticks is none", "```x = 1```", Fenced, false, "", false},
		{"empty", "```python\n\n```", Fenced, false, "", false},
		{"no block", "x = 1", Fenced, false, "", false},
		{"no block, any", "x = 1", Any, false, "x = 1", true},
		{"block, any", "see\n```\nx = 1\n```", Any, false, "x = 1", true},
		{"nothing, any", " \n", Any, false, "", false},
		{"after the thoughts", "<think>```python\nx = 1\n```</think>```python\nx = 2\n```", Fenced, false, "x = 2", true},
		{"only in the thoughts", "<think>\n```python\nx = 1\n```\n</think>\nDone.", Fenced, false, "x = 1", true},
		{"only in the thoughts, and that is no answer", "<think>\n```python\nx = 1\n```\n</think>\nDone.", Fenced, true, "", false},
		{"thoughts without end", "<think>\n```python\nx = 1\n```\n", Fenced, true, "", false},
		{"after the thoughts, asked for", "a</think>\n```python\nx = 1\n```\n", Fenced, true, "x = 1", true},
		{"raw", "    return n\n\ndef other():\n    pass\n", Raw, false, "    return n\n", true},
		{"raw until a test", "    return n\nprint(f(1))\n", Raw, false, "    return n", true},
		{"raw keeps what is indented", "    if n:\n        print(n)\n    return n", Raw, false, "    if n:\n        print(n)\n    return n", true},
	} {
		got, ok := Extract(tt.completion, tt.format, tt.think)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %q, %v, want %q, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestContinues(t *testing.T) {
	for code, want := range map[string]bool{"    return 1": true, "\n\n\treturn 1": true, "def f(): pass": false, "": false, "\n  \n": false, "# no\n  x": false} {
		if got := continues(code); got != want {
			t.Errorf("%q: %v", code, got)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{"```python\nx\n```", "~~~\n```\n~~~", "</think>```py\n", "   ````python {a}\n````", "\r\n```\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, format := range []Format{Fenced, Any, Raw} {
			for _, think := range []bool{false, true} {
				code, ok := Extract(s, format, think)
				if ok && strings.TrimSpace(code) == "" {
					t.Errorf("%q: empty code", s)
				}
				if len(code) > len(s) {
					t.Errorf("%q: longer than what it comes from", s)
				}
				continues(code)
			}
		}
	})
}
