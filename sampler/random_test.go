package sampler

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// hashBits is the host's version of bitsGraph, for one element.
func hashBits(key [2]uint32, position, index uint32) uint32 {
	mix := func(x uint32) uint32 {
		x = (x ^ x>>16) * 0x7FEB352D
		x = (x ^ x>>15) * 0x846CA68B
		return x ^ x>>16
	}
	row := mix(mix(position+key[0]) ^ key[1])
	return mix(mix(index*0x9E3779B9+row) + (key[1] ^ 0x85EBCA6B))
}

// TestBitsAreTheSameOnEveryDevice compares with the host, to the bit, and pins a few.
func TestBitsAreTheSameOnEveryDevice(t *testing.T) {
	keys := []uint32{0, 0, 1, 0, 0, 1, 1 << 31, 1<<32 - 1, 0xDEADBEEF, 0x12345678}
	positions := []int32{0, 1, 511, 131071, 1<<31 - 1}
	const vocab = 1000
	backends(t, func(t *testing.T, dev *device.Device) {
		out := run(t, dev, func(in []*node) []*node { return []*node{bitsGraph(in[0], in[1], vocab)} },
			device.Array(keys, 5, 2), device.Array(positions, 5))
		got := values[uint32](t, dev, out[0])
		for i, bits := range got {
			row := i / vocab
			if want := hashBits([2]uint32{keys[2*row], keys[2*row+1]}, uint32(positions[row]), uint32(i%vocab)); bits != want {
				t.Fatalf("row %d index %d: %08x, want %08x", row, i%vocab, bits, want)
			}
		}
		// A run that goes on from a checkpoint of an older program must draw the same.
		if pin := fmt.Sprintf("%08x", []uint32{got[0], got[1], got[vocab], got[4*vocab+7]}); pin != "[1efee872 dd585422 8f70a51c f6a7bb18]" {
			t.Errorf("pinned bits are %s", pin)
		}
	})
}

// noiseTolerance is two float32 logarithms of a few roundings each; noise is between
// -3 and 23.
const noiseTolerance = 4e-6

// TestNoiseOfBits compares with float64, extremes included: all of it is finite, and
// small u are spaced finely, which decides who wins.
func TestNoiseOfBits(t *testing.T) {
	bits := []uint32{0, 1, 2, 3, 7, 100, 12345, 1 << 20, 1 << 24, 1<<24 + 1, 1 << 30, 1 << 31, 3 << 30, 1<<32 - 257, 1<<32 - 256, 1<<32 - 1}
	for i := range uint32(2000) {
		bits = append(bits, hashBits([2]uint32{i, 7}, 0, i))
	}
	backends(t, func(t *testing.T, dev *device.Device) {
		out := run(t, dev, func(in []*node) []*node { return []*node{noiseGraph(in[0])} }, device.Array(bits, len(bits)))
		for i, got := range values[float32](t, dev, out[0]) {
			// The device sees what float32 makes of the bits.
			u := math.Min((float64(float32(bits[i]))+0.5)/(1<<32), 1-1.0/(1<<24))
			if bits[i] < 1<<22 { // below, the half is not lost
				u = (float64(bits[i]) + 0.5) / (1 << 32)
			}
			want := -math.Log(-math.Log1p(-u))
			if d := math.Abs(float64(got) - want); !(d <= noiseTolerance*math.Max(1, math.Abs(want))) {
				t.Errorf("bits %08x: noise %g, want %g", bits[i], got, want)
			}
		}
	})
}

// draws are keys with positions over which the noise of a vocabulary is examined.
var draws = map[string]struct {
	vocab int
	draw  func(i int) (key [2]uint32, position int32)
}{
	"keys that count in the low word":  {512, func(i int) ([2]uint32, int32) { return [2]uint32{uint32(i), 0}, 5 }},
	"keys that count in the high word": {512, func(i int) ([2]uint32, int32) { return [2]uint32{0, uint32(i)}, 5 }},
	"positions that count":             {512, func(i int) ([2]uint32, int32) { return [2]uint32{3, 9}, int32(i) }},
	"hashed keys": {512, func(i int) ([2]uint32, int32) {
		return Draw{Seed: 1, Step: i / 8}.key(uint64(i%8), i%3), int32(i)
	}},
	"a small vocabulary": {2, func(i int) ([2]uint32, int32) { return Draw{Seed: 1}.key(uint64(i), 0), 17 }},
	"a large one":        {1 << 15, func(i int) ([2]uint32, int32) { return Draw{Seed: 2}.key(uint64(i), 1), 3 }},
}

