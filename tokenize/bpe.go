package tokenize

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe is a tokenizer of a tokenizer.json: added tokens, normalizer, pre-tokenizer, a
// model of merges, post-processor and decoder. It is read-only once loaded, but for
// its model's cache.
type bpe struct {
	// raw finds the added tokens in text as it is, normalized those that are found in
	// normalized text.
	raw, normalized *matcher
	norm            normalizer
	pre             *preTokenizer
	model           *mergeModel
	post            wrapping
	decoder         *decoder

	// added are all added tokens in the order of their ids.
	added []addedToken
	// reachable is set if merging may give a special token's id, by id: text must not.
	reachable []bool
	// named are the texts of special tokens by their names in tokenizer_config.json:
	// bos_token, eos_token, pad_token, unk_token and the like.
	named map[string]string
	// chat is the chat template; nil: none.
	chat  *chatTemplate
	eos   []int32
	pad   int32
	files map[string][]byte
}

// noGuard is no rune.
const noGuard rune = -1

// ErrUnknown is what Tokenizer's methods wrap for a character that the vocabulary
// cannot express.
var ErrUnknown = errors.New("not in the vocabulary")

// Encode implements Tokenizer.
func (b *bpe) Encode(text string) ([]int32, error) {
	return b.encodeWhole(nil, text, false, noGuard)
}

// EncodePrompt implements Tokenizer.
func (b *bpe) EncodePrompt(text string) ([]int32, error) {
	return b.encodeWhole(b.post.before, text, false, noGuard)
}

// EncodeSpecial implements Tokenizer.
func (b *bpe) EncodeSpecial(text string, addSpecial bool) ([]int32, error) {
	var w wrapping
	if addSpecial {
		w = b.post
	}
	ids, err := b.encode(w.before, text, true, noGuard)
	if ids == nil {
		return nil, err
	}
	return append(ids, w.after...), err
}

// encodeGuarded makes added tokens in text, special ones too, their ids. Then every
// guard is removed from what lies between them, which stays plain text: content that
// spells a special token carries a guard within it.
func (b *bpe) encodeGuarded(text string, guard rune) ([]int32, error) {
	return b.encodeWhole(nil, text, true, guard)
}

// encodeWhole is encode that gives no ids where it left something out.
func (b *bpe) encodeWhole(before []int32, text string, specials bool, guard rune) ([]int32, error) {
	ids, err := b.encode(before, text, specials, guard)
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// encode gives the ids of text after those of before. If it left out what the
// vocabulary cannot express, the error says so and the ids are those of the rest.
func (b *bpe) encode(before []int32, text string, specials bool, guard rune) ([]int32, error) {
	if !utf8.ValidString(text) {
		return nil, invalidUTF8(text)
	}
	out := make([]int32, 0, len(before)+len(text)/3+8)
	out = append(out, before...)
	var unknown error
	var buf [8]span
	for _, s := range b.raw.spans(buf[:0], text, specials) {
		if s.id != none {
			out = append(out, s.id)
			continue
		}
		start, ok := len(out), false
		out, ok = b.encodeBetween(out, text[s.start:s.end], s.start == 0, specials, guard)
		if !ok && unknown == nil {
			unknown = b.explain(text, s.start, s.end)
		}
		if id := b.forbidden(out[start:]); id != none && !specials {
			return nil, fmt.Errorf("tokenize: bytes %d to %d would become the special token %q", s.start, s.end, b.decoder.tokens[id].text)
		}
	}
	return out, unknown
}

// encodeBetween appends the ids of a text without added tokens of the raw kind.
func (b *bpe) encodeBetween(dst []int32, text string, first, specials bool, guard rune) ([]int32, bool) {
	if guard != noGuard && len(b.normalized.tokens) == 0 {
		text = strings.ReplaceAll(text, string(guard), "")
	}
	text = b.norm.apply(text)
	if len(b.normalized.tokens) == 0 {
		return b.encodePieces(dst, text, first, 0)
	}
	whole := true
	var buf [8]span
	for _, s := range b.normalized.spans(buf[:0], text, specials) {
		if s.id != none {
			dst = append(dst, s.id)
			continue
		}
		part := text[s.start:s.end]
		if guard != noGuard && strings.ContainsRune(part, guard) {
			part = strings.ReplaceAll(part, string(guard), "")
			if b.norm.hasNFC() { // what the guard kept apart may compose
				part = nfc(part)
			}
		}
		var ok bool
		dst, ok = b.encodePieces(dst, part, first && s.start == 0, 0)
		whole = whole && ok
	}
	return dst, whole
}

// forbidden is the first id that is of a special token which merging can give, or
// none.
func (b *bpe) forbidden(ids []int32) int32 {
	if b.reachable == nil {
		return none
	}
	for _, id := range ids {
		if b.reachable[id] {
			return id
		}
	}
	return none
}

// invalidUTF8 names the first byte that is no UTF-8.
func invalidUTF8(text string) error {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return fmt.Errorf("tokenize: byte %#02x at position %d is %w: the text is no UTF-8", text[i], i, ErrUnknown)
			}
		}
	}
	return nil
}

// explain names the first character of text[start:end] that cannot be expressed.
func (b *bpe) explain(text string, start, end int) error {
	for i, r := range text[start:end] {
		if !b.model.expresses(b.norm.apply(string(r))) {
			return fmt.Errorf("tokenize: character %q (%U) at byte %d is %w", r, r, start+i, ErrUnknown)
		}
	}
	return fmt.Errorf("tokenize: bytes %d to %d become, normalized, characters that are %w", start, end, ErrUnknown)
}

// Decode implements Tokenizer.
func (b *bpe) Decode(ids []int32, skipSpecial bool) string { return b.decoder.decode(ids, skipSpecial) }

// EOS implements Tokenizer.
func (b *bpe) EOS() []int32 { return b.eos }

// PadID implements Tokenizer.
func (b *bpe) PadID() int32 { return b.pad }

// VocabSize implements Tokenizer.
func (b *bpe) VocabSize() int { return len(b.decoder.tokens) }

// Files implements Tokenizer.
func (b *bpe) Files() map[string][]byte { return b.files }
