package tasks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("sort", "numbers in ascending order: \"31 4 15>\" is \"4 15 31\"", newSort)
}

// sorting draws numbers, which may repeat.
type sorting struct {
	minLength, maxLength, maxNumber int
	descending, chat                bool
}

// newSort has the options
//
//	min_length  the fewest numbers, default 3
//	max_length  the most, up to 50, default 5
//	max_number  the largest number, default 99
//	descending  largest first, default false
//	chat        asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300.
func newSort(options map[string]any) (Task, error) {
	t := &sorting{minLength: 3, maxLength: 5, maxNumber: 99}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"min_length", &t.minLength}, {"max_length", &t.maxLength}, {"max_number", &t.maxNumber}, {"descending", &t.descending}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	checkLengths(&l, t.minLength, t.maxLength, 2, 50)
	l.Check(t.maxNumber >= 1 && t.maxNumber <= 1_000_000, "max_number", t.maxNumber, "1 to 1000000")
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "sort", verifier: "sequence", sizes: s, draw: t.draw, chance: t.chance}
	return g.open(), nil
}

// checkLengths checks the options min_length and max_length.
func checkLengths(l *fault.List, low, high, least, most int) {
	l.Check(low >= least && low <= most, "min_length", low, "%d to %d", least, most)
	l.Check(high >= low && high <= most, "max_length", high, "min_length (%d) to %d", low, most)
}

func (t *sorting) draw(d *dice) (data.Example, bool) {
	numbers := make([]int, d.between(t.minLength, t.maxLength))
	for i := range numbers {
		numbers[i] = d.between(0, t.maxNumber)
	}
	given := joinInts(numbers, " ")
	slices.Sort(numbers)
	order := "ascending"
	if t.descending {
		slices.Reverse(numbers)
		order = "descending"
	}
	return ask(data.Example{ID: strings.ReplaceAll(given, " ", ","), Answers: []string{joinInts(numbers, " ")}}, t.chat, given+">",
		fmt.Sprintf("Write the numbers %s in %s order, separated by spaces, alone on the last line.", strings.ReplaceAll(given, " ", ", "), order)), true
}

// chance is that of a random order of the given numbers.
func (t *sorting) chance(ex *data.Example) float64 {
	seen := map[string]int{}
	p := 1.0
	for i, item := range strings.Fields(ex.Answers[0]) {
		seen[item]++
		p *= float64(seen[item]) / float64(i+1)
	}
	return p
}
