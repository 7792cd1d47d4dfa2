package device

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// devices runs a test on the pure-Go backend and on XLA where its plugin is found.
func devices(t *testing.T, run func(t *testing.T, d *Device)) {
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) { run(t, open(t, name)) })
	}
}

// sum adds its inputs.
func sum(in []*node) []*node {
	x := in[0]
	for _, y := range in[1:] {
		x = graph.Add(x, y)
	}
	return []*node{x}
}

func mustCall(t testing.TB, e *Exec, inputs ...any) *Tensor {
	t.Helper()
	out, err := e.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

func wantFloats(t testing.TB, x *Tensor, want ...float32) {
	t.Helper()
	if got := floats(t, x); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestExecCompilesOncePerShape(t *testing.T) {
	devices(t, func(t *testing.T, d *Device) {
		var log bytes.Buffer
		d.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		e := d.NewExec("adder", sum)
		want := 0
		for _, c := range []struct {
			what    string
			inputs  []any
			compile bool
		}{
			{"first", Args(Array([]float32{1, 2}, 2), Array([]float32{1, 2}, 2)), true},
			{"same shapes", Args(Array([]float32{3, 4}, 2), Array([]float32{5, 6}, 2)), false},
			{"other size", Args(Array([]float32{1, 2, 3}, 3), Array([]float32{1, 2, 3}, 3)), true},
			{"other rank", Args(Array([]float32{1, 2}, 1, 2), Array([]float32{1, 2}, 1, 2)), true},
			{"other dtype", Args(Array([]int32{1, 2}, 2), Array([]int32{1, 2}, 2)), true},
			{"scalars", Args(float32(1), float32(2)), true},
			{"other scalars", Args(float32(3), float32(4)), false},
			{"other number", Args(float32(3), float32(4), float32(5)), true},
			{"first again", Args(Array([]float32{1, 2}, 2), Array([]float32{1, 2}, 2)), false},
		} {
			if c.compile {
				want++
			}
			mustCall(t, e, c.inputs...)
			if got := d.Compiles(); len(got) != want {
				t.Fatalf("%s: %d compiles, want %d: %v", c.what, len(got), want, got)
			}
		}
		first := d.Compiles()[0]
		if first.Exec != "adder" || first.Shapes != "(Float32)[2] (Float32)[2]" || first.Seconds <= 0 {
			t.Errorf("recorded %+v", first)
		}
		if n := strings.Count(log.String(), "compiled"); n != want || !strings.Contains(log.String(), "exec=adder") {
			t.Errorf("%d lines in the log, want %d:\n%s", n, want, log.String())
		}
	})
}

func TestSharedExecIsOneForEachKey(t *testing.T) {
	d := open(t, "go")
	double := func(in []*node) []*node { return []*node{graph.Add(in[0], in[0])} }
	get := func(name string, key ...any) *Exec { return d.SharedExec(name, key, double) }
	first := get("double", 8, []int32{1}, struct{ K int }{3})
	if get("double", 8, []int32{1}, struct{ K int }{3}) != first {
		t.Error("equal keys have two executables")
	}
	for what, other := range map[string]*Exec{
		"number": get("double", 9, []int32{1}, struct{ K int }{3}),
		"slice":  get("double", 8, []int32{1, 2}, struct{ K int }{3}),
		"struct": get("double", 8, []int32{1}, struct{ K int }{4}),
		"name":   get("twice", 8, []int32{1}, struct{ K int }{3}),
		"device": open(t, "go").SharedExec("double", []any{8, []int32{1}, struct{ K int }{3}}, double),
	} {
		if other == first {
			t.Errorf("another %s has the same executable", what)
		}
	}
	wantFloats(t, mustCall(t, first, Array([]float32{4}, 1)), 8)
}

func TestExecIsSafeForConcurrentUse(t *testing.T) {
	devices(t, func(t *testing.T, d *Device) {
		e := d.NewExec("adder", sum)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				n := 1 + i%2
				x := make([]float32, n)
				x[0] = float32(i)
				out, err := e.Call(Array(x, n), Array(x, n))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := Values[float32](d, out[0]); err != nil || got[0] != float32(2*i) {
					t.Errorf("call %d: %v, %v", i, got, err)
				}
			})
		}
		wg.Wait()
		if n := len(d.Compiles()); n != 2 {
			t.Errorf("%d compiles of 2 shapes", n)
		}
	})
}

func TestExecRefusesShapesWithoutEnd(t *testing.T) {
	e := open(t, "go").NewExec("runaway", sum)
	for n := 1; n <= maxShapes; n++ {
		mustCall(t, e, Array(make([]float32, n), n))
	}
	_, err := e.Call(Array(make([]float32, maxShapes+1), maxShapes+1))
	for _, part := range []string{"device: runaway: more than 32 input shapes", "(Float32)[33]", "buckets"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want %q in it", err, part)
		}
	}
	wantFloats(t, mustCall(t, e, Array([]float32{7}, 1)), 7) // the old ones go on
}

