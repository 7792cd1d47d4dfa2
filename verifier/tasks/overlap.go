package tasks

import (
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// Overlap is the ids of the examples of held whose prompt, white space around it
// aside, is also that of an example of train: problems that a result on held must
// not count as unseen.
func Overlap(train, held []data.Example) []string {
	seen := make(map[string]bool, len(train))
	for i := range train {
		seen[promptKey(&train[i])] = true
	}
	var out []string
	for i := range held {
		if seen[promptKey(&held[i])] {
			out = append(out, held[i].ID)
		}
	}
	return out
}

// promptKey is the text of a prompt. A chat is told from plain text, and its turns
// from each other, by NUL bytes.
func promptKey(ex *data.Example) string {
	if len(ex.Messages) == 0 {
		return strings.TrimSpace(ex.Prompt)
	}
	var b strings.Builder
	for _, m := range ex.Messages {
		b.WriteString("\x00" + string(m.Role) + "\x00" + strings.TrimSpace(m.Content))
	}
	return b.String()
}
