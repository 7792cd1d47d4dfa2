package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// process is what a finished process says of itself.
type process struct {
	output []byte
	// wall is the time from its start to its end.
	wall time.Duration
	// rss is the greatest resident memory in bytes, 0 where the system does not say.
	rss int64
}

// start runs a command line to its end. env is added to the environment. The error
// of a process that failed has the end of what it said.
func start(ctx context.Context, args []string, env ...string) (*process, error) {
	var out, errOut bytes.Buffer
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(c.Environ(), env...)
	c.Stdout, c.Stderr = &out, &errOut
	began := time.Now()
	err := c.Run()
	wall := time.Since(began)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", args[0], context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, ending(out.String()+errOut.String()))
	}
	return &process{output: out.Bytes(), wall: wall, rss: maxRSS(c.ProcessState)}, nil
}

// ending is the last lines of a text.
func ending(text string) string {
	const enough = 20
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-enough):], "\n")
}
