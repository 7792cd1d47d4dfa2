package evaluation

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"
)

// rounding is what sums of some thousand float64 terms of at most 1 may differ by.
const rounding = 1e-12

// subsets calls fn with every subset of k of n completions.
func subsets(n, k int, fn func(of []int)) {
	for set := range uint(1) << n {
		if bits.OnesCount(set) != k {
			continue
		}
		var of []int
		for i := range n {
			if set>>i&1 == 1 {
				of = append(of, i)
			}
		}
		fn(of)
	}
}

func TestPassIsTheShareOfSubsets(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for c := 0; c <= n; c++ {
			for k := 1; k <= n; k++ {
				solved, all := 0, 0
				subsets(n, k, func(of []int) {
					all++
					if of[0] < c { // completions 0 to c-1 are right
						solved++
					}
				})
				if got, want := passAt(n, c, k), float64(solved)/float64(all); math.Abs(got-want) > rounding {
					t.Errorf("pass@%d of %d with %d right = %v, want %v", k, n, c, got, want)
				}
			}
		}
	}
}

func TestPassOfManyIsFinite(t *testing.T) {
	if got := passAt(100_000, 1, 50_000); math.Abs(got-0.5) > rounding {
		t.Errorf("pass@50000 of 100000 with one right = %v, want 0.5", got)
	}
}

// voteBySubsets is maj@k by looking at every subset.
func voteBySubsets(b *ballots, k int) float64 {
	var answers []int // by completion: >= 0 right, < -1 wrong, -1 none
	for i, c := range b.right {
		answers = append(answers, slices.Repeat([]int{i}, c)...)
	}
	for i, c := range b.wrong {
		answers = append(answers, slices.Repeat([]int{-2 - i}, c)...)
	}
	answers = append(answers, slices.Repeat([]int{-1}, b.none)...)
	sum, all := 0.0, 0
	subsets(len(answers), k, func(of []int) {
		all++
		votes := map[int]int{}
		most := 0
		for _, i := range of {
			if a := answers[i]; a != -1 {
				votes[a]++
				most = max(most, votes[a])
			}
		}
		right, tied := 0, 0
		for a, n := range votes {
			if n == most {
				tied++
				if a >= 0 {
					right++
				}
			}
		}
		if tied > 0 {
			sum += float64(right) / float64(tied)
		}
	})
	return sum / float64(all)
}

func TestMajorityIsTheShareOfSubsets(t *testing.T) {
	for _, b := range []ballots{
		{right: []int{1}},
		{wrong: []int{1}},
		{none: 3},
		{right: []int{4}, none: 2},
		{right: []int{3}, wrong: []int{3}},
		{right: []int{2}, wrong: []int{3, 1}},
		{right: []int{1}, wrong: []int{1, 1, 1, 1, 1, 1}},
		{right: []int{2}, wrong: []int{1, 1, 1, 1, 1}, none: 2},
		{right: []int{3}, wrong: []int{2, 2, 1, 1}, none: 1},
		{right: []int{3, 2}, wrong: []int{3, 2, 1}},
		{right: []int{1, 1}, wrong: []int{1, 2}, none: 3},
		{right: []int{5}, wrong: []int{6}},
	} {
		t.Run(fmt.Sprint(b), func(t *testing.T) {
			for i, got := range b.majorities() {
				if want := voteBySubsets(&b, i+1); math.Abs(got-want) > rounding {
					t.Errorf("maj@%d = %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

func TestMajorityOfOneIsTheMean(t *testing.T) {
	b := ballots{right: []int{3}, wrong: []int{2, 2}, none: 1}
	if got := b.majorities()[0]; math.Abs(got-3.0/8) > rounding {
		t.Errorf("maj@1 = %v, want 3/8", got)
	}
}

// TestMajorityOfMany demands that the largest cases are finite and in order.
func TestMajorityOfMany(t *testing.T) {
	b := ballots{right: []int{maxVotes / 2}, wrong: []int{maxVotes / 4, maxVotes / 8}, none: maxVotes / 8}
	last := 0.0
	for i, v := range b.majorities() {
		// Even k may tie where the odd k before could not, but not by much.
		if math.IsNaN(v) || v < 0 || v > 1 || v < last-0.1 {
			t.Fatalf("maj@%d = %v after %v", i+1, v, last)
		}
		last = v
	}
	if last != 1 {
		t.Errorf("maj@%d = %v, want 1", maxVotes, last)
	}
}
