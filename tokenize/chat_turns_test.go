package tokenize

import (
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// TestTurnsGolden: ids and masks of conversations are those made with transformers,
// and for every sequence prompt ids as sampled + what is trained = training ids.
func TestTurnsGolden(t *testing.T) {
	var golden []struct {
		Template, Chat string
		Sequences      []struct{ IDs, Mask string }
		Error          *string
	}
	decodeTestdata(t, "turns.json", &golden)
	var renders struct{ Chats []goldenChat }
	decodeTestdata(t, "render.json.gz", &renders)
	single, several, refused := 0, 0, 0
	for _, want := range golden {
		where := want.Template + ", " + want.Chat
		tok := familyTokenizer(t, want.Template)
		c := renders.Chats[slices.IndexFunc(renders.Chats, func(g goldenChat) bool { return g.Name == want.Chat })].chat(t)
		got, err := TurnsOf(tok, c)
		if want.Error != nil {
			refused++
			if err == nil {
				t.Errorf("%s: no error, transformers has %s", where, *want.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if len(got) != len(want.Sequences) {
			t.Errorf("%s: %d sequences, want %d", where, len(got), len(want.Sequences))
			continue
		}
		if len(got) > 1 {
			several++
		} else {
			single++
		}
		for i := range got {
			if w := ids(t, want.Sequences[i].IDs); !slices.Equal(got[i].Tokens(), w) {
				t.Errorf("%s, %d: ids\n got %v\nwant %v", where, i, got[i].Tokens(), w)
			}
			var mask strings.Builder
			for _, m := range got[i].Mask() {
				mask.WriteByte("01"[map[bool]int{true: 1}[m]])
			}
			if mask.String() != want.Sequences[i].Mask {
				t.Errorf("%s, %d: mask\n got %s\nwant %s", where, i, mask.String(), want.Sequences[i].Mask)
			}
		}
		checkPrompts(t, where, tok, c, got)
	}
	t.Logf("%d conversations of one sequence, %d of several, %d refused", single, several, refused)
	if single < 30 || several < 10 {
		t.Errorf("%d and %d conversations: the golden file is not whole", single, several)
	}
}

// checkPrompts samples the prompt of each turn of the assistant: it is what stands
// before the turn in its sequence.
func checkPrompts(t *testing.T, where string, tok *bpe, c *Chat, turns []Turns) {
	t.Helper()
	var prompts [][]int32
	for i := range c.Messages {
		if c.Messages[i].Role != data.RoleAssistant {
			continue
		}
		prompt, err := tok.EncodeChat(&Chat{Messages: c.Messages[:i], Tools: c.Tools, Kwargs: c.Kwargs, AddGenerationPrompt: true})
		if err != nil {
			t.Fatal(err)
		}
		prompts = append(prompts, prompt)
	}
	for _, turn := range turns {
		before := slices.Clone(turn.Prompt)
		for i, s := range turn.Segments {
			if s.Author == data.AuthorPolicy {
				if !slices.Equal(before, prompts[0]) {
					t.Errorf("%s: a turn's prompt is %v, sampled from %v", where, before, prompts[0])
				}
				if last := s.Tokens[len(s.Tokens)-1]; !slices.Contains(tok.EOS(), last) || slices.ContainsFunc(s.Tokens[:len(s.Tokens)-1], tok.isEOS) {
					t.Errorf("%s: a turn %v does not have one EOS, at its end", where, s.Tokens)
				}
				prompts = prompts[1:]
			}
			if (i%2 == 1) != (s.Author == data.AuthorEnvironment) {
				t.Errorf("%s: segment %d has author %d", where, i, s.Author)
			}
			before = append(before, s.Tokens...)
		}
	}
	if len(prompts) > 0 {
		t.Errorf("%s: %d turns are in no sequence", where, len(prompts))
	}
}

func (b *bpe) isEOS(id int32) bool { return slices.Contains(b.eos, id) }

// TestTurnsOfRunningTokens: where a token would run over the end of the prompt, the
// answer is encoded by itself.
func TestTurnsOfRunningTokens(t *testing.T) {
	const template = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
	tok := withTemplate(t, template, map[string]string{"eos_token": "<|im_end|>"})
	c := &Chat{Messages: []data.Message{{Role: data.RoleUser, Content: "us"}, {Role: data.RoleAssistant, Content: "er"}}}
	got, err := TurnsOf(tok, c)
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := tok.EncodeSpecial("us", false)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := tok.EncodeSpecial("er<|im_end|>", false)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := tok.EncodeSpecial("user<|im_end|>", false)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(whole[:len(prompt)], prompt) {
		t.Fatal("no token runs over the end of the prompt: the test tests nothing")
	}
	if len(got) != 1 || !slices.Equal(got[0].Prompt, prompt) || !slices.Equal(got[0].Segments[0].Tokens, answer) {
		t.Errorf("%+v, want %v and %v", got, prompt, answer)
	}
}

// TestTurnsOfChangingHeader: the whole begins otherwise than each turn was sampled, so
// that there is one sequence a turn.
func TestTurnsOfChangingHeader(t *testing.T) {
	const template = "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{% for m in messages %}<s>{{ m.content }}{{ '</s>' if m.role == 'assistant' }}{% endfor %}{{ '<s>' if add_generation_prompt }}"
	tok := withTemplate(t, template, map[string]string{"eos_token": "</s>"})
	c := &Chat{Messages: []data.Message{{Role: data.RoleUser, Content: "a"}, {Role: data.RoleAssistant, Content: "b"}, {Role: data.RoleUser, Content: "c"}, {Role: data.RoleAssistant, Content: "d"}}}
	got, err := TurnsOf(tok, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || tok.Decode(got[0].Tokens(), false) != "1<s>a<s>b</s>" || tok.Decode(got[1].Tokens(), false) != "2<s>a<s>b</s><s>c<s>d</s>" {
		t.Errorf("%+v", got)
	}
	checkPrompts(t, "changing header", tok, c, got)
}

func TestTurnsOfFaults(t *testing.T) {
	qwen := familyTokenizer(t, "qwen3")
	u, a := data.Message{Role: data.RoleUser, Content: "u"}, data.Message{Role: data.RoleAssistant, Content: "a"}
	for _, c := range []struct {
		name     string
		tok      Tokenizer
		messages []data.Message
		want     string
	}{
		{"no assistant", qwen, []data.Message{u}, "nothing to train on"},
		{"assistant first", qwen, []data.Message{a}, "no prompt"},
		{"no EOS", withTemplate(t, "x", nil), []data.Message{u, a}, "eos_token"},
		{"another user", withTemplate(t, "{% for m in messages %}{% if m.role == 'user' %}{{ m.content if add_generation_prompt else 'hidden' }}[/INST]{% else %}{{ m.content }}</s>{% endif %}{% endfor %}", map[string]string{"eos_token": "</s>"}), []data.Message{{Role: data.RoleUser, Content: "what"}, a}, "does not write the assistant's turn after its generation prompt"},
		{"not a continuation", withTemplate(t, "{% if add_generation_prompt %}go{% else %}{{ messages | length }}{% endif %}", map[string]string{"eos_token": "</s>"}), []data.Message{u, a}, `goes on with "2", the prompt with "go"`},
	} {
		if _, err := TurnsOf(c.tok, &Chat{Messages: c.messages}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
