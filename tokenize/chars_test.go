package tokenize

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// goldenChars are those of testdata/tokenizer.json.
const goldenChars = `0123456789+-*=()<>&"\ az~`

func mustNew(t testing.TB, chars string) Tokenizer {
	t.Helper()
	tok, err := New(Options{Chars: chars})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestEncode(t *testing.T) {
	tok := mustNew(t, "0123456789+= \n")
	for _, c := range []struct {
		text string
		want []int32
	}{
		{"", []int32{}},
		{"0", []int32{2}},
		{"12+07=", []int32{3, 4, 12, 2, 9, 13}},
		{"  9", []int32{14, 14, 11}},
		{"7\n8\n", []int32{9, 15, 10, 15}},
	} {
		got, err := tok.Encode(c.text)
		if err != nil || !slices.Equal(got, c.want) || got == nil {
			t.Errorf("Encode(%q) = %v, %v, want %v", c.text, got, err, c.want)
		}
		if back := tok.Decode(got, true); back != c.text {
			t.Errorf("Decode(Encode(%q)) = %q", c.text, back)
		}
	}
	if tok.VocabSize() != 16 || tok.PadID() != 0 || !slices.Equal(tok.EOS(), []int32{1}) {
		t.Errorf("vocabulary of %d, padding %d, ends %v", tok.VocabSize(), tok.PadID(), tok.EOS())
	}
}

// TestEncodeUnknown: what the vocabulary lacks is named with its place.
func TestEncodeUnknown(t *testing.T) {
	tok := mustNew(t, "0123456789+=")
	for _, c := range []struct{ text, want string }{
		{"1 + 2", "character ' ' (U+0020) at byte 1 is not"},
		{"12a", "character 'a' (U+0061) at byte 2 is not"},
		{"1é", "character 'é' (U+00E9) at byte 1 is not"},
		{"1\n", `character '\n' (U+000A) at byte 1 is not`},
		{"12\xff", "byte 0xff at position 2 is not"},
		{"\ufffd", "character '\ufffd' (U+FFFD) at byte 0 is not"},
		{"1\x00", `character '\x00' (U+0000) at byte 1 is not`},
		{"910<|eos|>", "character '<' (U+003C) at byte 3 is not"},
	} {
		got, err := tok.Encode(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("Encode(%q) = %v, %v, want %q", c.text, got, err, c.want)
		}
	}
}

// TestSpecialsAreText: text cannot spell a special token.
func TestSpecialsAreText(t *testing.T) {
	tok := mustNew(t, "<|eospad>")
	for _, text := range []string{eosToken, padToken} {
		ids, err := tok.Encode(text)
		if err != nil || len(ids) != len(text) || slices.Contains(ids, 0) || slices.Contains(ids, 1) {
			t.Errorf("Encode(%q) = %v, %v", text, ids, err)
		}
		if back := tok.Decode(ids, true); back != text {
			t.Errorf("decoded to %q", back)
		}
	}
}

func TestDecode(t *testing.T) {
	tok := mustNew(t, "ab")
	for _, c := range []struct {
		ids  []int32
		want string
	}{
		{nil, ""},
		{[]int32{2, 1, 3, 0, 0, 2, 1}, "aba"},
		{[]int32{2, 4, 3}, "ab"},
		{[]int32{-1, 1 << 30, -1 << 31}, ""},
	} {
		if got := tok.Decode(c.ids, true); got != c.want {
			t.Errorf("Decode(%v) = %q, want %q", c.ids, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		chars string
		want  []string // one text within each fault, in order
	}{
		{"0123456789+=", nil},
		{" ~", nil},
		{"", []string{"required"}},
		{"aab", []string{"byte 1 repeats it"}},
		{"aba a", []string{"byte 2 repeats it", "byte 4 repeats it"}},
		{"a\t", []string{"character at byte 1 is U+0009"}},
		{"aé\x7f", []string{"character at byte 1 is U+00E9", "character at byte 3 is U+007F"}},
		{"a\xffa", []string{"character at byte 1 is U+FFFD", "byte 2 repeats it"}},
	} {
		o := Options{Chars: c.chars}
		err := o.Validate()
		faults := fault.Of(err)
		if len(faults) != len(c.want) {
			t.Errorf("%q: faults %v, want %q", c.chars, faults, c.want)
			continue
		}
		for i, f := range faults {
			if f.Path != "chars" || !strings.Contains(f.Error(), c.want[i]) {
				t.Errorf("%q: fault %v, want %q at chars", c.chars, f, c.want[i])
			}
		}
		if _, nerr := New(o); (nerr == nil) != (err == nil) {
			t.Errorf("%q: New says %v, Validate %v", c.chars, nerr, err)
		}
	}
}

func TestRenderChat(t *testing.T) {
	tok := mustNew(t, "0123456789+=")
	user := data.Message{Role: data.RoleUser, Content: "12+07="}
	if got, err := tok.RenderChat(&Chat{Messages: []data.Message{user}}); err != nil || got != "12+07=" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, c := range []struct {
		messages []data.Message
		want     string
	}{
		{nil, "found 0 messages"},
		{[]data.Message{user, user}, "no chat template"},
		{[]data.Message{{Role: data.RoleSystem, Content: "x"}}, "no chat template"},
		{[]data.Message{{Role: data.RoleAssistant, Content: "x"}}, "found 1 messages"},
	} {
		if got, err := tok.RenderChat(&Chat{Messages: c.messages}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %q, %v, want %q", c.messages, got, err, c.want)
		}
	}
}

// TestFiles compares tokenizer.json with the Rust library's own spelling
// (testdata/make_python.py), byte for byte.
func TestFiles(t *testing.T) {
	want, err := os.ReadFile("testdata/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	files := mustNew(t, goldenChars).Files()
	if diff := cmp.Diff(string(want), string(files["tokenizer.json"])); diff != "" {
		t.Errorf("tokenizer.json (-library +ours):\n%s", diff)
	}
	config := `{
  "tokenizer_class": "PreTrainedTokenizerFast",
  "eos_token": "<|eos|>",
  "pad_token": "<|pad|>",
  "clean_up_tokenization_spaces": false
}
`
	if diff := cmp.Diff(config, string(files["tokenizer_config.json"])); diff != "" {
		t.Errorf("tokenizer_config.json:\n%s", diff)
	}
	if len(files) != 2 {
		t.Errorf("%d files", len(files))
	}
}

// FuzzRoundTrip: whatever encodes decodes to itself, into known ids, one a byte.
func FuzzRoundTrip(f *testing.F) {
	f.Add(goldenChars, "12+07=")
	f.Add("ab", "abc")
	f.Add("<|eos>", "<|eos|>")
	f.Add("é", "\xff")
	f.Fuzz(func(t *testing.T, chars, text string) {
		tok, err := New(Options{Chars: chars})
		if err != nil {
			return
		}
		ids, err := tok.Encode(text)
		if known := strings.Trim(text, chars) == ""; known != (err == nil) {
			t.Fatalf("Encode(%q) over %q: %v", text, chars, err)
		}
		if err != nil {
			return
		}
		if len(ids) != len(text) {
			t.Fatalf("%d ids for %d bytes", len(ids), len(text))
		}
		for _, id := range ids {
			if id < numSpecials || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
		if back := tok.Decode(ids, true); back != text {
			t.Fatalf("%q came back as %q", text, back)
		}
	})
}
