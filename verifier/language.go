package verifier

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("language", "the share of the completion's letters that are of a language's script (DeepSeek-R1's language consistency, arXiv 2501.12948)", newLanguage)
}

// language scores the share of letters that belong to the scripts of a language. Formulas
// ($ $, \( \), \[ \]), LaTeX commands and fenced code do not count: they look alike in all
// languages. It tells scripts, not languages that share one. Reasons: match, mixed,
// no_letters (score 0: silence is no language).
type language struct {
	scripts []*unicode.RangeTable
	least   float64
}

// languageScripts are the scripts of languages by ISO 639 code.
var languageScripts = map[string][]string{
	"ar": {"Arabic"}, "bg": {"Cyrillic"}, "bn": {"Bengali"}, "de": {"Latin"}, "el": {"Greek"}, "en": {"Latin"}, "es": {"Latin"},
	"fa": {"Arabic"}, "fr": {"Latin"}, "he": {"Hebrew"}, "hi": {"Devanagari"}, "id": {"Latin"}, "it": {"Latin"},
	"ja": {"Han", "Hiragana", "Katakana"}, "ko": {"Hangul", "Han"}, "nl": {"Latin"}, "pl": {"Latin"}, "pt": {"Latin"},
	"ru": {"Cyrillic"}, "ta": {"Tamil"}, "te": {"Telugu"}, "th": {"Thai"}, "tr": {"Latin"}, "uk": {"Cyrillic"}, "vi": {"Latin"}, "zh": {"Han"},
}

// newLanguage has the options
//
//	language   a code such as en, zh or ru, or
//	script     a Unicode script, such as Latin
//	min_share  from which share on the verdict is correct, default 0.9; the score is
//	           the share
func newLanguage(options map[string]any) (Verifier, error) {
	s := settings{given: options}
	l := &language{least: s.number("min_share", 0.9, 0, 1)}
	code, script := s.text("language", ""), s.text("script", "")
	names := languageScripts[code]
	switch {
	case code == "" && script == "":
		s.Add("language", nil, "required, or script: %s", fault.OneOf("", slices.Sorted(maps.Keys(languageScripts))))
	case code != "" && script != "":
		s.Add("script", script, "nothing beside language")
	case script != "":
		names = []string{script}
		s.Check(unicode.Scripts[script] != nil, "script", script, "a Unicode script, such as Latin, Han or Cyrillic")
	default:
		s.Check(names != nil, "language", code, "%s", fault.OneOf(code, slices.Sorted(maps.Keys(languageScripts))))
	}
	for _, name := range names {
		l.scripts = append(l.scripts, unicode.Scripts[name])
	}
	return l, s.err()
}

func (*language) Name() string { return "language" }

func (*language) Goldless() bool { return true }

func (l *language) Verify(_ context.Context, _ *data.Example, completion string) data.Verdict {
	letters, own := 0, 0
	prose(completion, func(r rune) {
		if !unicode.IsLetter(r) {
			return
		}
		letters++
		if unicode.In(r, l.scripts...) {
			own++
		}
	})
	v := data.Verdict{Kind: data.Incorrect, Reason: "mixed", Blame: data.BlameCompletion}
	if letters == 0 {
		v.Reason = "no_letters"
		return v
	}
	v.Score = float64(own) / float64(letters)
	if v.Score >= l.least {
		v.Kind, v.Reason, v.Blame = data.Correct, "match", data.BlameNone
	}
	return v
}

// fences open and close what is not prose. One that is never closed opens nothing.
var fences = []struct{ open, end string }{{"```", "```"}, {"$$", "$$"}, {"$", "$"}, {`\[`, `\]`}, {`\(`, `\)`}}

// prose gives each the characters outside of formulas, commands and code, in linear time.
func prose(text string, each func(rune)) {
	unclosed := make([]bool, len(fences)) // no such end is left
	for i := 0; i < len(text); {
		if n := fenced(text[i:], unclosed); n > 0 {
			i += n
			continue
		}
		if text[i] == '\\' {
			i += commandLength(text[i:])
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		each(r)
		i += n
	}
}

// fenced is the length of the fenced part that text begins with, 0 for none.
func fenced(text string, unclosed []bool) int {
	for k, f := range fences {
		if unclosed[k] || !strings.HasPrefix(text, f.open) {
			continue
		}
		if n := strings.Index(text[len(f.open):], f.end); n >= 0 {
			return len(f.open) + n + len(f.end)
		}
		unclosed[k] = true
	}
	return 0
}

// commandLength is the length of the LaTeX command that text, a backslash and more, begins
// with.
func commandLength(text string) int {
	n := 1
	for n < len(text) && isASCIILetter(text[n]) {
		n++
	}
	if n == 1 && n < len(text) && text[n] < utf8.RuneSelf {
		n++ // a command of one sign, such as two backslashes
	}
	return n
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
