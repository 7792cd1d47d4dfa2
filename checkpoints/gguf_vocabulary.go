package checkpoints

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rlvr-go/rlvr/checkpoints/gguf"
)

// The kinds of tokens in tokenizer.ggml.token_type, SentencePiece's.
const (
	tokenNormal = iota + 1
	tokenUnknown
	tokenControl
	tokenUser
	tokenUnused
	tokenByte
)

// texts is the value of a key that is an array of strings.
func (m *metadata) texts(key string) ([]string, bool) { return read(m, key, gguf.Value.Texts) }

// vocabulary is the tokens of a GGUF file by id.
type vocabulary struct {
	tokens []string
	kinds  []int64
	ids    map[string]int
	// plain is the number of tokens that the model part of tokenizer.json lists;
	// after them come added tokens only.
	plain int
}

// readVocabulary reads tokens and their kinds. Unused ones at the end only fill the
// embedding table up to rows, and are dropped.
func readVocabulary(m *metadata, rows int) (*vocabulary, error) {
	v := &vocabulary{ids: map[string]int{}}
	tokens, ok := m.texts(tokenizerPrefix + "tokens")
	if !ok || len(tokens) == 0 {
		return nil, fmt.Errorf("%stokens: is missing", tokenizerPrefix)
	}
	kinds, ok := read(m, tokenizerPrefix+"token_type", gguf.Value.Ints)
	if !ok || len(kinds) != len(tokens) {
		return nil, fmt.Errorf("%stoken_type: %d kinds of %d tokens", tokenizerPrefix, len(kinds), len(tokens))
	}
	if len(tokens) > rows {
		return nil, fmt.Errorf("%stokens: %d tokens, the embedding table has %d rows", tokenizerPrefix, len(tokens), rows)
	}
	end := len(tokens)
	for end > 0 && kinds[end-1] == tokenUnused {
		end--
	}
	v.tokens, v.kinds = tokens[:end], kinds[:end]
	for id, token := range v.tokens {
		if first, ok := v.ids[token]; ok {
			return nil, fmt.Errorf("%stokens: %q is token %d and token %d", tokenizerPrefix, token, first, id)
		}
		v.ids[token] = id
		switch kind := v.kinds[id]; {
		case kind < tokenNormal || kind > tokenByte:
			return nil, fmt.Errorf("%stoken_type: token %d is of kind %d, which is not known", tokenizerPrefix, id, kind)
		case !v.isAdded(id):
			v.plain = id + 1
		}
	}
	return v, nil
}

// isAdded reports whether a token is found in text before anything else is.
func (v *vocabulary) isAdded(id int) bool {
	return v.kinds[id] == tokenControl || v.kinds[id] == tokenUser
}

// addedTokens lists the control tokens, which are special, and the user-defined
// ones, and the token for what is unknown.
func (v *vocabulary) addedTokens() []object {
	out := []object{}
	for id, token := range v.tokens {
		if !v.isAdded(id) && v.kinds[id] != tokenUnknown {
			continue
		}
		out = append(out, object{{"id", id}, {"content", token}, {"single_word", false}, {"lstrip", false}, {"rstrip", false},
			{"normalized", false}, {"special", v.kinds[id] != tokenUser}})
	}
	return out
}

// bpe is the model part of tokenizer.json.
func (v *vocabulary) bpe(unknown any, sentencePiece, wholeWords bool, merges [][2]string) object {
	return object{{"type", "BPE"}, {"dropout", nil}, {"unk_token", unknown}, {"continuing_subword_prefix", nil}, {"end_of_word_suffix", nil},
		{"fuse_unk", sentencePiece}, {"byte_fallback", sentencePiece}, {"ignore_merges", wholeWords},
		{"vocab", numbered(v.tokens[:v.plain])}, {"merges", merges}}
}

// numbered is tokens as an object from token to id, in the order of ids.
type numbered []string

