package sampler

import (
	"context"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// TestCompilesAreFew counts executables over steps whose prompts differ in number and
// length: a shape for each step is the slowness that nobody sees.
func TestCompilesAreFew(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		o := Options{NumGenerations: 4, Temperature: 1, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 32}
		s, err := New(dev, p.Arch, o, []int32{testEOS}, nil)
		if err != nil {
			t.Fatal(err)
		}
		const steps = 8
		longest := 24 // two buckets
		if dev.Name != "go" {
			longest = 16 // one: compiling takes its time
		}
		all := testPrompts(20, 9, longest)
		for step := range steps {
			prompts := all[step:][:6+step%3]
			if err := s.Sample(context.Background(), p, prompts, Draw{Seed: 1, Step: step}, func(Result) {}); err != nil {
				t.Fatal(err)
			}
		}
		count := map[string]int{}
		for _, c := range dev.Compiles() {
			count[c.Exec]++
		}
		// On fixed tiles one of each for each bucket; else the lines of a prefill are a
		// power of two up to 8.
		want := map[string]int{"decode": 2, "empty cache": 2, "prefill": 2}
		if dev.RowTile == 0 {
			want = map[string]int{"decode": 1, "empty cache": 1, "prefill": 4}
		}
		for exec, n := range count {
			if n > want[exec] {
				t.Errorf("%d compiles of %s over %d steps, want at most %d: %v", n, exec, steps, want[exec], count)
			}
		}
		// Another sampler of the same settings compiles nothing, one of others does.
		before := len(dev.Compiles())
		again := func(eos int32) int {
			s, err := New(dev, p.Arch, o, []int32{eos}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Sample(context.Background(), p, all[:6], Draw{Seed: 1}, func(Result) {}); err != nil {
				t.Fatal(err)
			}
			return len(dev.Compiles()) - before
		}
		if n := again(testEOS); n != 0 {
			t.Errorf("a sampler of the same settings compiled %d executables", n)
		}
		if n := again(testEOS + 1); n == 0 {
			t.Error("a sampler with another end of sequence compiled nothing")
		}
	})
}
