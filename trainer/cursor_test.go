package trainer

import (
	"slices"
	"testing"
)

// TestCursor: each pass hands out every problem once, in an order of its own; the
// place is one number, from which any cursor goes on.
func TestCursor(t *testing.T) {
	const n = 23
	take := func(seed int64, stage, from, k, times int) []int {
		c := cursor{n: n, seed: seed, stage: stage, consumed: from}
		var out []int
		for range times {
			out = append(out, c.next(k)...)
		}
		if c.consumed != from+k*times {
			t.Errorf("consumed %d after %d problems from %d", c.consumed, k*times, from)
		}
		return out
	}
	all := take(1, 0, 0, 5, 3*n) // fifteen passes
	passes := map[string]bool{}
	for lo := 0; lo < len(all); lo += n {
		pass := all[lo : lo+n]
		passes[string(intBytes(pass))] = true
		sorted := slices.Sorted(slices.Values(pass))
		for i, v := range sorted {
			if v != i {
				t.Fatalf("pass %d is %v", lo/n, pass)
			}
		}
	}
	if len(passes) != 15 {
		t.Errorf("%d orders in 15 passes", len(passes))
	}
	for from := range 3 * n {
		if got := take(1, 0, from, 4, 6); !slices.Equal(got, all[from:from+24]) {
			t.Errorf("from %d: %v, want %v", from, got, all[from:from+24])
		}
	}
	if slices.Equal(take(2, 0, 0, n, 1), all[:n]) || slices.Equal(take(1, 1, 0, n, 1), all[:n]) {
		t.Error("another seed or stage has the same order")
	}
}

func intBytes(x []int) []byte {
	out := make([]byte, len(x))
	for i, v := range x {
		out[i] = byte(v)
	}
	return out
}

// TestPromptID is the same in every run and tells problems apart.
func TestPromptID(t *testing.T) {
	// FNV-1a of "addition/12+07", from the definition of the hash.
	if got := promptID("addition/12+07"); got != fnv1a("addition/12+07") || got == promptID("addition/12+70") {
		t.Errorf("promptID = %#x", got)
	}
}

func fnv1a(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
