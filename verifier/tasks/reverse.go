package tasks

import (
	"fmt"
	"math"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("reverse", "a string backwards: \"318>\" is \"813\"", newReverse)
}

// reversing draws strings over an alphabet.
type reversing struct {
	minLength, maxLength int
	alphabet             string
	chat                 bool
}

// newReverse has the options
//
//	min_length  the fewest characters, default 3
//	max_length  the most, up to 100, default 8
//	alphabet    the characters, each once, letters and digits, default "0123456789"
//	chat        asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300.
func newReverse(options map[string]any) (Task, error) {
	t := &reversing{minLength: 3, maxLength: 8, alphabet: "0123456789"}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"min_length", &t.minLength}, {"max_length", &t.maxLength}, {"alphabet", &t.alphabet}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	checkLengths(&l, t.minLength, t.maxLength, 1, 100)
	const lettersAndDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	l.Check(len(t.alphabet) > 1 && isSetOf(t.alphabet, lettersAndDigits), "alphabet", t.alphabet, "two or more of the letters a to z, A to Z and digits, each once")
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "reverse", verifier: "exact", sizes: s, draw: t.draw, chance: t.chance}
	return g.open(), nil
}

func (t *reversing) draw(d *dice) (data.Example, bool) {
	text := make([]byte, d.between(t.minLength, t.maxLength))
	for i := range text {
		text[i] = t.alphabet[d.below(len(t.alphabet))]
	}
	given := string(text)
	slices.Reverse(text)
	return ask(data.Example{ID: given, Answers: []string{string(text)}}, t.chat, given+">",
		fmt.Sprintf("Write %q backwards, without the quotes. Answer with just the result.", given)), true
}

// chance is that of random characters of the alphabet, of the right number.
func (t *reversing) chance(ex *data.Example) float64 {
	return math.Pow(float64(len(t.alphabet)), -float64(len(ex.Answers[0])))
}
