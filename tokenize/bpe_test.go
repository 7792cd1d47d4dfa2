package tokenize

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestGuarded: a guard within the text of a special token keeps it plain, and no
// guard reaches the model.
func TestGuarded(t *testing.T) {
	const guard = '\uFDD0'
	for _, name := range []string{"qwen2", "llama2", "flags", "llama2_flags"} {
		tok := small(t, name)
		for _, text := range []string{"a <|im_end|> b", "</s> x <e>", "<e>", "é <e> the answer <a> word"} {
			plain, err := tok.Encode(text)
			if err != nil {
				t.Fatal(err)
			}
			guarded := text
			longest := slices.SortedFunc(slices.Values(tok.added), func(x, y addedToken) int { return len(y.Content) - len(x.Content) })
			for _, token := range longest {
				if token.Special {
					apart := strings.Join(strings.Split(token.Content, ""), string(guard))
					guarded = strings.ReplaceAll(guarded, token.Content, apart)
				}
			}
			got, err := tok.encodeGuarded(guarded, guard)
			if err != nil || !slices.Equal(got, plain) {
				t.Errorf("%s: %q: %v, %v, want %v", name, guarded, got, err, plain)
			}
			for _, id := range got {
				if tok.decoder.tokens[id].special && id != tok.model.unk {
					t.Errorf("%s: %q became %v with the special token %d", name, guarded, got, id)
				}
			}
			open, err := tok.encodeGuarded(text, guard)
			want, _ := tok.EncodeSpecial(text, false)
			if err != nil || !slices.Equal(open, want) {
				t.Errorf("%s: %q without guards: %v, %v, want %v", name, text, open, err, want)
			}
		}
	}
	// What the guard kept apart composes once it is gone.
	tok := small(t, "flags")
	got, err := tok.encodeGuarded("o"+string(guard)+"\u0301x", guard)
	want, _ := tok.Encode("o\u0301x")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

// TestUnknown: what a vocabulary lacks is an error that names the character, and is
// never left out.
func TestUnknown(t *testing.T) {
	lacking := edit(func(f map[string]any) {
		f["normalizer"] = map[string]any{"type": "NFC"}
		f["pre_tokenizer"] = map[string]any{"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}
	})
	files := map[string][]byte{tokenizerFile: mustNew(t, goldenChars).Files()[tokenizerFile]}
	lacking(t, files)
	tok, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"12 3é4", `character 'é' (U+00E9) at byte 4 is not`},
		{"e\u0301", `character 'e' (U+0065) at byte 0 is not`},
		{"1\xff", "byte 0xff at position 1 is not"},
		{"1\ufffd\xc3", "byte 0xc3 at position 4 is not"},
	} {
		for _, encode := range []func(string) ([]int32, error){tok.Encode, tok.EncodePrompt} {
			if ids, err := encode(c.text); !errors.Is(err, ErrUnknown) || ids != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: %v, %v, want %q", c.text, ids, err, c.want)
			}
		}
	}
	const want = `character '\x00' (U+0000) at byte 9 is not`
	// The reference leaves it out; so do the ids beside the error.
	ids, err := tok.EncodeSpecial("1<|eos|>2\u00002", false)
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), want) || !slices.Equal(ids, []int32{23, 3, 1, 23, 4, 4}) {
		t.Errorf("after a special token: %v, %v, want %q", ids, err, want)
	}
}

// TestReachable: merges that spell a special token do not make it of plain text.
func TestReachable(t *testing.T) {
	change := edit(func(f map[string]any) {
		model := f["model"].(map[string]any)
		model["vocab"].(map[string]any)["12"] = 27
		model["merges"] = []string{"1 2"}
		f["added_tokens"] = append(f["added_tokens"].([]any), map[string]any{"id": 27, "content": "12", "special": true, "normalized": false})
	})
	files := map[string][]byte{tokenizerFile: mustNew(t, goldenChars).Files()[tokenizerFile]}
	change(t, files)
	tok, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := tok.EncodeSpecial("3123", false); err != nil || !slices.Equal(ids, []int32{5, 27, 5}) {
		t.Errorf("%v, %v", ids, err)
	}
	if ids, err := tok.Encode("3123"); err == nil || !strings.Contains(err.Error(), `special token "12"`) {
		t.Errorf("%v, %v", ids, err)
	}
}

