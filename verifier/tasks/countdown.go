package tasks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("countdown", "reach a target with given numbers, each used once: \"2 3 7>13:\" is \"2*3+7\", or any other way", newCountdown)
}

// countdown draws numbers and an expression in them, whose value is the target.
type countdown struct {
	numbers, maxNumber, maxTarget int
	operations                    string
	chat                          bool
}

// newCountdown has the options
//
//	numbers     how many numbers, 2 to 6, default 3
//	max_number  the largest number, default 9
//	max_target  the largest target, default 30
//	operations  what may be used, of the characters + - * /, default "+-*/"
//	chat        asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300. The splits share no numbers
// with the same target, in any order.
func newCountdown(options map[string]any) (Task, error) {
	t := &countdown{numbers: 3, maxNumber: 9, maxTarget: 30, operations: "+-*/"}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"numbers", &t.numbers}, {"max_number", &t.maxNumber}, {"max_target", &t.maxTarget}, {"operations", &t.operations}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(t.numbers >= 2 && t.numbers <= 6, "numbers", t.numbers, "2 to 6")
	l.Check(t.maxNumber >= 2 && t.maxNumber <= 1000, "max_number", t.maxNumber, "2 to 1000")
	l.Check(t.maxTarget >= 2 && t.maxTarget <= 100_000, "max_target", t.maxTarget, "2 to 100000")
	l.Check(isSetOf(t.operations, "+-*/"), "operations", t.operations, "some of the characters + - * /, each once")
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "countdown", verifier: "countdown", sizes: s, draw: t.draw, chance: t.chance, family: inAnyOrder}
	return g.open(), nil
}

// term is a whole number and how it came about.
type term struct {
	value int
	text  string
	// op is the operation that was used last; 0 for a number.
	op byte
}

// draw combines the numbers two at a time until one is left. Negative numbers and
// fractions on the way, and results that are no target, make no problem.
func (t *countdown) draw(d *dice) (data.Example, bool) {
	numbers := make([]int, t.numbers)
	terms := make([]term, t.numbers)
	for i := range numbers {
		numbers[i] = d.between(1, t.maxNumber)
		terms[i] = term{value: numbers[i], text: strconv.Itoa(numbers[i])}
	}
	for len(terms) > 1 {
		shuffle(d, terms)
		x, ok := combine(terms[0], t.operations[d.below(len(t.operations))], terms[1])
		if !ok {
			return data.Example{}, false
		}
		terms = append(terms[2:], x)
	}
	if terms[0].value > t.maxTarget {
		return data.Example{}, false
	}
	return t.example(numbers, terms[0]), true
}

// combine is the result of an operation; false where it is no whole number above 0.
func combine(a term, op byte, b term) (term, bool) {
	x := term{text: operand(a, op, false) + string(op) + operand(b, op, true), op: op}
	switch op {
	case '+':
		x.value = a.value + b.value
	case '-':
		x.value = a.value - b.value
	case '*':
		x.value = a.value * b.value
	default:
		if b.value == 0 || a.value%b.value != 0 {
			return x, false
		}
		x.value = a.value / b.value
	}
	const tooLarge = 1 << 30
	return x, x.value > 0 && x.value < tooLarge
}

// operand puts a term into parentheses where it needs them.
func operand(x term, op byte, isRight bool) string {
	weak := x.op == '+' || x.op == '-'
	tight := op == '*' || op == '/'
	if x.op != 0 && (weak && tight || isRight && (op == '-' && weak || op == '/')) {
		return "(" + x.text + ")"
	}
	return x.text
}

// inAnyOrder is a problem with its numbers sorted: in another order it is the same.
func inAnyOrder(ex *data.Example) string {
	given, target, _ := strings.Cut(ex.ID, "=")
	numbers := strings.Split(given, ",")
	slices.Sort(numbers)
	return strings.Join(numbers, ",") + "=" + target
}

func (t *countdown) example(numbers []int, solution term) data.Example {
	given := joinInts(numbers, " ")
	return ask(data.Example{
		ID:      fmt.Sprintf("%s=%d", strings.ReplaceAll(given, " ", ","), solution.value),
		Answers: []string{solution.text},
		Extra:   map[string]any{"numbers": jsonNumbers(numbers), "target": json.Number(strconv.Itoa(solution.value))},
	}, t.chat, fmt.Sprintf("%s>%d:", given, solution.value),
		fmt.Sprintf("Using the numbers %s, each exactly once, and the operations %s, write an expression that equals %d. End with the expression alone on a line.",
			strings.ReplaceAll(given, " ", ", "), strings.Join(strings.Split(t.operations, ""), " "), solution.value))
}

// chance is that of a policy that combines two numbers at random, by an operation at
// random, until one is left: 1,000 fixed tries for each problem.
func (t *countdown) chance(ex *data.Example) float64 {
	const tries = 1000
	target, _ := strconv.ParseFloat(string(ex.Extra["target"].(json.Number)), 64)
	given := ex.Extra["numbers"].([]any)
	d := newDice("chance/" + ex.ID)
	hits := 0
	for range tries {
		values := make([]float64, len(given))
		for i, x := range given {
			values[i], _ = strconv.ParseFloat(string(x.(json.Number)), 64)
		}
		for len(values) > 1 {
			shuffle(d, values)
			values = append(values[2:], apply(values[0], t.operations[d.below(len(t.operations))], values[1]))
		}
		// Rounding is far below the distance of two results.
		const near = 1e-9
		if x := values[0] - target; x < near && x > -near {
			hits++
		}
	}
	return float64(hits) / tries
}

func apply(a float64, op byte, b float64) float64 {
	switch op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	default:
		return a / b // of zero: no number, and no target
	}
}

// joinInts writes numbers with a separator.
func joinInts(numbers []int, separator string) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, separator)
}

// jsonNumbers are numbers as a row of a problem file has them.
func jsonNumbers(numbers []int) []any {
	out := make([]any, len(numbers))
	for i, n := range numbers {
		out[i] = json.Number(strconv.Itoa(n))
	}
	return out
}
