package sampler

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/model/device"
)

// TestRefills samples more completions than there are rows, of prompts of several
// buckets: free rows are filled while others go on, and every completion is the one
// that it is with a row of its own.
func TestRefills(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		o := Options{NumGenerations: 5, Temperature: 1, TopP: 1, MaxCompletionLength: 10, ChunkTokens: 2, MaxRows: 256}
		prompts, tolerance := testPrompts(30, 2, 20), 0.0
		if dev.Name != "go" {
			prompts, tolerance = testPrompts(6, 2, 8), xlaTolerance // few shapes to compile
			o.NumGenerations = 2
		}
		want := sampleAll(t, dev, p, o, prompts, nil)
		o.MaxRows = 4
		for k, r := range sampleAll(t, dev, p, o, prompts, nil) {
			alike(t, k, r, want[k], tolerance)
		}
	})
}

// newTile makes a tile as sample does.
func newTile(t testing.TB, s *Sampler, prompts []Prompt, tasks []task) *tile {
	t.Helper()
	longest := 0
	for i := range prompts {
		longest = max(longest, len(prompts[i].Tokens))
	}
	sh := shapeOf(&s.opts, s.dev.RowTile, s.dev.Parallel, len(tasks), bucket(longest))
	p, err := newTestPolicy(s.arch)
	if err != nil {
		t.Fatal(err)
	}
	return &tile{s: s, programs: s.programsOf(sh), policy: p, prompts: prompts, shape: sh, queue: &queue{tasks: tasks}, emit: func(Result) {}, rows: make([]row, sh.rows)}
}

func tasksOf(prompts, generations int) []task {
	var out []task
	for p := range prompts {
		for g := range generations {
			out = append(out, task{p, g})
		}
	}
	return out
}

// TestGroupsShareAPrefill: one prefill of N lines admits the completions of N
// prompts, however many there are of each.
func TestGroupsShareAPrefill(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		o := Options{NumGenerations: 6, Temperature: 1, TopP: 1, MaxCompletionLength: 8, ChunkTokens: 4, MaxRows: 64}
		s, err := New(dev, testArch(), o, []int32{testEOS}, nil)
		if err != nil {
			t.Fatal(err)
		}
		prompts := testPrompts(8, 9, 16) // of one bucket
		tl := newTile(t, s, prompts, tasksOf(len(prompts), o.NumGenerations))
		lines := 8
		if dev.RowTile > 0 {
			lines = dev.RowTile / 16
		}
		free := make([]int, len(tl.rows))
		for i := range free {
			free[i] = i
		}
		n, err := tl.prefill(tl.queue.tasks, free)
		if err != nil {
			t.Fatal(err)
		}
		if n != lines*o.NumGenerations {
			t.Errorf("a prefill of %d prompts admitted %d completions, want %d", lines, n, lines*o.NumGenerations)
		}
		for i := range n {
			r := &tl.rows[i]
			if r.task != (task{i / o.NumGenerations, i % o.NumGenerations}) || len(r.result.Tokens) != 1 {
				t.Errorf("row %d holds %+v with tokens %v", i, r.task, r.result.Tokens)
			}
		}
	})
}

// TestQueueTakesOneBucketAtATime: what goes into one prefill has one width.
func TestQueueTakesOneBucketAtATime(t *testing.T) {
	q := &queue{tasks: []task{{0, 0}, {0, 1}, {1, 0}, {2, 0}, {2, 1}, {3, 0}}}
	key := func(p int) int { return []int{8, 8, 16, 8}[p] }
	for i, want := range []string{"[{0 0} {0 1}]", "[{1 0}]", "[{2 0} {2 1}]", "[{3 0}]", "[]"} {
		if got := fmt.Sprint(q.take([]int{2, 9, 9, 9, 9}[i], key)); got != want {
			t.Errorf("take %d: %s, want %s", i, got, want)
		}
	}
	if !q.empty() {
		t.Error("not empty")
	}
}

