package device

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

func TestLimitGoHasNoDynamicSlice(t *testing.T) {
	b := plainGo(t, "ops_sequential")
	x := Array([]float32{1, 2, 3}, 3)
	start := func(g *graph.Graph) []*node { return []*node{graph.Const(g, int32(1))} }
	_, err := try(b, func(g *graph.Graph, in []*node) []*node {
		return []*node{graph.DynamicSlice(in[0], start(g), []int{2})}
	}, x)
	stillFails(t, err, "not implemented", "nothing, but a slice may start at a computed index now")
	_, err = try(b, func(g *graph.Graph, in []*node) []*node {
		return []*node{graph.DynamicUpdateSlice(in[0], in[1], start(g))}
	}, x, Array([]float32{7}, 1))
	stillFails(t, err, "not implemented", "model/attention_graph.go (storeGraph writes a slot by a mask)")
	for _, op := range []compute.OpType{compute.OpTypeDynamicSlice, compute.OpTypeDynamicUpdateSlice} {
		if open(t, "go").Backend.Capabilities().Operations[op] {
			t.Errorf("the backend says that it has %s", op)
		}
	}
}

// option is a setting of the library's backend, which is of an internal type.
func option(b compute.Backend, name string) string {
	if ours, ok := b.(*goBackend); ok {
		b = ours.Backend
	}
	return fmt.Sprint(reflect.ValueOf(b).Elem().FieldByName(name))
}

// TestGoIsOpenedSequential: operations in parallel deadlock, and the copies before
// exponentials count on the order of creation.
func TestGoIsOpenedSequential(t *testing.T) {
	for name, setting := range map[string]string{"OpsExecutionType": "ops_sequential", "SchedulingStrategy": "creation_order"} {
		got, want := option(open(t, "go").Backend, name), option(plainGo(t, setting), name)
		if got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if option(plainGo(t, ""), "OpsExecutionType") == option(plainGo(t, "ops_sequential"), "OpsExecutionType") {
		t.Errorf("sequential is the library's default now")
	}
}

// deadlockTime is many times what the graph of the test below takes in sequence. A
// slow machine passes the test, wrongly; it does not fail it.
const deadlockTime = 3 * time.Second

// TestLimitGoDeadlocksInParallel runs independent products in a process with two
// cores: their goroutines hold all places of the worker pool while they wait for
// places of their own.
func TestLimitGoDeadlocksInParallel(t *testing.T) {
	const child = "RLVR_TEST_DEADLOCK"
	if os.Getenv(child) != "" {
		products(t, plainGo(t, "ops_parallel"))
		return
	}
	products(t, plainGo(t, "ops_sequential"))
	ctx, cancel := context.WithTimeout(context.Background(), deadlockTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestLimitGoDeadlocksInParallel$")
	cmd.Env = append(os.Environ(), child+"=1", "GOMAXPROCS=2")
	out, err := cmd.CombinedOutput()
	// Without cgo, Go sees the deadlock itself.
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || strings.Contains(string(out), "all goroutines are asleep") {
		return
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Error("no deadlock: ops_sequential can go from model/device/gobackend.go")
}

func products(t *testing.T, b compute.Backend) {
	t.Helper()
	x, w := Array(make([]float32, 64*32*64), 64, 32, 64), Array(make([]float32, 64*64), 64, 64)
	for range 5 {
		_, err := try(b, func(g *graph.Graph, in []*node) []*node {
			var out []*node
			for i := range 16 {
				other := graph.Add(in[0], graph.Const(g, float32(i)))
				out = append(out, graph.DotGeneral(other, []int{2}, nil, in[1], []int{1}, nil))
			}
			return out
		}, x, w)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLimitGoKernelBySize: the same row times the same matrix differs in its last
// bits between 64 rows and 128, where the library changes kernels.
func TestLimitGoKernelBySize(t *testing.T) {
	const k, n, few = 256, 128, 64
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	x, w := random(2*few*k), random(k*n)
	rows := func(m int) []float32 {
		if small := m*k*n < smallDot; small != (m == few) {
			t.Fatalf("%d rows: the wrong side of the threshold", m)
		}
		out, err := try(open(t, "go").Backend, func(_ *graph.Graph, in []*node) []*node {
			return []*node{graph.DotGeneral(in[0], []int{1}, nil, in[1], []int{0}, nil)}
		}, Array(x[:m*k], m, k), Array(w, k, n))
		if err != nil {
			t.Fatal(err)
		}
		return floats(t, out[0])[:few*n]
	}
	a, b := rows(few), rows(2*few)
	different := 0
	for i := range a {
		if a[i] != b[i] {
			different++
		}
		if d := math.Abs(float64(a[i] - b[i])); d > 1e-4 {
			t.Fatalf("element %d: %g and %g", i, a[i], b[i])
		}
	}
	if different == 0 {
		t.Errorf("the same bits on both sides of %d multiplications: fixed row tiles (goRowTile) may go", smallDot)
	}
}
