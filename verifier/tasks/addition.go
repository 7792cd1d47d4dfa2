package tasks

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("addition", "the sum of two numbers, digits lowest first: \"12+07=\" is \"910\"", newAddition)
}

// maxAdditionOperand bounds the number of problems to a million.
const maxAdditionOperand = 999

// addition is every ordered pair of operands up to maxOperand. A small model learns
// it from few tokens when operands are padded and the sum is written lowest digit
// first, because each digit then depends on what is already there.
type addition struct {
	maxOperand     int
	reverse        bool
	zeroPad        bool
	validationSize int
	testSize       int
	// splits makes the problems when they are first asked for: checking a
	// configuration makes tasks too.
	splits func() map[string][]data.Example
}

// newAddition has the options
//
//	max_operand      largest operand, default 99
//	reverse          answer digits lowest first, default true
//	zero_pad         operands padded to the digits of max_operand and the answer to
//	                 one more, default true
//	validation_size  problems held out for validation, default 200
//	test_size        problems held out for the test, default 500
func newAddition(options map[string]any) (Task, error) {
	t := &addition{maxOperand: 99, reverse: true, zeroPad: true, validationSize: 200, testSize: 500}
	if err := decode(options, []option{
		{"max_operand", &t.maxOperand}, {"reverse", &t.reverse}, {"zero_pad", &t.zeroPad},
		{"validation_size", &t.validationSize}, {"test_size", &t.testSize},
	}); err != nil {
		return nil, err
	}
	var l fault.List
	problems := (t.maxOperand + 1) * (t.maxOperand + 1)
	if t.maxOperand < 1 || t.maxOperand > maxAdditionOperand {
		l.Add("max_operand", t.maxOperand, "1 to %d", maxAdditionOperand)
		problems = math.MaxInt // unknown: any size may fit
	}
	l.Merge("", checkHoldOut(problems, t.validationSize, t.testSize))
	if err := l.Err(); err != nil {
		return nil, err
	}
	t.splits = sync.OnceValue(t.split)
	return t, nil
}

func (t *addition) Name() string     { return "addition" }
func (t *addition) Verifier() string { return "exact" }

func (t *addition) Split(name string) ([]data.Example, error) {
	return split(t.Name(), name, t.splits())
}

func (t *addition) split() map[string][]data.Example {
	n := t.maxOperand + 1
	keys := make([]string, n*n)
	for i := range keys {
		keys[i] = fmt.Sprintf("addition/%d+%d", i/n, i%n)
	}
	return holdOut(keys, func(i int) data.Example { return t.example(i/n, i%n) }, t.validationSize, t.testSize)
}

func (t *addition) example(a, b int) data.Example {
	width, sumWidth := 0, 0
	if t.zeroPad {
		width = len(strconv.Itoa(t.maxOperand))
		sumWidth = width + 1
	}
	problem := fmt.Sprintf("%0*d+%0*d", width, a, width, b)
	answer := []byte(fmt.Sprintf("%0*d", sumWidth, a+b))
	if t.reverse {
		slices.Reverse(answer)
	}
	return data.Example{ID: "addition/" + problem, Prompt: problem + "=", Answers: []string{string(answer)}}
}

// Chance implements [Chancer]: that of a sum at random, from the least to the largest.
func (t *addition) Chance() float64 { return 1 / float64(2*t.maxOperand+1) }
