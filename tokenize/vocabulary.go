package tokenize

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// byteRunes is GPT-2's byte-level alphabet: the printable character that stands for
// each byte. Printable bytes of Latin-1 stand for themselves, the others follow from
// U+0100 on.
var byteRunes = func() (out [256]rune) {
	next := rune(0x100)
	for b := range out {
		switch {
		case b >= '!' && b <= '~', b >= 0xA1 && b <= 0xAC, b >= 0xAE:
			out[b] = rune(b)
		default:
			out[b] = next
			next++
		}
	}
	return out
}()

// runeBytes undoes byteRunes; -1 for characters outside of the alphabet.
var runeBytes = func() (out [0x144]int16) {
	for i := range out {
		out[i] = -1
	}
	for b, r := range byteRunes {
		out[r] = int16(b)
	}
	return out
}()

// fromAlphabet gives the bytes that a token spells in the byte-level alphabet, and
// whether each of its characters is in it.
func fromAlphabet(dst []byte, token string) ([]byte, bool) {
	for _, r := range token {
		if int(r) >= len(runeBytes) || runeBytes[r] < 0 {
			return dst, false
		}
		dst = append(dst, byte(runeBytes[r]))
	}
	return dst, true
}

// vocab is a vocabulary as the file spells it.
type vocab struct {
	ids    map[string]int32
	tokens []string // by id; "" where there is none
}

// spareIDs bounds how far ids may reach beyond the number of tokens, so that a file
// cannot claim memory with a large id. Real files have no gaps to speak of.
const spareIDs = 1 << 16

// parseVocab reads the object from tokens to ids.
func parseVocab(raw json.RawMessage) (*vocab, error) {
	fields, ok := object(raw)
	if !ok {
		return nil, fmt.Errorf("is %s, want an object from token to id", showRaw(raw))
	}
	v := &vocab{ids: make(map[string]int32, len(fields))}
	largest := int32(-1)
	for _, f := range fields {
		id, err := strconv.ParseInt(string(f.value), 10, 32)
		if err != nil || id < 0 || id >= int64(2*len(fields)+spareIDs) {
			return nil, fmt.Errorf("%q has id %s, want an integer from 0 to below %d", f.name, showRaw(f.value), 2*len(fields)+spareIDs)
		}
		v.ids[f.name] = int32(id)
		largest = max(largest, int32(id))
	}
	v.tokens = make([]string, largest+1)
	taken := make([]bool, largest+1)
	for _, f := range fields {
		id, err := strconv.Atoi(string(f.value))
		if err != nil || v.ids[f.name] != int32(id) {
			continue // the name is given again
		}
		if taken[id] {
			return nil, fmt.Errorf("%q and %q have id %d", v.tokens[id], f.name, id)
		}
		v.tokens[id], taken[id] = f.name, true
	}
	return v, nil
}

// parseMerges reads the merges, of either spelling: "a b" or ["a", "b"].
func parseMerges(raw json.RawMessage, v *vocab) (*mergeTable, error) {
	n := 0
	if !array(raw, func(json.RawMessage) bool { n++; return true }) {
		return nil, fmt.Errorf("is %s, want a list", showRaw(raw))
	}
	t := newMergeTable(n)
	var err error
	var made []byte
	rank := uint32(0)
	array(raw, func(value json.RawMessage) bool {
		var left, right string
		if left, right, err = parseMerge(value); err != nil {
			return false
		}
		a, okA := v.ids[left]
		b, okB := v.ids[right]
		made = append(append(made[:0], left...), right...)
		id, ok := v.ids[string(made)]
		if !okA || !okB || !ok {
			err = fmt.Errorf("%s: the vocabulary lacks one of %q, %q and %q", showRaw(value), left, right, made)
			return false
		}
		t.set(a, b, rank, id)
		rank++
		return true
	})
	return t, err
}

func parseMerge(value json.RawMessage) (left, right string, err error) {
	var parts []string
	if value[0] == '"' {
		parts = strings.Split(unquote(value), " ")
	} else if !array(value, func(part json.RawMessage) bool {
		if part[0] != '"' {
			parts = nil
			return false
		}
		parts = append(parts, unquote(part))
		return len(parts) < 3
	}) {
		parts = nil
	}
	if len(parts) != 2 {
		return "", "", fmt.Errorf("%s is no pair of tokens", showRaw(value))
	}
	return parts[0], parts[1], nil
}

// singleRune reports that a token is one character.
func singleRune(token string) (rune, bool) {
	r, size := utf8.DecodeRuneInString(token)
	return r, size > 0 && size == len(token)
}
