package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

const usage = `usage: go run ./bench COMMAND [flags], from the repository's root

  peers   our time and memory by those of other projects' programs
  seeds   whether the quickstart reaches its goal, seed by seed
  objectives  how every objective learns from the same warm starts

-h after a command shows its flags.
`

// errUsage says that the flags were explained already.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run executes a command: its result goes to out, its progress to errOut.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "peers":
			return runPeers(ctx, args[1:], out, errOut)
		case "seeds":
			return runSeeds(ctx, args[1:], out, errOut)
		case "objectives":
			return runObjectives(ctx, args[1:], out, errOut)
		}
	}
	fmt.Fprint(errOut, usage)
	return errUsage
}

// ours is how our own program is run.
type ours struct {
	// binary is rlvr, config the recipe, sets its overrides.
	binary, config string
	sets           list
}

// addFlags declares the flags that both commands have.
func (o *ours) addFlags(f *flag.FlagSet) {
	f.StringVar(&o.binary, "rlvr", "bin/rlvr", "the program; make build makes it")
	f.StringVar(&o.config, "config", "configs/quickstart.yaml", "the recipe")
	f.Var(&o.sets, "set", "override a key of the recipe, as in -set stages.1.steps=40; may be given several times")
}

// train is the command line of a run into a folder.
func (o *ours) train(backend string, seed int, dir string) []string {
	args := []string{o.binary, "train", o.config, "--backend", backend}
	for _, s := range append([]string{fmt.Sprintf("seed=%d", seed), "output_dir=" + dir}, o.sets...) {
		args = append(args, "--set", s)
	}
	return args
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, " ") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// parse reads flags. What is wrong with them has been printed when it fails.
func parse(f *flag.FlagSet, args []string, errOut io.Writer) error {
	f.SetOutput(errOut)
	if err := f.Parse(args); err != nil {
		return errUsage
	}
	if f.NArg() > 0 {
		fmt.Fprintf(errOut, "%s: unexpected %q\n", f.Name(), f.Args())
		return errUsage
	}
	return nil
}
