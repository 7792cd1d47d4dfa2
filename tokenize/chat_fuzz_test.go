package tokenize

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// maxHostile is how long a hostile template may take: its limits stop it within about
// a second on a free core, and the race detector and a busy machine are slower.
const maxHostile = 20 * time.Second

// maxHostileBytes is how much memory a hostile template may take from the system.
const maxHostileBytes = 1 << 30

// TestHostileTemplates are refused, at load or when they render, and soon.
func TestHostileTemplates(t *testing.T) {
	double := func(value, op string) string {
		return "{% set ns = namespace(x=" + value + ") %}{% for i in range(90) %}{% set ns.x = " + op + " %}{% endfor %}{{ ns.x | length }}"
	}
	for name, template := range map[string]string{
		"long range":         "{% for i in range(10**9) %}{{ i }}{% endfor %}",
		"nested loops":       strings.Repeat("{% for i in range(99999) %}", 4) + strings.Repeat("{% endfor %}", 4),
		"empty loops":        "{% for i in range(99999) %}{% for i in range(99999) %}{% endfor %}{% endfor %}",
		"repeat":             "{{ 'ab' * 10**12 }}",
		"doubled text":       double("'ab'", "ns.x + ns.x"),
		"doubled by ~":       double("'ab'", "ns.x ~ ns.x"),
		"many ~":             "{% set x = 'ab' * 1000000 %}{{ x" + strings.Repeat(" ~ x", 99) + " }}",
		"doubled list":       double("[1]", "ns.x + ns.x"),
		"doubled by join":    double("'ab'", "[ns.x, ns.x] | join(ns.x)"),
		"doubled by replace": double("'ab'", "ns.x.replace('b', ns.x)"),
		"doubled by json":    double("'\"'", "ns.x | tojson"),
		"nested list":        "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"equal lists":        "{% set ns = namespace(x=[], y=[]) %}{% for i in range(150) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"search":             "{% set x = 'a' * 9999999 %}{% for i in range(99999) %}{{ x.count('b') }}{{ x.find('b') }}{{ 'b' in x }}{{ x.strip('b') | length }}{% endfor %}",
		"split":              "{% set x = 'a' * 30000000 %}{{ x.split('a') | length }}",
		"fields":             "{% set x = 'a ' * 15000000 %}{{ x.split() | length }}",
		"slices":             "{% set x = 'a' * 9999999 %}{% for i in range(9999) %}{{ x[1:][1] }}{{ x[5] }}{% endfor %}",
		"set block":          "{% set ns = namespace(x='ab') %}{% for i in range(90) %}{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}{{ ns.x }}",
		"endless macro":      "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
		"two macros":         "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
		"macro tree":         "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(45) }}",
		"power":              "{{ 2 ** (2 ** 62) }}{{ 3 ** 9999999 }}",
		"brackets":           "{{ " + strings.Repeat("(", 300000) + " }}",
		"lists":              "{{ " + strings.Repeat("[", 300000) + strings.Repeat("]", 300000) + " }}",
		"not":                "{{ " + strings.Repeat("not ", 200000) + "1 }}",
		"minus":              "{{ 1" + strings.Repeat(" - -1", 100000) + " }}",
		"minuses":            "{{ " + strings.Repeat("- ", 400000) + "1 }}",
		"ifs":                strings.Repeat("{% if 1 %}", 90000),
		"else":               "{{ " + strings.Repeat("1 if 0 else ", 80000) + "1 }}",
		"attributes":         "{{ a" + strings.Repeat(".b", 400000) + " }}",
		"filters":            "{{ a" + strings.Repeat("|trim", 200000) + " }}",
		"calls":              "{{ a" + strings.Repeat("()", 400000) + " }}",
		"commas":             "{{ " + strings.Repeat("{", 100000),
		"long":               strings.Repeat("x", maxTemplateBytes+1),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			chat, err := newChatTemplate(map[string][]byte{templateFile: []byte(template)})
			if err == nil {
				_, err = chat.render(&Chat{Messages: []data.Message{{Role: data.RoleUser, Content: "x"}}})
			}
			if err == nil || strings.Contains(err.Error(), "panic") || !strings.Contains(err.Error(), "line ") {
				t.Errorf("error %v", err)
			}
			if len(fmt.Sprint(err)) > 3000 {
				t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
			}
			if d := time.Since(start); d > maxHostile {
				t.Errorf("took %v", d)
			}
			runtime.ReadMemStats(&after)
			if n := int64(after.Sys) - int64(before.Sys); n > maxHostileBytes {
				t.Errorf("took %d MiB from the system", n>>20)
			}
		})
	}
}

