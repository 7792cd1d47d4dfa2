package tokenize

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// mergeModel is the BPE model of a tokenizer.json: how the pieces of a text become
// ids. It is read-only once made.
type mergeModel struct {
	merges *mergeTable
	// bytes is set where pieces are bytes in the byte-level alphabet; otherwise they
	// are characters.
	bytes bool
	// byByte and ascii hold the ids of single units, none where there is none: of
	// bytes, or of ASCII characters. byRune holds those of other characters.
	byByte [256]int32
	byRune map[rune]int32
	// fallback holds the ids of the tokens <0x00> to <0xFF>, nil without
	// byte_fallback.
	fallback *[256]int32
	unk      int32 // none if there is none
	fuseUnk  bool
	// whole holds the pieces that are looked up before merging (ignore_merges), by
	// their text; nil otherwise.
	whole map[string]int32
	cache *pieceCache
}

// none is no id.
const none int32 = -1

// modelFile is the part "model" of a tokenizer.json.
type modelFile struct {
	kind, unk, prefix, suffix         string
	dropout                           float64
	hasUnk                            bool
	fuseUnk, byteFallback, ignoreMerg bool
	vocab                             *vocab
	merges                            *mergeTable
}

// parseModel reads the part "model".
func parseModel(r *refusals, raw json.RawMessage) *modelFile {
	m := &modelFile{}
	var unk *string
	var vocabRaw, mergesRaw json.RawMessage
	before := len(r.texts)
	r.fields("model", raw, map[string]any{
		"type": &m.kind, "dropout": &m.dropout, "unk_token": &unk,
		"continuing_subword_prefix": &m.prefix, "end_of_word_suffix": &m.suffix,
		"fuse_unk": &m.fuseUnk, "byte_fallback": &m.byteFallback, "ignore_merges": &m.ignoreMerg,
		"vocab": &vocabRaw, "merges": &mergesRaw,
	})
	if m.kind != "BPE" && len(r.texts) == before {
		r.addText("model.type", m.kind, `"BPE"`)
	}
	if m.dropout != 0 {
		r.add("model.dropout", json.RawMessage(fmt.Sprint(m.dropout)), "0: ids would be random")
	}
	if m.prefix != "" {
		r.addText("model.continuing_subword_prefix", m.prefix, `""`)
	}
	if m.suffix != "" {
		r.addText("model.end_of_word_suffix", m.suffix, `""`)
	}
	if len(r.texts) > before {
		return nil
	}
	var err error
	if m.vocab, err = parseVocab(vocabRaw); err != nil {
		r.fault("model.vocab", "%v", err)
		return nil
	}
	if m.merges, err = parseMerges(mergesRaw, m.vocab); err != nil {
		r.fault("model.merges", "%v", err)
		return nil
	}
	if unk != nil {
		m.unk, m.hasUnk = *unk, true
		if _, ok := m.vocab.ids[m.unk]; !ok {
			r.fault("model.unk_token", "%q is not in the vocabulary", m.unk)
			return nil
		}
	}
	return m
}

// newMergeModel makes the model for pieces of bytes or of characters.
func newMergeModel(f *modelFile, asBytes bool) *mergeModel {
	m := &mergeModel{merges: f.merges, bytes: asBytes, unk: none, fuseUnk: f.fuseUnk}
	if f.hasUnk {
		m.unk = f.vocab.ids[f.unk]
	}
	for b := range m.byByte {
		m.byByte[b] = none
	}
	if asBytes {
		for b, r := range byteRunes {
			if id, ok := f.vocab.ids[string(r)]; ok {
				m.byByte[b] = id
			}
		}
	} else {
		m.byRune = make(map[rune]int32)
		for id, token := range f.vocab.tokens {
			if r, ok := singleRune(token); ok && r < utf8.RuneSelf {
				m.byByte[r] = int32(id)
			} else if ok {
				m.byRune[r] = int32(id)
			}
		}
	}
	if f.byteFallback {
		m.fallback = new([256]int32)
		for b := range m.fallback {
			m.fallback[b] = none
			if id, ok := f.vocab.ids[fmt.Sprintf("<0x%02X>", b)]; ok {
				m.fallback[b] = id
			}
		}
	}
	if f.ignoreMerg {
		m.whole = wholePieces(f.vocab, asBytes)
	}
	if f.merges.n > 0 {
		m.cache = newPieceCache()
	}
	return m
}