// TestEmitIsNeverConcurrent: several tiles run, and still one completion comes at a
// time.
func TestEmitIsNeverConcurrent(t *testing.T) {
	dev := open(t, "go")
	dev.Parallel = 3
	o := Options{NumGenerations: 4, Temperature: 1, TopP: 1, MaxCompletionLength: 4, ChunkTokens: 2, MaxRows: 256}
	p := testPolicy(t)
	s, err := New(dev, p.Arch, o, []int32{testEOS}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var inside atomic.Int32
	n := 0
	err = s.Sample(context.Background(), p, testPrompts(64, 2, 8), Draw{}, func(Result) {
		if inside.Add(1) != 1 {
			t.Error("two at once")
		}
		n++ // unguarded on purpose: the race detector looks at it
		runtime.Gosched()
		inside.Add(-1)
	})
	if err != nil || n != 256 {
		t.Errorf("%d completions, %v", n, err)
	}
}

// TestCancel stops between two chunks; the sampler is as good as new after it.
func TestCancel(t *testing.T) {
	dev := open(t, "go")
	p := testPolicy(t)
	o := Options{NumGenerations: 4, Temperature: 1, TopP: 1, MaxCompletionLength: 400, ChunkTokens: 2, MaxRows: 64}
	s, err := New(dev, p.Arch, o, nil, nil) // nothing ends before 400 tokens
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	unwanted := func(Result) { t.Error("a completion") }
	if err := s.Sample(ctx, p, testPrompts(4, 2, 8), Draw{}, unwanted); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Sample(ctx, p, testPrompts(4, 2, 8), Draw{}, unwanted); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of time: %v", err)
	}
	s.opts.MaxCompletionLength = 3
	collect(t, s, p, testPrompts(2, 2, 8))
}

func TestSampleRefusesPrompts(t *testing.T) {
	dev := open(t, "go")
	p := testPolicy(t)
	o := Options{NumGenerations: 1, Temperature: 1, TopP: 1, MaxCompletionLength: 500, ChunkTokens: 8, MaxRows: 8}
	s, err := New(dev, p.Arch, o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tokens []int32
		want   string
	}{
		"empty":            {nil, "prompt 1 is empty"},
		"one too many":     {make([]int32, 13), "13 tokens and a completion of 500 exceed the model's 512 positions"},
		"beyond the vocab": {[]int32{3, 32}, "prompt 1: token 32 is not one of the model's 32"},
		"negative":         {[]int32{-1}, "prompt 1: token -1 is not one of the model's 32"},
	} {
		err := s.Sample(context.Background(), p, []Prompt{{ID: 1, Tokens: []int32{2}}, {ID: 2, Tokens: c.tokens}}, Draw{}, func(Result) { t.Error("a completion") })
		if err == nil || !strings.HasPrefix(err.Error(), "sampler: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.want)
		}
	}
	if err := s.Sample(context.Background(), p, nil, Draw{}, nil); err != nil {
		t.Errorf("no prompts: %v", err)
	}
}

// TestSampleReturnsDeviceErrors: a policy of another architecture.
func TestSampleReturnsDeviceErrors(t *testing.T) {
	dev := open(t, "go")
	other := testArch()
	other.IntermediateSize = 72
	p, err := newTestPolicy(other)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(dev, testArch(), Options{NumGenerations: 1, Temperature: 1, TopP: 1, MaxCompletionLength: 4, ChunkTokens: 8, MaxRows: 8}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Sample(context.Background(), p, testPrompts(1, 2, 8), Draw{}, func(Result) { t.Error("a completion") })
	if err == nil || !strings.HasPrefix(err.Error(), "sampler: prefill: device: prefill: ") {
		t.Errorf("error %v", err)
	}
}

func TestNewRefusesOptions(t *testing.T) {
	valid := DefaultOptions()
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	for path, change := range map[string]func(o *Options){
		"num_generations":       func(o *Options) { o.NumGenerations = 0 },
		"temperature":           func(o *Options) { o.Temperature = -0.1 },
		"top_k":                 func(o *Options) { o.TopK = -1 },
		"top_p":                 func(o *Options) { o.TopP = 0 },
		"min_p":                 func(o *Options) { o.MinP = 1 },
		"max_completion_length": func(o *Options) { o.MaxCompletionLength = 0 },
		"stop":                  func(o *Options) { o.Stop = []string{"a", ""} },
		"chunk_tokens":          func(o *Options) { o.ChunkTokens = 0 },
		"max_rows":              func(o *Options) { o.MaxRows = 0 },
	} {
		o := valid
		change(&o)
		if _, err := New(nil, testArch(), o, nil, nil); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
