package verifier_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

// sameAsPeer: sums of a few float64 in another order.
const sameAsPeer = 1e-12

// made is a verifier with options, or the end of the test.
func made(t testing.TB, name string, options map[string]any) verifier.Verifier {
	t.Helper()
	v, err := verifier.New(name, options)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func score(v verifier.Verifier, completion string) float64 {
	return v.Verify(nil, &data.Example{}, completion).Score //nolint:staticcheck // these look at no context
}

// peerForms is testdata/forms.json, see forms.py beside it.
type peerForms struct {
	Forms []struct {
		Text        string  `json:"text"`
		Think       float64 `json:"think"`
		ThinkAnswer float64 `json:"think_answer"`
		Tags        float64 `json:"think_answer_tags"`
	} `json:"forms"`
	Repetition []struct {
		Text    string  `json:"text"`
		Size    int     `json:"size"`
		Penalty float64 `json:"penalty"`
		Score   float64 `json:"score"`
	} `json:"repetition"`
	Cosine []struct {
		Length int     `json:"length"`
		Right  bool    `json:"right"`
		Score  float64 `json:"score"`
	} `json:"cosine"`
}

func readPeerForms(t *testing.T) *peerForms {
	t.Helper()
	raw, err := os.ReadFile("testdata/forms.json")
	if err != nil {
		t.Fatal(err)
	}
	p := &peerForms{}
	if err := json.Unmarshal(raw, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFormsAsPeers: the named formats are those of open-r1 and TRL, but for what is
// stricter here on purpose.
func TestFormsAsPeers(t *testing.T) {
	think, both, tags := made(t, "format", map[string]any{"format": "think"}),
		made(t, "format", map[string]any{"format": "think_answer"}), made(t, "format", map[string]any{"format": "think_answer_tags"})
	accepted := 0
	for _, c := range readPeerForms(t).Forms {
		if got := score(tags, c.Text); got != c.Tags {
			t.Errorf("tags of %q: %v, want %v", c.Text, got, c.Tags)
		}
		if got := score(think, c.Text); got != c.Think && !(got == 0 && strings.Count(c.Text, "</think>") > 1) {
			t.Errorf("think in %q: %v, want %v", c.Text, got, c.Think)
		}
		stricter := !strings.HasSuffix(c.Text, "</answer>")
		for _, tag := range []string{"<think>", "</think>", "<answer>", "</answer>"} {
			stricter = stricter || strings.Count(c.Text, tag) > 1
		}
		switch got := score(both, c.Text); {
		case got != c.ThinkAnswer && !(got == 0 && stricter):
			t.Errorf("think and answer in %q: %v, want %v", c.Text, got, c.ThinkAnswer)
		case got == 1:
			accepted++
		}
	}
	if accepted < 5 {
		t.Errorf("%d forms are accepted: too few to tell", accepted)
	}
}

func TestRepetitionAsPeer(t *testing.T) {
	for _, c := range readPeerForms(t).Repetition {
		v := made(t, "repetition", map[string]any{"ngram_size": c.Size, "max_penalty": c.Penalty})
		if got := score(v, c.Text); math.Abs(got-c.Score) > sameAsPeer {
			t.Errorf("%d-grams of %q: %v, want %v", c.Size, c.Text, got, c.Score)
		}
	}
	v := made(t, "repetition", map[string]any{"ngram_size": 2, "unit": "characters"})
	if got := score(v, "\u4f60\u597d\u4f60\u597d"); math.Abs(got+1.0/3) > sameAsPeer {
		t.Errorf("pairs of characters: %v, want -1/3", got)
	}
}

func TestCosineAsPeer(t *testing.T) {
	right := made(t, "length", map[string]any{"shape": "cosine", "max": 1000})
	wrong := made(t, "length", map[string]any{"shape": "cosine", "max": 1000, "min_value": -0.5, "max_value": -1})
	for _, c := range readPeerForms(t).Cosine {
		v := wrong
		if c.Right {
			v = right
		}
		if got := score(v, strings.Repeat("\u00e9", c.Length)); math.Abs(got-c.Score) > sameAsPeer {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if got := score(right, strings.Repeat("a", 1500)); got != 0.5 {
		t.Errorf("beyond max: %v, want 0.5", got)
	}
}

// TestForms runs the conformance suite on what needs no reference answers.
func TestForms(t *testing.T) {
	good := "<think>\na\n</think>\n<answer>\nb\n</answer>"
	ex := answers("x")
	for _, c := range []struct {
		name            string
		options         map[string]any
		correct, others []string
	}{
		{"format", map[string]any{"format": "boxed"}, []string{`\boxed{1}`, `\fbox{x}`, `\boxed{\frac{1}{2}} .`, `\boxed{\}}`, `\boxed{} or \boxed{2}`},
			[]string{"", "1", `\boxed{}`, `\boxed{ }`, `\boxed{1`, `\boxed{\}`, `\boxed 1`, `\boxed{1} or \boxed{`}},
		{"format", map[string]any{"format": "think"}, []string{"<think>a</think>b", "<think></think>"}, []string{"a<think></think>", "<think>", "<think></think></think>"}},
		{"format", map[string]any{"format": "think_answer"}, []string{good}, []string{"", good + " ", good + good, strings.ToUpper(good), "<think>\n</think>\n<answer>\n</answer>"}},
		{"format", map[string]any{"format": "think_answer_tags"}, []string{good}, []string{"", "<think>\n"}},
		{"format", map[string]any{"pattern": `(?s)\A\d+.*\z`}, []string{"1", "12\nx"}, []string{"", "x1"}},
		{"length", map[string]any{"min": 2, "max": 3}, []string{"ab", "\u00e9\u00e9\u00e9"}, []string{"", "a", "abcd"}},
		{"length", map[string]any{"max": 2, "unit": "words", "slack": 4}, []string{"", "a b", " a\n"}, []string{"a b c", strings.Repeat("a ", 50)}},
		{"length", map[string]any{"shape": "target", "target": 4}, []string{"abcd"}, []string{"", "abc", "abcde"}},
		{"length", map[string]any{"shape": "cosine", "max": 4}, []string{"", "abc"}, []string{"abcde"}},
		{"repetition", nil, []string{"", "a b c d"}, []string{"a b c a b c"}},
		{"language", map[string]any{"language": "en"}, []string{"so it is", "is $\u4f60$ \\beta"}, []string{"", "12", "\u4f60\u597d", "so \u4f60\u597d"}},
		{"language", map[string]any{"language": "zh"}, []string{"\u4f60\u597d $x$ ```code``` \\frac"}, []string{"hello", "\u4f60 $x", `\` + "hello \u4f60 hello"}},
		{"language", map[string]any{"script": "Cyrillic", "min_share": 0.5}, []string{"\u0434\u0430 no"}, []string{"\u0434\u0430 not"}},
	} {
		s := verifiertest.Suite{New: func() (verifier.Verifier, error) { return verifier.New(c.name, c.options) }}
		for _, text := range c.correct {
			s.Cases = append(s.Cases, row(ex, text, data.Correct, "match"))
		}
		for _, text := range c.others {
			s.Cases = append(s.Cases, row(ex, text, data.Incorrect, ""))
		}
		for _, err := range verifiertest.Check(s) {
			t.Errorf("%s %v: %v", c.name, c.options, err)
		}
	}
}

func TestLengthFalls(t *testing.T) {
	target := made(t, "length", map[string]any{"shape": "target", "target": 10, "slack": 4})
	limits := made(t, "length", map[string]any{"min": 10, "max": 20, "slack": 10})
	for _, c := range []struct {
		v    verifier.Verifier
		n    int
		want float64
	}{{target, 10, 1}, {target, 9, 0.75}, {target, 13, 0.25}, {target, 14, 0}, {target, 0, 0}, {limits, 20, 1}, {limits, 25, 0.5}, {limits, 9, 0.9}, {limits, 30, 0}, {limits, 0, 0}} {
		if got := score(c.v, strings.Repeat("a", c.n)); math.Abs(got-c.want) > sameAsPeer {
			t.Errorf("%d characters: %v, want %v", c.n, got, c.want)
		}
	}
}

func TestFormOptions(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]any
		want    string
	}{
		{"format", nil, "options.format: required, or pattern: one of boxed, think, think_answer, think_answer_tags"},
		{"format", map[string]any{"format": "box"}, `options.format: found "box", allowed: one of boxed`},
		{"format", map[string]any{"pattern": "("}, "options.pattern: found \"(\", allowed: a regular expression (RE2)"},
		{"format", map[string]any{"pattern": "a", "format": "think"}, "options.pattern: found \"a\", allowed: nothing beside format"},
		{"format", map[string]any{"patern": "a", "format": "think"}, "options.patern: unknown option; one of format, pattern; did you mean pattern?"},
		{"length", nil, "options.max: required with shape limits, or min"},
		{"length", map[string]any{"min": 3, "max": 2}, "options.min: found 3, allowed: at most max (2)"},
		{"length", map[string]any{"max": 2, "target": 2}, "options.target: found 2, allowed: nothing with shape limits"},
		{"length", map[string]any{"shape": "target"}, "options.target: required with shape target"},
		{"length", map[string]any{"shape": "sine", "max": 1}, `options.shape: found "sine", allowed: one of limits, target, cosine`},
		{"length", map[string]any{"max": 1.5}, "options.max: found 1.5, allowed: a whole number from 1"},
		{"repetition", map[string]any{"max_penalty": 1}, "options.max_penalty: found 1, allowed: a number from -1e+06 to 0"},
		{"repetition", map[string]any{"ngram_size": 0}, "options.ngram_size: found 0, allowed: a whole number from 1 to 64"},
		{"language", nil, "options.language: required, or script: one of ar"},
		{"language", map[string]any{"language": "xx"}, `options.language: found "xx", allowed: one of ar`},
		{"language", map[string]any{"script": "latin"}, `options.script: found "latin", allowed: a Unicode script`},
		{"language", map[string]any{"language": "en", "min_share": math.NaN()}, "options.min_share: found NaN, allowed: a number from 0 to 1"},
	} {
		if _, err := verifier.New(c.name, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v:\n%v, want\n%s", c.name, c.options, err, c.want)
		}
	}
}

// TestFormsAreLinear: eight times the text must not take much more than eight times as
// long; quadratic would be 64 times.
func TestFormsAreLinear(t *testing.T) {
	const factor, limit = 8, 30 // a busy machine adds something, not a power
	for _, c := range []struct {
		name    string
		options map[string]any
		unit    string
	}{
		{"format", map[string]any{"format": "boxed"}, `\boxed{`}, {"format", map[string]any{"format": "think_answer"}, "<think>\n"},
		{"format", map[string]any{"pattern": `(a*)*b\z`}, "a"}, {"length", map[string]any{"max": 1, "unit": "words"}, "a "},
		{"repetition", nil, "a b "}, {"repetition", map[string]any{"unit": "characters", "ngram_size": 64}, "ab"},
		{"language", map[string]any{"language": "en"}, "$$ `` \\( \\[ $"}, {"language", map[string]any{"language": "en"}, "`\\"},
	} {
		v := made(t, c.name, c.options)
		took := func(n int) time.Duration {
			text := strings.Repeat(c.unit, n/len(c.unit))
			start := time.Now()
			score(v, text)
			return time.Since(start)
		}
		const size, attempts = 16 << 10, 50
		small, large := time.Hour, time.Hour
		for n := 0; n < attempts && (n < 3 || large > limit*small); n++ { // a busy machine interrupts
			small, large = min(small, took(size)), min(large, took(factor*size))
		}
		if large > limit*small {
			t.Errorf("%s %v on %q: %v for %d bytes, %v for %d", c.name, c.options, c.unit, small, size, large, factor*size)
		}
	}
}

func FuzzForms(f *testing.F) {
	var all []verifier.Verifier
	for _, o := range []struct {
		name    string
		options map[string]any
	}{
		{"format", map[string]any{"format": "boxed"}}, {"format", map[string]any{"format": "think"}},
		{"format", map[string]any{"format": "think_answer"}}, {"format", map[string]any{"format": "think_answer_tags"}},
		{"length", map[string]any{"max": 10, "unit": "words"}}, {"repetition", map[string]any{"ngram_size": 2}},
		{"repetition", map[string]any{"ngram_size": 2, "unit": "characters"}}, {"language", map[string]any{"language": "ja"}},
	} {
		all = append(all, made(f, o.name, o.options))
	}
	for _, s := range []string{"", `\boxed{`, "<think>\n</think>\n<answer>\n</answer>", "a b a b", "$x$ \\", "\xff\u3042"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, completion string) {
		for _, v := range all {
			got := v.Verify(t.Context(), &data.Example{}, completion)
			if got.Score < -1 || got.Score > 1 || math.IsNaN(got.Score) || got.Masked() {
				t.Errorf("%s: %+v", v.Name(), got)
			}
		}
	})
}
