package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The stages of the quickstart.
const (
	sftStage  = "sft"
	grpoStage = "grpo"
)

// peersFolder has the peers, torch_quickstart.py for the name torch.
const peersFolder = "bench/peers"

// comparison is the command peers.
type comparison struct {
	ours
	backends, peers string
	python          string
	repetitions     int
	warmUp          int
	// dir is a temporary folder, recipe the resolved config in it.
	dir, recipe string
}

// program is something that runs the quickstart.
type program struct {
	// kind is a backend of ours or the name of a peer.
	kind  string
	peer  bool
	label string
	// threads is that of a peer.
	threads int
	runs    []*measurement
}

func runPeers(ctx context.Context, args []string, out, errOut io.Writer) error {
	c := &comparison{}
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	c.addFlags(f)
	f.StringVar(&c.backends, "backends", "xla:cpu,go", "our backends")
	f.StringVar(&c.peers, "peers", "torch,trl", "the peers; each with 1 thread and with one for each core")
	f.StringVar(&c.python, "python", os.Getenv("RLVR_PEER_PYTHON"), "a Python with "+peersFolder+"/requirements.txt (default: $RLVR_PEER_PYTHON)")
	f.IntVar(&c.repetitions, "repetitions", 5, "runs of each program; the seed is that of the repetition, from 1")
	f.IntVar(&c.warmUp, "warm-up", 10, "first GRPO steps of a run that do not count")
	if err := parse(f, args, errOut); err != nil {
		return err
	}
	if c.python == "" && c.peers != "" {
		return fmt.Errorf("peers: -python or RLVR_PEER_PYTHON must name a Python with %s/requirements.txt", peersFolder)
	}
	var err error
	if c.dir, err = os.MkdirTemp("", "rlvr-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.dir)
	if err := c.resolve(ctx); err != nil {
		return err
	}
	warnOfLoad(errOut)
	programs := c.programs()
	for i := range c.repetitions {
		if err := c.repetition(ctx, programs, i, errOut); err != nil {
			return err
		}
	}
	printComparison(out, programs)
	return nil
}

// resolve writes the recipe that the peers read.
func (c *comparison) resolve(ctx context.Context) error {
	args := []string{c.binary, "config", "print", c.config}
	for _, s := range c.sets {
		args = append(args, "--set", s)
	}
	p, err := start(ctx, args)
	if err != nil {
		return err
	}
	c.recipe = filepath.Join(c.dir, "recipe.yaml")
	return os.WriteFile(c.recipe, p.output, 0o644)
}

// programs are all that is to be run, in the order of the first repetition.
func (c *comparison) programs() []*program {
	var out []*program
	for _, b := range names(c.backends) {
		out = append(out, &program{kind: b, label: "rlvr " + b})
	}
	threads := []int{1}
	if n := runtime.NumCPU(); n > 1 {
		threads = append(threads, n)
	}
	for _, p := range names(c.peers) {
		for _, n := range threads {
			out = append(out, &program{kind: p, peer: true, label: fmt.Sprintf("%s %d-thread", p, n), threads: n})
		}
	}
	return out
}

// names splits at commas.
func names(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(s string) bool { return s == "" })
}

// repetition runs every program once. Each repetition begins with another one, so
// that none always follows the same.
func (c *comparison) repetition(ctx context.Context, programs []*program, i int, errOut io.Writer) error {
	for k := range programs {
		p := programs[(k+i)%len(programs)]
		m, err := c.run(ctx, p, i+1)
		if err != nil {
			return fmt.Errorf("%s: %w", p.label, err)
		}
		p.runs = append(p.runs, m)
		fmt.Fprintf(errOut, "%d/%d  %-20s %s s a step, %s s in all, accuracy %s\n",
			i+1, c.repetitions, p.label, number(m.step), number(m.wall), shares(m.accuracy))
	}
	return nil
}

// run runs a program once.
func (c *comparison) run(ctx context.Context, p *program, seed int) (*measurement, error) {
	if !p.peer {
		dir, err := os.MkdirTemp(c.dir, "run-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		// The folder of a run must not exist.
		folder := filepath.Join(dir, "run")
		done, err := start(ctx, c.train(p.kind, seed, folder))
		if err != nil {
			return nil, err
		}
		return measureOurs(done, folder, c.warmUp)
	}
	n := fmt.Sprint(p.threads)
	done, err := start(ctx, []string{c.python, filepath.Join(peersFolder, p.kind+"_quickstart.py"),
		"--config", c.recipe, "--seed", fmt.Sprint(seed), "--threads", n}, "OMP_NUM_THREADS="+n, "PYTHONDONTWRITEBYTECODE=1")
	if err != nil {
		return nil, err
	}
	return measurePeer(done, c.warmUp)
}

// warnOfLoad says so where the machine is busy: PyTorch's threads wait for each
// other spinning, and lose most of all.
func warnOfLoad(errOut io.Writer) {
	const idle = 0.3
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return // not Linux
	}
	var load float64
	if _, err := fmt.Sscan(string(text), &load); err == nil && load > idle {
		fmt.Fprintf(errOut, "the load average is %.1f: on a machine that does other things the numbers mean little\n", load)
	}
}
