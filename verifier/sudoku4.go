package verifier

import (
	"context"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("sudoku4", "a solution of the row's 4 by 4 puzzle: every row, column and 2 by 2 block has 1 to 4, the given digits kept", newSudoku4)
}

// sudoku4 reads the field puzzle of a row: 16 characters, row by row, the digits 1 to 4
// and a dot for what is to be found. A completion, or its <answer>, is 16 digits; spaces,
// line ends, commas, bars and brackets between them do not count. Any solution is right.
// Reasons: match, mismatch (a digit twice in a row, column or block), givens (a given
// digit changed), unparsed (not 16 digits, or anything else), empty, no_gold (the row has
// no such puzzle).
type sudoku4 struct{}

const sudokuCells = 16

func newSudoku4(options map[string]any) (Verifier, error) {
	return sudoku4{}, noOptions("sudoku4", options)
}

func (sudoku4) Name() string { return "sudoku4" }

func (sudoku4) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	puzzle, _ := ex.Extra["puzzle"].(string)
	if len(puzzle) != sudokuCells || strings.Trim(puzzle, "1234.") != "" {
		return noGold("the row needs puzzle, 16 characters of 1 2 3 4 and dots")
	}
	said := finalText(completion)
	if said == "" {
		return wrong("", "empty")
	}
	grid, ok := sudokuGrid(said)
	if !ok {
		return wrong(said, "unparsed")
	}
	for i := range sudokuCells {
		if puzzle[i] != '.' && puzzle[i] != grid[i] {
			return wrong(grid, "givens")
		}
	}
	if !SudokuSolved(grid) {
		return wrong(grid, "mismatch")
	}
	return correct(grid)
}

// sudokuGrid is the 16 digits of a text.
func sudokuGrid(text string) (string, bool) {
	var grid []byte
	for _, r := range text {
		switch {
		case r >= '1' && r <= '4':
			if grid = append(grid, byte(r)); len(grid) > sudokuCells {
				return "", false
			}
		case !strings.ContainsRune(" \r\n\t,|-+[]", r):
			return "", false
		}
	}
	return string(grid), len(grid) == sudokuCells
}

// SudokuSolved reports whether 16 digits, row by row, have 1 to 4 in every row, column
// and 2 by 2 block.
func SudokuSolved(grid string) bool {
	const all = 1<<1 | 1<<2 | 1<<3 | 1<<4
	for i := range 4 {
		row, column, block := 0, 0, 0
		for j := range 4 {
			row |= 1 << (grid[4*i+j] - '0')
			column |= 1 << (grid[4*j+i] - '0')
			block |= 1 << (grid[8*(i/2)+2*(i%2)+4*(j/2)+j%2] - '0')
		}
		if row != all || column != all || block != all {
			return false
		}
	}
	return true
}
