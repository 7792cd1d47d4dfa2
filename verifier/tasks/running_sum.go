package tasks

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("running_sum", "the last digit of each running sum: \"3918>\" is \"3231\"; as long as wanted", newRunningSum)
}

// runningSum draws digits. Each digit of the answer follows from the one before it and
// one of the prompt, so that a small model writes answers of hundreds of tokens, and a
// mistake spoils all after it.
type runningSum struct {
	length int
	chat   bool
}

// newRunningSum has the options
//
//	length  how many digits, up to 4000, default 8
//	chat    asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300.
func newRunningSum(options map[string]any) (Task, error) {
	t := &runningSum{length: 8}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{{"length", &t.length}, {"chat", &t.chat}}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	const most = 4000
	l.Check(t.length >= 2 && t.length <= most, "length", t.length, "2 to %d", most)
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "running_sum", verifier: "exact", sizes: s, draw: t.draw, chance: t.chance}
	return g.open(), nil
}

func (t *runningSum) draw(d *dice) (data.Example, bool) {
	given, sums, sum := make([]byte, t.length), make([]byte, t.length), 0
	for i := range given {
		digit := d.below(10)
		sum = (sum + digit) % 10
		given[i], sums[i] = byte('0'+digit), byte('0'+sum)
	}
	return ask(data.Example{ID: string(given), Answers: []string{string(sums)}}, t.chat, string(given)+">",
		fmt.Sprintf("Add up the digits of %s one after the other and write the last digit of each sum, without spaces. Answer with just the digits.", given)), true
}

// chance is that of as many random digits.
func (t *runningSum) chance(*data.Example) float64 { return math.Pow(10, -float64(t.length)) }
