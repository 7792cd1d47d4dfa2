package verifier

import (
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// Renderer is a verifier whose reference answers are no completions as they stand: it
// demands a box around an answer, or thoughts before it. A self-test judges what Render
// makes of them.
type Renderer interface {
	// Render is a right completion that gives an answer in the verifier's format.
	Render(answer string) string
}

// render is a reference answer as a completion.
func render(v Verifier, answer string) string {
	if r, ok := v.(Renderer); ok {
		return r.Render(answer)
	}
	return answer
}

// golds are the reference answers of an example, or its demonstration where it has
// none.
func golds(ex *data.Example) []string {
	if len(ex.Answers) == 0 {
		return []string{ex.Completion}
	}
	return ex.Answers
}

// Render implements [Renderer]: with format boxed a bare answer goes into a box, with
// think everything follows an end of thoughts.
func (m mathematics) Render(answer string) string {
	const box = `\boxed{`
	if m.options.BoxOnly && !strings.Contains(answer, box) {
		answer = box + strings.Trim(strings.TrimSpace(answer), "$") + "}"
	}
	if m.options.AfterThink && !strings.Contains(answer, "</think>") {
		answer = "</think>\n" + answer
	}
	return answer
}
