package runlog

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// screen plays what was written to a terminal of the given width: lines that were
// left behind and, last, the one that the cursor is on.
func screen(t *testing.T, written string, columns int) []string {
	t.Helper()
	lines := [][]rune{nil}
	at := 0
	for _, r := range written {
		last := len(lines) - 1
		switch {
		case r == '\n':
			lines, at = append(lines, nil), 0
		case r == '\r':
			at = 0
		case unicode.IsControl(r):
			t.Errorf("control character %q reaches the terminal", r)
		default:
			for len(lines[last]) <= at {
				lines[last] = append(lines[last], ' ')
			}
			lines[last][at] = r
			at++
		}
		if at >= columns {
			t.Fatalf("the cursor leaves the %d columns", columns)
		}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimRight(string(l), " ")
	}
	return out
}

func terminal(columns int) (c *console, out, log *bytes.Buffer) {
	out, log = &bytes.Buffer{}, &bytes.Buffer{}
	c = newConsole(out, log)
	c.columns = func() int { return columns }
	return c, out, log
}

// TestLiveLine: on a terminal a step's line takes the place of the one before; what
// is printed between does not leave pieces of it behind; log.txt has plain lines.
func TestLiveLine(t *testing.T) {
	c, out, log := terminal(80)
	step := func(text string, due bool) { c.progress([]piece{{text, 0}}, due) }
	c.print("begin")
	step("a long line of step 1", true)
	step("step 2", false)
	c.print("between")
	step("step 3", true)
	c.keep()
	step("step 4", true)
	c.print("end")
	if diff := cmp.Diff([]string{"begin", "between", "step 3", "end", ""}, screen(t, out.String(), 80)); diff != "" {
		t.Errorf("screen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("begin\na long line of step 1\nbetween\nstep 3\nstep 4\nend\n", log.String()); diff != "" {
		t.Errorf("log.txt (-want +got):\n%s", diff)
	}
}

func TestLiveLineIsShownAtOnce(t *testing.T) {
	c, out, _ := terminal(80)
	c.progress([]piece{{"a long line", 0}}, false)
	c.progress([]piece{{"short", 0}}, false)
	if got := screen(t, out.String(), 80); len(got) != 1 || got[0] != "short" {
		t.Errorf("screen %q", got)
	}
}

// TestLiveLineFits: it never reaches the last column, where a terminal would wrap it
// into a second line that cannot be taken back.
func TestLiveLineFits(t *testing.T) {
	for columns := 12; columns < 220; columns++ {
		c, out, log := terminal(columns)
		r := Record{Step: 72, Values: grpoValues()}
		whole := line(stepPieces(&r, &grpoStage, "41s"), 0)
		c.progress(stepPieces(&r, &grpoStage, "41s"), true)
		if got := screen(t, out.String(), columns); len(got) != 1 || width(got[0]) >= columns {
			t.Errorf("%d columns: %q", columns, got)
		}
		if log.String() != whole+"\n" {
			t.Errorf("log.txt has %q", log)
		}
	}
}

// TestPiped: without a terminal there are plain lines, those that are due.
func TestPiped(t *testing.T) {
	var out, log bytes.Buffer
	c := newConsole(&out, &log)
	c.progress([]piece{{"step 1", 0}}, true)
	c.progress([]piece{{"step 2", 0}}, false)
	c.keep()
	c.print("a\x1b[2Jb", "")
	if diff := cmp.Diff("step 1\na\\x1b[2Jb\n\n", out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if out.String() != log.String() {
		t.Errorf("log.txt differs: %q", log.String())
	}
	if c.width() != defaultColumns {
		t.Errorf("width %d", c.width())
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// TestConsoleFailures: a closed terminal does not matter, a full disk does.
func TestConsoleFailures(t *testing.T) {
	full := errors.New("no space left on device")
	var log bytes.Buffer
	c := newConsole(broken{full}, &log)
	c.print("line")
	if c.err != nil || log.String() != "line\n" {
		t.Errorf("closed terminal: %v, log %q", c.err, log.String())
	}
	c = newConsole(&log, broken{full})
	c.print("line")
	if !errors.Is(c.err, full) {
		t.Errorf("full disk: %v", c.err)
	}
}