// TestPrompt: what a template puts before a text, and after it.
func TestPrompt(t *testing.T) {
	tok := small(t, "llama2_flags") // <s> $A </s>
	plain, err := tok.Encode("hello")
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := tok.EncodePrompt("hello")
	if err != nil || !slices.Equal(prompt, slices.Concat([]int32{1}, plain)) {
		t.Errorf("%v, %v", prompt, err)
	}
	whole, err := tok.EncodeSpecial("hello", true)
	if err != nil || !slices.Equal(whole, slices.Concat([]int32{1}, plain, []int32{2})) {
		t.Errorf("%v, %v", whole, err)
	}
}

// TestConcurrent: many goroutines get the ids that one gets.
func TestConcurrent(t *testing.T) {
	tok := small(t, "qwen2")
	texts := spliced(500, 3)
	want := make([][]int32, len(texts))
	for i, text := range texts {
		var err error
		if want[i], err = small(t, "qwen2").Encode(text); err != nil {
			t.Fatal(err)
		}
		if i == 20 {
			break // the rest is compared among the goroutines
		}
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	for k := range 8 {
		group.Go(func() {
			order := rand.New(rand.NewPCG(1, uint64(k))).Perm(len(texts))
			for _, i := range order {
				ids, err := tok.Encode(texts[i])
				if err != nil {
					t.Error(err)
					return
				}
				back := tok.Decode(ids, false)
				mu.Lock()
				if want[i] == nil {
					want[i] = ids
				}
				same := slices.Equal(ids, want[i])
				mu.Unlock()
				if !same || back != nfc(texts[i]) {
					t.Errorf("%q: %v, want %v, decoded %q", texts[i], ids, want[i], back)
				}
			}
		})
	}
	group.Wait()
}

// TestLinear: text that is hard on merging takes time in proportion to its length.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	const (
		short = 1 << 16
		times = 8
		// Linear time gives times, a heap of that depth 1.2 times more; quadratic time
		// gives 64. Between is room for caches, and a busy machine has several tries.
		most  = 5 * times // quadratic would be times * times
		tries = 20
	)
	for _, name := range []string{"qwen2", "llama2"} {
		tok := small(t, name)
		for _, unit := range []string{"a", " ", "\n", "👩\u200d", "\u0301\u0323", "<|", "字", "é", "e\u0301", "\u3000", "x\u0000"} {
			measure := func(n int) time.Duration {
				text := strings.Repeat(unit, n/len(unit))
				start := time.Now()
				ids, err := tok.Encode(text)
				if err != nil {
					t.Fatal(err)
				}
				tok.Decode(ids, false)
				return time.Since(start)
			}
			one, eight := time.Hour, time.Hour
			for range tries {
				one, eight = min(one, measure(short)), min(eight, measure(times*short))
				if eight <= most*one {
					break
				}
			}
			if eight > most*one {
				t.Errorf("%s, %q: %v for %d bytes, %v for %d", name, unit, one, short, eight, times*short)
			}
		}
	}
}

// FuzzTokenizers: any text becomes ids or an error, and ids become the text again,
// but for what the tokenizer's normalizer changes.
func FuzzTokenizers(f *testing.F) {
	for _, text := range readGoldens(f).Texts {
		f.Add(text)
	}
	toks := map[string]*bpe{}
	for _, name := range []string{"qwen2", "llama3", "smollm2", "deepseek", "llama2", "metaspace", "flags", "partial"} {
		toks[name] = small(f, name)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, tok := range toks {
			ids, err := tok.Encode(text)
			if err != nil {
				if strings.ToValidUTF8(text, "") == text {
					t.Fatalf("%s: %q: %v", name, text, err)
				}
				continue
			}
			want := text
			switch name {
			case "qwen2":
				want = nfc(text)
			case "metaspace", "flags", "partial":
				continue
			case "llama2":
				if strings.Contains(text, "\u2581") {
					continue
				}
			}
			if back := tok.Decode(ids, false); back != want {
				t.Fatalf("%s: %q came back as %q", name, text, back)
			}
		}
	})
}
