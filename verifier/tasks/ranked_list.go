package tasks

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("ranked_list", "the largest of some numbers, largest first, one a line (for rank_grpo): \"4 8 1 6>\" is \"8\\n6\\n4\"", newRankedList)
}

// rankedList draws different numbers.
type rankedList struct {
	numbers, k, maxNumber int
	chat                  bool
}

// newRankedList has the options
//
//	numbers     how many numbers are given, default 6
//	k           how many of them are asked for, default 3; option num_items of rank_grpo
//	max_number  the largest number, default 19
//	chat        asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300. A character tokenizer needs the
// line end among its chars.
func newRankedList(options map[string]any) (Task, error) {
	t := &rankedList{numbers: 6, k: 3, maxNumber: 19}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"numbers", &t.numbers}, {"k", &t.k}, {"max_number", &t.maxNumber}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(t.numbers >= 2 && t.numbers <= 50, "numbers", t.numbers, "2 to 50")
	l.Check(t.k >= 1 && t.k <= t.numbers, "k", t.k, "1 to numbers (%d)", t.numbers)
	l.Check(t.maxNumber >= t.numbers && t.maxNumber <= 1_000_000, "max_number", t.maxNumber, "numbers (%d) to 1000000", t.numbers)
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "ranked_list", verifier: "ranked_list", sizes: s, draw: t.draw, chance: t.chance}
	return g.open(), nil
}

func (t *rankedList) draw(d *dice) (data.Example, bool) {
	numbers := d.distinct(t.numbers, 0, t.maxNumber)
	given := joinInts(numbers, " ")
	slices.Sort(numbers)
	slices.Reverse(numbers)
	return ask(data.Example{ID: strings.ReplaceAll(given, " ", ","), Answers: []string{joinInts(numbers[:t.k], "\n")}}, t.chat, given+">",
		fmt.Sprintf("Write the %d largest of the numbers %s, largest first, one a line and nothing else.", t.k, strings.ReplaceAll(given, " ", ", "))), true
}

// chance is that of k different numbers of those given, in random order: at each rank the
// expected relevance is the sum of all, (k+1)/2, over the numbers given.
func (t *rankedList) chance(*data.Example) float64 {
	all, ideal := 0.0, 0.0
	for j := range t.k {
		discount := 1 / math.Log2(float64(j+2))
		all += discount
		ideal += discount * float64(t.k-j) / float64(t.k)
	}
	return float64(t.k+1) / 2 / float64(t.numbers) * all / ideal
}
