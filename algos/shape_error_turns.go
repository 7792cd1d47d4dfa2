package algos

import (
	"regexp"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// errorTurns leaves out the turns of a conversation whose tool call failed (TL-Training,
// arXiv 2412.15495, section 4.1): they stay in the prompts of later turns. A call failed if a
// tool's message right after it says one of errorSigns, in any case.
//
// Deviations: a field "error" or 'error' without a value in it is no error, nor is a quoted
// sign that is another field's name, and any of several results counts. compat: official
// is the authors' code: it compares letters and digits only, so that any mention of "error"
// is one, looks at the next message alone, and leaves out turns that are answered by
// anybody but a tool.
type errorTurns struct{ drop, official bool }

// errorSigns are the 14 of the authors' code.
var errorSigns = []string{
	"is not defined", "positional argument", "unexpected keyword", "'related_searches'", "ConnectionError", `"error":`, "not supported",
	"Invalid API call", "Response error", "Object of type SerpResults is not JSON serializable", "400 Client Error",
	"'error'", "slice indices must be integers or None or have an __index__ method", "connection error",
}

func init() {
	RegisterShaper(Part{
		Name: "error_turns", Paper: tlTrainingPaper, Summary: "turns whose tool call failed are not trained",
		Options: []Option{
			BoolOption("drop_error_turns", true, "Leave out the turns of the assistant whose tool call failed."),
			CompatOption("official"),
		},
	}, func(v Values) Shaper { return errorTurns{v.Bool("drop_error_turns"), v.Text(compatName) == "official"} })
}

// Needs implements [Shaper].
func (errorTurns) Needs() Needs { return Needs{} }

// Shape implements [Shaper].
func (o errorTurns) Shape(s *data.Scored) error {
	for i := range s.Rows {
		g := &s.Groups[s.Rows[i].Group]
		if o.drop && g.Turn > 0 && o.failed(g.Example.Messages, g.Turn) {
			clear(s.Rows[i].Mask)
		}
	}
	return nil
}

// failed reports that turn i of a conversation is one to leave out.
func (o errorTurns) failed(messages []data.Message, i int) bool {
	rest := messages[i+1:]
	if o.official {
		return len(rest) > 0 && (rest[0].Role != data.RoleTool || saysErrorOfficial(rest[0].Content))
	}
	for _, m := range rest {
		if m.Role != data.RoleTool {
			return false
		}
		if saysError(m.Content) {
			return true
		}
	}
	return false
}

var (
	spaces     = regexp.MustCompile(`\s+`)
	emptyError = regexp.MustCompile(`["']error["'] ?: ?(?:""|''|null|none|false|0|\[ ?\]|\{ ?\})(?:[ ,}\]]|$)`)
	otherField = regexp.MustCompile(`'related_searches' ?:`)
	// keyed puts an error field in one form: the code's strings have a colon after one
	// quote and none after the other.
	keyed = regexp.MustCompile(`["']error["'] ?:`)
	plain = regexp.MustCompile("[^\u4e00-\u9fa5^a-zA-Z0-9]")
)

// saysError reports that a tool's result is an error.
func saysError(text string) bool {
	text = strings.ToLower(spaces.ReplaceAllString(strings.ReplaceAll(text, `\`, ""), " "))
	text = otherField.ReplaceAllString(emptyError.ReplaceAllString(text, " "), " ")
	if keyed.MatchString(text) {
		return true
	}
	for _, sign := range errorSigns {
		if strings.Contains(text, strings.ToLower(sign)) {
			return true
		}
	}
	return false
}

// saysErrorOfficial is the same as the authors' code has it.
func saysErrorOfficial(text string) bool {
	text = bare(text)
	for _, sign := range errorSigns {
		if strings.Contains(text, bare(sign)) {
			return true
		}
	}
	return false
}

// bare is the letters and digits of a text, in lower case.
func bare(text string) string { return strings.ToLower(plain.ReplaceAllString(text, "")) }
