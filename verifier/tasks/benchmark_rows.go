package tasks

import (
	"encoding/json"
	"strconv"
	"strings"
)

// mathRow is what rows of mathematical benchmarks have, each some of it.
type mathRow struct {
	Question string `json:"question"`
	Problem  string `json:"problem"`
	// Answer is text or a number.
	Answer json.RawMessage `json:"answer"`
	// Solution is a text or a list of texts.
	Solution json.RawMessage `json:"solution"`
	// These are OlympiadBench's.
	FinalAnswer    []string `json:"final_answer"`
	MultipleAnswer bool     `json:"is_multiple_answer"`
	AnswerType     string   `json:"answer_type"`
	Unit           string   `json:"unit"`
	// These say what kind of problem it is: text or numbers.
	Subject    any `json:"subject"`
	Subfield   any `json:"subfield"`
	Level      any `json:"level"`
	Difficulty any `json:"difficulty"`
	Type       any `json:"type"`
}

// kinds are the fields that say what kind of problem a row is, for results by kind.
func (r *mathRow) kinds() map[string]any {
	out := map[string]any{}
	for _, f := range []struct {
		name  string
		value any
	}{{"subject", r.Subject}, {"subfield", r.Subfield}, {"level", r.Level}, {"difficulty", r.Difficulty}, {"type", r.Type}} {
		switch x := f.value.(type) {
		case string:
			out[f.name] = x
		case float64:
			out[f.name] = json.Number(strconv.FormatFloat(x, 'g', -1, 64))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// answerText is the field answer: a text, or a number, of which 27.0 is 27.
func (r *mathRow) answerText() string {
	var text string
	if json.Unmarshal(r.Answer, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(r.Answer, &number) != nil {
		return ""
	}
	whole, fraction, _ := strings.Cut(number.String(), ".")
	if strings.Trim(fraction, "0") == "" {
		return whole
	}
	return number.String()
}

// solutionText is the field solution: a text, or the first of a list.
func (r *mathRow) solutionText() string {
	var text string
	if json.Unmarshal(r.Solution, &text) == nil {
		return text
	}
	var all []string
	if json.Unmarshal(r.Solution, &all) == nil && len(all) > 0 {
		return all[0]
	}
	return ""
}

// boxCommand begins a final answer in a solution.
const boxCommand = `\boxed{`

// lastBox is what is in the last box of a solution; "" where it has none.
func lastBox(solution string) string {
	i := strings.LastIndex(solution, boxCommand)
	if i < 0 {
		return ""
	}
	inside := solution[i+len(boxCommand):]
	depth := 1
	for j := 0; j < len(inside); j++ {
		switch inside[j] {
		case '\\':
			j++ // a brace that is text
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return inside[:j]
			}
		}
	}
	return ""
}
