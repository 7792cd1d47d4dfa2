//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// capture collects what a program writes to one of its outputs.
type capture struct {
	ours   *os.File
	theirs int // -1 when closed
	most   int
	data   []byte
	over   bool
	done   chan struct{}
}

func newCapture(most int) (*capture, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("sandbox: pipe: %w", err)
	}
	c := &capture{theirs: ends[1], most: most, done: make(chan struct{})}
	if err := unix.SetNonblock(ends[0], true); err != nil { // for deadlines; only our end
		unix.Close(ends[0])
		unix.Close(ends[1])
		return nil, fmt.Errorf("sandbox: pipe: %w", err)
	}
	c.ours = os.NewFile(uintptr(ends[0]), "output")
	return c, nil
}

// start reads in the background until the program ends or has written too much; then
// it calls flood. The program has its end of the pipe by now.
func (c *capture) start(flood func()) {
	c.closeTheirs()
	go func() {
		defer close(c.done)
		buffer := make([]byte, 4096)
		for {
			n, err := c.ours.Read(buffer)
			room := c.most - len(c.data)
			c.data = append(c.data, buffer[:min(n, room)]...)
			if n > room {
				c.over = true
				c.ours.Close()
				flood()
				return
			}
			if err != nil {
				return
			}
			if n == len(buffer) && n < 1<<16 {
				buffer = make([]byte, 1<<16) // somebody with much to say
			}
		}
	}()
}

// lateness is how long the pipe of a program that has ended may stay open: without
// isolation somebody else may hold it.
const lateness = time.Second

// wait is all that was written. The program has ended.
func (c *capture) wait() []byte {
	_ = c.ours.SetReadDeadline(time.Now().Add(lateness))
	<-c.done
	return c.data
}

func (c *capture) close() {
	c.ours.Close()
	c.closeTheirs()
}

func (c *capture) closeTheirs() {
	if c.theirs >= 0 {
		unix.Close(c.theirs)
		c.theirs = -1
	}
}
