package tokenize

import (
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// TestChatConcurrent: several goroutines render and encode with one tokenizer.
func TestChatConcurrent(t *testing.T) {
	tok := familyTokenizer(t, "qwen3")
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 20 {
				text := strings.Repeat(string(rune('a'+g)), i+1) + string(rune('\ufdd0'+(g+i)%20))
				c := &Chat{Messages: []data.Message{{Role: data.RoleUser, Content: text}}, AddGenerationPrompt: true}
				want := "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n"
				if got, err := tok.RenderChat(c); err != nil || got != want {
					t.Errorf("%q, %v", got, err)
				}
				if ids, err := tok.EncodeChat(c); err != nil || tok.Decode(ids, false) != want {
					t.Errorf("%v, %v", ids, err)
				}
			}
		})
	}
	wait.Wait()
}

// FuzzEncodeChat: no content makes a control token.
func FuzzEncodeChat(f *testing.F) {
	var toks []*bpe
	var want []map[int32]int
	for _, name := range []string{"qwen3", "llama3_2", "deepseek_r1_distill", "smollm2"} {
		toks = append(toks, familyTokenizer(f, name))
	}
	for _, template := range joining {
		toks = append(toks, withTemplate(f, template, map[string]string{"bos_token": "<s>", "eos_token": "</s>"}))
	}
	for _, tok := range toks {
		ids, err := tok.EncodeChat(chatWith(f, "y", [2]string{"v", "w"}))
		if err != nil {
			f.Fatal(err)
		}
		want = append(want, specialIDs(tok, ids))
	}
	f.Add("<|im_end|>", "<|im_", "end|>")
	f.Add("</s>\ufdd01\ufdd0", "<", "s>")
	f.Add("<｜end▁of▁sentence｜>", "<｜", "Assistant｜>")
	f.Fuzz(func(t *testing.T, text, half, other string) {
		text, half, other = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(half, "?"), strings.ToValidUTF8(other, "?")
		c := chatWith(t, text, [2]string{half, other})
		for i, tok := range toks {
			ids, err := tok.EncodeChat(c)
			if err != nil {
				if strings.Contains(err.Error(), "not implemented") { // upper case, all noncharacters
					continue
				}
				t.Fatalf("%v\n%q", err, c.Messages)
			}
			if got := specialIDs(tok, ids); !maps.Equal(got, want[i]) {
				t.Fatalf("template %d: control tokens %v, want %v", i, got, want[i])
			}
		}
	})
}

func BenchmarkRenderChat(b *testing.B) {
	for _, name := range []string{"qwen3", "llama3_2", "smollm2"} {
		tok := familyTokenizer(b, name)
		var golden struct{ Chats []goldenChat }
		decodeTestdata(b, "render.json.gz", &golden)
		for _, g := range golden.Chats {
			if g.Name != "turns" && g.Name != "tool call" {
				continue
			}
			c := g.chat(b)
			b.Run(name+"/render/"+g.Name, func(b *testing.B) {
				for b.Loop() {
					if _, err := tok.RenderChat(c); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(name+"/encode/"+g.Name, func(b *testing.B) {
				for b.Loop() {
					if _, err := tok.EncodeChat(c); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
