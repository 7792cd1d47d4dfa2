package tokenize

import (
	"fmt"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Options describe a new character vocabulary.
type Options struct {
	// Chars are the characters of the vocabulary, each of them once, in the order
	// of their ids. The vocabulary is byte-level, so each must be one byte: a
	// printable ASCII character, a space or the end of a line ("\n" in YAML's double
	// quotes).
	Chars string `yaml:"chars"`
}

// Validate reports an empty set, and each character that is not allowed or given
// twice.
func (o *Options) Validate() error {
	var l fault.List
	l.Check(o.Chars != "", "chars", nil, "required: the characters of the vocabulary")
	seen := make(map[rune]bool)
	for i, c := range o.Chars {
		switch {
		case c != lineEnd && (c < firstChar || c > lastChar):
			l.Add("chars", fmt.Sprintf("%c", c), "printable ASCII characters, space and the line end; character at byte %d is %U", i, c)
		case seen[c]:
			l.Add("chars", string(c), "each character once; byte %d repeats it", i)
		}
		seen[c] = true
	}
	return l.Err()
}
