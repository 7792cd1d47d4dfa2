//go:build amd64 || arm64

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
)

// Pool runs programs on a number of workers. Its methods may be called at the same
// time.
type Pool struct {
	o     Options
	walls walls
	tier  Tier
	variant
	// slots bounds the programs that run at the same time.
	slots chan struct{}

	mu     sync.Mutex
	closed bool
	crews  map[string]*crew
}

// crew are the workers of one language.
type crew struct {
	blueprint *blueprint
	idle      []*worker
}

// Open starts a pool. It takes the strongest tier of isolation that works here and
// tries it with a program. Errors: faults of the options, [ErrNoInterpreter],
// [ErrUnsafe].
func Open(o Options) (*Pool, error) { return open(o, variant{}) }

// variant is what tests choose and options do not.
type variant struct {
	// cold starts an interpreter for each program.
	cold bool
	// noNamespaces leaves tier A out.
	noNamespaces bool
}

func open(o Options, v variant) (*Pool, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if !mainCalled.Load() {
		return nil, errMain
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{o: o, variant: v, slots: make(chan struct{}, o.Workers), crews: map[string]*crew{}}
	python, err := languageOf("python")
	if err != nil {
		return nil, err
	}
	interpreter, err := python.find(&p.o)
	if err != nil {
		return nil, err
	}
	if err := p.chooseTier(python, interpreter); err != nil {
		return nil, err
	}
	return p, nil
}

// Tier is how strongly the pool's programs are isolated.
func (p *Pool) Tier() Tier { return p.tier }

// Interpreter is what runs Python programs: its version and path.
func (p *Pool) Interpreter() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.crews["python"].blueprint.interpreter.version
}

// Close ends the workers and whatever they run.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	var idle []*worker
	for _, c := range p.crews {
		idle = append(idle, c.idle...)
		c.idle = nil
	}
	p.mu.Unlock()
	for _, w := range idle {
		w.kill()
	}
	for range cap(p.slots) { // those at work end with their programs
		p.slots <- struct{}{}
	}
	for range cap(p.slots) {
		<-p.slots
	}
	return nil
}

// Run runs a program. An error is a fault of the machine or of the caller, never
// the program's doing.
func (p *Pool) Run(ctx context.Context, pr Program) (Result, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	c, err := p.crew(pr.Language)
	if err != nil {
		return Result{}, err
	}
	j := p.job(pr)
	for attempt := 0; ; attempt++ {
		w, fresh, err := p.take(c)
		if err != nil {
			return Result{}, err
		}
		r, err := w.run(ctx, c.blueprint.language, j)
		if err == nil && r.reusable {
			p.give(c, w)
			return r.Result, nil
		}
		w.kill()
		// A worker that ended while it was idle is no fault of the program.
		if errors.Is(err, errIdle) && !fresh && attempt < cap(p.slots) {
			continue
		}
		if err != nil {
			return Result{}, fmt.Errorf("sandbox: run: %w", err)
		}
		return r.Result, nil
	}
}

// crew finds the workers of a language.
func (p *Pool) crew(name string) (*crew, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.crews[name]; c != nil {
		return c, nil
	}
	l, err := languageOf(name)
	if err != nil {
		return nil, err
	}
	in, err := l.find(&p.o)
	if err != nil {
		return nil, err
	}
	c := &crew{blueprint: p.blueprint(l, in)}
	p.crews[name] = c
	return c, nil
}

func (p *Pool) blueprint(l *language, in *interpreter) *blueprint {
	return &blueprint{language: l, interpreter: in, walls: p.walls, options: &p.o, warm: l.server != "" && !p.cold}
}

// take is an idle worker, or a new one.
func (p *Pool) take(c *crew) (w *worker, fresh bool, err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, false, ErrClosed
	}
	if n := len(c.idle); n > 0 {
		w, c.idle = c.idle[n-1], c.idle[:n-1]
	}
	p.mu.Unlock()
	if w != nil {
		return w, false, nil
	}
	w, err = c.blueprint.start()
	return w, true, err
}

// give puts a worker back.
func (p *Pool) give(c *crew, w *worker) {
	p.mu.Lock()
	closed := p.closed
	if !closed {
		c.idle = append(c.idle, w)
	}
	p.mu.Unlock()
	if closed {
		w.kill()
	}
}
