package tasks

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("sudoku4", "4 by 4 puzzles, digits 1 to 4, dots to be filled: \"1.34341221434.21>\" is \"1234341221434321\"", newSudoku4)
}

// sudoku4 takes digits out of the 288 solved grids.
type sudoku4 struct {
	minBlanks, maxBlanks int
	unique, chat         bool
}

// newSudoku4 has the options
//
//	min_blanks  the fewest digits to be found, default 3
//	max_blanks  the most, up to 12, default 6
//	unique      only puzzles with one solution; else any solution is right. Default true.
//	chat        asked in words, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300. The splits share no (first)
// solution, so that one seen in training solves no test problem. Puzzles with more than
// 32 solutions are left out.
func newSudoku4(options map[string]any) (Task, error) {
	t := &sudoku4{minBlanks: 3, maxBlanks: 6, unique: true}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"min_blanks", &t.minBlanks}, {"max_blanks", &t.maxBlanks}, {"unique", &t.unique}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	const most = 12 // with fewer than four digits no puzzle has one solution
	var l fault.List
	l.Check(t.minBlanks >= 1 && t.minBlanks <= most, "min_blanks", t.minBlanks, "1 to %d", most)
	l.Check(t.maxBlanks >= t.minBlanks && t.maxBlanks <= most, "max_blanks", t.maxBlanks, "min_blanks (%d) to %d", t.minBlanks, most)
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "sudoku4", verifier: "sudoku4", sizes: s, draw: t.draw, chance: t.chance,
		family: func(ex *data.Example) string { return ex.Answers[0] }}
	return g.open(), nil
}

// sudokuGrids are all solved grids, in order.
var sudokuGrids = sync.OnceValue(func() []string { return solutions(strings.Repeat(".", 16), math.MaxInt) })

func (t *sudoku4) draw(d *dice) (data.Example, bool) {
	puzzle := []byte(pick(d, sudokuGrids()))
	for _, i := range d.distinct(d.between(t.minBlanks, t.maxBlanks), 0, len(puzzle)-1) {
		puzzle[i] = '.'
	}
	given := string(puzzle)
	right := solutions(given, maxAnswers+1)
	if len(right) > maxAnswers || t.unique && len(right) > 1 {
		return data.Example{}, false
	}
	return ask(data.Example{ID: given, Answers: right, Extra: map[string]any{"puzzle": given}}, t.chat, given+">",
		fmt.Sprintf("Fill the dots of this 4 by 4 puzzle so that every row, every column and every 2 by 2 block has each of 1, 2, 3 and 4.\n%s\nAnswer with the four rows only.",
			strings.Join([]string{given[:4], given[4:8], given[8:12], given[12:]}, "\n"))), true
}

// solutions are the solved grids of a puzzle, at most some of them.
func solutions(puzzle string, most int) []string {
	i := strings.IndexByte(puzzle, '.')
	if i < 0 {
		return []string{puzzle}
	}
	var out []string
	for digit := byte('1'); digit <= '4' && len(out) < most; digit++ {
		if fits(puzzle, i, digit) {
			out = append(out, solutions(puzzle[:i]+string(rune(digit))+puzzle[i+1:], most-len(out))...)
		}
	}
	return out
}

// fits reports whether a digit is not yet in the row, column and block of a cell.
func fits(puzzle string, cell int, digit byte) bool {
	row, column := cell/4, cell%4
	for i := range len(puzzle) {
		r, c := i/4, i%4
		if puzzle[i] == digit && (r == row || c == column || r/2 == row/2 && c/2 == column/2) {
			return false
		}
	}
	return true
}

// chance is that of random digits in place of the dots.
func (t *sudoku4) chance(ex *data.Example) float64 {
	return float64(len(ex.Answers)) * math.Pow(4, -float64(strings.Count(ex.ID, ".")))
}
