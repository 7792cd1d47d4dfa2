package evaluation

// passAt is the share of the subsets of k of n completions that hold one of the c right
// ones, 1 - C(n-c, k)/C(n, k): the unbiased estimate of pass@k (Chen et al., 2021, arXiv
// 2107.03374, section 2.1) as a product that cannot overflow. k is 1 to n.
func passAt(n, c, k int) float64 {
	if n-c < k {
		return 1
	}
	none := 1.0
	for i := n - c + 1; i <= n; i++ {
		none *= 1 - float64(k)/float64(i)
	}
	return 1 - none
}

// maxVotes is the most completions of a problem that majorities are computed for.
// The work grows with the third power.
const maxVotes = 256

// ballots are the votes of n completions of a problem: how often each answer was given.
type ballots struct {
	// right and wrong are the counts of the right answers and of the others, at least 1
	// each.
	right, wrong []int
	// none are the completions without an answer.
	none int
}

// majorities are the unbiased estimates of maj@k for k = 1 to n: the share of the
// subsets of k completions whose most frequent answer is right. Where answers are tied one
// is drawn, so that a tie counts with the share of right answers in it. A subset
// without any answer is wrong.
//
// The subsets are counted by generating functions. An answer that wins with a of its c
// votes leaves to each other answer at most a; those with just a are tied with it:
//
//	maj@k = 1/C(n,k) sum over right answers r, over a: C(c_r, a) sum over t: W(a, t, k-a)/(t+1)
//
// W(a, t, u) counts the ways to take u of the other completions with t answers at a.
func (b *ballots) majorities() []float64 {
	n := b.none
	for _, c := range b.right {
		n += c
	}
	for _, c := range b.wrong {
		n += c
	}
	out := make([]float64, n)
	for r, c := range b.right {
		others := make([]int, 0, len(b.right)+len(b.wrong)-1)
		others = append(append(append(others, b.right[:r]...), b.right[r+1:]...), b.wrong...)
		for a := 1; a <= c; a++ {
			ways := choose(c, a)
			for t, counts := range waysBelow(others, b.none, a) {
				for u, w := range counts {
					if w > 0 {
						out[a+u-1] += ways * w / float64(t+1)
					}
				}
			}
		}
	}
	for k := 1; k <= n; k++ {
		out[k-1] = min(1, out[k-1]/choose(n, k))
	}
	return out
}

// waysBelow is W(a, t, u) by t and u. Answers that were given once are taken together:
// there may be many of them.
func waysBelow(others []int, none, a int) [][]float64 {
	total, once := none, 0
	counts := [][]float64{binomials(none, none)}
	for _, c := range others {
		total += c
		if c == 1 {
			once++
		}
	}
	take := func(limit int, pick func(j int) (ways float64, tied int), mostTied int) {
		next := make([][]float64, len(counts)+mostTied)
		for t := range next {
			next[t] = make([]float64, total+1)
		}
		for t, row := range counts {
			for u, w := range row {
				for j := 0; w > 0 && j <= limit; j++ {
					ways, tied := pick(j)
					next[t+tied][u+j] += w * ways
				}
			}
		}
		counts = next
	}
	single := binomials(once, once)
	mostTied := 0
	if a == 1 {
		mostTied = once
	}
	take(once, func(j int) (float64, int) { return single[j], min(j, mostTied) }, mostTied)
	for _, c := range others {
		if c == 1 {
			continue
		}
		ways, tied := binomials(c, min(c, a)), 0
		if c >= a {
			tied = 1
		}
		take(min(c, a), func(j int) (float64, int) { return ways[j], tied * (j / a) }, tied)
	}
	return counts
}

// binomials are C(n, 0) to C(n, most).
func binomials(n, most int) []float64 {
	out := make([]float64, most+1)
	for k := range out {
		out[k] = choose(n, k)
	}
	return out
}

// choose is C(n, k), exact up to 2^53 and finite for all n that maxVotes allows.
func choose(n, k int) float64 {
	out := 1.0
	for i := 1; i <= min(k, n-k); i++ {
		out = out * float64(n-min(k, n-k)+i) / float64(i)
	}
	return out
}
