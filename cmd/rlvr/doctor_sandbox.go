package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

// sandboxHealth is how the sandbox for programs is.
type sandboxHealth struct {
	// State is ok where a program was contained, missing where none can be run, broken
	// where a hostile program was not contained.
	State string `json:"state"`
	// Tier is how strongly programs are isolated, and what that means.
	Tier     string `json:"tier,omitempty"`
	Strength string `json:"strength,omitempty"`
	// Interpreter is what runs them.
	Interpreter string `json:"interpreter,omitempty"`
	// Missing are the walls that this machine lacks.
	Missing []string `json:"missing,omitempty"`
	// Detail is what the hostile programs came to, or what is wrong.
	Detail string `json:"detail,omitempty"`
	// Remedy are the commands that mend it, with comments.
	Remedy []string `json:"remedy,omitempty"`
}

// examineSandbox opens a sandbox, which tries to get out of it, and lets all hostile
// programs try that where full.
func examineSandbox(ctx context.Context, full bool) sandboxHealth {
	o := sandbox.DefaultOptions()
	o.Workers, o.MemoryMB, o.WallSeconds = 1, 256, 60 // little to fill, and patience with a busy machine
	p, err := sandbox.Open(o)
	if err != nil {
		return sandboxHealth{State: stateMissing, Detail: err.Error(), Remedy: sandboxRemedy(err)}
	}
	defer p.Close()
	tier := p.Tier()
	h := sandboxHealth{State: stateOK, Tier: tier.Name, Strength: tier.Strength, Missing: tier.Missing, Interpreter: p.Interpreter()}
	if !full {
		return h
	}
	checks, err := sandbox.SelfCheck(ctx, p)
	if err != nil {
		h.State, h.Detail = stateBroken, err.Error()
		return h
	}
	h.Detail = fmt.Sprintf("contained %d hostile programs", len(checks))
	for _, c := range checks {
		if c.Problem != "" {
			h.State, h.Detail = stateBroken, fmt.Sprintf("the hostile program %q: %s", c.Name, c.Problem)
			break
		}
	}
	return h
}

// sandboxRemedy are the commands that bring a sandbox.
func sandboxRemedy(err error) []string {
	switch {
	case errors.Is(err, sandbox.ErrNoInterpreter):
		return []string{"apt install python3    # or any CPython 3.9 or newer, named by the option python"}
	case errors.Is(err, sandbox.ErrUnsafe):
		return []string{
			"sysctl -w user.max_user_namespaces=10000                   # where it is 0",
			"sysctl -w kernel.unprivileged_userns_clone=1               # Debian before 11",
			"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0   # Ubuntu from 23.10 on",
			"docker run --security-opt seccomp=unconfined ...           # in a container: its filter forbids namespaces",
		}
	}
	return nil
}

// lines are the health for people.
func (h *sandboxHealth) lines() string {
	var b strings.Builder
	switch h.State {
	case stateMissing:
		fmt.Fprintf(&b, "sandbox    missing: %s\n", h.Detail)
	default:
		fmt.Fprintf(&b, "sandbox    %s: tier %s (%s)\n", h.State, h.Tier, h.Strength)
		fmt.Fprintf(&b, "           %s\n", h.Interpreter)
		for _, m := range h.Missing {
			fmt.Fprintf(&b, "           without %s\n", m)
		}
		if h.Detail != "" {
			fmt.Fprintf(&b, "           %s\n", h.Detail)
		}
	}
	return b.String()
}
