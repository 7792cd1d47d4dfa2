package device

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// The tests of limits_*_test.go assert that a limit of the libraries, around which
// code here is built, is still there. They fail when an upgrade mends it: then the
// workaround they name can go.

type node = graph.Node

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// open opens a device, or skips the test where XLA's plugin is not found.
func open(t testing.TB, name string) *Device {
	t.Helper()
	if plugin, ok := strings.CutPrefix(name, "xla:"); ok {
		if path, why := FindPlugin(plugin); path == "" {
			t.Skip(why + ": make xla-cpu installs it")
		}
	}
	d, err := Open(name, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// plainGo is the pure-Go backend as the library makes it, with the options given.
func plainGo(t testing.TB, options string) compute.Backend {
	t.Helper()
	b, err := gobackend.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// try builds a graph on a backend, runs it and returns its outputs.
func try(b compute.Backend, fn func(g *graph.Graph, in []*node) []*node, inputs ...*Tensor) (out []*Tensor, err error) {
	caught := exceptions.TryCatch[error](func() {
		g := graph.NewGraph(b, "limit")
		in := make([]*node, len(inputs))
		values := make([]any, len(inputs))
		for i, x := range inputs {
			in[i] = graph.Parameter(g, fmt.Sprintf("p%d", i), x.Shape())
			values[i] = x
		}
		if err := g.Compile(fn(g, in)...); err != nil {
			panic(err)
		}
		out = g.Run(values...)
	})
	return out, caught
}

// stillFails fails the test if a limit's error is gone or another one.
func stillFails(t *testing.T, err error, with, workaround string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("the library does this now: remove the workaround in %s", workaround)
	case !strings.Contains(err.Error(), with):
		t.Errorf("another error than %q: %v", with, err)
	}
}

// countTo is a loop of n steps over state; body sees the state without the counter.
func countTo(g *graph.Graph, n int32, body func(g *graph.Graph, state []*node) []*node, state ...*node) []*node {
	all := append([]*node{graph.Const(g, int32(0))}, state...)
	params := func(g *graph.Graph) []*node {
		in := make([]*node, len(all))
		for i, x := range all {
			in[i] = graph.Parameter(g, fmt.Sprintf("s%d", i), x.Shape())
		}
		return in
	}
	cond := graph.NewClosure(g, func(g *graph.Graph) []*node {
		return []*node{graph.LessThan(params(g)[0], graph.Const(g, n))}
	})
	step := graph.NewClosure(g, func(g *graph.Graph) []*node {
		in := params(g)
		return append([]*node{graph.Add(in[0], graph.Const(g, int32(1)))}, body(g, in[1:])...)
	})
	return graph.While(cond, step, all...)[1:]
}

func floats(t testing.TB, x *Tensor) []float32 {
	t.Helper()
	v, err := tensors.CopyFlatData[float32](x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
