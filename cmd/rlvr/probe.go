package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rlvr-go/rlvr/model/device"
)

// A plugin that does not fit the machine can end the process, or never return:
// each backend is tried in a process of its own.

// probeLimit is many times what opening a GPU takes.
const probeLimit = 2 * time.Minute

// examine tries a backend in a child process.
func examine(ctx context.Context, name string) health {
	if plugin, isXLA := strings.CutPrefix(name, "xla:"); isXLA {
		if path, why := device.FindPlugin(plugin); path == "" {
			return health{Name: name, State: stateMissing, Detail: why, Remedy: device.Remedies(name)}
		}
	}
	h, err := probeInChild(ctx, name)
	if err != nil {
		h = health{Name: name, State: stateBroken, Detail: err.Error()}
	}
	if h.State != stateOK {
		h.Remedy = device.Remedies(name)
	}
	return h
}

func probeInChild(ctx context.Context, name string) (health, error) {
	exe, err := os.Executable()
	if err != nil {
		return health{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	child := exec.CommandContext(ctx, exe, "doctor", "--probe", name)
	// The name decides what a test binary does.
	child.Args[0] = "rlvr"
	var stdout, stderr strings.Builder
	child.Stdout, child.Stderr = &stdout, &stderr
	err = child.Run()
	switch {
	case ctx.Err() != nil:
		return health{}, fmt.Errorf("no answer within %v", probeLimit)
	case err != nil:
		return health{}, fmt.Errorf("ended the process that tried it (%w): %s", err, lastLine(stderr.String()))
	}
	var h health
	if err := json.Unmarshal([]byte(lastLine(stdout.String())), &h); err != nil {
		return health{}, errors.New("the process that tried it gave no answer")
	}
	return h, nil
}

// runProbe tries a backend in this process and prints its health as JSON.
func runProbe(name string, out, errOut io.Writer) error {
	h := health{Name: name, State: stateOK}
	d, err := device.Try(name, newLogger(errOut))
	if err != nil {
		h.State, h.Detail = stateBroken, strings.ReplaceAll(err.Error(), "\n", " ")
	} else {
		h.Device, h.Detail, h.Reason = d.Name, d.Description, d.Reason
	}
	return json.NewEncoder(out).Encode(h)
}

// lastLine is the last line that is not empty.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
