//go:build amd64 || arm64

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// What the tiers give.
const (
	strengthA = "own user, mount, process, network, IPC, host name and cgroup namespaces, allow-list of system calls, no capabilities, limits"
	strengthB = "no namespaces: Landlock, allow-list of system calls, limits; programs see no file but the interpreter's and can write none, but share the host's kernel objects"
	noTier    = "none: programs can read, write and send what you can"
)

// chooseTier finds the strongest tier that works here, by running a program in it.
func (p *Pool) chooseTier(l *language, in *interpreter) error {
	landlock := landlockVersion()
	if p.o.Unsafe {
		p.walls, p.tier = walls{unsafe: true}, Tier{Name: "unsafe", Strength: noTier}
		return p.admit(l, in)
	}
	var missing []string
	if landlock == 0 {
		missing = append(missing, "Landlock: this kernel has none, or it is switched off")
	}
	p.walls = walls{namespaces: true, landlock: landlock}
	p.tier = Tier{Name: "A", Strength: strengthA, Missing: missing}
	if landlock > 0 {
		p.tier.Strength += ", Landlock"
	}
	first := errors.New("left out")
	if !p.noNamespaces {
		if first = p.admit(l, in); first == nil {
			return nil
		}
	}
	missing = append(missing, fmt.Sprintf("namespaces: %v", first))
	if landlock > 0 {
		p.walls = walls{landlock: landlock}
		p.tier = Tier{Name: "B", Strength: strengthB, Missing: missing}
		second := p.admit(l, in)
		if second == nil {
			return nil
		}
		missing = append(missing, fmt.Sprintf("without namespaces: %v", second))
	}
	return fmt.Errorf("%w: %s", ErrUnsafe, strings.Join(missing, "; "))
}

// errLoose says that a program could do what it must not.
var errLoose = errors.New("a program was not contained")

// admit starts the first worker and gives it a program that tries to get out.
func (p *Pool) admit(l *language, in *interpreter) error {
	c := &crew{blueprint: p.blueprint(l, in)}
	w, err := c.blueprint.start()
	if err != nil {
		return err
	}
	r, err := w.run(context.Background(), l, p.job(Program{Language: l.name, Source: l.probe}))
	if err != nil || !r.reusable {
		w.kill()
		return fmt.Errorf("trial: %s %s: %w", r.Status, lastLine(r.Stderr), err)
	}
	if strings.TrimSpace(string(r.Stdout)) != "contained" && !p.o.Unsafe {
		w.kill()
		return fmt.Errorf("%w: %s %s", errLoose, r.Status, lastLine(r.Stderr))
	}
	p.crews[l.name] = c
	p.give(c, w)
	return nil
}
