package data_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
)

func TestPreferences(t *testing.T) {
	user, system := data.Message{Role: data.RoleUser, Content: "q"}, data.Message{Role: data.RoleSystem, Content: "s"}
	good, bad := &data.Message{Role: data.RoleAssistant, Content: "a"}, &data.Message{Role: data.RoleAssistant, Content: "b"}
	calls := &data.Message{Role: data.RoleAssistant, Raw: []byte(`{"role":"assistant","tool_calls":[{"f":1}]}`)}
	for name, c := range map[string]struct {
		text string
		want data.Example
	}{
		"text": {`{"prompt":"p","chosen":"a","rejected":"b","answer":"a"}`,
			data.Example{Prompt: "p", Answers: []string{"a"}, Chosen: good, Rejected: bad}},
		"messages and text": {`{"messages":[{"role":"user","content":"q"}],"chosen":"a","rejected":"b"}`,
			data.Example{Messages: []data.Message{user}, Chosen: good, Rejected: bad}},
		"messages": {`{"chosen":[{"role":"assistant","content":"a"}],"rejected":[{"role":"assistant","content":"b"}],"messages":[{"role":"user","content":"q"}]}`,
			data.Example{Messages: []data.Message{user}, Chosen: good, Rejected: bad}},
		"prompt of messages": {`{"prompt":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"chosen":[{"role":"assistant","content":"a"}],"rejected":[{"role":"assistant","tool_calls":[{"f":1}]}],"tools":[{"n":1}]}`,
			data.Example{Messages: []data.Message{system, user}, Chosen: good, Rejected: calls, Tools: []byte(`[{"n":1}]`)}},
		"shared prompt": {`{"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}`,
			data.Example{Messages: []data.Message{user}, Chosen: good, Rejected: bad}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decode(c.text)
			if err != nil {
				t.Fatal(err)
			}
			c.want.ID = "f.jsonl:1"
			if diff := cmp.Diff([]data.Example{c.want}, got); diff != "" {
				t.Errorf("examples (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPreferenceFaults(t *testing.T) {
	const at = "dir/f.jsonl:1: "
	for text, want := range map[string]string{
		`{"prompt":"p","chosen":"a"}`:                                            "chosen: without rejected",
		`{"prompt":"p","rejected":"a"}`:                                          "rejected: without chosen",
		`{"prompt":"p","chosen":"","rejected":"b"}`:                              "chosen: empty",
		`{"prompt":"p","chosen":1,"rejected":{}}`:                                "chosen: found a number, want text; rejected: found an object, want text",
		`{"chosen":"a","rejected":"b"}`:                                          "needs prompt or messages beside chosen and rejected",
		`{"prompt":"p","chosen":"a","rejected":[]}`:                              "rejected: an empty array",
		`{"prompt":"p","chosen":"a","rejected":[{"role":"user","content":"b"}]}`: "chosen and rejected: one is text, the other messages",
		`{"prompt":"p","chosen":[{"role":"assistant","content":"b"}],"rejected":[{"role":"assistant","content":"b"}]}`:                                                             "chosen: found messages, want text: the prompt is text",
		`{"messages":[{"role":"user","content":"b"}],"chosen":[{"role":"user","content":"b"}],"rejected":[{"role":"assistant","content":"b"}]}`:                                    `chosen: found a message of role "user", want one of the assistant`,
		`{"messages":[{"role":"user","content":"b"}],"chosen":[{"role":"assistant","content":"b"}],"rejected":[{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}`: `rejected: found 2 messages, want one of the assistant`,
		`{"messages":[{"role":"user","content":"b"},{"role":"assistant","content":"c"}],"chosen":"a","rejected":"b"}`:                                                              "chosen: messages end with the assistant's turn, which is the demonstration; rejected: messages end with the assistant's turn, which is the demonstration",
		`{"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"r"},{"role":"assistant","content":"b"}]}`:              "chosen and rejected: without a prompt they must be chats that differ in their last message only",
		`{"chosen":[{"role":"assistant","content":"a"}],"rejected":[{"role":"assistant","content":"b"}]}`:                                                                          "chosen and rejected: without a prompt they must be chats that differ in their last message only",
		`{"chosen":[{"role":"user","content":"q"},{"role":"user","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}`:                   "chosen and rejected: the last message must be the assistant's",
	} {
		_, err := decode(text)
		if err == nil || err.Error() != at+want {
			t.Errorf("%s\n\tgot  %v\n\twant %s", text, err, at+want)
		}
	}
}
