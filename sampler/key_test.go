package sampler

import (
	"fmt"
	"testing"
)

// TestKeyGolden pins keys: a run that goes on from a checkpoint of an older program
// must draw the same completions.
func TestKeyGolden(t *testing.T) {
	for _, c := range []struct {
		draw   Draw
		prompt uint64
		sample int
		want   string
	}{
		{Draw{}, 0, 0, "[b5bb05be cd7f3a87]"},
		{Draw{Seed: 42, Step: 7}, 1000, 3, "[c20f2434 a87210f1]"},
		{Draw{Seed: -1, Step: -1}, 1<<64 - 1, 1 << 40, "[8c8d8f9a 5e1e6538]"},
	} {
		key := c.draw.key(c.prompt, c.sample)
		if got := fmt.Sprintf("%08x", key); got != c.want {
			t.Errorf("%+v prompt %d sample %d: %s, want %s", c.draw, c.prompt, c.sample, got, c.want)
		}
	}
}

// TestKeysDiffer: small numbers in any of the four places, and the same numbers in
// other places, give other keys; so do both halves of a key by themselves, but for
// the collisions that 32 bits must have.
func TestKeysDiffer(t *testing.T) {
	const n = 16
	keys := map[[2]uint32]string{}
	low, high := map[uint32]bool{}, map[uint32]bool{}
	for seed := range n {
		for step := range n {
			for prompt := range n {
				for sample := range n {
					key := Draw{Seed: int64(seed), Step: step}.key(uint64(prompt), sample)
					name := fmt.Sprint(seed, step, prompt, sample)
					if other, ok := keys[key]; ok {
						t.Fatalf("%s and %s have one key", name, other)
					}
					keys[key] = name
					low[key[0]], high[key[1]] = true, true
				}
			}
		}
	}
	// n^4 = 65,536 random numbers of 32 bits have 0.5 equal pairs on average.
	for what, words := range map[string]map[uint32]bool{"low": low, "high": high} {
		if lost := n*n*n*n - len(words); lost > 5 {
			t.Errorf("%d keys have the %s word of another", lost, what)
		}
	}
}
