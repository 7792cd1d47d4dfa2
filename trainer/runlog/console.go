package runlog

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// defaultColumns is the width of tables where there is no terminal to ask.
const defaultColumns = 120

// leastColumns is the narrowest terminal that tables are drawn for.
const leastColumns = 80

// console writes lines for people, to the terminal and, without anything that only a
// terminal understands, to log.txt.
type console struct {
	out io.Writer
	log io.Writer
	// columns asks the terminal for its width; nil where out is none.
	columns func() int
	// drawn is the width of the live line that is on the terminal now.
	drawn int
	// err is the first failure to write log.txt. One to write the terminal does not
	// matter: somebody closed it, and the run goes on.
	err error
}

func newConsole(out, log io.Writer) *console {
	c := &console{out: out, log: log}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return c
	}
	c.columns = func() int {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
		return leastColumns
	}
	return c
}

// width is what a table may take.
func (c *console) width() int {
	if c.columns == nil {
		return defaultColumns
	}
	return max(leastColumns, c.columns())
}

// print writes whole lines to both.
func (c *console) print(lines ...string) {
	c.clear()
	for _, text := range lines {
		text = printable(text)
		_, _ = fmt.Fprintln(c.out, text)
		c.record(text)
	}
}

// record writes a line to log.txt.
func (c *console) record(text string) {
	if _, err := fmt.Fprintln(c.log, text); err != nil && c.err == nil {
		c.err = fmt.Errorf("runlog: %w", err)
	}
}

// progress shows the line of a step: on a terminal in place of the one before, else
// (where due says so) as a line of its own.
func (c *console) progress(pieces []piece, due bool) {
	if due {
		c.record(printable(line(pieces, 0)))
	}
	switch {
	case c.columns != nil:
		// The last cell stays free: some terminals wrap when it is written.
		c.draw(printable(line(pieces, c.columns()-1)))
	case due:
		_, _ = fmt.Fprintln(c.out, printable(line(pieces, 0)))
	}
}

// draw puts the live line on the terminal.
func (c *console) draw(text string) {
	_, _ = fmt.Fprint(c.out, "\r"+pad(text, c.drawn))
	c.drawn = width(text)
}

// clear takes the live line away, so that something can be printed.
func (c *console) clear() {
	if c.drawn > 0 {
		_, _ = fmt.Fprint(c.out, "\r"+strings.Repeat(" ", c.drawn)+"\r")
		c.drawn = 0
	}
}

// keep leaves the live line where it is, as history.
func (c *console) keep() {
	if c.drawn > 0 {
		_, _ = fmt.Fprintln(c.out)
		c.drawn = 0
	}
}
