package tokenize

import "sync"

// class is what a character is, as bits: it may be a letter and a word character.
type class uint16

// The bits, in the order in which testdata/make_unicode.py writes them. The first six
// are general categories as the reference's regular expressions see them, where
// space is \s; word and numeric belong to its added tokens and to Digits, which use
// other versions of Unicode.
const (
	classLetter class = 1 << iota
	classNumber
	classMark
	classPunctuation
	classSymbol
	classSpace
	classWord
	classNumeric
	classUpper // \p{Lu} and \p{Lt}
	classLower // \p{Ll}

	// These are no part of the table: \r and \n, and what eachBusy says.
	classNewline class = 1 << 15
	classBusy    class = 1 << 14
)

// classRange starts at a code point and reaches to the next range.
type classRange struct {
	first rune
	bits  class
}

// classTable holds the bits of every code point in two stages: of equal blocks of
// 256 only one is kept.
type classTable struct {
	blocks [0x1100]uint8
	bits   [][256]class
	ascii  [128]class // the same for what most text is made of
}

var classes = sync.OnceValue(func() *classTable {
	t := &classTable{}
	known := make(map[[256]class]uint8)
	busy := make(map[rune]class)
	eachBusy(func(r rune) { busy[r] = classBusy })
	at := 0
	for block := range t.blocks {
		var bits [256]class
		for i := range bits {
			c := rune(block<<8 | i)
			for at+1 < len(classRanges) && classRanges[at+1].first <= c {
				at++
			}
			bits[i] = classRanges[at].bits | busy[c]
			if c == '\r' || c == '\n' {
				bits[i] |= classNewline
			}
		}
		if _, ok := known[bits]; !ok {
			known[bits] = uint8(len(t.bits))
			t.bits = append(t.bits, bits)
		}
		t.blocks[block] = known[bits]
	}
	copy(t.ascii[:], t.bits[t.blocks[0]][:])
	return t
})

// of gives the bits of a code point.
func (t *classTable) of(r rune) class { return t.bits[t.blocks[r>>8]][r&0xFF] }

// isSpace reports white space, as \s.
func isSpace(r rune) bool { return classes().of(r)&classSpace != 0 }

// isWord reports a word character as single_word sees it.
func isWord(r rune) bool { return classes().of(r)&classWord != 0 }
