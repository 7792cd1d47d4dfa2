package tokenize

import "unicode/utf8"

// scanner finds the pieces that a regular expression of the pre-tokenizers Split,
// ByteLevel and Digits cuts a text into. From the start of a piece, i < len(s), it
// gives its end; matches are pieces, and so is what lies between two of them.
type scanner func(s string, i int) (end int)

// scanners holds a hand-written scanner for each expression that is implemented, by
// its exact spelling. covers is set where matches leave nothing between them.
var scanners = map[string]struct {
	scan   scanner
	covers bool
}{
	// GPT-2; ByteLevel with use_regex.
	gpt2Pattern: {scanGPT2, true},
	// Qwen2, Qwen2.5, Qwen3 and DeepSeek-R1-Distill-Qwen.
	contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: {wordScanner(classLetter, 1), true},
	// Llama-3 and DeepSeek-R1-Distill-Llama.
	contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: {wordScanner(classLetter, 3), true},
	// Qwen3.5.
	contractions + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: {wordScanner(classLetter|classMark, 1), true},
	// DeepSeek-V3 and -R1, one after the other.
	`\p{N}{1,3}`:        {scanNumbers, false},
	`[一-龥぀-ゟ゠-ヿ]+`:      {scanCJK, false},
	deepSeekWordPattern: {scanDeepSeek, false},
	`\p{N}`:             {runScanner(classNumber, 1), false},
}

const (
	gpt2Pattern         = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	contractions        = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	deepSeekWordPattern = `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// at gives the class and the size of the character at s[i], and neither at the end.
func (t *classTable) at(s string, i int) (class, int) {
	if i >= len(s) {
		return 0, 0
	}
	if b := s[i]; b < utf8.RuneSelf {
		return t.ascii[b], 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return t.of(r), size
}

// skip is the end of the run of characters with one of the bits, from s[i] on.
func (t *classTable) skip(s string, i int, bits class) int {
	for i < len(s) && s[i] < utf8.RuneSelf && t.ascii[s[i]]&bits != 0 {
		i++
	}
	for {
		c, size := t.at(s, i)
		if c&bits == 0 {
			return i
		}
		i += size
	}
}

// skipNot is the end of the run of characters with none of the bits.
func (t *classTable) skipNot(s string, i int, bits class) int {
	for {
		c, size := t.at(s, i)
		if size == 0 || c&bits != 0 {
			return i
		}
		i += size
	}
}

// contraction is the end of 's, 't, 're, 've, 'm, 'll or 'd at s[i], or i.
func contraction(s string, i int) int {
	if i+1 >= len(s) || s[i] != '\'' {
		return i
	}
	switch s[i+1] {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v':
		if i+2 < len(s) && s[i+2] == 'e' {
			return i + 3
		}
	case 'l':
		if i+2 < len(s) && s[i+2] == 'l' {
			return i + 3
		}
	}
	return i
}

// anyCaseContraction is contraction without regard to case, where the long s
// (U+017F) is an s.
func anyCaseContraction(s string, i int) int {
	const longS = "\u017f"
	if i+1 >= len(s) || s[i] != '\'' {
		return i
	}
	switch s[i+1] | 0x20 {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v':
		if i+2 < len(s) && s[i+2]|0x20 == 'e' {
			return i + 3
		}
	case 'l':
		if i+2 < len(s) && s[i+2]|0x20 == 'l' {
			return i + 3
		}
	case longS[0] | 0x20:
		if i+2 < len(s) && s[i+1:i+3] == longS {
			return i + 3
		}
	}
	return i
}

// whiteSpace is the end of \s+(?!\S)|\s+ at s[i], which is white space: the whole run
// at the end of the text, else all but its last character, which goes with what
// follows, or a single one.
func (t *classTable) whiteSpace(s string, i int) int {
	end := t.skip(s, i, classSpace)
	if end == len(s) {
		return end
	}
	_, last := utf8.DecodeLastRuneInString(s[i:end])
	if end-last > i {
		return end - last
	}
	return end
}

// lineEnds is the end of \s*[\r\n]+ at s[i]: after the last line end of a run of white
// space. It is i if the run has none.
func (t *classTable) lineEnds(s string, i int) int {
	end := i
	for {
		c, size := t.at(s, i)
		if c&classSpace == 0 {
			return end
		}
		i += size
		if c&classNewline != 0 {
			end = i
		}
	}
}
