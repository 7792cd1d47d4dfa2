package algos_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// write gives rows completions of few ids, of which some tokens are a tool's.
func write(s *data.Scored, rng *rand.Rand) {
	judge(s)
	for i := range s.Rows {
		r := &s.Rows[i]
		r.Rollout.Segments = nil
		for range r.Mask {
			author := data.AuthorPolicy
			if rng.IntN(5) == 0 {
				author = data.AuthorEnvironment
			}
			r.Rollout.Segments = append(r.Rollout.Segments, data.Segment{Author: author, Tokens: []int32{int32(rng.IntN(6))}})
		}
	}
}

// exactFisher is the two-sided p-value in rational numbers.
func exactFisher(a, b, c, d int) float64 {
	weight := func(k int) *big.Int {
		x := new(big.Int).Binomial(int64(a+c), int64(k))
		return x.Mul(x, new(big.Int).Binomial(int64(b+d), int64(a+b-k)))
	}
	seen, sum := weight(a), new(big.Int)
	for k := max(0, a-d); k <= min(a+b, a+c); k++ {
		if w := weight(k); w.Cmp(seen) <= 0 {
			sum.Add(sum, w)
		}
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Binomial(int64(a+b+c+d), int64(a+b))).Float64()
	return p
}

// ktaeOracle is the definition, for each id by itself.
func ktaeOracle(h1, h2, h3, scale float64) func(s *data.Scored) [][]float64 {
	return func(s *data.Scored) [][]float64 {
		out := groupAdvantages("group", 1e-4)(s)
		for _, rows := range groupsOf(s) {
			for _, i := range rows {
				for t, id := range s.Rows[i].Rollout.Tokens() {
					out[i][t] += scale * keyToken(s, rows, id, h1, h2, h3)
				}
			}
		}
		return out
	}
}

func keyToken(s *data.Scored, rows []int, id int32, h1, h2, h3 float64) float64 {
	var with, without, tokens, times [2]float64
	for _, i := range rows {
		r := &s.Rows[i]
		k, has := 0, false
		if r.Verdict.Kind != data.Correct {
			k = 1
		}
		for _, g := range r.Rollout.Segments {
			if g.Author != data.AuthorPolicy {
				continue
			}
			tokens[k]++
			if g.Tokens[0] == id {
				times[k]++
				has = true
			}
		}
		if has {
			with[k]++
		} else {
			without[k]++
		}
	}
	a, b, c, d := with[0], with[1], without[0], without[1]
	if a+c == 0 || b+d == 0 || a+b == 0 {
		return 0
	}
	f := math.Exp(-2 * exactFisher(int(a), int(b), int(c), int(d)))
	if exactFisher(int(a), int(b), int(c), int(d)) == 1 {
		f = 0
	}
	h := func(parts ...float64) float64 { // entropy in bits
		n, sum := 0.0, 0.0
		for _, x := range parts {
			n += x
		}
		for _, x := range parts {
			if x > 0 {
				sum += x / n * math.Log2(n/x)
			}
		}
		return sum
	}
	ig := h(a+c, b+d) + h(a+b, c+d) - h(a, b, c, d) // mutual information
	tf := func(k int) float64 {
		if tokens[k] == 0 {
			return 0
		}
		share := times[k] / tokens[k]
		return share * 3 / (share + 2*(0.5+0.5*tokens[k]/((tokens[0]+tokens[1])/2)))
	}
	dir := math.Asin(math.Sqrt(a/(a+c))) - math.Asin(math.Sqrt(b/(b+d))) + h3*(tf(0)/(tf(1)+1e-5)-tf(1)/(tf(0)+1e-5))
	return 2/(1+math.Exp(-(h1*f+h2*ig)/(h1+h2)*dir)) - 1
}

