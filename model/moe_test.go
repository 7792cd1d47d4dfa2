package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// waysTolerance bounds the difference of the two ways to compute experts, relative to
// the largest element: a few float32 roundings of sums in another order.
const waysTolerance = 2e-6

// waysCase is a layer of experts over tokens: shapes, and how unequal the router is.
type waysCase struct {
	m, n, k, block int
	skew           float64 // added to the router's logit of expert n-1
}

func (c *waysCase) String() string {
	return fmt.Sprintf("%d tokens, %d of %d experts, blocks of %d, skew %g", c.m, c.k, c.n, c.block, c.skew)
}

// TestGroupedExpertsAreDense compares values and gradients of both ways.
func TestGroupedExpertsAreDense(t *testing.T) {
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for i, c := range []waysCase{
			{1, 3, 2, 4, 0}, {1, 1, 1, 1, 0}, {7, 5, 3, 2, 0}, {40, 6, 2, 8, 0}, {40, 6, 2, 8, 50}, {33, 16, 4, 16, 3}, {50, 4, 4, 8, 0}, {64, 40, 1, 8, 1},
		} {
			if dev.Name != "go" && i%3 != 1 && os.Getenv("RLVR_LONG") == "" {
				continue
			}
			t.Run(c.String(), func(t *testing.T) { checkWays(t, dev, &c) })
		}
	})
}

func checkWays(t *testing.T, dev *device.Device, c *waysCase) {
	const d, f = 6, 5
	rng := rand.New(rand.NewPCG(uint64(c.m), uint64(c.n)))
	array := func(dims ...int) *device.Tensor {
		n := 1
		for _, size := range dims {
			n *= size
		}
		data := make([]float32, n)
		for i := range data {
			data[i] = float32(rng.NormFloat64())
		}
		return device.Array(data, dims...)
	}
	x, router := array(c.m, d), array(c.n, d)
	gate, up, down, out := array(c.n, f, d), array(c.n, f, d), array(c.n, d, f), array(c.m, d)
	skew := make([]float32, c.n)
	skew[c.n-1] = float32(c.skew)
	decoder := &Decoder{Arch: &Arch{NumExperts: c.n, NumExpertsPerTok: c.k, NormTopKProb: c.k > 1}}
	got := run(t, dev, func(in []*node) []*node {
		w := map[part]*node{partExpertGate: in[2], partExpertUp: in[3], partExpertDown: in[4]}
		var all []*node
		for _, way := range []func(r *routing) *node{
			func(r *routing) *node { return denseGraph(in[0], r, w) },
			func(r *routing) *node { return groupedGraph(in[0], r, w, c.block) },
		} {
			logits := graph.Add(linearGraph(in[0], in[1], nil), graph.InsertAxes(in[6], 0))
			y := way(decoder.chooseGraph(logits))
			loss := graph.ReduceAllSum(graph.Mul(y, in[5]))
			all = append(append(all, y), graph.Gradient(loss, in[:5]...)...)
		}
		return all
	}, x, router, gate, up, down, out, device.Array(skew, c.n))
	for i, name := range []string{"output", "tokens' gradient", "router's gradient", "gate's gradient", "up's gradient", "down's gradient"} {
		largest := 0.0
		for _, v := range got[i] {
			largest = math.Max(largest, math.Abs(float64(v)))
		}
		if c.k < c.n && c.skew < 10 && c.k > 1 && largest < 1e-2 {
			t.Errorf("%s: at most %g: the case does not test it", name, largest)
		}
		near(t, name, got[i+6], got[i], waysTolerance*math.Max(1, largest))
	}
}

