package tasks

import (
	"maps"

	"github.com/rlvr-go/rlvr/data"
)

// chats is a task whose chats get what the configuration gives to all of them. A row's
// own message of the system and its own variables have precedence.
type chats struct {
	Task
	system string
	kwargs map[string]any
}

func (c *chats) Split(name string) ([]data.Example, error) {
	examples, err := c.Task.Split(name)
	for i := range examples {
		ex := &examples[i]
		if len(ex.Messages) == 0 {
			continue
		}
		if c.system != "" && ex.Messages[0].Role != data.RoleSystem {
			ex.Messages = append([]data.Message{{Role: data.RoleSystem, Content: c.system}}, ex.Messages...)
		}
		if len(c.kwargs) > 0 {
			all := maps.Clone(c.kwargs)
			maps.Copy(all, ex.Kwargs)
			ex.Kwargs = all
		}
	}
	return examples, err
}
