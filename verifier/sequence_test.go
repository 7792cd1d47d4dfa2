package verifier_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func TestSequence(t *testing.T) {
	ex := answers("A B C", "A D C")
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("sequence", nil) },
		Cases: []verifiertest.Case{
			row(ex, "A B C", data.Correct, "match"),
			row(ex, "a, d, c", data.Correct, "match"),
			row(ex, "[A,B,C]", data.Correct, "match"),
			row(ex, "A -> B -> C", data.Correct, "match"),
			row(ex, "A->D->C", data.Correct, "match"),
			row(ex, "One way is: A D C\n", data.Correct, "match"),
			row(ex, "A C\n\nA D C", data.Correct, "match"),
			row(ex, "<answer>A B C</answer> or A C", data.Correct, "match"),
			row(answers("4 15 31"), "4 15 31", data.Correct, "match"),
			row(ex, "A C B", data.Incorrect, "mismatch"),
			row(ex, "A B", data.Incorrect, "mismatch"),
			row(ex, "A B C D", data.Incorrect, "mismatch"),
			row(ex, "ABC", data.Incorrect, "mismatch"),
			row(ex, "A B C or A D C", data.Incorrect, "mismatch"),
			row(ex, "A B C\nA C", data.Incorrect, "mismatch"),
			row(answers("4 15 31"), "4 15 31.", data.Incorrect, "mismatch"),
			row(answers("4 15 31"), "04 15 31", data.Incorrect, "mismatch"),
			row(ex, "A B C:", data.Incorrect, "empty"),
			row(ex, " ,; ", data.Incorrect, "empty"),
			row(answers(" "), "A", data.Error, "no_gold"),
		},
	})
}

func TestWord(t *testing.T) {
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("word", nil) },
		Cases: []verifiertest.Case{
			row(answers("3"), "3", data.Correct, "match"),
			row(answers("3"), "It is 3.", data.Correct, "match"),
			row(answers("3"), "not 4 but **3**", data.Correct, "match"),
			row(answers("elppa"), "The result is \"Elppa\"!", data.Correct, "match"),
			row(answers("x", "elppa"), "elppa", data.Correct, "match"),
			row(answers("\u00c9t\u00e9"), "\u00e9t\u00e9", data.Correct, "match"),
			row(answers("3"), "33", data.Incorrect, "mismatch"),
			row(answers("3"), "3 letters", data.Incorrect, "mismatch"),
			row(answers("3"), "three", data.Incorrect, "mismatch"),
			row(answers("elppa"), "e l p p a", data.Incorrect, "mismatch"),
			row(answers("elppa"), "elppaa", data.Incorrect, "mismatch"),
			row(answers("3"), "...", data.Incorrect, "empty"),
			row(answers("-"), "3", data.Error, "no_gold"),
		},
	})
}

func TestSudoku4(t *testing.T) {
	puzzle := func(p any) data.Example {
		return data.Example{ID: "sudoku4", Prompt: "?", Extra: map[string]any{"puzzle": p}}
	}
	ex, open := puzzle("1.34341221434.21"), puzzle("1...............")
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("sudoku4", nil) },
		Cases: []verifiertest.Case{
			row(ex, "1234341221434321", data.Correct, "match"),
			row(ex, "1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1", data.Correct, "match"),
			row(ex, "[[1,2,3,4],[3,4,1,2],[2,1,4,3],[4,3,2,1]]", data.Correct, "match"),
			row(ex, "12|34\n34|12\n--+--\n21|43\n43|21", data.Correct, "match"),
			row(open, "1234341221434321", data.Correct, "match"),
			row(open, "1234341241232341", data.Correct, "match"),
			row(open, "1234123412341234", data.Incorrect, "mismatch"),
			row(open, "1234234134124123", data.Incorrect, "mismatch"), // blocks alone are wrong
			row(open, "1111111111111111", data.Incorrect, "mismatch"),
			row(open, "2143341212344321", data.Incorrect, "givens"),
			row(ex, "1234341221433421", data.Incorrect, "givens"),
			row(ex, "123434122143432", data.Incorrect, "unparsed"),
			row(ex, "12343412214343211", data.Incorrect, "unparsed"),
			row(ex, "The answer is 1234341221434321", data.Incorrect, "unparsed"),
			row(ex, "123434122143432.", data.Incorrect, "unparsed"),
			row(ex, "", data.Incorrect, "empty"),
			row(puzzle("123"), "1234341221434321", data.Error, "no_gold"),
			row(puzzle(123), "1234341221434321", data.Error, "no_gold"),
			row(puzzle("1x34341221434321"), "1234341221434321", data.Error, "no_gold"),
		},
	})
}

// TestSudokuSolved counts the solved grids, of which there are 288.
func TestSudokuSolved(t *testing.T) {
	rows := []string{}
	for i := range 256 {
		r := string([]byte{byte('1' + i>>6), byte('1' + i>>4&3), byte('1' + i>>2&3), byte('1' + i&3)})
		seen := 0
		for _, c := range r {
			seen |= 1 << (c - '1')
		}
		if seen == 15 {
			rows = append(rows, r)
		}
	}
	n := 0
	for _, a := range rows {
		for _, b := range rows {
			for _, c := range rows {
				for _, d := range rows {
					if verifier.SudokuSolved(a + b + c + d) {
						n++
					}
				}
			}
		}
	}
	if n != 288 {
		t.Errorf("%d solved grids, want 288", n)
	}
}
