package tasks

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// dice are random numbers that no version of Go and no seed of a run changes: problems
// stay the same, or results could not be compared (splitmix64, Steele et al. 2014).
type dice struct{ state uint64 }

// newDice are the dice of a name.
func newDice(name string) *dice { return &dice{hashOf(name)} }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1; its bias is below 2^-40 for the n used here.
func (d *dice) below(n int) int {
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// between is a number from low to high.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// pick is one of some things.
func pick[T any](d *dice, of []T) T { return of[d.below(len(of))] }

// shuffle puts things into a random order.
func shuffle[T any](d *dice, of []T) {
	for i := len(of) - 1; i > 0; i-- {
		j := d.below(i + 1)
		of[i], of[j] = of[j], of[i]
	}
}

// distinct are n different numbers from low to high, which has as many.
func (d *dice) distinct(n, low, high int) []int {
	out := make([]int, 0, n)
	seen := make(map[int]bool, n)
	for len(out) < n {
		if x := d.between(low, high); !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// hashOf is the beginning of a text's SHA-256.
func hashOf(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:8])
}
