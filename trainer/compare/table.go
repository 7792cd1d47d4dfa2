package compare

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Table is rows of cells, the first being the titles of the columns.
type Table [][]string

// Row adds a row.
func (t *Table) Row(cells ...string) { *t = append(*t, cells) }

// String is the table in Markdown, columns aligned.
func (t Table) String() string {
	escaped := t.mapped(func(s string) string { return strings.ReplaceAll(printable(s), "|", `\|`) })
	widths := escaped.widths()
	var b strings.Builder
	line := func(row []string, fill string) {
		for i, w := range widths {
			b.WriteString("| " + row[i] + strings.Repeat(fill, w-utf8.RuneCountInString(row[i])) + " ")
		}
		b.WriteString("|\n")
	}
	line(escaped[0], " ")
	line(make([]string, len(widths)), "-")
	for _, row := range escaped[1:] {
		line(row, " ")
	}
	return b.String()
}

// leastFirst is what is left of the first column however narrow the terminal.
const leastFirst = 8

// Text is the table for a terminal: at most most cells wide, for which the first column,
// names, is cut; unless the other columns are too wide already.
func (t Table) Text(most int) string {
	const gap = "  "
	clean := t.mapped(printable)
	widths := clean.widths()
	total := -len(gap)
	for _, w := range widths {
		total += w + len(gap)
	}
	widths[0] = min(widths[0], max(leastFirst, widths[0]-max(0, total-most)))
	var b strings.Builder
	line := func(row []string) {
		var s strings.Builder
		for i, w := range widths {
			if i > 0 {
				s.WriteString(gap)
			}
			text := cut(row[i], w)
			s.WriteString(text + strings.Repeat(" ", w-utf8.RuneCountInString(text)))
		}
		b.WriteString(strings.TrimRight(s.String(), " ") + "\n")
	}
	rules := make([]string, len(widths))
	for i, w := range widths {
		rules[i] = strings.Repeat("-", w)
	}
	line(clean[0])
	line(rules)
	for _, row := range clean[1:] {
		line(row)
	}
	return b.String()
}

// widths are those of the columns in characters.
func (t Table) widths() []int {
	out := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			out[i] = max(out[i], utf8.RuneCountInString(cell))
		}
	}
	return out
}

// mapped is the table with f done to every cell; short rows are filled up.
func (t Table) mapped(f func(string) string) Table {
	out := make(Table, len(t))
	for i, row := range t {
		out[i] = make([]string, len(t[0]))
		for j, cell := range row {
			out[i][j] = f(cell)
		}
	}
	return out
}

// cut takes the middle out of a text of more than most characters: names of configs
// differ at either end.
func cut(s string, most int) string {
	const dots = ".."
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	room := most - len(dots)
	return string(r[:(room+1)/2]) + dots + string(r[len(r)-room/2:])
}

// printable takes out what would move the cursor or end a cell: names are those of
// files.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