func TestKTAE(t *testing.T) {
	for _, c := range []struct{ h1, h2, h3, scale float64 }{{1, 1, 1, 1}, {0.5, 2, 0, 0.5}, {1, 0, 0.3, 1}, {0, 1, 0.1, 2}} {
		algotest.RunEstimator(t, algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "ktae", Options: map[string]any{"ktae_fisher": c.h1, "ktae_information": c.h2, "ktae_frequency": c.h3, "ktae_scale": c.scale}},
			Estimator: "ktae", Prepare: write, Oracle: ktaeOracle(c.h1, c.h2, c.h3, c.scale),
			Identities: []algotest.EstimatorIdentity{
				{Name: "sides", Explanation: "an id of right answers only gains, one of wrong ones only loses, one that all contain as often is GRPO's", Check: func(e algos.Estimator) error {
					s := algotest.Rewards([]float64{1, 0, 1, 0})
					judge(s)
					for i := range s.Rows {
						s.Rows[i].Rollout.Segments = []data.Segment{{Tokens: []int32{7, int32(i % 2)}}}
					}
					got, err := algotest.Advantages(e, s)
					if err != nil {
						return err
					}
					base := groupAdvantages("group", 1e-4)(s)
					for i := range got {
						gain := got[i][1] - base[i][1]
						if math.Abs(got[i][0]-base[i][0]) > 1e-12 || (i%2 == 0) != (gain > 0) || math.Abs(gain) > c.scale {
							return fmt.Errorf("row %d: %v, GRPO's %v", i, got[i], base[i])
						}
					}
					return nil
				}},
				{Name: "one side", Explanation: "a group all right, or all wrong, has GRPO's advantages", Check: func(e algos.Estimator) error {
					s := algotest.Rewards([]float64{1, 2, 3}, []float64{-1, 0, -2})
					write(s, rand.New(rand.NewPCG(1, 1))) //nolint:gosec // reproducible test data
					got, err := algotest.Advantages(e, s)
					if want := groupAdvantages("group", 1e-4)(s); err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
						err = fmt.Errorf("%v, want %v", got, want)
					}
					return err
				}},
			},
			NoGolden: "testdata/ktae.json, see TestKTAEOfOfficialCode",
		})
	}
	proveGRPO(t, "ktae", "seq-mean-token-mean")
}

// The official code too adds nothing where all answers are right, or all wrong, though its
// test misses other tables whose p is 1.
func TestOfficialKTAEOfOneSide(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "ktae", Options: map[string]any{"compat": "official"}})
	if err != nil {
		t.Fatal(err)
	}
	s := algotest.Rewards([]float64{1, 2, 3, 1}, []float64{-1, 0, -2, 0})
	write(s, rand.New(rand.NewPCG(1, 1))) //nolint:gosec // reproducible test data
	got, err := algotest.Advantages(a.Estimator, s)
	if want := groupAdvantages("group", 1e-4)(s); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v; error %v", got, want, err)
	}
}

// TestKTAEOfOfficialCode compares with what the official code adds to the advantages of
// tokens.
func TestKTAEOfOfficialCode(t *testing.T) {
	const digits = 2e-6 // float32, whose quotient of frequencies reaches 1e5
	var g struct {
		Origin string `json:"origin"`
		Cases  []struct {
			Rewards []float64          `json:"rewards"`
			Tokens  [][]int32          `json:"tokens"`
			Mask    [][]bool           `json:"mask"`
			Added   map[string]float64 `json:"added"` // by id
		} `json:"cases"`
	}
	readGolden(t, "testdata/ktae.json", &g)
	a, err := algos.Resolve(algos.Options{Name: "ktae", Options: map[string]any{"compat": "official"}})
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range g.Cases {
		s := algotest.Rewards(c.Rewards)
		for i := range s.Rows {
			r := &s.Rows[i]
			r.Mask = c.Mask[i]
			r.Rollout.Segments = nil
			for u, own := range c.Mask[i] {
				author := data.AuthorPolicy
				if !own {
					author = data.AuthorEnvironment
				}
				r.Rollout.Segments = append(r.Rollout.Segments, data.Segment{Author: author, Tokens: []int32{c.Tokens[i][u]}})
			}
		}
		got, err := algotest.Advantages(a.Estimator, s)
		if err != nil {
			t.Fatal(err)
		}
		base := groupAdvantages("group", 1e-4)(s)
		for i := range got {
			for u, own := range c.Mask[i] {
				if want := base[i][u] + c.Added[fmt.Sprint(c.Tokens[i][u])]; own && math.Abs(got[i][u]-want) > digits*(1+math.Abs(want)) {
					t.Errorf("case %d, row %d, token %d: %v, want %v", n, i, u, got[i][u], want)
				}
			}
		}
	}
}