// MarshalJSON writes the object.
func (n numbered) MarshalJSON() ([]byte, error) {
	out := bytes.NewBufferString("{")
	for id, token := range n {
		key, err := encodeJSON(token, "")
		if err != nil {
			return nil, err
		}
		if id > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "%s:%d", key, id)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// parseMerges reads merges that are spelled "left right".
func (v *vocabulary) parseMerges(merges []string) ([][2]string, error) {
	out := make([][2]string, len(merges))
	for i, text := range merges {
		left, right, ok := strings.Cut(text, " ")
		if !ok || strings.Contains(right, " ") {
			return nil, fmt.Errorf("%smerges: %q is not of two parts", tokenizerPrefix, text)
		}
		for _, part := range []string{left, right, left + right} {
			if id, ok := v.ids[part]; !ok || id >= v.plain {
				return nil, fmt.Errorf("%smerges: %q: %q is no token", tokenizerPrefix, text, part)
			}
		}
		out[i] = [2]string{left, right}
	}
	return out, nil
}

// merge is a way to make a token of two others.
type merge struct {
	left, right string
	ids         [2]int
	score       float64
}

// mergesByScore lists the merges that a SentencePiece vocabulary implies, in the
// order of transformers' generate_merges: by falling score of the token made, then
// falling numbers of characters of its parts, then by ids. Tokens that text is
// never merged to are left out.
func (v *vocabulary) mergesByScore(m *metadata) ([][2]string, error) {
	scores, ok := read(m, tokenizerPrefix+"scores", gguf.Value.Floats)
	if !ok || len(scores) < len(v.tokens) {
		return nil, fmt.Errorf("%sscores: %d scores of %d tokens", tokenizerPrefix, len(scores), len(v.tokens))
	}
	if n := v.countBytes(); n != 1<<8 {
		return nil, fmt.Errorf("%stokens: %d tokens for bytes, want 256", tokenizerPrefix, n)
	}
	var merges []merge
	lowest, highest := 0.0, 0.0
	for id, token := range v.tokens {
		if v.kinds[id] != tokenNormal {
			continue
		}
		found := v.splits(token)
		for i := range found {
			found[i].score = scores[id]
			if len(merges) == 0 && i == 0 {
				lowest, highest = scores[id], scores[id]
			}
			lowest, highest = min(lowest, scores[id]), max(highest, scores[id])
		}
		merges = append(merges, found...)
	}
	if len(merges) > 1 && lowest == highest {
		return nil, fmt.Errorf("%sscores: all are %v, so that the order of merges is lost", tokenizerPrefix, lowest)
	}
	slices.SortStableFunc(merges, func(a, b merge) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		if d := utf8.RuneCountInString(b.left) - utf8.RuneCountInString(a.left); d != 0 {
			return d
		}
		return utf8.RuneCountInString(b.right) - utf8.RuneCountInString(a.right)
	})
	out := make([][2]string, len(merges))
	for i := range merges {
		out[i] = [2]string{merges[i].left, merges[i].right}
	}
	return out, nil
}

// countBytes counts the tokens that stand for a byte, as <0x0A>.
func (v *vocabulary) countBytes() int {
	n := 0
	for b := range 1 << 8 {
		if id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]; ok && v.kinds[id] == tokenByte {
			n++
		}
	}
	return n
}

// splits lists the ways to make a token of two normal ones, by their ids.
func (v *vocabulary) splits(token string) []merge {
	var out []merge
	for at := range token {
		left, right := token[:at], token[at:]
		l, lok := v.ids[left]
		r, rok := v.ids[right]
		if at > 0 && lok && rok && v.kinds[l] == tokenNormal && v.kinds[r] == tokenNormal {
			out = append(out, merge{left: left, right: right, ids: [2]int{l, r}})
		}
	}
	slices.SortStableFunc(out, func(a, b merge) int { return slices.Compare(a.ids[:], b.ids[:]) })
	return out
}
