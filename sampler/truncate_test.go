package sampler

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

func toInt(x *node) *node { return graph.ConvertDType(x, dtypes.Int32) }

// kept is the host's oracle of truncateGraph: which tokens of a row stay. Tokens as
// likely as the last one that stays do too.
func kept(logits []float32, tr truncation) []bool {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if logits[a] == logits[b] {
			return 0
		} else if logits[a] > logits[b] {
			return -1
		}
		return 1
	})
	n := len(order)
	withTies := func(k int) int {
		for k < n && logits[order[k]] == logits[order[k-1]] {
			k++
		}
		return k
	}
	if tr.topK > 0 && tr.topK < n {
		n = withTies(tr.topK)
	}
	top, total := float64(logits[order[0]]), 0.0
	for _, i := range order[:n] {
		total += math.Exp(float64(logits[i]) - top)
	}
	if tr.topP < 1 {
		sum, k := 0.0, 0
		for k < n && (k == 0 || sum < tr.topP*total) {
			sum += math.Exp(float64(logits[order[k]]) - top)
			k++
		}
		n = withTies(k)
	}
	out := make([]bool, len(logits))
	for _, i := range order[:n] {
		out[i] = math.Exp(float64(logits[i])-top) >= tr.minP
	}
	return out
}

// A sum of float32 probabilities may fall on either side of a bound that is as close
// as this.
const boundary = 1e-6

// keptWithin are the smallest and the largest set that are right within the rounding
// of bounds.
func keptWithin(logits []float32, tr truncation) (least, most []bool) {
	low, high := tr, tr
	low.minP, high.minP = tr.minP*(1+boundary), tr.minP*(1-boundary)
	if tr.topP < 1 {
		low.topP, high.topP = max(tr.topP-boundary, 0), tr.topP+boundary
	}
	least, most = kept(logits, low), kept(logits, high)
	for i, x := range logits {
		// Whether a token of probability e^-128 stays does not matter: it is 0 in float32.
		least[i] = least[i] && x > slices.Max(logits)-lowest
	}
	return least, most
}

// truncationRows are logits over 50 tokens: of several spreads, with ties, equal,
// extreme, and scaled so that float32 is coarse.
func truncationRows() [][]float32 {
	const v = 50
	rng := rand.New(rand.NewPCG(21, 22))
	var rows [][]float32
	for _, spread := range []float64{0.1, 1, 3, 30} {
		for range 4 {
			row := make([]float32, v)
			for i := range row {
				row[i] = float32(rng.NormFloat64() * spread)
			}
			rows = append(rows, row)
		}
	}
	for range 4 {
		row := make([]float32, v)
		for i := range row {
			row[i] = float32(rng.IntN(6)) // many ties
		}
		rows = append(rows, row)
	}
	spike := make([]float32, v)
	spike[17] = 1e4
	hole := make([]float32, v)
	hole[3] = -1e4
	far := slices.Clone(rows[5])
	for i := range far {
		far[i] += 1000
	}
	return append(rows, make([]float32, v), spike, hole, far)
}

func TestTruncationKeepsTheRightTokens(t *testing.T) {
	rows := truncationRows()
	v := len(rows[0])
	all := slices.Concat(rows...)
	cases := []truncation{ // the first four on every backend
		{topK: 10, topP: 0.95, minP: 0.02}, {topK: 7, topP: 1}, {topP: 0.9}, {topP: 1, minP: 0.05},
		{topK: 10, topP: 0.8}, {topP: 0.7, minP: 0.02},
	}
	for _, k := range []int{1, 2, 49, 50, 1000} {
		cases = append(cases, truncation{topK: k, topP: 1})
	}
	for _, p := range []float64{1e-9, 0.01, 0.3, 0.5, 0.999, 1 - 1e-7} {
		cases = append(cases, truncation{topP: p})
	}
	for _, m := range []float64{1e-6, 0.5, 0.999} {
		cases = append(cases, truncation{topP: 1, minP: m})
	}
	backends(t, func(t *testing.T, dev *device.Device) {
		for i, tr := range cases {
			if i >= 4 && dev.Name != "go" {
				continue // compiling takes its time
			}
			t.Run(fmt.Sprintf("k=%d p=%g min=%g", tr.topK, tr.topP, tr.minP), func(t *testing.T) {
				out := run(t, dev, func(in []*node) []*node { return []*node{truncateGraph(in[0], tr)} }, device.Array(all, len(rows), v))
				got := values[float32](t, dev, out[0])
				for i, row := range rows {
					checkKept(t, i, row, got[i*v:][:v], tr)
				}
			})
		}
	})
}

func checkKept(t *testing.T, i int, row, got []float32, tr truncation) {
	t.Helper()
	least, most := keptWithin(row, tr)
	set, wrong, worst := make([]bool, len(row)), false, slices.Max(row)
	for j, x := range got {
		set[j] = x > never/2
		wrong = wrong || least[j] && !set[j] || set[j] && !most[j]
		if set[j] {
			worst = min(worst, row[j])
		}
		// What stays is as it was, up to the rounding of taking the largest off and
		// adding it again.
		size := math.Abs(float64(row[j])) + math.Abs(float64(slices.Max(row)))
		if d := math.Abs(float64(x) - float64(row[j])); set[j] && d > 1e-6*math.Max(1, size) {
			t.Errorf("row %d token %d: logit %g became %g", i, j, row[j], x)
		}
	}
	for j := range set { // as likely as one that stays
		wrong = wrong || row[j] >= worst && !set[j]
	}
	if wrong {
		t.Errorf("row %d: kept %s, want %s to %s\n%v", i, indices(set), indices(least), indices(most), row)
	}
}

func indices(set []bool) string {
	var out []int
	for i, in := range set {
		if in {
			out = append(out, i)
		}
	}
	return fmt.Sprint(out)
}
