package algos

import (
	"math"
	"math/big"
	"testing"
)

// pValue is the two-sided p-value in whole numbers.
func (t table) pValue() *big.Rat {
	weight := func(k int) *big.Int {
		x := new(big.Int).Binomial(int64(t.a+t.c), int64(k))
		return x.Mul(x, new(big.Int).Binomial(int64(t.b+t.d), int64(t.a+t.b-k)))
	}
	seen, sum := weight(t.a), new(big.Int)
	for k := max(0, t.a-t.d); k <= min(t.a+t.b, t.a+t.c); k++ {
		if w := weight(k); w.Cmp(seen) <= 0 {
			sum.Add(sum, w)
		}
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Binomial(int64(t.a+t.b+t.c+t.d), int64(t.a+t.b)))
}

// tables calls f for each table of n answers with some right and some wrong ones, of
// which some contain the id.
func tables(n int, f func(t table)) {
	for right := 1; right < n; right++ {
		for a := 0; a <= right; a++ {
			for b := 0; b <= n-right; b++ {
				if a+b > 0 {
					f(table{a, b, right - a, n - right - b})
				}
			}
		}
	}
}

// Fisher's test is exact for all groups that fit, and 1 where it is 1: ties are ties,
// whatever rounding says.
func TestFisherIsExact(t *testing.T) {
	const logGamma = 1e-12 // relative: logarithms of factorials near 100, each off by 1e-14
	for _, n := range []int{2, 3, 8, 16, 31} {
		tables(n, func(x table) {
			want, _ := x.pValue().Float64()
			if got := x.fisher(); math.Abs(got-want) > logGamma || (got == 1) != (x.pValue().Cmp(big.NewRat(1, 1)) == 0) {
				t.Errorf("%+v: p %v, want %v", x, got, want)
			}
		})
	}
	// The hundreds do not overflow.
	if p := (table{300, 200, 100, 200}).fisher(); !(p > 0 && p < 1e-10) {
		t.Errorf("p %v", p)
	}
}

// The official test does not find most of the tables whose p is 1.
func TestOfficialFisherMissesTies(t *testing.T) {
	ones, missed := 0, 0
	tables(16, func(x table) {
		if x.pValue().Cmp(big.NewRat(1, 1)) == 0 {
			ones++
			if x.officialFisher() != 1 {
				missed++
			}
		}
	})
	t.Logf("%d of %d tables", missed, ones)
	if missed < ones/2 {
		t.Errorf("%d of %d tables", missed, ones)
	}
}
