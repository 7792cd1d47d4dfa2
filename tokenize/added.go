package tokenize

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// addedToken is a token that is found in a text before the model sees it. The
// fields are those of tokenizer.json.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no word character is beside it
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // its normalized form is found in normalized text
	Special    bool   `json:"special"`     // left out of decoded text; plain text in untrusted text
}

// parseAdded reads the part "added_tokens". An id other than the one that the
// reference library would assign, which ignores what the file says, is refused.
func parseAdded(r *refusals, raw json.RawMessage, v *vocab) []addedToken {
	var out []addedToken
	if isNull(raw) {
		return nil
	}
	byContent := make(map[string]int32)
	next, largest := int32(len(v.ids)), int32(-1)
	if !array(raw, func(value json.RawMessage) bool {
		at := fmt.Sprintf("added_tokens[%d]", len(out))
		// The library's default is true, but no file leaves it out.
		t := addedToken{ID: none, Normalized: true}
		before := len(r.texts)
		r.fields(at, value, map[string]any{"id": &t.ID, "content": &t.Content, "single_word": &t.SingleWord,
			"lstrip": &t.LStrip, "rstrip": &t.RStrip, "normalized": &t.Normalized, "special": &t.Special})
		if len(r.texts) > before {
			return false
		}
		want, known := byContent[t.Content]
		if !known {
			want, known = lookup(v.ids, t.Content)
		}
		if !known {
			want = next
			next = max(next, want+1)
		}
		switch {
		case t.Content == "":
			r.fault(at+".content", "is empty")
		case t.ID != want:
			r.fault(at+".id", "%q has id %d, the reference library would give it %d", t.Content, t.ID, want)
		}
		largest = max(largest, t.ID)
		byContent[t.Content] = t.ID
		out = append(out, t)
		return len(r.texts) == before
	}) {
		r.add("added_tokens", raw, "a list")
	}
	return lastOfEach(out)
}

func lookup(ids map[string]int32, content string) (int32, bool) {
	id, ok := ids[content]
	return id, ok
}

// lastOfEach keeps the last of tokens with one id: adding a token again changes its
// flags.
func lastOfEach(tokens []addedToken) []addedToken {
	last := make(map[int32]int, len(tokens))
	for i, t := range tokens {
		last[t.ID] = i
	}
	out := tokens[:0:0]
	for i, t := range tokens {
		if last[t.ID] == i {
			out = append(out, t)
		}
	}
	return out
}

// span is a part of a text: an added token, or with id none what lies between.
type span struct {
	start, end int
	id         int32
}

// matcher finds added tokens: the leftmost, of those the longest.
type matcher struct {
	tokens []addedToken
	// first holds the bytes that a token starts with. edges is a trie: from a node
	// and a byte to the next node. ends holds the token that ends at a node, or none.
	first [256]bool
	only  int // the one byte of first, or -1
	edges map[trieEdge]int32
	ends  []int32
}

type trieEdge struct {
	node int32
	next byte
}

// newMatcher finds tokens by their texts, which are in the same order.
func newMatcher(tokens []addedToken, texts []string) *matcher {
	m := &matcher{tokens: tokens, only: -1, edges: make(map[trieEdge]int32), ends: []int32{none}}
	for i, text := range texts {
		if m.only = int(text[0]); i > 0 && text[0] != texts[0][0] {
			m.only = -2
		}
		m.first[text[0]] = true
		node := int32(0)
		for _, b := range []byte(text) {
			e := trieEdge{node, b}
			if m.edges[e] == 0 {
				m.edges[e] = int32(len(m.ends))
				m.ends = append(m.ends, none)
			}
			node = m.edges[e]
		}
		m.ends[node] = int32(i)
	}
	starts := 0
	for _, is := range m.first {
		if is {
			starts++
		}
	}
	if starts != 1 {
		m.only = -1
	}
	return m
}

// find is the first token at or after text[from:], and where it is.
func (m *matcher) find(text string, from int) (token, start, end int) {
	for i := from; i < len(text); i++ {
		if m.only >= 0 {
			skip := strings.IndexByte(text[i:], byte(m.only))
			if skip < 0 {
				break
			}
			i += skip
		} else if !m.first[text[i]] {
			continue
		}
		token, node := none, int32(0)
		for j := i; j < len(text); j++ {
			if node = m.edges[trieEdge{node, text[j]}]; node == 0 {
				break
			}
			if m.ends[node] != none {
				token, end = m.ends[node], j+1
			}
		}
		if token != none {
			return int(token), i, end
		}
	}
	return -1, len(text), len(text)
}

// spans cuts text at the added tokens, which special tokens are only with specials.
// A match that its flags refuse is text, and nothing within it is looked for.
func (m *matcher) spans(dst []span, text string, specials bool) []span {
	if len(m.tokens) == 0 {
		return append(dst, span{0, len(text), none})
	}
	done := 0
	for from := 0; ; {
		i, start, end := m.find(text, from)
		if i < 0 {
			break
		}
		from = end
		t := &m.tokens[i]
		if t.Special && !specials || t.SingleWord && !isolated(text, start, end) {
			continue
		}
		if t.LStrip {
			start = max(done, len(strings.TrimRightFunc(text[:start], isSpace)))
		}
		if t.RStrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], isSpace))
		}
		if done < start {
			dst = append(dst, span{done, start, none})
		}
		dst = append(dst, span{start, end, t.ID})
		done = end
	}
	if done < len(text) {
		dst = append(dst, span{done, len(text), none})
	}
	return dst
}

// isolated reports that no word character touches text[start:end].
func isolated(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return (start == 0 || !isWord(before)) && (end == len(text) || !isWord(after))
}
