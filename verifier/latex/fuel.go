package latex

import "errors"

// errFuel says that a text asks for more work than a verdict may take.
var errFuel = errors.New("out of fuel")

// The budget of one verdict. A step of any kind is a fraction of a microsecond up to a
// few, so that the worst verdict takes some milliseconds.
const (
	// maxAnswer bounds the bytes of one answer.
	maxAnswer = 16 << 10
	// maxNodes and maxDepth bound a tree.
	maxNodes = 4096
	maxDepth = 100
	// maxTerms bounds the terms of a polynomial.
	maxTerms = 1000
	// maxBits bounds an exact number; larger ones are compared modulo primes or in
	// ball arithmetic.
	maxBits = 1 << 15
	// maxSteps bounds operations on numbers, terms and balls.
	maxSteps = 12_000
)

// fuel counts down; all parts of a comparison share one.
type fuel struct{ steps int }

// burn takes n steps.
func (f *fuel) burn(n int) error {
	f.steps -= n
	if f.steps < 0 {
		return errFuel
	}
	return nil
}
