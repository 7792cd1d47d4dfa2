package tasks

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("charbench", "questions about the letters of words, as CharBench asks: \"count r strawberry>\" is \"3\"", newCharBench)
}

// charBench asks about a word.
type charBench struct {
	kinds []string
	chat  bool
}

// charKinds are the kinds of questions.
var charKinds = []string{"count", "position", "letter", "reverse"}

// newCharBench has the options
//
//	questions  which kinds, default [count, position, letter, reverse]: how often a letter
//	           is in a word, where it is first, which letter is at a place, and the word
//	           backwards
//	chat       asked in words, for a chat model, default false
//
// and train_size 1500, validation_size 100, test_size 200. Places count from 1. The splits
// share no word.
func newCharBench(options map[string]any) (Task, error) {
	t := &charBench{kinds: charKinds}
	s := sizes{1500, 100, 200}
	if err := decode(options, append([]option{{"questions", &t.kinds}, {"chat", &t.chat}}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(len(t.kinds) > 0, "questions", nil, "required: some of %s", strings.Join(charKinds, ", "))
	for i, kind := range t.kinds {
		l.Check(slices.Contains(charKinds, kind), fmt.Sprintf("questions.%d", i), kind, "%s", fault.OneOf(kind, charKinds))
	}
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "charbench", verifier: "word", sizes: s, draw: t.draw, chance: t.chance,
		family: func(ex *data.Example) string { return ex.ID[strings.LastIndexByte(ex.ID, ' ')+1:] }}
	return g.open(), nil
}

func (t *charBench) draw(d *dice) (data.Example, bool) {
	word := pick(d, words)
	var what, question, answer string
	switch kind := pick(d, t.kinds); kind {
	case "count":
		// One in five letters is drawn from the alphabet: most of those are not in the word.
		letter := string(word[d.below(len(word))])
		if d.below(5) == 0 {
			letter = string(rune('a' + d.below(26)))
		}
		what = "count " + letter
		question = fmt.Sprintf("How often is the letter %q in the word %q? Answer with just the number.", letter, word)
		answer = strconv.Itoa(strings.Count(word, letter))
	case "position":
		letter := string(word[d.below(len(word))])
		what = "position " + letter
		question = fmt.Sprintf("At which place is the first letter %q in the word %q, counted from 1? Answer with just the number.", letter, word)
		answer = strconv.Itoa(strings.Index(word, letter) + 1)
	case "letter":
		i := d.between(1, len(word))
		what = fmt.Sprintf("letter %d", i)
		question = fmt.Sprintf("Which letter is at place %d of the word %q, counted from 1? Answer with just the letter.", i, word)
		answer = string(word[i-1])
	default:
		what = kind
		question = fmt.Sprintf("Write the word %q backwards. Answer with just the result.", word)
		letters := []byte(word)
		slices.Reverse(letters)
		answer = string(letters)
	}
	id := what + " " + word
	return ask(data.Example{ID: id, Answers: []string{answer}}, t.chat, id+">", question), true
}

// chance is that of a number from 0 to the word's length (from 1, for a position), or
// random letters of the right number.
func (*charBench) chance(ex *data.Example) float64 {
	kind, _, _ := strings.Cut(strings.TrimPrefix(ex.ID, "charbench/"), " ")
	word := ex.ID[strings.LastIndexByte(ex.ID, ' ')+1:]
	switch kind {
	case "count":
		return 1 / float64(len(word)+1)
	case "position":
		return 1 / float64(len(word))
	}
	return math.Pow(26, -float64(len(ex.Answers[0])))
}
