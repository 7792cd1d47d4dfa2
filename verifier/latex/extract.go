package latex

import (
	"sort"
	"strings"
)

// Extraction says where an answer may stand in a completion.
type Extraction struct {
	// Formulas, Plain and Letters say what is looked for: formulas in LaTeX, numbers
	// and expressions in plain text, and one of these letters (or words) as the choice
	// of an option. Without any of them: formulas and plain.
	Formulas, Plain bool
	Letters         []string
	// FoldLetters compares letters without regard to case.
	FoldLetters bool
	// BoxLate puts boxes after "final answer is ... I hope", as Math-Verify does by
	// default; otherwise the last box comes first.
	BoxLate bool
	// BoxOnly accepts an answer in a box and nothing else.
	BoxOnly bool
	// AfterThink judges only what follows the last </think>; a completion without one
	// has no answer. Otherwise an answer within the thoughts counts where there is none
	// after them (MathVerify: wherever it stands).
	AfterThink bool
}

// span is a candidate: the answer of a completion, in one part or several that are
// joined to a list.
type span struct {
	start, end int
	parts      []string
	rule       string
	plain      bool
}

func (s *span) text() string { return strings.Join(s.parts, ", ") }

// priorities, as in Math-Verify; lower is better.
const (
	rankHope   = 0
	rankFinal  = 50
	rankColon  = 100
	rankAnswer = 200
	rankWhole  = 250
	rankBare   = 300
)

const thinkEnd = "</think>"

// afterThink is what follows the last end of the thoughts.
func afterThink(text string) (string, bool) {
	at := strings.LastIndex(text, thinkEnd)
	if at < 0 {
		return "", false
	}
	return text[at+len(thinkEnd):], true
}

// ranked are candidates with their priority.
type ranked struct {
	rank int
	span
}

// extractor finds candidates in one text.
type extractor struct {
	text  string
	lower string
	opts  *Extraction
	mode  Mode
	envs  []env
	out   []ranked
}

// maxAnchors bounds how many places like "answer:" are looked at, from the last.
const maxAnchors = 64

// candidates are the answers that a text may give, best first: by priority, then the
// rightmost, then the longest.
func candidates(text string, o *Extraction, mode Mode) []ranked {
	x := &extractor{text: text, opts: o, mode: mode}
	if len(o.Letters) > 0 {
		x.letters()
	}
	formulas, plain := o.Formulas, o.Plain
	if !formulas && !plain && len(o.Letters) == 0 {
		formulas, plain = true, true
	}
	if formulas {
		x.boxes()
		if len(x.out) > 0 && mode == Strict && !o.BoxLate || o.BoxOnly {
			return x.out
		}
	}
	if mode == Strict && x.marker() {
		return x.out
	}
	if formulas {
		x.envs = environments(text)
	}
	x.lower = strings.ToLower(text)
	if len(x.lower) != len(text) { // a character whose lower case is longer
		x.lower = asciiLower(text)
	}
	x.anchored(formulas, plain)
	if mode == Strict {
		x.marked()
	}
	if formulas {
		x.chains()
	}
	if plain {
		x.numbers()
	}
	sort.SliceStable(x.out, func(i, k int) bool {
		a, b := &x.out[i], &x.out[k]
		if a.rank != b.rank {
			return a.rank < b.rank
		}
		if a.end != b.end {
			return a.end > b.end
		}
		return a.start < b.start
	})
	return x.out
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func (x *extractor) add(rank int, s span) { x.out = append(x.out, ranked{rank, s}) }

// anchored finds what stands after "final answer is" and "answer".
func (x *extractor) anchored(formulas, plain bool) {
	at := len(x.lower)
	for range maxAnchors {
		if at = strings.LastIndex(x.lower[:at], "answer"); at < 0 {
			return
		}
		after := at + len("answer")
		final := strings.HasSuffix(x.lower[:at], "final ")
		if formulas {
			x.formulaAfter(after, final)
		}
		if plain {
			x.plainAfter(after, final)
		}
	}
}

// formulaAfter finds the formula that an anchor announces.
func (x *extractor) formulaAfter(after int, final bool) {
	if final {
		if rest, ok := strings.CutPrefix(x.lower[after:], " is"); ok {
			i := len(x.lower) - len(rest)
			if s := x.chainAt(x.skip(i, ":")); s != nil && x.hopes(s.end) {
				s.rule = "final answer is ... I hope"
				x.add(rankHope, *s)
			}
		}
		for i := after; i < min(after+103, len(x.lower)); i++ {
			if s := x.isAt(i); s > 0 {
				if c := x.chainAt(x.skip(s, ":")); c != nil {
					c.rule = "final answer ... is"
					x.add(rankFinal, *c)
					break
				}
			}
		}
	}
	first := x.envFrom(after)
	if first >= 0 && x.envs[first].start <= after+51 {
		s := x.chainFrom(first)
		s.rule = "answer"
		x.add(rankAnswer, s)
		if strings.HasPrefix(x.text[after:], ":") {
			s.rule = "answer:"
			x.add(rankColon, s)
		}
	}
}

// isAt is the index after " is" at i, or 0.
func (x *extractor) isAt(i int) int {
	if i > 0 && isSpace(x.lower[i-1]) && strings.HasPrefix(x.lower[i:], "is") {
		return i + 2
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skip passes an optional mark and white space.
func (x *extractor) skip(i int, mark string) int {
	if strings.HasPrefix(x.text[i:], mark) {
		i += len(mark)
	}
	for i < len(x.text) && isSpace(x.text[i]) {
		i++
	}
	return i
}

// hopes reports whether "I hope" follows.
func (x *extractor) hopes(i int) bool {
	rest := strings.TrimPrefix(x.text[i:], ".")
	if rest != "" && isSpace(rest[0]) {
		rest = rest[1:]
	}
	return strings.HasPrefix(rest, "I hope")
}

// marker finds the answer after "####", as GSM8K's solutions have it.
func (x *extractor) marker() bool {
	at := strings.LastIndex(x.text, "####")
	if at < 0 {
		return false
	}
	line, _, _ := strings.Cut(strings.TrimLeft(x.text[at+4:], " \t"), "\n")
	if strings.TrimSpace(line) == "" {
		return false
	}
	x.add(rankHope, span{start: at, end: len(x.text), parts: []string{line}, rule: "####"})
	return true
}

// longestWhole bounds a text that is taken as an answer as a whole.
const longestWhole = 400

// marked finds what stands on the line of an anchor or is the whole text, where that is
// a formula.
func (x *extractor) marked() {
	x.restOfLine()
	whole := strings.TrimSpace(x.text)
	if whole != "" && len(whole) <= longestWhole && !x.opts.BoxOnly && formulaAlone(whole) {
		x.add(rankWhole, span{end: len(x.text), parts: []string{whole}, rule: "the whole text"})
	}
}

// restOfLine takes the line after the last "answer is" or "answer:", where it is a
// formula.
func (x *extractor) restOfLine() {
	at := max(strings.LastIndex(x.lower, "answer is"), strings.LastIndex(x.lower, "answer:"))
	if at < 0 {
		return
	}
	rest := x.text[at+len("answer"):]
	line, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rest, ":"), " is"), "\n")
	line = strings.TrimRight(strings.TrimLeft(line, ":* \t"), "*. \t\r")
	const longestLine = 400
	if line == "" || len(line) > longestLine {
		return
	}
	if formulaAlone(line) {
		x.add(rankColon-1, span{start: at, end: len(x.text), parts: []string{line}, rule: "the line after answer"})
	}
}