// TestBlockSizes: few experts are computed for every token, many in blocks, and the
// blocks hold the worst case.
func TestBlockSizes(t *testing.T) {
	for _, c := range []struct{ m, n, k, want int }{
		{1, 128, 8, 0}, {32, 128, 8, 0}, {4096, 8, 2, 256}, {16384, 128, 8, 256}, {512, 128, 8, 32}, {512, 4, 4, 0}, {1000, 1, 1, 0},
	} {
		if got := blockSize(c.m, c.n, c.k); got != c.want {
			t.Errorf("%d tokens, %d of %d experts: blocks of %d, want %d", c.m, c.k, c.n, got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct{ m, n, k, block int }{{1, 5, 1, 8}, {3, 5, 2, 2}, {8, 4, 2, 3}, {9, 1, 1, 4}, {7, 8, 8, 5}} {
		worst := 0
		for range 2000 { // choices of random experts, some of them likelier
			counts := make([]int, c.n)
			for range c.m * c.k {
				counts[int(float64(c.n)*math.Pow(rng.Float64(), 1+2*rng.Float64()))]++
			}
			used := 0
			for _, n := range counts {
				used += (n + c.block - 1) / c.block
			}
			worst = max(worst, used)
		}
		if got := numBlocks(c.m, c.n, c.k, c.block); got < worst || got > worst+1 {
			t.Errorf("%+v: %d blocks, the worst case found needs %d", c, got, worst)
		}
	}
}

// TestRoutesAreTransformers compares the experts of each token, as sets, with their
// weights.
func TestRoutesAreTransformers(t *testing.T) {
	onDevices(t, func(t *testing.T, dev *device.Device) {
		m := loadTiny(t, "qwen3_moe", "config.json")
		for i, ids := range m.sequences(t) {
			if dev.Name != "go" && i != 2 {
				continue
			}
			a := m.Arch
			got := run(t, dev, func(in []*node) []*node {
				nw := len(in) - 1
				d := a.BindGraph(in[:nw])
				d.HiddenGraph(in[nw], a.RotaryGraph(PositionsGraph(in[nw]), len(ids)), CausalGraph(in[nw]))
				return []*node{graph.ConvertDType(d.RoutesGraph(), dtypes.Float32), d.RouteWeightsGraph()}
			}, m.Weights, device.Array(ids, 1, len(ids)))
			const k = 2
			for l := range a.NumHiddenLayers {
				wantIDs, wantWeights := m.ids(t, fmt.Sprintf("router_topk_%d.%d", i, l)), m.floats(t, fmt.Sprintf("router_weight_%d.%d", i, l))
				for s := range ids {
					at := (l*len(ids) + s) * k
					for j := range k {
						e := slices.Index(got[0][at:at+k], float32(wantIDs[s*k+j]))
						if e < 0 {
							t.Fatalf("sequence %d layer %d token %d: experts %v, want %v", i, l, s, got[0][at:at+k], wantIDs[s*k:][:k])
						}
						if d := math.Abs(float64(got[1][at+e] - wantWeights[s*k+j])); !(d <= parityTolerance) {
							t.Errorf("sequence %d layer %d token %d: weight off by %g", i, l, s, d)
						}
					}
				}
			}
		}
	})
}

// TestBalanceLossIsTransformers has a batch of two sequences, the shorter one padded
// on the left.
func TestBalanceLossIsTransformers(t *testing.T) {
	f, dev := loadFamilies(t), goDevice(t)
	tested := 0
	for i := range f.cases {
		c := &f.cases[i]
		if !f.golden.Has(c.Name + "/aux_loss") {
			continue
		}
		tested++
		p, s := c.policy(t), familyLengths[1]
		var tokens, positions, segments []int32
		for i, n := range familyLengths {
			ids := familyIDs(i, p.Arch.VocabSize)
			for j := n - s; j < n; j++ {
				if j < 0 {
					tokens, positions, segments = append(tokens, 0), append(positions, 0), append(segments, -1)
				} else {
					tokens, positions, segments = append(tokens, ids[j]), append(positions, int32(j)), append(segments, 0)
				}
			}
		}
		got := run(t, dev, func(in []*node) []*node {
			nw := len(p.Weights)
			d := p.Arch.BindGraph(in[:nw])
			d.HiddenGraph(in[nw], p.Arch.RotaryGraph(in[nw+1], s), SegmentsGraph(in[nw+2], in[nw+2]))
			return []*node{d.BalanceLossGraph(graph.GreaterOrEqual(in[nw+2], graph.ZerosLike(in[nw+2])))}
		}, p.Weights, device.Array(tokens, 2, s), device.Array(positions, 2, s), device.Array(segments, 2, s))[0]
		near(t, c.Name, got, f.floats(t, c, "aux_loss"), parityTolerance)
	}
	if tested < 8 {
		t.Errorf("only %d cases with an auxiliary loss", tested)
	}
}

// TestBalanceLossWithoutExperts is 0.
func TestBalanceLossWithoutExperts(t *testing.T) {
	got := run(t, goDevice(t), func(in []*node) []*node { return []*node{(&Decoder{Arch: initArch()}).BalanceLossGraph(in[0])} },
		device.Array(make([]int32, 4), 2, 2))
	near(t, "loss", got[0], []float32{0}, 0)
}
