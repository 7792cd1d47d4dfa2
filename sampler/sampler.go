package sampler

import (
	"context"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// Prompt is what a call samples completions of.
type Prompt struct {
	// ID identifies the prompt in every run and is what its random numbers depend
	// on: a hash of the example's ID.
	ID uint64
	// Tokens are the prompt's ids, [P], P at least 1.
	Tokens []int32
}

// Result is one finished completion.
type Result struct {
	// Prompt indexes the call's prompts, Sample counts its completions.
	Prompt, Sample int
	// Tokens are the completion's ids, [L], its end-of-sequence token included.
	Tokens []int32
	// LogProbs are of the untruncated distribution at the temperature, [L].
	LogProbs []float32
	// TruncatedLogProbs are of the distribution sampled from, [L]; nil where
	// nothing was truncated.
	TruncatedLogProbs []float32
	// Routes are the experts of each token that was fed to the model, the prompt's and
	// all of the completion's but the last, [P+L-1, sparse layers, experts per token];
	// nil unless KeepRoutes.
	Routes []int32
	Finish data.FinishReason
}

// Draw identifies the random numbers of a call.
type Draw struct {
	// Seed is the run's, Step the optimizer step (or a constant for evaluation).
	Seed int64
	Step int
}

// Sampler turns prompts and a policy into completions. Its executables are built
// for one architecture and one set of Options. It is not safe for concurrent use;
// it runs tiles in parallel itself where the device likes that.
type Sampler struct {
	dev     *device.Device
	arch    *model.Arch
	opts    Options
	eos     []int32
	stopper Stopper
	// programs are the executables by what a call wants of them.
	programs map[wanted]programs
}

// wanted is what the executables of a call depend on beside the sampler's options.
type wanted struct{ newCache, chunk int }

// programs are the executables of a call.
type programs struct{ prefill, decode *device.Exec }

// New makes a sampler. eos are the ids that end a completion; stopper may be nil.
func New(dev *device.Device, arch *model.Arch, o Options, eos []int32, stopper Stopper) (*Sampler, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("sampler: %w", err)
	}
	if o.KeepRoutes && arch.NumSparse() == 0 {
		return nil, fmt.Errorf("sampler: keep_routes: found true, allowed: false, for the model has no experts")
	}
	return &Sampler{dev: dev, arch: arch, opts: o, eos: eos, stopper: stopper, programs: map[wanted]programs{}}, nil
}

// programsOf finds the executables for tiles of a shape.
func (s *Sampler) programsOf(sh shape) programs {
	w := wanted{chunk: sh.chunk}
	if sh.once {
		w.newCache = sh.width
	}
	p, ok := s.programs[w]
	if !ok {
		prefill := &program{arch: s.arch, trunc: s.truncation(), eos: s.eos, newCache: w.newCache, routes: s.opts.KeepRoutes}
		decode := &program{arch: s.arch, trunc: s.truncation(), eos: s.eos, chunk: w.chunk, routes: s.opts.KeepRoutes}
		p = programs{
			prefill: s.dev.SharedExec("prefill", prefill.key(), prefill.prefillGraph),
			decode:  s.dev.SharedExec("decode", decode.key(), decode.decodeGraph),
		}
		s.programs[w] = p
	}
	return p
}

func (s *Sampler) truncation() truncation {
	return truncation{topK: s.opts.TopK, topP: s.opts.TopP, minP: s.opts.MinP}
}

// routesPerToken is the number of experts of a token in all sparse layers.
func (s *Sampler) routesPerToken() int { return s.arch.NumSparse() * s.arch.NumExpertsPerTok }

// truncates reports whether the distribution sampled from is not the whole one.
func (s *Sampler) truncates() bool { return s.truncation().any() }

// emptyCache makes a cache on the device, without sending zeros to it.
func (s *Sampler) emptyCache(sh shape) ([]*device.Tensor, error) {
	dims := s.arch.CacheDims(sh.rows, sh.width)
	e := s.dev.SharedExec("empty cache", []any{dims, s.arch.NumCaches(), s.arch.DType}, emptyCacheGraph(s.arch, sh.rows, sh.width))
	return e.Call(float32(0))
}

// Sample draws NumGenerations completions of each prompt and hands each to emit as
// it finishes, in no particular order but never two at once. The completion of
// (prompt, sample) is a function of weights, options, draw, prompt and sample.
func (s *Sampler) Sample(ctx context.Context, p *model.Policy, prompts []Prompt, d Draw, emit func(Result)) error {
	if err := s.check(prompts); err != nil {
		return err
	}
	var out sync.Mutex
	locked := func(r Result) {
		out.Lock()
		defer out.Unlock()
		emit(r)
	}
	for _, some := range s.split(prompts) {
		if err := s.sample(ctx, p, prompts, some, d, locked); err != nil {
			return err
		}
	}
	return nil
}

// check refuses prompts that cannot be sampled.
func (s *Sampler) check(prompts []Prompt) error {
	for i := range prompts {
		n := len(prompts[i].Tokens)
		if n == 0 {
			return fmt.Errorf("sampler: prompt %d is empty", i)
		}
		if n+s.opts.MaxCompletionLength > s.arch.MaxPositionEmbeddings {
			return fmt.Errorf("sampler: a prompt of %d tokens and a completion of %d exceed the model's %d positions",
				n, s.opts.MaxCompletionLength, s.arch.MaxPositionEmbeddings)
		}
		for _, id := range prompts[i].Tokens {
			// A device would take another token for it, quietly.
			if id < 0 || int(id) >= s.arch.VocabSize {
				return fmt.Errorf("sampler: prompt %d: token %d is not one of the model's %d", i, id, s.arch.VocabSize)
			}
		}
	}
	return nil
}

// split lists prompts that are sampled together: all, or, where kernels are chosen
// by problem size, those of one bucket, so that the width of a prompt's cache does
// not depend on its neighbours.
func (s *Sampler) split(prompts []Prompt) [][]int {
	var parts [][]int
	index := map[int]int{}
	for i := range prompts {
		key := 0
		if s.dev.RowTile > 0 {
			key = bucket(len(prompts[i].Tokens))
		}
		at, ok := index[key]
		if !ok {
			at = len(parts)
			index[key] = at
			parts = append(parts, nil)
		}
		parts[at] = append(parts[at], i)
	}
	return parts
}

// sample draws the completions of some prompts.
func (s *Sampler) sample(ctx context.Context, p *model.Policy, prompts []Prompt, some []int, d Draw, emit func(Result)) error {
	q := &queue{tasks: make([]task, 0, len(some)*s.opts.NumGenerations)}
	shortest, longest := math.MaxInt, 0
	for _, i := range some {
		shortest, longest = min(shortest, len(prompts[i].Tokens)), max(longest, len(prompts[i].Tokens))
		for g := range s.opts.NumGenerations {
			q.tasks = append(q.tasks, task{i, g})
		}
	}
	sh := shapeOf(&s.opts, s.dev.RowTile, s.dev.Parallel, len(q.tasks), bucket(longest))
	sh.once = s.dev.RowTile == 0 && len(q.tasks) <= sh.rows && bucket(shortest) == bucket(longest)
	execs := s.programsOf(sh)
	newTile := func() *tile {
		return &tile{s: s, programs: execs, policy: p, prompts: prompts, draw: d, shape: sh, queue: q, emit: emit, rows: make([]row, sh.rows)}
	}
	if sh.tiles == 1 { // a goroutine more would only be waited for
		return newTile().run(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	for range sh.tiles {
		g.Go(func() error { return newTile().run(ctx) })
	}
	return g.Wait()
}
