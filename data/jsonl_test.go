package data_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
)

func decode(text string) ([]data.Example, error) {
	return data.DecodeJSONL(strings.NewReader(text), "dir/f.jsonl", "f.jsonl")
}

func TestDecodeJSONL(t *testing.T) {
	chat := []data.Message{{Role: data.RoleSystem, Content: ""}, {Role: data.RoleUser, Content: "hi"}}
	tests := []struct {
		name, text string
		want       []data.Example
	}{
		{"text answer", `{"prompt":"1+1=","answer":"2"}`,
			[]data.Example{{ID: "f.jsonl:1", Prompt: "1+1=", Answers: []string{"2"}}}},
		{"numbers keep their literal", `{"prompt":"p","answer":[12.50, 1e3, -0, 9007199254740993, "x"],"n":0.10}`,
			[]data.Example{{ID: "f.jsonl:1", Prompt: "p", Answers: []string{"12.50", "1e3", "-0", "9007199254740993", "x"}, Extra: map[string]any{"n": json.Number("0.10")}}}},
		{"messages", `{"messages":[{"role":"system","content":""},{"content":"hi","role":"user"}],"id":"a"}`,
			[]data.Example{{ID: "a", Messages: chat}}},
		{"conversation", `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]}`,
			[]data.Example{{ID: "f.jsonl:1", Messages: []data.Message{{Role: data.RoleUser, Content: "hi"}, {Role: data.RoleAssistant, Content: "ho"}}}}},
		{"tools and their calls", `{"messages":[{"role": "user", "name":"n","content":"hi"},{"tool_calls":[{"z":1.0,"a":"\ud83d\ude00"}],"content":null,"role":"assistant"},{"role":"assistant","tool_calls":[]},{"role":"tool","content":"x","tool_call_id":"i"}],"tools":[{"b":1e5,"a":{}}],"chat_template_kwargs":{"enable_thinking":false,"n":1.0,"d":{"b":1,"a":2}}}`,
			[]data.Example{{ID: "f.jsonl:1", Messages: []data.Message{
				{Role: data.RoleUser, Content: "hi", Raw: json.RawMessage(`{"role":"user","name":"n","content":"hi"}`)},
				{Role: data.RoleAssistant, Raw: json.RawMessage(`{"tool_calls":[{"z":1.0,"a":"\ud83d\ude00"}],"content":null,"role":"assistant"}`)},
				{Role: data.RoleAssistant, Raw: json.RawMessage(`{"role":"assistant","tool_calls":[]}`)},
				{Role: data.RoleTool, Content: "x", Raw: json.RawMessage(`{"role":"tool","content":"x","tool_call_id":"i"}`)},
			}, Tools: json.RawMessage(`[{"b":1e5,"a":{}}]`), Kwargs: map[string]any{"enable_thinking": false, "n": json.Number("1.0"), "d": json.RawMessage(`{"b":1,"a":2}`)}}}},
		{"nulls", `{"messages":[{"role":"assistant","content":"c","tool_calls":null,"reasoning_content":null},{"role":"user","content":"c"}],"tools":null,"chat_template_kwargs":null}`,
			[]data.Example{{ID: "f.jsonl:1", Messages: []data.Message{
				{Role: data.RoleAssistant, Content: "c", Raw: json.RawMessage(`{"role":"assistant","content":"c","tool_calls":null,"reasoning_content":null}`)}, {Role: data.RoleUser, Content: "c"},
			}}}},
		{"extra fields, nested", `{"prompt":"p","tests":["assert f(1) == 2"],"meta":{"level":3},"none":null,"ok":true}`,
			[]data.Example{{ID: "f.jsonl:1", Prompt: "p", Extra: map[string]any{
				"tests": []any{"assert f(1) == 2"}, "meta": map[string]any{"level": json.Number("3")}, "none": nil, "ok": true,
			}}}},
		{"completion", `{"prompt":"p","completion":"so 2","answer":2}`,
			[]data.Example{{ID: "f.jsonl:1", Prompt: "p", Completion: "so 2", Answers: []string{"2"}}}},
		{"ids", "{\"prompt\":\"p\",\"id\":7}\n{\"prompt\":\"p\",\"id\":\"7b\"}",
			[]data.Example{{ID: "7", Prompt: "p"}, {ID: "7b", Prompt: "p"}}},
		{"BOM, CRLF, blank lines, no last line end", "\ufeff{\"prompt\":\"a\"}\r\n\r\n  \n{\"prompt\":\"b\"}",
			[]data.Example{{ID: "f.jsonl:1", Prompt: "a"}, {ID: "f.jsonl:4", Prompt: "b"}}},
		{"white space and escapes in text are kept", `{"prompt":" a\n\u00e9\ud83d\ude00\ufffd ","answer":""}`,
			[]data.Example{{ID: "f.jsonl:1", Prompt: " a\n\u00e9\U0001F600\ufffd ", Answers: []string{""}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decode(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("examples (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeJSONLFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty file", "", "dir/f.jsonl: no examples in it"},
		{"only a BOM", "\ufeff\n", "dir/f.jsonl: no examples in it"},
		{"second line", "{\"prompt\":\"p\"}\nprompt: p", "dir/f.jsonl:2: not JSON: invalid character 'p' looking for beginning of value"},
		{"cut off", `{"prompt":"p`, "dir/f.jsonl:1: not JSON: it ends in the middle"},
		{"cut off after a field", `{"prompt":"p",`, "dir/f.jsonl:1: not JSON: it ends in the middle"},
		{"array", `["p"]`, "dir/f.jsonl:1: found an array, want an object"},
		{"two objects", `{"prompt":"p"} {"prompt":"q"}`, "dir/f.jsonl:1: text after the object"},
		{"rubbish after", `{"prompt":"p"}]`, "dir/f.jsonl:1: text after the object"},
		{"key twice", `{"prompt":"p","answer":1,"answer":2}`, "dir/f.jsonl:1: field answer is there twice"},
		{"no prompt", `{"question":"q","answer":1}`, "dir/f.jsonl:1: needs prompt or messages, has question, answer"},
		{"no fields", `{}`, "dir/f.jsonl:1: needs prompt or messages, has no fields"},
		{"both", `{"prompt":"p","messages":[{"role":"user","content":"c"}]}`, "dir/f.jsonl:1: prompt and messages exclude each other"},
		{"prompt type", `{"prompt":1}`, "dir/f.jsonl:1: prompt: found a number, want text"},
		{"prompt null", `{"prompt":null}`, "dir/f.jsonl:1: prompt: found null, want text"},
		{"prompt empty", `{"prompt":""}`, "dir/f.jsonl:1: prompt: empty"},
		{"answer type", `{"prompt":"p","answer":true}`, "dir/f.jsonl:1: answer: found a boolean, want text, a number or an array of these"},
		{"answer null", `{"prompt":"p","answer":null}`, "dir/f.jsonl:1: answer: found null, want text, a number or an array of these"},
		{"answer element", `{"prompt":"p","answer":["a",["b"]]}`, "dir/f.jsonl:1: answer[1]: found an array, want text, a number or an array of these"},
		{"no answers", `{"prompt":"p","answer":[]}`, "dir/f.jsonl:1: answer: an empty array"},
		{"id fraction", `{"prompt":"p","id":1.5}`, "dir/f.jsonl:1: id: found 1.5, want text or an integer"},
		{"id type", `{"prompt":"p","id":{}}`, "dir/f.jsonl:1: id: found an object, want text"},
		{"id empty", `{"prompt":"p","id":""}`, "dir/f.jsonl:1: id: empty"},
		{"id twice", "{\"prompt\":\"p\",\"id\":1}\n\n{\"prompt\":\"q\",\"id\":\"1\"}", `dir/f.jsonl:3: id "1" is that of line 1 too`},
		{"id of a default", "{\"prompt\":\"p\",\"id\":\"f.jsonl:2\"}\n{\"prompt\":\"q\"}", `dir/f.jsonl:2: id "f.jsonl:2" is that of line 1 too`},
		{"completion type", `{"prompt":"p","completion":[]}`, "dir/f.jsonl:1: completion: found an array, want text"},
		{"messages type", `{"messages":"hi"}`, "dir/f.jsonl:1: messages: found text, want an array"},
		{"messages empty", `{"messages":[]}`, "dir/f.jsonl:1: messages: an empty array"},
		{"message type", `{"messages":["hi"]}`, "dir/f.jsonl:1: messages[0]: found text, want an object"},
		{"role", `{"messages":[{"role":"human","content":"hi"}]}`, `dir/f.jsonl:1: messages[0]: role "human" is none of system, user, assistant, tool`},
		{"content parts", `{"messages":[{"role":"user","content":[{"type":"text"}]}]}`, "dir/f.jsonl:1: messages[0]: content: found an array, want text"},
		{"content missing", `{"messages":[{"role":"user"}]}`, "dir/f.jsonl:1: messages[0]: needs role and content"},
		{"message field", `{"messages":[{"role":"user","content":"c","names":"n"}]}`, "dir/f.jsonl:1: messages[0]: unknown field names"},
		{"role missing", `{"messages":[{"content":"c","name":"n"}]}`, "dir/f.jsonl:1: messages[0]: needs role and content"},
		{"content null", `{"messages":[{"role":"user","content":null}]}`, "dir/f.jsonl:1: messages[0]: content: found null, want text"},
		{"tool_calls of a user", `{"messages":[{"role":"user","content":"c","tool_calls":[{}]}]}`, `dir/f.jsonl:1: messages[0]: tool_calls: of a message of role "assistant" only, not "user"`},
		{"tool_call_id of a user", `{"messages":[{"role":"user","content":"c","tool_call_id":"x"}]}`, `dir/f.jsonl:1: messages[0]: tool_call_id: of a message of role "tool" only, not "user"`},
		{"tool_calls type", `{"messages":[{"role":"assistant","content":"c","tool_calls":{}},{"role":"user","content":"c"}]}`, "dir/f.jsonl:1: messages[0]: tool_calls: found an object, want an array"},
		{"tool call type", `{"messages":[{"role":"assistant","tool_calls":["f"]},{"role":"user","content":"c"}]}`, "dir/f.jsonl:1: messages[0]: tool_calls[0]: found text, want an object"},
		{"half a pair in tool_calls", `{"messages":[{"role":"assistant","tool_calls":[{"a":["\\ud83d","\ud83d\u0041"]}]},{"role":"user","content":"c"}]}`, "dir/f.jsonl:1: messages[0]: tool_calls: half of a surrogate pair"},
		{"reasoning type", `{"messages":[{"role":"assistant","content":"c","reasoning_content":1},{"role":"user","content":"c"}]}`, "dir/f.jsonl:1: messages[0]: reasoning_content: found a number, want text"},
		{"several in messages", `{"messages":[{"role":"x","content":1},{"role":"user","content":[]}],"answer":true}`, `dir/f.jsonl:1: messages[0]: role "x" is none of system, user, assistant, tool; content: found a number, want text; messages[1]: content: found an array, want text; answer: found a boolean, want text, a number or an array of these`},
		{"conversation and completion", `{"messages":[{"role":"user","content":"c"},{"role":"assistant","content":"d"}],"completion":"e"}`, "dir/f.jsonl:1: completion: messages end with the assistant's turn, which is the demonstration"},
		{"tools type", `{"messages":[{"role":"user","content":"c"}],"tools":{}}`, "dir/f.jsonl:1: tools: found an object, want an array"},
		{"tool type", `{"messages":[{"role":"user","content":"c"}],"tools":[{},1]}`, "dir/f.jsonl:1: tools[1]: found a number, want an object"},
		{"kwargs of a prompt", `{"prompt":"p","tools":[],"chat_template_kwargs":{}}`, "dir/f.jsonl:1: chat_template_kwargs: for messages only"},
		{"kwargs type", `{"messages":[{"role":"user","content":"c"}],"chat_template_kwargs":[]}`, "dir/f.jsonl:1: chat_template_kwargs: found an array, want an object"},
		{"kwargs name", `{"messages":[{"role":"user","content":"c"}],"chat_template_kwargs":{"messages":[]}}`, "dir/f.jsonl:1: chat_template_kwargs: messages: not a variable to choose"},
		{"not UTF-8", "{\"prompt\":\"\xff\"}", "dir/f.jsonl:1: not UTF-8 text"},
		{"half a surrogate pair", `{"prompt":"\ud83d"}`, "dir/f.jsonl:1: prompt: half of a surrogate pair"},
		{"several in a line", `{"prompt":1,"id":1.5}`, "dir/f.jsonl:1: prompt: found a number, want text; id: found 1.5, want text or an integer"},
		{"several lines", "{}\n{\"prompt\":\"p\"}\n[]", "dir/f.jsonl:1: needs prompt or messages, has no fields\ndir/f.jsonl:3: found an array, want an object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decode(tt.text)
			if err == nil {
				t.Fatalf("no error, examples %+v", got)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if got != nil {
				t.Errorf("examples beside an error: %+v", got)
			}
		})
	}
}

func TestDecodeJSONLStopsAfter20Faults(t *testing.T) {
	_, err := decode(strings.Repeat("x\n", 1000))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "dir/f.jsonl: reading stopped after 20 faults" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	var fault *data.LineError
	if !errors.As(err, &fault) || fault.Line != 1 || fault.File != "dir/f.jsonl" {
		t.Errorf("first fault %+v", fault)
	}
}

// endless gives n times the byte b, without holding them.
type endless struct {
	b byte
	n int
}

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.n)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = e.b
	}
	e.n -= n
	return n, nil
}

// TestDecodeJSONLLongLine: a line beyond the limit is a fault of that line alone,
// and one at the limit is fine.
func TestDecodeJSONLLongLine(t *testing.T) {
	object := func(length int) io.Reader {
		const around = len(`{"prompt":""}` + "\n")
		return io.MultiReader(strings.NewReader(`{"prompt":"`), &endless{'a', length - around}, strings.NewReader("\"}\n"))
	}
	got, err := data.DecodeJSONL(object(data.MaxLineBytes), "f", "f")
	if err != nil || len(got) != 1 {
		t.Errorf("at the limit: %d examples, %v", len(got), err)
	}
	in := io.MultiReader(object(data.MaxLineBytes+1), object(10*data.MaxLineBytes), strings.NewReader("x"))
	_, err = data.DecodeJSONL(in, "f", "f")
	want := "f:1: longer than 16 MiB\nf:2: longer than 16 MiB\nf:3: not JSON: invalid character 'x' looking for beginning of value"
	if err == nil || err.Error() != want {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestDecodeJSONLReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	in := io.MultiReader(strings.NewReader("{\"prompt\":\"p\"}\n{\"pro"), iotest.ErrReader(broken))
	got, err := data.DecodeJSONL(in, "f", "f")
	if !errors.Is(err, broken) || err.Error() != "f:2: reading: disk on fire" || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadJSONL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "train.jsonl")
	if _, err := data.ReadJSONL(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := data.ReadJSONL(filepath.Dir(path)); err == nil {
		t.Error("a folder is read as a file")
	}
	if err := os.WriteFile(path, []byte("{\"prompt\":\"p\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := data.ReadJSONL(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]data.Example{{ID: "train.jsonl:1", Prompt: "p"}}, got); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}

// FuzzDecodeJSONL: any input gives examples that keep what the type promises, or
// an error; and what was read is read again from its own JSON.
func FuzzDecodeJSONL(f *testing.F) {
	f.Add("{\"prompt\":\"p\",\"answer\":[1,\"2\"],\"x\":{\"y\":1.50}}\n{\"messages\":[{\"role\":\"user\",\"content\":\"c\"}],\"id\":3}")
	f.Add(`{"messages":[{"role":"user","content":"c"},{"role":"assistant","tool_calls":[{"a":1}]}],"tools":[{"b":"\ud83d\ude00"}],"chat_template_kwargs":{"a":[1]}}`)
	f.Add(`{"prompt":"p","chosen":"a","rejected":"b"}`)
	f.Add(`{"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b","name":"n"}]}`)
	f.Add("\ufeff{\"prompt\":\"\\ud83d\\ude00\"}\r\n")
	f.Add(`{"prompt":"p"`)
	f.Add("{\"a\":{\"a\":[[[]]]}}\n\xff\n[]\nnull")
	f.Fuzz(func(t *testing.T, text string) {
		examples, err := decode(text)
		if (err == nil) == (len(examples) == 0) {
			t.Fatalf("%d examples and error %v", len(examples), err)
		}
		ids := map[string]bool{}
		for _, ex := range examples {
			if ids[ex.ID] || ex.ID == "" {
				t.Fatalf("id %q", ex.ID)
			}
			ids[ex.ID] = true
			if (ex.Prompt == "") == (len(ex.Messages) == 0) {
				t.Fatalf("prompt and messages: %+v", ex)
			}
			if (ex.Chosen == nil) != (ex.Rejected == nil) || ex.Chosen != nil && (ex.Conversation() || ex.Chosen.Role != data.RoleAssistant || ex.Rejected.Role != data.RoleAssistant) {
				t.Fatalf("chosen and rejected: %+v", ex)
			}
			if !utf8.ValidString(ex.ID + ex.Prompt + ex.Completion + fmt.Sprint(ex.Messages, ex.Answers)) {
				t.Fatalf("not UTF-8: %+v", ex)
			}
			if ex.Conversation() && (ex.Completion != "" || ex.Messages[len(ex.Messages)-1].Role != data.RoleAssistant) {
				t.Fatalf("a conversation: %+v", ex)
			}
			again, err := decode(encode(t, &ex))
			if err != nil {
				t.Fatalf("%+v is refused: %v", ex, err)
			}
			if diff := cmp.Diff([]data.Example{ex}, again); diff != "" {
				t.Fatalf("read again (-first +again):\n%s", diff)
			}
		}
	})
}

func encode(t *testing.T, ex *data.Example) string {
	row := map[string]any{"id": ex.ID}
	for k, v := range ex.Extra {
		row[k] = v
	}
	if ex.Prompt != "" {
		row["prompt"] = ex.Prompt
	} else {
		row["messages"] = ex.Messages
		if ex.Kwargs != nil {
			row["chat_template_kwargs"] = ex.Kwargs
		}
	}
	if ex.Tools != nil {
		row["tools"] = ex.Tools
	}
	if ex.Answers != nil {
		row["answer"] = ex.Answers
	}
	if ex.Completion != "" {
		row["completion"] = ex.Completion
	}
	if ex.Chosen != nil && ex.Prompt != "" {
		row["chosen"], row["rejected"] = ex.Chosen.Content, ex.Rejected.Content
	} else if ex.Chosen != nil {
		row["chosen"], row["rejected"] = []data.Message{*ex.Chosen}, []data.Message{*ex.Rejected}
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false) // which would change Raw
	if err := enc.Encode(row); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
