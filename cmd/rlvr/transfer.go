package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// transfer shows the progress of a download or of loading: a live line on a
// terminal, else a plain line now and then. Nothing is shown of what takes less than
// a second.
type transfer struct {
	out        io.Writer
	verb, unit string
	terminal   bool
	start      time.Time
	first      int64 // what was done at the first call
	last       time.Time
	width      int // of the live line
}

// Between two lines, on a terminal and elsewhere.
const (
	livePause  = 200 * time.Millisecond
	plainPause = 10 * time.Second
	quietStart = time.Second
)

func newTransfer(out io.Writer, verb, unit string) *transfer {
	f, ok := out.(*os.File)
	return &transfer{out: out, verb: verb, unit: unit, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

// show says that done of total are there, and what is coming.
func (t *transfer) show(what string, done, total int64) {
	now := time.Now()
	if t.start.IsZero() {
		t.start, t.first = now, done
	}
	pause := plainPause
	if t.terminal {
		pause = livePause
	}
	if now.Sub(t.start) < quietStart || now.Sub(t.last) < pause {
		return
	}
	t.last = now
	line := t.line(what, done, total, now.Sub(t.start))
	if !t.terminal {
		fmt.Fprintln(t.out, line)
		return
	}
	fmt.Fprintf(t.out, "\r%s%s", line, strings.Repeat(" ", max(0, t.width-len(line))))
	t.width = len(line)
}

// line is "downloading model.safetensors 12 % of 988 MB, 24 MB/s, eta 36s".
func (t *transfer) line(what string, done, total int64, elapsed time.Duration) string {
	parts := []string{t.verb}
	if what != "" {
		parts = append(parts, what)
	}
	if total > 0 {
		parts = append(parts, fmt.Sprintf("%d %% of %s%s", 100*done/total, magnitude(float64(total)), t.unit))
	}
	text := strings.Join(parts, " ")
	rate := float64(done-t.first) / elapsed.Seconds()
	if rate <= 0 {
		return text
	}
	eta := time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s, %s%s/s, eta %s", text, magnitude(rate), t.unit, eta)
}

// magnitude is a number with k, M or G and a space.
func magnitude(v float64) string {
	for _, m := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= m.size {
			return fmt.Sprintf("%.3g %s", v/m.size, m.name)
		}
	}
	return fmt.Sprintf("%.3g ", v)
}

// end clears the live line.
func (t *transfer) end() {
	if t.width > 0 {
		fmt.Fprintf(t.out, "\r%s\r", strings.Repeat(" ", t.width))
		t.width = 0
	}
}