// uniforms are rows of noise as numbers that should be uniform in (0, 1): the
// distribution function of a standard Gumbel variable is exp(-exp(-x)).
func uniforms(t testing.TB, dev *device.Device, rows, vocab int, draw func(i int) (key [2]uint32, position int32)) [][]float64 {
	t.Helper()
	var keys []uint32
	var positions []int32
	for i := range rows {
		key, position := draw(i)
		keys, positions = append(keys, key[0], key[1]), append(positions, position)
	}
	out := run(t, dev, func(in []*node) []*node { return []*node{GumbelGraph(in[0], in[1], vocab)} },
		device.Array(keys, rows, 2), device.Array(positions, rows))
	noise := values[float32](t, dev, out[0])
	u := make([][]float64, rows)
	for i := range u {
		u[i] = make([]float64, vocab)
		for j := range u[i] {
			u[i][j] = math.Exp(-math.Exp(-float64(noise[i*vocab+j])))
		}
	}
	return u
}

// improbable is the number of standard deviations, or the like, that a correct
// generator exceeds in about one of 30,000 tests. Keys are fixed: it either does or
// does not.
const improbable = 4

// TestNoiseIsGumbel has a Kolmogorov-Smirnov test of all numbers, a chi-square test
// of 64 bins, and one of each row's mean.
func TestNoiseIsGumbel(t *testing.T) {
	dev := open(t, "go")
	for name, c := range draws {
		t.Run(name, func(t *testing.T) {
			rows := 1 << 17 / c.vocab
			u := uniforms(t, dev, rows, c.vocab, c.draw)
			all := slices.Concat(u...)
			slices.Sort(all)
			n, gap := float64(len(all)), 0.0
			bins := make([]float64, 64)
			for i, x := range all {
				gap = math.Max(gap, math.Max(math.Abs(x-float64(i)/n), math.Abs(float64(i+1)/n-x)))
				bins[int(x*64)]++
			}
			// P(gap * sqrt(n) > 2.4) is 2 exp(-2 * 2.4^2) = 2e-5.
			if gap*math.Sqrt(n) > 2.4 {
				t.Errorf("Kolmogorov-Smirnov %.2f", gap*math.Sqrt(n))
			}
			if z := chiSquareZ(bins, repeated(n/64, 64)); z > improbable {
				t.Errorf("chi-square of 64 bins: %.1f standard deviations", z)
			}
			if c.vocab < 100 {
				return
			}
			for i, row := range u {
				if z := (mean(row) - 0.5) * math.Sqrt(12*float64(c.vocab)); math.Abs(z) > improbable+1 { // of hundreds of rows
					t.Errorf("row %d: mean %g, %.1f standard deviations", i, mean(row), z)
				}
			}
		})
	}
}

// TestNoiseIsIndependent looks at pairs: of neighbouring rows (keys or positions),
// and of neighbouring vocabulary entries, by correlation and by a chi-square test of
// 16 x 16 bins.
func TestNoiseIsIndependent(t *testing.T) {
	dev := open(t, "go")
	for name, c := range draws {
		t.Run(name, func(t *testing.T) {
			rows := 1 << 17 / c.vocab
			u := uniforms(t, dev, rows, c.vocab, c.draw)
			for what, step := range map[string][2]int{"next row": {1, 0}, "row after next": {2, 0}, "next entry": {0, 1}, "next of both": {1, 1}} {
				if step[1] >= c.vocab {
					continue
				}
				bins := make([]float64, 256)
				n, sum := 0.0, 0.0
				for i := 0; i+step[0] < rows; i++ {
					// Pairs of entries that do not overlap, so that they are independent.
					for j := 0; j+step[1] < c.vocab; j += 1 + step[1] {
						a, b := u[i][j], u[i+step[0]][j+step[1]]
						bins[int(a*16)*16+int(b*16)]++
						sum += (a - 0.5) * (b - 0.5)
						n++
					}
				}
				if z := sum * 12 / math.Sqrt(n); math.Abs(z) > improbable {
					t.Errorf("%s: correlation of %.1f standard deviations", what, z)
				}
				if z := chiSquareZ(bins, repeated(n/256, 256)); z > improbable {
					t.Errorf("%s: chi-square of 256 bins: %.1f standard deviations", what, z)
				}
			}
		})
	}
}

// chiSquareZ is Pearson's statistic of counts, all of one total, as standard
// deviations above its mean (Wilson and Hilferty's cube root).
func chiSquareZ(counts, want []float64) float64 {
	x, freedom := 0.0, -1.0
	for i := range counts {
		if want[i] > 0 {
			x += (counts[i] - want[i]) * (counts[i] - want[i]) / want[i]
			freedom++
		} else if counts[i] > 0 {
			return math.Inf(1)
		}
	}
	if freedom == 0 {
		return 0
	}
	v := 2 / (9 * freedom)
	return (math.Cbrt(x/freedom) - (1 - v)) / math.Sqrt(v)
}

func repeated(x float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
