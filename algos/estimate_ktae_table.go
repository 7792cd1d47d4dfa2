package algos

import "math"

// table counts right (a) and wrong (b) answers that contain something, and right (c) and
// wrong (d) ones that do not.
type table struct{ a, b, c, d int }

// share is x of x and y, 0 of nothing.
func (table) share(x, y int) float64 { return float64(x) / float64(max(1, x+y)) }

// ties is how much likelier a table may come out than the one seen, by rounding, and
// still be as likely.
const ties = 1e-9

// fisher is the p-value of Fisher's exact test, two-sided: the probability of all tables
// with the same sums that are not likelier than this one; exactly 1 if none is.
func (t table) fisher() float64 {
	with, right, n := t.a+t.b, t.a+t.c, t.a+t.b+t.c+t.d
	seen := logHypergeometric(t.a, with, right, n)
	p, all := 0.0, true
	for k := range with + 1 { // impossible ones have probability 0
		if l := logHypergeometric(k, with, right, n); l <= seen+ties {
			p += math.Exp(l)
		} else {
			all = false
		}
	}
	if all {
		return 1
	}
	return p
}

// logHypergeometric is the logarithm of the probability that k of with drawn from n, of
// which right are right, are right.
func logHypergeometric(k, with, right, n int) float64 {
	return logChoose(right, k) + logChoose(n-right, with-k) - logChoose(n, with)
}

func logChoose(n, k int) float64 {
	lg := func(x int) float64 { l, _ := math.Lgamma(float64(x + 1)); return l }
	return lg(n) - lg(k) - lg(n-k)
}

// officialFisher is the official code's test: float32, and tables as likely as the one
// seen count only where rounding agrees. A sum that is 1 but for rounding is not 1.
func (t table) officialFisher() float64 {
	lg := func(x int) float32 { l, _ := math.Lgamma(float64(x + 1)); return float32(l) }
	choose := func(n, k int) float32 { return lg(n) - lg(k) - lg(n-k) }
	with, right, n := t.a+t.b, t.a+t.c, t.a+t.b+t.c+t.d
	probability := func(k int) float32 {
		return float32(math.Exp(float64(choose(right, k) + choose(n-right, with-k) - choose(n, with))))
	}
	seen, p := probability(t.a), float32(0)
	for k := range with + 1 {
		if x := probability(k); x <= seen {
			p += x
		}
	}
	return float64(p)
}

// information is what containing it tells about right and wrong, in bits.
func (t table) information() float64 {
	n := float64(t.a + t.b + t.c + t.d)
	return bits(t.a+t.c, t.b+t.d) - float64(t.a+t.b)/n*bits(t.a, t.b) - float64(t.c+t.d)/n*bits(t.c, t.d)
}

// bits is the entropy of a choice between x and y.
func bits(x, y int) float64 {
	h := 0.0
	for _, k := range []int{x, y} {
		if p := float64(k) / float64(max(1, x+y)); p > 0 {
			h -= p * math.Log2(p)
		}
	}
	return h
}
