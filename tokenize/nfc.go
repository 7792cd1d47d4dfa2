package tokenize

import (
	"sync"
	"unicode/utf8"
)

// nfcTable is gen_nfc.go made quick to ask.
type nfcTable struct {
	// combining holds the ranks of combining classes; what is absent has class 0.
	combining map[rune]uint8
	compose   map[[2]rune]rune
}

var nfcData = sync.OnceValue(func() *nfcTable {
	t := &nfcTable{combining: make(map[rune]uint8), compose: make(map[[2]rune]rune)}
	for _, run := range combiningRanges {
		for r := run[0]; r <= run[1]; r++ {
			t.combining[r] = uint8(run[2])
		}
	}
	for _, c := range compositions {
		t.compose[[2]rune{c[0], c[1]}] = c[2]
	}
	return t
})

// eachBusy calls f for the characters that may change in a text or change what is
// before them: marks, those that decompose for good and those that compose with
// another before them.
func eachBusy(f func(r rune)) {
	for _, run := range combiningRanges {
		for r := run[0]; r <= run[1]; r++ {
			f(r)
		}
	}
	composed := make(map[rune]bool)
	for _, c := range compositions {
		f(c[1])
		composed[c[2]] = true
	}
	for r := range decompositions {
		if !composed[r] {
			f(r)
		}
	}
	for r := rune(hangulV); r < hangulT+numT; r++ {
		f(r)
	}
}

// Hangul syllables are composed by rule (Unicode 3.12).
const (
	hangulS, hangulL, hangulV, hangulT = 0xAC00, 0x1100, 0x1161, 0x11A7
	numL, numV, numT                   = 19, 21, 28
	numS                               = numL * numV * numT
)

// nfc is text in normalization form C. Unlike golang.org/x/text it is not made safe
// for streams: the reference inserts no U+034F after 30 marks, and its data are older.
func nfc(text string) string {
	t := classes()
	var out []byte
	done, before := 0, 0 // what is in out; where the last character starts
	for i := 0; i < len(text); {
		c, size := t.at(text, i)
		if c&classBusy == 0 {
			before = i
			i += size
			continue
		}
		// The busy characters may compose with one that is not. That one composes
		// with nothing before it, and none is before what follows them.
		end := i
		for c&classBusy != 0 {
			end += size
			c, size = t.at(text, end)
		}
		if out == nil {
			out = make([]byte, 0, len(text)+len(text)/8)
		}
		out = append(out, text[done:before]...)
		out = nfcData().appendNormal(out, text[before:end])
		done, before, i = end, end, end
	}
	if out == nil {
		return text
	}
	return string(append(out, text[done:]...))
}

// appendNormal appends a text in normal form.
func (t *nfcTable) appendNormal(dst []byte, text string) []byte {
	var buf [16]rune
	chars := buf[:0]
	for _, r := range text {
		chars = t.decompose(chars, r)
	}
	t.order(chars)
	for _, r := range t.composeAll(chars) {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func (t *nfcTable) decompose(dst []rune, r rune) []rune {
	if r < 0xC0 {
		return append(dst, r)
	}
	if s := r - hangulS; s >= 0 && s < numS {
		dst = append(dst, hangulL+s/(numV*numT), hangulV+s%(numV*numT)/numT)
		if s%numT != 0 {
			dst = append(dst, hangulT+s%numT)
		}
		return dst
	}
	if parts, ok := decompositions[r]; ok {
		return append(dst, []rune(parts)...)
	}
	return append(dst, r)
}

// order sorts runs of marks by their classes and keeps the order of equals. A run
// may have a million marks: counting takes time linear in its length.
func (t *nfcTable) order(chars []rune) {
	for i := 0; i < len(chars); i++ {
		if t.combining[chars[i]] == 0 {
			continue
		}
		start := i
		sorted := true
		for i++; i < len(chars) && t.combining[chars[i]] != 0; i++ {
			sorted = sorted && t.combining[chars[i-1]] <= t.combining[chars[i]]
		}
		if sorted {
			continue
		}
		run := chars[start:i]
		var places [257]int
		for _, r := range run {
			places[t.combining[r]+1]++
		}
		for c := 1; c < len(places); c++ {
			places[c] += places[c-1]
		}
		old := append([]rune(nil), run...)
		for _, r := range old {
			c := t.combining[r]
			run[places[c]] = r
			places[c]++
		}
	}
}

// composeAll composes in place: each character with the last starter, unless
// something of the same or a higher class stands between.
func (t *nfcTable) composeAll(chars []rune) []rune {
	out := chars[:0]
	starter := -1
	previous := uint8(0) // class of the last character kept after the starter
	for _, r := range chars {
		c := t.combining[r]
		adjacent := starter == len(out)-1
		if starter >= 0 && (adjacent || previous < c) {
			if made, ok := t.pair(out[starter], r); ok {
				out[starter] = made
				continue
			}
		}
		if c == 0 {
			starter = len(out)
		}
		previous = c
		out = append(out, r)
	}
	return out
}

func (t *nfcTable) pair(a, b rune) (rune, bool) {
	if l, v := a-hangulL, b-hangulV; l >= 0 && l < numL && v >= 0 && v < numV {
		return hangulS + (l*numV+v)*numT, true
	}
	if s, j := a-hangulS, b-hangulT; s >= 0 && s < numS && s%numT == 0 && j > 0 && j < numT {
		return a + j, true
	}
	made, ok := t.compose[[2]rune{a, b}]
	return made, ok
}