// wholePieces is the vocabulary by the texts that its tokens stand for.
func wholePieces(v *vocab, asBytes bool) map[string]int32 {
	if !asBytes {
		return v.ids
	}
	out := make(map[string]int32, len(v.ids))
	var buf []byte
	for token, id := range v.ids {
		var ok bool
		if buf, ok = fromAlphabet(buf[:0], token); ok {
			out[string(buf)] = id
		}
	}
	return out
}

// encode appends the ids of a piece. It reports false if it left out what the
// vocabulary cannot express, as the reference does without a word.
func (m *mergeModel) encode(dst []int32, piece string) ([]int32, bool) {
	if m.cache == nil {
		return m.compute(dst, piece)
	}
	slot := m.cache.slot(piece)
	if ids, ok := slot.get(piece); ok {
		return append(dst, ids...), true
	}
	start := len(dst)
	dst, ok := m.compute(dst, piece)
	if ok {
		slot.put(piece, dst[start:])
	}
	return dst, ok
}

func (m *mergeModel) compute(dst []int32, piece string) ([]int32, bool) {
	if m.whole != nil {
		if id, ok := m.whole[piece]; ok {
			return append(dst, id), true
		}
	}
	start := len(dst)
	dst, ok := m.units(dst, piece)
	return dst[:start+len(m.merges.merge(dst[start:]))], ok
}

// units appends the ids that merging starts from, one or several a unit of the
// piece, and reports whether each unit has one. An unknown unit waits until a known
// one follows, so that unknown ones can be fused; those that fall back to bytes do
// not end the wait (as in the reference).
func (m *mergeModel) units(dst []int32, piece string) ([]int32, bool) {
	waiting, whole := false, true
	for i := 0; i < len(piece); {
		id, size := m.unit(piece[i:])
		switch {
		case id != none:
			if waiting {
				dst, waiting = append(dst, m.unk), false
			}
			dst = append(dst, id)
		case m.fallsBack(piece[i : i+size]):
			dst = m.appendFallback(dst, piece[i:i+size])
		case m.unk == none:
			whole = false
		case waiting && !m.fuseUnk:
			dst = append(dst, m.unk)
		default:
			waiting = true
		}
		i += size
	}
	if waiting {
		dst = append(dst, m.unk)
	}
	return dst, whole
}

// unit is the id of the first byte or character of s, and its size in bytes.
func (m *mergeModel) unit(s string) (id int32, size int) {
	if m.bytes || s[0] < utf8.RuneSelf {
		return m.byByte[s[0]], 1
	}
	r, size := utf8.DecodeRuneInString(s)
	if id, ok := m.byRune[r]; ok {
		return id, size
	}
	return none, size
}

// fallsBack reports that each byte of a unit has a token of its own.
func (m *mergeModel) fallsBack(unit string) bool {
	if m.fallback == nil {
		return false
	}
	for _, b := range []byte(m.spelling(unit)) {
		if m.fallback[b] == none {
			return false
		}
	}
	return true
}

func (m *mergeModel) appendFallback(dst []int32, unit string) []int32 {
	for _, b := range []byte(m.spelling(unit)) {
		dst = append(dst, m.fallback[b])
	}
	return dst
}

// spelling is a unit as the reference's model sees it: a byte is its character of
// the byte-level alphabet by then.
func (m *mergeModel) spelling(unit string) string {
	if m.bytes {
		return string(byteRunes[unit[0]])
	}
	return unit
}

// expresses reports that every unit of s has ids.
func (m *mergeModel) expresses(s string) bool {
	if m.unk != none {
		return true
	}
	for i := 0; i < len(s); {
		id, size := m.unit(s[i:])
		if id == none && !m.fallsBack(s[i:i+size]) {
			return false
		}
		i += size
	}
	return true
}
