package tasks

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
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
	l.Check(t.maxOperand >= 1 && t.maxOperand <= maxAdditionOperand, "max_operand", t.maxOperand, "1 to %d", maxAdditionOperand)
	l.Check(t.validationSize >= 0, "validation_size", t.validationSize, "0 (none) or more")
	l.Check(t.testSize >= 0, "test_size", t.testSize, "0 (none) or more")
	if err := l.Err(); err != nil {
		return nil, err
	}
	// One at a time, so that the sum of two huge sizes cannot wrap around.
	room := (t.maxOperand+1)*(t.maxOperand+1) - 1
	l.Check(t.validationSize <= room, "validation_size", t.validationSize, "at most %d, so that a problem is left to train on", room)
	left := max(room-t.validationSize, 0)
	l.Check(t.testSize <= left, "test_size", t.testSize, "at most %d, so that a problem is left to train on", left)
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

// split orders the problems by a hash of their operands and cuts: first the test
// problems, then validation, then train. So the splits are disjoint, of exactly the
// sizes asked for, and the same whatever the seed and the way of writing; and a
// smaller test set is the beginning of a larger one.
func (t *addition) split() map[string][]data.Example {
	type pair struct {
		a, b int
		hash uint64
	}
	var pairs []pair
	for a := range t.maxOperand + 1 {
		for b := range t.maxOperand + 1 {
			sum := sha256.Sum256(fmt.Appendf(nil, "addition/%d+%d", a, b))
			pairs = append(pairs, pair{a, b, binary.BigEndian.Uint64(sum[:8])})
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	all := make([]data.Example, len(pairs))
	for i, p := range pairs {
		all[i] = t.example(p.a, p.b)
	}
	held := t.testSize + t.validationSize
	return map[string][]data.Example{Test: all[:t.testSize], Validation: all[t.testSize:held], Train: all[held:]}
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
