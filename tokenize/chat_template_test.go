package tokenize

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

var hello = []data.Message{{Role: data.RoleUser, Content: "hello"}}

// TestTemplateSources: where the template and its special tokens are from.
func TestTemplateSources(t *testing.T) {
	const list = `[{"name": "tool_use", "template": "T{{ tools | length }}"}, {"name": "default", "template": "D"}, {"name": "rag", "template": "R"}]`
	tools := json.RawMessage(`[{}]`)
	for _, c := range []struct {
		name  string
		files map[string]string
		tools json.RawMessage
		want  string
	}{
		{"text", map[string]string{configFile: `{"chat_template": "a{{ bos_token }}b", "bos_token": "<s>"}`}, nil, "a<s>b"},
		{"file first", map[string]string{configFile: `{"chat_template": "a"}`, templateFile: "b{{ eos_token is defined }}\n"}, nil, "bFalse"},
		{"list", map[string]string{configFile: `{"chat_template": ` + list + `}`}, nil, "D"},
		{"list with tools", map[string]string{configFile: `{"chat_template": ` + list + `}`}, tools, "T1"},
		{"list with no tools in it", map[string]string{configFile: `{"chat_template": ` + list + `}`}, json.RawMessage("[]"), "T0"},
		{"objects and nulls", map[string]string{templateFile: "{{ bos_token }}{{ eos_token is defined }}{{ pad_token }}{{ unk_token }}{{ image_token }}",
			configFile: `{"bos_token": {"content": "<b>", "lstrip": false}, "eos_token": null, "pad_token": "<p>", "image_token": "<i>"}`}, nil, "<b>False<p>"},
		{"special_tokens_map", map[string]string{templateFile: "{{ bos_token }}{{ unk_token }}", configFile: `{"bos_token": "<b>"}`, specialsFile: `{"bos_token": "<c>", "unk_token": {"content": "<u>"}}`}, nil, "<c><u>"},
		{"special_tokens_map that does not count", map[string]string{templateFile: "{{ bos_token }}{{ unk_token }}", configFile: `{"bos_token": "<b>", "added_tokens_decoder": {}}`, specialsFile: `{"bos_token": "<c>", "unk_token": "<u>"}`}, nil, "<b>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string][]byte{}
			for name, text := range c.files {
				files[name] = []byte(text)
			}
			template, err := newChatTemplate(files)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := template.render(&Chat{Messages: hello, Tools: c.tools}); err != nil || got != c.want {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
	for _, files := range []map[string][]byte{{}, {configFile: []byte(`{}`)}, {configFile: []byte(`{"chat_template": null}`)}} {
		if template, err := newChatTemplate(files); template != nil || err != nil {
			t.Errorf("%s: %v, %v, want neither", files, template, err)
		}
	}
}

// TestTemplateFaults: a template that cannot be used is refused with file, line and
// cause.
func TestTemplateFaults(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"parse", templateFile, "a\n{% if x %}\n{{ y ) }}", `chat_template.jinja: line 3: unexpected ")"`},
		{"open", templateFile, "a\n{% if x %}\nb", `chat_template.jinja: line 2: no endif up to the end of the template`},
		{"statement", templateFile, "\n\n{% include 'x' %}", `chat_template.jinja: line 3: statement "include" is not implemented`},
		{"filter", configFile, `{"chat_template": "{{ x | pprint }}"}`, `tokenizer_config.json: chat_template: line 1: filter "pprint" is not implemented`},
		{"of a list", configFile, `{"chat_template": [{"name": "default", "template": ""}, {"name": "tool_use", "template": "\n{{"}]}`, `tokenizer_config.json: chat_template tool_use: line 2: a tag without its end`},
		{"type", configFile, `{"chat_template": 1}`, `tokenizer_config.json: chat_template: neither text nor a list of objects with name and template`},
		{"entry", configFile, `{"chat_template": [{"name": "x"}]}`, `tokenizer_config.json: chat_template[0]: needs name and template`},
		{"comment", templateFile, "{#", `chat_template.jinja: line 1: a comment without its end`},
		{"tag", templateFile, "x\n{{ 'a'", `chat_template.jinja: line 2: a tag without its end`},
	} {
		template, err := newChatTemplate(map[string][]byte{c.file: []byte(c.text)})
		if err == nil || err.Error() != c.want || template != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestRenderFaults: a chat that a template cannot take is refused with line and cause.
func TestRenderFaults(t *testing.T) {
	call := func(raw string) []data.Message {
		return []data.Message{{Role: data.RoleAssistant, Raw: json.RawMessage(raw)}}
	}
	for _, c := range []struct {
		name, template string
		chat           Chat
		want           string
	}{
		{"raised", "\n{{ raise_exception('no ' + messages[0].role) }}", Chat{Messages: hello}, "chat template: line 2: the template refuses this chat: no user"},
		{"none", "\n\n{{ 'x' + messages[0].content }}", Chat{Messages: call(`{"role":"assistant","content":null,"tool_calls":[]}`)}, "chat template: line 3: an undefined value is used with +"},
		{"in a macro", "{% macro f(x) %}\n{{ x.y.z }}\n{% endmacro %}\n{{ f({}) }}", Chat{Messages: hello}, "chat template: line 2: an undefined value is used: it has no attribute z"},
		{"endless macro", "{% macro f() %}\n{{ f() }}\n{% endmacro %}\n{{ f() }}", Chat{Messages: hello}, "chat template: line 2: macros or expressions nested more than 5000 deep"},
		{"no messages", "x", Chat{}, "chat template: a chat without messages"},
		{"message", "x", Chat{Messages: call(`[]`)}, "chat template: messages[0]: no object"},
		{"message JSON", "x", Chat{Messages: call(`{"a":`)}, "chat template: messages[0]: not JSON: "},
		{"tools", "x", Chat{Messages: hello, Tools: json.RawMessage(`{}`)}, "chat template: tools: want a JSON array of objects"},
		{"tool", "x", Chat{Messages: hello, Tools: json.RawMessage(`[{},1]`)}, "chat template: tools[1] is no object"},
		{"argument", "x", Chat{Messages: hello, Kwargs: map[string]any{"messages": 1}}, "chat template: messages is no argument for the template but what the chat sets"},
		{"argument type", "x", Chat{Messages: hello, Kwargs: map[string]any{"f": func() {}}}, "chat template: argument f: a value of Go type func()"},
		{"deep", "x", Chat{Messages: hello, Tools: json.RawMessage("[" + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + "]")}, "nested more than 200 deep"},
		{"no default", "", Chat{Messages: hello}, "there are several and none is called default"},
	} {
		files := map[string][]byte{templateFile: []byte(c.template)}
		if c.name == "no default" {
			files = map[string][]byte{configFile: []byte(`{"chat_template": [{"name": "rag", "template": "x"}]}`)}
		}
		template, err := newChatTemplate(files)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := template.render(&c.chat); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v, want %s", c.name, got, err, c.want)
		}
	}
}

// TestMessageValue: fields keep their order, nulls are left out, and reasoning has the
// names that templates read.
func TestMessageValue(t *testing.T) {
	template, err := newChatTemplate(map[string][]byte{templateFile: []byte("{{ messages[0] | tojson }}")})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		`{"role":"user","content":"x"}`:                                     `{"role": "user", "content": "x"}`,
		`{"z":null,"content":null,"tool_calls":[{"a":null}],"role":"a"}`:    `{"tool_calls": [{"a": null}], "role": "a"}`,
		`{"role":"a","reasoning_content":"r","content":"x"}`:                `{"thinking": "r", "role": "a", "reasoning_content": "r", "content": "x"}`,
		`{"role":"a","content":"x","reasoning":"r"}`:                        `{"thinking": "r", "role": "a", "content": "x", "reasoning": "r", "reasoning_content": "r"}`,
		`{"role":"a","thinking":"t","reasoning_content":null,"content":""}`: `{"thinking": "t", "role": "a", "content": "", "reasoning_content": "t"}`,
	} {
		got, err := template.render(&Chat{Messages: []data.Message{{Raw: json.RawMessage(raw)}}})
		if err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", raw, got, err, want)
		}
	}
}

