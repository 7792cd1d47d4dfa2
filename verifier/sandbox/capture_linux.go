//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"time"
)

// capture collects what a program writes to one of its outputs.
type capture struct {
	ours, theirs *os.File
	most         int
	data         []byte
	over         bool
	done         chan struct{}
}

func newCapture(most int) (*capture, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("sandbox: pipe: %w", err)
	}
	return &capture{ours: r, theirs: w, most: most, done: make(chan struct{})}, nil
}

// start reads in the background until the program ends or has written too much; then
// it calls flood. The program has its end of the pipe by now.
func (c *capture) start(flood func()) {
	c.theirs.Close()
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
	c.theirs.Close()
}
