package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/rlvr-go/rlvr/trainer/evaluation"
)

// evalProgress shows how far an evaluation is: a live line on a terminal, else a plain
// line now and then.
type evalProgress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	// set is the split in progress, done of its total problems are there, fresh of them
	// since start.
	set                        string
	total, done, fresh, tokens int
	start, last                time.Time
	width                      int // of the live line
}

func newEvalProgress(out io.Writer) *evalProgress {
	f, ok := out.(*os.File)
	return &evalProgress{out: out, terminal: ok && term.IsTerminal(int(f.Fd())), now: time.Now}
}

// begin starts a split of total problems, of which some are missing.
func (p *evalProgress) begin(set string, total, missing int) {
	p.set, p.total, p.done, p.fresh, p.tokens = set, total, total-missing, 0, 0
	p.start = p.now()
	p.last = p.start
}

// add counts a problem.
func (p *evalProgress) add(problem *evaluation.Problem) {
	p.done++
	p.fresh++
	for i := range problem.Completions {
		p.tokens += problem.Completions[i].Tokens
	}
	pause := plainPause
	if p.terminal {
		pause = livePause
	}
	now := p.now()
	if now.Sub(p.start) < quietStart || now.Sub(p.last) < pause {
		return
	}
	p.last = now
	line := p.line(now.Sub(p.start))
	if !p.terminal {
		fmt.Fprintln(p.out, line)
		return
	}
	fmt.Fprintf(p.out, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-len(line))))
	p.width = len(line)
}

// line is "test 120 of 1319 problems, 812 tokens/s, eta 3m20s".
func (p *evalProgress) line(elapsed time.Duration) string {
	eta := time.Duration(float64(elapsed) / float64(p.fresh) * float64(p.total-p.done)).Round(time.Second)
	return fmt.Sprintf("%s %d of %d problems, %stokens/s, eta %s", p.set, p.done, p.total, magnitude(float64(p.tokens)/elapsed.Seconds()), eta)
}

// end clears the live line.
func (p *evalProgress) end() {
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}
