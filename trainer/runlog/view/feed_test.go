package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// follower reads a growing file as the page does.
type follower struct {
	at      Position
	lines   []string
	resets  int
	damaged int
}

func (f *follower) poll(t testing.TB, file string) {
	t.Helper()
	for more := true; more; {
		c, err := readChunk(strings.NewReader(file), int64(len(file)), f.at)
		must(t, err)
		if c.Reset {
			f.lines, f.damaged = nil, 0
			f.resets++
		}
		for i, l := range c.Lines {
			if got := file[c.Starts[i]:][:len(l)]; got != string(l) {
				t.Fatalf("line %q is at %d, where there is %q", l, c.Starts[i], got)
			}
			f.lines = append(f.lines, strings.TrimSuffix(string(l), "\n"))
		}
		f.at, f.damaged, more = c.Position, f.damaged+c.Damaged, c.More
	}
}

func (f *follower) want(t testing.TB, resets int, lines ...string) {
	t.Helper()
	if strings.Join(f.lines, " ") != strings.Join(lines, " ") || f.resets != resets {
		t.Errorf("lines %q after %d resets, want %q after %d", f.lines, f.resets, lines, resets)
	}
}

// TestFeed follows a file through all that a run does to it.
func TestFeed(t *testing.T) {
	var f follower
	f.poll(t, "")
	f.want(t, 0)
	f.poll(t, `{"a":1}`)
	f.want(t, 0) // half written, for all one knows
	f.poll(t, "{\"a\":1}\n{\"b\"")
	f.want(t, 0, `{"a":1}`)
	f.poll(t, "{\"a\":1}\n{\"b\":2}\n")
	f.want(t, 0, `{"a":1}`, `{"b":2}`)
	f.poll(t, "{\"a\":1}\n{\"b\":2}\n")
	f.want(t, 0, `{"a":1}`, `{"b":2}`)
	f.poll(t, "{\"a\":1}\n{\"b\":2,\"eval\":3}\n") // an evaluation joins the last record
	f.want(t, 1, `{"a":1}`, `{"b":2,"eval":3}`)
	f.poll(t, "{\"a\":1}\n") // cut back
	f.want(t, 2, `{"a":1}`)
	f.poll(t, "{\"c\":1}\n{\"d\":4}\n{\"e\":5}\n") // cut back to the start and longer than before
	f.want(t, 3, `{"c":1}`, `{"d":4}`, `{"e":5}`)
	f.poll(t, "") // started anew
	f.want(t, 4)
}

func TestDamagedLines(t *testing.T) {
	var f follower
	f.poll(t, "{\"a\":1}\nnonsense\n[1]\n\n{\"b\":\n\xff\n{\"c\":3}\n")
	f.want(t, 0, `{"a":1}`, `{"c":3}`)
	if f.damaged != 5 {
		t.Errorf("%d damaged lines, want 5", f.damaged)
	}
}

// TestLongFiles: a long file comes in chunks, an endless line is passed over.
func TestLongFiles(t *testing.T) {
	var file strings.Builder
	var want []string
	for i := range 5000 {
		line := fmt.Sprintf(`{"n":%d,"text":"%s"}`, i, strings.Repeat("x", 500))
		want = append(want, line)
		file.WriteString(line + "\n")
	}
	c, err := readChunk(strings.NewReader(file.String()), int64(file.Len()), Position{})
	must(t, err)
	if !c.More || c.Offset > chunkBytes+1000 {
		t.Errorf("a chunk of %d bytes", c.Offset)
	}
	var f follower
	f.poll(t, file.String())
	f.want(t, 0, want...)

	f = follower{}
	f.poll(t, "{\"a\":\""+strings.Repeat("x", longestLine)+"\"}\n{\"b\":2}\n")
	f.want(t, 0, `{"b":2}`)
	if f.damaged != 1 {
		t.Errorf("%d damaged lines, want 1", f.damaged)
	}
}

// FuzzFeed: however a file is written, piece by piece, a reader ends with its whole
// lines; from any position it gets an answer.
func FuzzFeed(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n{\"b\":2}\n{\"c"), 5, int64(8), "1")
	f.Add([]byte("{}\n\n\r\n{\"a\":\"\xff\"}\nnull\n"), 1, int64(-3), "")
	f.Fuzz(func(t *testing.T, file []byte, step int, offset int64, mark string) {
		var piecewise, whole follower
		step = max(1, step%64)
		for n := 0; n < len(file) && n < 4096; n += step {
			piecewise.poll(t, string(file[:n]))
		}
		piecewise.poll(t, string(file))
		whole.poll(t, string(file))
		if strings.Join(piecewise.lines, "\n") != strings.Join(whole.lines, "\n") || piecewise.at != whole.at {
			t.Errorf("piece by piece %q, at once %q", piecewise.lines, whole.lines)
		}
		c, err := readChunk(bytes.NewReader(file), int64(len(file)), Position{Offset: offset, Mark: mark})
		if err != nil || c.Offset < 0 || c.Offset > int64(len(file)) {
			t.Errorf("from %d: %+v, %v", offset, c, err)
		}
	})
}