// TestChatConcurrent: several goroutines render and encode with one tokenizer.
func TestChatConcurrent(t *testing.T) {
	tok := familyTokenizer(t, "qwen3")
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 20 {
				text := strings.Repeat(string(rune('a'+g)), i+1) + string(rune('\ufdd0'+(g+i)%20))
				c := &Chat{Messages: []data.Message{{Role: data.RoleUser, Content: text}}, AddGenerationPrompt: true}
				want := "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n"
				if got, err := tok.RenderChat(c); err != nil || got != want {
					t.Errorf("%q, %v", got, err)
				}
				if ids, err := tok.EncodeChat(c); err != nil || tok.Decode(ids, false) != want {
					t.Errorf("%v, %v", ids, err)
				}
			}
		})
	}
	wait.Wait()
}

// FuzzChatTemplate: no template panics, and what one renders, it renders again.
func FuzzChatTemplate(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "chat", "templates", "*.jinja"))
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	var golden struct{ Cases []struct{ Template string } }
	decodeTestdata(f, "jinja.json", &golden)
	for _, c := range golden.Cases {
		f.Add(c.Template)
	}
	chat := &Chat{
		Messages: []data.Message{{Role: data.RoleUser, Content: "u <|im_end|>"}, {Role: data.RoleAssistant, Raw: json.RawMessage(`{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":1.0}}}]}`)}},
		Tools:    json.RawMessage(`[{"type":"function","function":{"name":"f"}}]`), AddGenerationPrompt: true,
		Kwargs: map[string]any{"l": []any{3, 1, 2}, "d": map[string]any{"b": 1, "a": nil}, "s": "x y", "n": nil, "t": true},
	}
	f.Fuzz(func(t *testing.T, source string) {
		template, err := newChatTemplate(map[string][]byte{templateFile: []byte(source)})
		if err != nil {
			if strings.Contains(err.Error(), "panic") {
				t.Fatal(err)
			}
			return
		}
		template.now = goldenDate
		got, err := template.render(chat)
		if err != nil {
			if strings.Contains(err.Error(), "panic") {
				t.Fatal(err)
			}
			return
		}
		if again, err := template.render(chat); err != nil || again != got {
			t.Fatalf("%q, then %q, %v", got, again, err)
		}
	})
}

// FuzzEncodeChat: no content makes a control token.
func FuzzEncodeChat(f *testing.F) {
	var toks []*bpe
	var want []map[int32]int
	for _, name := range []string{"qwen3", "llama3_2", "deepseek_r1_distill", "smollm2"} {
		toks = append(toks, familyTokenizer(f, name))
	}
	for _, template := range joining {
		toks = append(toks, withTemplate(f, template, map[string]string{"bos_token": "<s>", "eos_token": "</s>"}))
	}
	for _, tok := range toks {
		ids, err := tok.EncodeChat(chatWith(f, "y", [2]string{"v", "w"}))
		if err != nil {
			f.Fatal(err)
		}
		want = append(want, specialIDs(tok, ids))
	}
	f.Add("<|im_end|>", "<|im_", "end|>")
	f.Add("</s>\ufdd01\ufdd0", "<", "s>")
	f.Add("<｜end▁of▁sentence｜>", "<｜", "Assistant｜>")
	f.Fuzz(func(t *testing.T, text, half, other string) {
		text, half, other = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(half, "?"), strings.ToValidUTF8(other, "?")
		c := chatWith(t, text, [2]string{half, other})
		for i, tok := range toks {
			ids, err := tok.EncodeChat(c)
			if err != nil {
				if strings.Contains(err.Error(), "not implemented") { // upper case, all noncharacters
					continue
				}
				t.Fatalf("%v\n%q", err, c.Messages)
			}
			if got := specialIDs(tok, ids); !maps.Equal(got, want[i]) {
				t.Fatalf("template %d: control tokens %v, want %v", i, got, want[i])
			}
		}
	})
}

func BenchmarkRenderChat(b *testing.B) {
	for _, name := range []string{"qwen3", "llama3_2", "smollm2"} {
		tok := familyTokenizer(b, name)
		var golden struct{ Chats []goldenChat }
		decodeTestdata(b, "render.json.gz", &golden)
		for _, g := range golden.Chats {
			if g.Name != "turns" && g.Name != "tool call" {
				continue
			}
			c := g.chat(b)
			b.Run(name+"/render/"+g.Name, func(b *testing.B) {
				for b.Loop() {
					if _, err := tok.RenderChat(c); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(name+"/encode/"+g.Name, func(b *testing.B) {
				for b.Loop() {
					if _, err := tok.EncodeChat(c); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
