package tokenize

import "fmt"

// The special tokens of a character vocabulary and their ids.
const (
	padToken = "<|pad|>"
	eosToken = "<|eos|>"

	padID       int32 = 0
	eosID       int32 = 1
	numSpecials       = 2
)

// The characters a vocabulary may hold lie between the first two, space and printable
// ASCII, beside the end of a line.
const (
	firstChar = ' '
	lastChar  = '~'
	lineEnd   = '\n'
)

// New makes a tokenizer from options. It fails as Validate does.
func New(o Options) (Tokenizer, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	files, err := charFiles(o.Chars)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	return Load(files)
}