func TestExecReturnsPanicsAsErrors(t *testing.T) {
	devices(t, func(t *testing.T, d *Device) {
		for name, c := range map[string]struct {
			fn   func(in []*node) []*node
			in   []any
			want string
		}{
			"graph":   {func([]*node) []*node { exceptions.Panicf("wrong axis %d", 3); return nil }, Args(float32(1)), "wrong axis 3"},
			"library": {sum, Args(Array([]float32{1, 2}, 2), Array([]float32{1, 2, 3}, 3)), "Add"},
			"runtime": {func(in []*node) []*node { return in[5:6] }, Args(float32(1)), "out of range"},
			"value":   {sum, Args(struct{ x int }{1}), "struct"},
			"nil":     {sum, Args(nil), ""},
		} {
			if out, err := d.NewExec("broken", c.fn).Call(c.in...); err == nil {
				t.Errorf("%s: no error, %v", name, out)
			} else if s := err.Error(); !strings.HasPrefix(s, "device: broken: ") || !strings.Contains(s, c.want) {
				t.Errorf("%s: error %q, want %q in it", name, s, c.want)
			}
		}
	})
}

func TestDonatedTensorsAreGone(t *testing.T) {
	devices(t, func(t *testing.T, d *Device) {
		e := d.NewExec("adder", sum)
		kept, host := Array([]float32{1, 2}, 2), Array([]float32{10, 20}, 2)
		given := mustCall(t, e, kept, Donated{host})
		wantFloats(t, mustCall(t, e, kept, Donated{given}), 12, 24)
		if given.Ok() {
			t.Error("a donated output is still there")
		}
		if _, err := e.Call(kept, given); err == nil {
			t.Error("a donated output was used again without error")
		}
		// A state goes out of one call into the next; what is not donated stays as it
		// was, and so do host arrays.
		state := []*Tensor{mustCall(t, e, kept, kept), mustCall(t, e, host, host)}
		wantFloats(t, mustCall(t, e, Args(kept, Donate(state))...), 23, 46)
		wantFloats(t, kept, 1, 2)
		wantFloats(t, host, 10, 20)
	})
}

func TestFreePassesOverDonated(t *testing.T) {
	devices(t, func(t *testing.T, d *Device) {
		a, b := Array([]float32{1}, 1), Array([]float32{2}, 1)
		a = mustCall(t, d.NewExec("adder", sum), a)
		mustCall(t, d.NewExec("adder", sum), Donated{a}, b)
		if err := Free([]*Tensor{a, b}); err != nil {
			t.Error(err)
		}
		if b.Ok() {
			t.Error("a freed tensor is still there")
		}
		if err := Free([]*Tensor{a, b}); err != nil {
			t.Errorf("freed twice: %v", err)
		}
	})
}

func TestArgs(t *testing.T) {
	a, b, c := Array([]float32{1}, 1), Array([]float32{2}, 1), Array([]float32{3}, 1)
	got := Args(a, []*Tensor{b, c}, Donated{a}, Donate([]*Tensor{b}), []any{c, int32(4)}, float32(5), []*Tensor{})
	want := []any{a, b, c, Donated{a}, Donated{b}, c, int32(4), float32(5)}
	if len(got) != len(want) {
		t.Fatalf("%d arguments, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("argument %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestValues(t *testing.T) {
	devices(t, func(t *testing.T, d *Device) {
		e := d.NewExec("adder", sum)
		if got, err := Values[int32](d, mustCall(t, e, Array([]int32{1, -2, 3, 4}, 2, 2))); err != nil || fmt.Sprint(got) != "[1 -2 3 4]" {
			t.Errorf("int32: %v, %v", got, err)
		}
		if got, err := Values[uint32](d, mustCall(t, e, Array([]uint32{1 << 31, 7}, 2))); err != nil || fmt.Sprint(got) != "[2147483648 7]" {
			t.Errorf("uint32: %v, %v", got, err)
		}
		if got, err := Values[int32](d, Array([]float32{1}, 1)); err == nil {
			t.Errorf("float32 read as int32: %v", got)
		}
		if d.Busy() <= 0 {
			t.Errorf("busy for %v", d.Busy())
		}
	})
}

func TestDescribeLeavesOutTheMiddle(t *testing.T) {
	d := open(t, "go")
	var in []any
	for n := range 9 {
		in = append(in, Array(make([]float32, n+1), n+1))
	}
	mustCall(t, d.NewExec("many", func(in []*node) []*node { return []*node{graph.Neg(in[0])} }), in...)
	const want = "(Float32)[1] (Float32)[2] (Float32)[3] ... (Float32)[7] (Float32)[8] (Float32)[9]"
	if got := d.Compiles()[0].Shapes; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