// TestKwargs: Go's values and JSON text are arguments of a template.
func TestKwargs(t *testing.T) {
	template, err := newChatTemplate(map[string][]byte{templateFile: []byte("{{ [a, b, c, d, e, f, g, h] | tojson }}")})
	if err != nil {
		t.Fatal(err)
	}
	kwargs := map[string]any{
		"a": true, "b": 1, "c": 2.0, "d": "x", "e": nil, "f": json.RawMessage(`{"z": 1.50, "a": [10000000000000000000000]}`),
		"g": map[string]any{"z": int64(1), "a": []any{json.Number("1e3")}},
	}
	before := maps.Clone(kwargs)
	kwargs["h"] = json.Number("-0")
	before["h"] = json.Number("-0")
	const want = `[true, 1, 2.0, "x", null, {"z": 1.5, "a": [10000000000000000000000]}, {"a": [1000.0], "z": 1}, 0]`
	if got, err := template.render(&Chat{Messages: hello, Kwargs: kwargs}); err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if len(kwargs) != len(before) {
		t.Error("rendering changes the arguments")
	}
}

// TestNoTemplate: a tokenizer without a template says what data needs.
func TestNoTemplate(t *testing.T) {
	b, err := load(map[string][]byte{tokenizerFile: readTestdata(t, "tokenizer.json"), configFile: []byte(`{"eos_token": "</s>"}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, render := b.RenderChat(&Chat{Messages: hello})
	_, encode := b.EncodeChat(&Chat{Messages: hello})
	_, turns := TurnsOf(b, &Chat{Messages: hello})
	for _, err := range []error{render, encode, turns} {
		if err == nil || !strings.Contains(err.Error(), "the model has no chat template") || !strings.Contains(err.Error(), "messages") {
			t.Error(err)
		}
	}
}

// TestLongChat: what rendering may do grows with the chat.
func TestLongChat(t *testing.T) {
	template, err := newChatTemplate(map[string][]byte{templateFile: []byte("{{ messages[0].content }}")})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a", baseBytes+1)
	if got, err := template.render(&Chat{Messages: []data.Message{{Role: data.RoleUser, Content: long}}}); err != nil || got != long {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
