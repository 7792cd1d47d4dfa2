package runlog

import (
	"strconv"
	"strings"
)

// column is a column of a table on the console.
type column struct {
	title string
	// shrinks says that its cells may be cut to fit the table into a line.
	shrinks bool
	cells   []string
}

const (
	columnGap = "  "
	// leastShrunk is the least width of a column that shrinks.
	leastShrunk = 8
)

// layout draws a table as lines of at most the given width, unless the columns that
// do not shrink are wider already.
func layout(columns []column, most int) []string {
	widths := make([]int, len(columns))
	rows := 0
	for i, c := range columns {
		widths[i] = width(c.title)
		for _, text := range c.cells {
			widths[i] = max(widths[i], width(text))
		}
		rows = max(rows, len(c.cells))
	}
	shrink(columns, widths, most)
	line := func(text func(c *column) string) string {
		parts := make([]string, len(columns))
		for i := range columns {
			parts[i] = pad(fit(text(&columns[i]), widths[i]), widths[i])
		}
		return strings.TrimRight(strings.Join(parts, columnGap), " ")
	}
	out := []string{line(func(c *column) string { return c.title })}
	rules := make([]string, len(columns))
	for i, w := range widths {
		rules[i] = strings.Repeat("-", w)
	}
	out = append(out, strings.Join(rules, columnGap))
	for r := range rows {
		out = append(out, line(func(c *column) string {
			if r < len(c.cells) {
				return c.cells[r]
			}
			return ""
		}))
	}
	return out
}

// shrink narrows the widest column that may shrink until the table fits.
func shrink(columns []column, widths []int, most int) {
	total := len(columnGap) * (len(columns) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > most; total-- {
		widest := -1
		for i, c := range columns {
			if c.shrinks && widths[i] > leastShrunk && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// completions is the table of sample completions.
func completions(samples []Sample, most int) []string {
	columns := []column{
		{title: "prompt", shrinks: true}, {title: "completion", shrinks: true}, {title: "answer", shrinks: true},
		{title: "reward"}, {title: "verdict"},
	}
	for i := range samples {
		s := &samples[i]
		verdict := s.Verdict
		if s.Reason != "" {
			verdict += " (" + s.Reason + ")"
		}
		if s.Finish == "length" {
			verdict += ", truncated"
		}
		for k, text := range []string{s.Prompt, s.Completion, s.Answer, strconv.FormatFloat(float64(s.Reward), 'g', 3, 64), verdict} {
			columns[k].cells = append(columns[k].cells, printable(text))
		}
	}
	return layout(columns, most)
}
