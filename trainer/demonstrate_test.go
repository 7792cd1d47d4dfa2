package trainer

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize"
)

// chatTokenizer is a character vocabulary with a chat template, in which earlier turns
// of the assistant may look otherwise than when they were sampled.
func chatTokenizer(t *testing.T, rewrites bool) tokenize.Tokenizer {
	t.Helper()
	plain, err := tokenize.New(tokenize.Options{Chars: "abcxyz0123456789=>!"})
	if err != nil {
		t.Fatal(err)
	}
	template := "{% for m in messages %}{% if m.role == 'assistant' %}>{{ m.content }}<|eos|>{% else %}={{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}>{% endif %}"
	if rewrites {
		template = "{% for m in messages %}{% if m.role == 'assistant' %}>{% if not loop.last %}!{% endif %}{{ m.content }}<|eos|>{% else %}={{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}>{% endif %}"
	}
	files := map[string][]byte{}
	for name, text := range plain.Files() {
		files[name] = text
	}
	var config map[string]any
	if err := json.Unmarshal(files["tokenizer_config.json"], &config); err != nil {
		t.Fatal(err)
	}
	config["chat_template"] = template
	if files["tokenizer_config.json"], err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestConversationsAreDemonstrated: all turns of the assistant are trained, each with
// the token that ends it, and nothing else; where the template rewrites earlier turns
// each is a demonstration of its own, with the prompt that it was sampled with.
func TestConversationsAreDemonstrated(t *testing.T) {
	say := func(role data.Role, text string) data.Message { return data.Message{Role: role, Content: text} }
	conversation := []data.Message{say("user", "a1"), say("assistant", "b2"), say("user", "c3"), say("assistant", "x4")}
	for _, c := range []struct {
		name     string
		rewrites bool
		ex       data.Example
		want     []string // the ids as text, the trained ones between bars
	}{
		{"conversation", false, data.Example{ID: "c", Messages: conversation}, []string{"=a1>|b2<|eos|>|=c3>|x4<|eos|>|"}},
		{"rewritten", true, data.Example{ID: "c", Messages: conversation}, []string{"=a1>|b2<|eos|>|", "=a1>!b2<|eos|>=c3>|x4<|eos|>|"}},
		{"problem", false, data.Example{ID: "p", Messages: conversation[:1], Answers: []string{"b2"}}, []string{"=a1>|b2<|eos|>|"}},
		{"text", false, data.Example{ID: "t", Prompt: "a=", Answers: []string{"1"}}, []string{"a=|1<|eos|>|"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok := chatTokenizer(t, c.rewrites)
			ids, err := encodePrompt(tok, &c.ex)
			if err != nil {
				t.Fatal(err)
			}
			groups, err := demonstrate(tok, prompt{example: &c.ex, tokens: ids})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range groups {
				text := tok.Decode(g.Prompt, false)
				for _, s := range g.Rollouts[0].Segments {
					part := tok.Decode(s.Tokens, false)
					if s.Author == data.AuthorPolicy {
						part = "|" + part + "|"
					}
					text += part
				}
				got = append(got, text)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			// What is sampled for the last turn begins with what was trained.
			if last := groups[len(groups)-1]; c.name != "conversation" && !cmp.Equal(ids, last.Prompt) {
				t.Errorf("the prompt is %q, trained with %q", tok.Decode(ids, false), tok.Decode(last.Prompt, false))
			}
		})
	}
}

// TestPreferencesAreDemonstrated: a group holds the chosen and the rejected answer to one
// prompt, each with the token that ends it; earlier turns belong to the prompt.
func TestPreferencesAreDemonstrated(t *testing.T) {
	say := func(role data.Role, text string) data.Message { return data.Message{Role: role, Content: text} }
	good, bad := say("assistant", "x"), say("assistant", "yz")
	for name, c := range map[string]struct {
		ex   data.Example
		want []string
	}{
		"text": {data.Example{ID: "t", Prompt: "a=", Chosen: &good, Rejected: &bad}, []string{"a=|x<|eos|>", "a=|yz<|eos|>"}},
		"chat": {data.Example{ID: "c", Messages: []data.Message{say("user", "a"), say("assistant", "b"), say("user", "c")}, Chosen: &good, Rejected: &bad},
			[]string{"=a>b<|eos|>=c>|x<|eos|>", "=a>b<|eos|>=c>|yz<|eos|>"}},
	} {
		t.Run(name, func(t *testing.T) {
			tok := chatTokenizer(t, false)
			ids, err := encodePrompt(tok, &c.ex)
			if err != nil {
				t.Fatal(err)
			}
			groups, err := demonstratePair(tok, prompt{example: &c.ex, tokens: ids})
			if err != nil || len(groups) != 1 {
				t.Fatal(groups, err)
			}
			var got []string
			for _, r := range groups[0].Rollouts {
				got = append(got, tok.Decode(groups[0].Prompt, false)+"|"+tok.Decode(r.Tokens(), false))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
	if _, err := demonstratePair(kitTokenizer(t), prompt{example: &data.Example{ID: "n", Prompt: "1"}}); err == nil {
		t.Error("a problem without preference is accepted")
	}
}

// TestTurnsAreDemonstrated: each turn of the assistant is a group of its own that says
// which message it is, with all before it as the prompt, however the template renders
// earlier turns.
func TestTurnsAreDemonstrated(t *testing.T) {
	say := func(role data.Role, text string) data.Message { return data.Message{Role: role, Content: text} }
	ex := data.Example{ID: "c", Messages: []data.Message{say("user", "a1"), say("assistant", "b2"), say("user", "c3"), say("assistant", "x4")}}
	for rewrites, want := range map[bool][]string{
		false: {"1 =a1>|b2<|eos|>", "3 =a1>b2<|eos|>=c3>|x4<|eos|>"},
		true:  {"1 =a1>|b2<|eos|>", "3 =a1>!b2<|eos|>=c3>|x4<|eos|>"},
	} {
		tok := chatTokenizer(t, rewrites)
		groups, err := demonstrateTurns(tok, prompt{example: &ex})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range groups {
			got = append(got, fmt.Sprintf("%d %s|%s", g.Turn, tok.Decode(g.Prompt, false), tok.Decode(g.Rollouts[0].Tokens(), false)))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}
