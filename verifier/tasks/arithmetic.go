package tasks

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("arithmetic", "sums, differences and products in words, for a chat model: \"What is 12 + 7?\" is 19", newArithmetic)
}

// maxArithmeticOperand bounds the number of problems to a million an operation.
const maxArithmeticOperand = 999

// arithmetic is every ordered pair of operands up to maxOperand with each of some
// operations, asked in a chat.
type arithmetic struct {
	maxOperand     int
	operations     string
	question       string
	validationSize int
	testSize       int
	splits         func() map[string][]data.Example
}

// newArithmetic has the options
//
//	max_operand      largest operand, default 9
//	operations       the operations, of the characters + - *, default "+"
//	question         the user's message, in which {a}, {op} and {b} stand for the
//	                 problem, default "What is {a} {op} {b}? Answer with just the number."
//	validation_size  problems held out for validation, default 10
//	test_size        problems held out for the test, default 20
func newArithmetic(options map[string]any) (Task, error) {
	t := &arithmetic{maxOperand: 9, operations: "+", question: "What is {a} {op} {b}? Answer with just the number.", validationSize: 10, testSize: 20}
	if err := decode(options, []option{
		{"max_operand", &t.maxOperand}, {"operations", &t.operations}, {"question", &t.question},
		{"validation_size", &t.validationSize}, {"test_size", &t.testSize},
	}); err != nil {
		return nil, err
	}
	var l fault.List
	problems := (t.maxOperand + 1) * (t.maxOperand + 1) * len(t.operations)
	if t.maxOperand < 1 || t.maxOperand > maxArithmeticOperand {
		l.Add("max_operand", t.maxOperand, "1 to %d", maxArithmeticOperand)
		problems = math.MaxInt // unknown: any size may fit
	}
	if !isSetOf(t.operations, "+-*") {
		l.Add("operations", t.operations, "some of the characters + - *, each once")
		problems = math.MaxInt
	}
	whole := strings.Contains(t.question, "{a}") && strings.Contains(t.question, "{op}") && strings.Contains(t.question, "{b}")
	l.Check(whole, "question", t.question, "a text with {a}, {op} and {b} in it")
	l.Merge("", checkHoldOut(problems, t.validationSize, t.testSize))
	if err := l.Err(); err != nil {
		return nil, err
	}
	t.splits = sync.OnceValue(t.split)
	return t, nil
}

// isSetOf reports whether text is one or more of the characters, each at most once.
func isSetOf(text, characters string) bool {
	for i, c := range text {
		if !strings.ContainsRune(characters, c) || strings.ContainsRune(text[:i], c) {
			return false
		}
	}
	return text != ""
}

func (t *arithmetic) Name() string     { return "arithmetic" }
func (t *arithmetic) Verifier() string { return "number" }

func (t *arithmetic) Split(name string) ([]data.Example, error) {
	return split(t.Name(), name, t.splits())
}

func (t *arithmetic) split() map[string][]data.Example {
	n := t.maxOperand + 1
	keys := make([]string, n*n*len(t.operations))
	problem := func(i int) (a, b int, op byte) { return i / n % n, i % n, t.operations[i/n/n] }
	for i := range keys {
		a, b, op := problem(i)
		keys[i] = fmt.Sprintf("arithmetic/%d%c%d", a, op, b)
	}
	return holdOut(keys, func(i int) data.Example {
		a, b, op := problem(i)
		question := strings.NewReplacer("{a}", strconv.Itoa(a), "{op}", string(op), "{b}", strconv.Itoa(b)).Replace(t.question)
		return data.Example{
			ID:       keys[i],
			Messages: []data.Message{{Role: data.RoleUser, Content: question}},
			Answers:  []string{strconv.Itoa(calculate(a, op, b))},
		}
	}, t.validationSize, t.testSize)
}

func calculate(a int, op byte, b int) int {
	switch op {
	case '+':
		return a + b
	case '-':
		return a - b
	default:
		return a * b
	}
}

// Chance implements [Chancer]: that of a number at random, from the least result that
// there is to the largest.
func (t *arithmetic) Chance() float64 {
	low, high := math.MaxInt, math.MinInt
	for _, op := range []byte(t.operations) {
		for _, r := range []int{calculate(0, op, t.maxOperand), calculate(0, op, 0), calculate(t.maxOperand, op, 0), calculate(t.maxOperand, op, t.maxOperand)} {
			low, high = min(low, r), max(high, r)
		}
	}
	return 1 / float64(high-low+1)
}
