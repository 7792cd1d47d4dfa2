package tokenize

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rlvr-go/rlvr/data"
)

// The special tokens of a character vocabulary and their ids.
const (
	padToken = "<|pad|>"
	eosToken = "<|eos|>"

	padID       int32 = 0
	eosID       int32 = 1
	numSpecials       = 2
)

// The characters a vocabulary may hold lie between these: space and printable
// ASCII.
const (
	firstChar = ' '
	lastChar  = '~'
)

// chars is a byte-level BPE without merges: id numSpecials+i is character i.
type chars struct {
	chars string
	// ids by byte; 0, which is padding's, where there is none.
	ids   [lastChar + 1]int32
	files map[string][]byte
}

// New makes a tokenizer from options. It fails as Validate does.
func New(o Options) (Tokenizer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t := &chars{chars: o.Chars}
	for i := range len(o.Chars) {
		t.ids[o.Chars[i]] = int32(numSpecials + i)
	}
	var err error
	if t.files, err = charFiles(o.Chars); err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	return t, nil
}

// Encode implements Tokenizer.
func (t *chars) Encode(text string) ([]int32, error) {
	out := make([]int32, 0, len(text))
	for i := range len(text) {
		b := text[i]
		if int(b) >= len(t.ids) || t.ids[b] == padID {
			return nil, unknownCharacter(text, i)
		}
		out = append(out, t.ids[b])
	}
	return out, nil
}

// unknownCharacter names the character of text at byte i. Everything before it is
// ASCII, so it begins there.
func unknownCharacter(text string, i int) error {
	c, size := utf8.DecodeRuneInString(text[i:])
	if c == utf8.RuneError && size == 1 {
		return fmt.Errorf("tokenize: byte %#02x at position %d is not in the vocabulary", text[i], i)
	}
	return fmt.Errorf("tokenize: character %q (%U) at byte %d is not in the vocabulary", c, c, i)
}

// EncodePrompt implements Tokenizer: nothing is put before a text.
func (t *chars) EncodePrompt(text string) ([]int32, error) { return t.Encode(text) }

// EncodeSpecial implements Tokenizer.
func (t *chars) EncodeSpecial(text string, _ bool) ([]int32, error) {
	var out []int32
	for {
		i, id, token := -1, int32(0), ""
		for k, special := range []string{padToken, eosToken} {
			if at := strings.Index(text, special); at >= 0 && (i < 0 || at < i) {
				i, id, token = at, int32(k), special
			}
		}
		plain := text
		if i >= 0 {
			plain = text[:i]
		}
		ids, err := t.Encode(plain)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
		if i < 0 {
			return out, nil
		}
		out, text = append(out, id), text[i+len(token):]
	}
}

// Decode implements Tokenizer.
func (t *chars) Decode(ids []int32, skipSpecial bool) string {
	var out strings.Builder
	out.Grow(len(ids))
	for _, id := range ids {
		switch {
		case id < 0 || int(id) >= t.VocabSize():
		case id == padID || id == eosID:
			if !skipSpecial {
				out.WriteString([]string{padToken, eosToken}[id])
			}
		default:
			out.WriteByte(t.chars[id-numSpecials])
		}
	}
	return out.String()
}

// EOS implements Tokenizer.
func (t *chars) EOS() []int32 { return []int32{eosID} }

// PadID implements Tokenizer.
func (t *chars) PadID() int32 { return padID }

// VocabSize implements Tokenizer.
func (t *chars) VocabSize() int { return numSpecials + len(t.chars) }

// EncodeChat implements Tokenizer.
func (t *chars) EncodeChat(c *Chat) ([]int32, error) {
	text, err := t.RenderChat(c)
	if err != nil {
		return nil, err
	}
	return t.Encode(text)
}

// RenderChat implements Tokenizer: there is no template, so a chat can only be one
// message of the user, which is the prompt as it is.
func (t *chars) RenderChat(c *Chat) (string, error) {
	if len(c.Messages) != 1 || c.Messages[0].Role != data.RoleUser || c.Tools != nil {
		return "", fmt.Errorf("tokenize: a character tokenizer has no chat template: want one message of role %q and no tools, found %d messages",
			data.RoleUser, len(c.Messages))
	}
	return c.Messages[0].Content, nil
}

// Files implements Tokenizer.
func (t *chars) Files() map[string][]byte { return t.files }
