package tokenize

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// goldenChat is a chat of testdata/chat.
type goldenChat struct {
	Name     string
	Messages []json.RawMessage
	Tools    json.RawMessage
	Kwargs   map[string]any
}

// chat is the chat for a template, each message by its JSON text.
func (g *goldenChat) chat(t testing.TB) *Chat {
	t.Helper()
	c := &Chat{Tools: g.Tools, Kwargs: g.Kwargs}
	for _, raw := range g.Messages {
		var m struct {
			Role    data.Role
			Content any
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		content, _ := m.Content.(string)
		c.Messages = append(c.Messages, data.Message{Role: m.Role, Content: content, Raw: raw})
	}
	return c
}

// families are the templates of testdata/chat with their bos and eos tokens.
var families = map[string][2]string{
	"qwen2_5":             {"", "<|im_end|>"},
	"qwen3":               {"", "<|im_end|>"},
	"smollm2":             {"<|im_start|>", "<|im_end|>"},
	"llama3":              {"<|begin_of_text|>", "<|eot_id|>"},
	"llama3_1":            {"<|begin_of_text|>", "<|eot_id|>"},
	"llama3_2":            {"<|begin_of_text|>", "<|eot_id|>"},
	"deepseek_r1_distill": {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"},
	"mistral_style":       {"<s>", "</s>"},
}

// goldenDate is what strftime_now says in the goldens.
func goldenDate() time.Time { return time.Date(2025, 3, 7, 9, 5, 2, 0, time.UTC) }

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "chat", name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return raw
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decodeTestdata(t testing.TB, name string, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(readTestdata(t, name)))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// familyTokenizer is the small tokenizer of testdata/chat with a family's template.
func familyTokenizer(t testing.TB, name string) *bpe {
	t.Helper()
	ends := families[name]
	config := map[string]string{"eos_token": ends[1], "pad_token": "<|endoftext|>"}
	if ends[0] != "" {
		config["bos_token"] = ends[0]
	}
	return withTemplate(t, string(readTestdata(t, filepath.Join("templates", name+".jinja"))), config)
}

func withTemplate(t testing.TB, template string, config map[string]string) *bpe {
	t.Helper()
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	b, err := load(map[string][]byte{tokenizerFile: readTestdata(t, "tokenizer.json"), configFile: raw, templateFile: []byte(template)})
	if err != nil {
		t.Fatal(err)
	}
	b.chat.now = goldenDate
	return b
}

func ids(t testing.TB, text string) []int32 {
	t.Helper()
	var out []int32
	for field := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(field, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, int32(n))
	}
	return out
}

// render is a chat with a template in a golden file.
type render struct {
	Template, Chat, IDs string
	Generation          bool `json:"add_generation_prompt"`
	Text, Error         *string
}

// TestChatGolden: text and ids of every family's chats are transformers', and what
// it refuses is refused.
func TestChatGolden(t *testing.T) {
	var golden struct{ Renders []render }
	decodeTestdata(t, "render.json.gz", &golden)
	texts, refused := compareRenders(t, golden.Renders, func(name string) *bpe { return familyTokenizer(t, name) })
	if texts < 300 || refused < 20 {
		t.Errorf("%d texts and %d refusals: the golden file is not whole", texts, refused)
	}
}

// compareRenders compares text and ids of chats, each with the tokenizer of its
// template, and counts texts and refusals.
func compareRenders(t *testing.T, cases []render, tokenizer func(name string) *bpe) (texts, refused int) {
	t.Helper()
	var golden struct{ Chats []goldenChat }
	decodeTestdata(t, "render.json.gz", &golden)
	toks := map[string]*bpe{}
	for _, want := range cases {
		if toks[want.Template] == nil {
			toks[want.Template] = tokenizer(want.Template)
		}
		tok := toks[want.Template]
		c := golden.Chats[slices.IndexFunc(golden.Chats, func(c goldenChat) bool { return c.Name == want.Chat })].chat(t)
		c.AddGenerationPrompt = want.Generation
		where := want.Template + ", " + want.Chat
		got, err := tok.RenderChat(c)
		if want.Error != nil {
			refused++
			if err == nil {
				t.Errorf("%s: no error, transformers says %s", where, *want.Error)
			}
			continue
		}
		texts++
		if err != nil || got != *want.Text {
			t.Errorf("%s: %v\n got %q\nwant %q", where, err, got, *want.Text)
			continue
		}
		gotIDs, err := tok.EncodeChat(c)
		if err != nil || !slices.Equal(gotIDs, ids(t, want.IDs)) {
			t.Errorf("%s: ids: %v\n got %v\nwant %s", where, err, gotIDs, want.IDs)
		}
	}
	t.Logf("%d texts with ids the same, %d chats refused by both", texts, refused)
	return texts, refused
}
