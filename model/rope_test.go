package model

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// rotaryTolerance is a few float32 roundings near 1: of two table entries, two
// products and a sum. It must not grow with the position.
const rotaryTolerance = 3e-7

// TestRotaryIsExactAtAnyPosition compares with angles in float64. An angle computed
// in float32 would be off by 131071 * 2^-24 = 8e-3.
func TestRotaryIsExactAtAnyPosition(t *testing.T) {
	positions := []int32{0, 1, 2, 510, 511, 512, 513, 1023, 1024, 1025, 4095, 32767, 32768, 65535, 65537, 100003, 130559, 131071,
		131072, 500009, 1000000, 1048575}
	onDevices(t, func(t *testing.T, dev *device.Device) {
		divisors := make([]float64, 32)
		for j := range divisors {
			divisors[j] = 1 + float64(j)/4
		}
		for _, c := range []struct {
			headDim, limit int
			theta          float64
			scaling        RopeScaling
		}{
			{64, 131072, 1e6, RopeScaling{}}, {20, 1 << 20, 1e4, RopeScaling{}},
			{64, rotaryBlock, 1e6, RopeScaling{}}, {20, rotaryBlock + 1, 1e4, RopeScaling{}},
			{64, 1 << 20, 1e4, RopeScaling{RopeType: "linear", Factor: 3}},
			{64, 1 << 20, 1e4, RopeScaling{RopeType: "dynamic", Factor: 8}},
			{64, 1 << 20, 5e5, RopeScaling{RopeType: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositionEmbeddings: 8192}},
			{64, 1 << 20, 1e6, RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 32768}},
			{64, rotaryBlock, 1e6, RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 32}},
			{64, 1 << 20, 5e5, RopeScaling{RopeType: RopeExplicit, InverseFrequencyDivisors: divisors}},
		} {
			t.Run(fmt.Sprintf("%s %d below %d", c.scaling.RopeType, c.headDim, c.limit), func(t *testing.T) {
				var in []int32
				for _, p := range positions {
					if int(p) < c.limit {
						in = append(in, p)
					}
				}
				a := &Arch{HeadDim: c.headDim, RopeTheta: c.theta, RopeScaling: c.scaling, MaxPositionEmbeddings: 4096}
				a = a.AtLength(c.limit)
				inverse, attention := a.rotaryFrequencies()
				half := c.headDim / 2
				x := make([]float32, len(in)*2*c.headDim) // [1, S, 2, E]: two heads, each a different vector
				for i := range x {
					x[i] = float32(math.Cos(float64(i)))
				}
				got := run(t, dev, func(in []*node) []*node {
					return []*node{a.RotaryGraph(in[0], c.limit).RotateGraph(in[1])}
				}, device.Array(in, 1, len(in)), device.Array(x, 1, len(in), 2, c.headDim))[0]
				want := make([]float32, len(x))
				for i := range want {
					at, j := i/c.headDim*c.headDim, i%half
					angle := float64(in[i/c.headDim/2]) * math.Pow(c.theta, -2*float64(j)/float64(c.headDim))
					if c.scaling.RopeType != "" {
						angle = float64(in[i/c.headDim/2]) * inverse[j]
					}
					first, second := attention*float64(x[at+j]), attention*float64(x[at+half+j])
					if i%c.headDim < half {
						want[i] = float32(first*math.Cos(angle) - second*math.Sin(angle))
					} else {
						want[i] = float32(second*math.Cos(angle) + first*math.Sin(angle))
					}
				}
				near(t, "rotated", got, want, rotaryTolerance*math.Sqrt2*attention)
			})
		}
	})
}

func TestPositionsGraph(t *testing.T) {
	got := run(t, goDevice(t), func(in []*node) []*node {
		return []*node{graph.ConvertDType(PositionsGraph(in[0]), dtypes.Float32)}
	}, device.Array(make([]int32, 6), 2, 3))
	near(t, "positions", got[0], []float32{0, 1, 2, 0, 1, 2}, 0)
}

// TestDecoderFarOut runs the whole decoder at positions near 131072: scores depend
// on differences of positions, where errors of the angles would show.
func TestDecoderFarOut(t *testing.T) {
	dev := goDevice(t)
	m := loadTiny(t, "qwen3", "config.json")
	ids := m.ids(t, "input_ids_2")
	at, positions := make([]int32, len(ids)), make([]int, len(ids))
	for i := range ids {
		positions[i] = 131071 - 4001*(len(ids)-1-i)
		at[i] = int32(positions[i])
	}
	got := run(t, dev, func(in []*node) []*node {
		nw := len(m.Weights)
		d := m.Arch.BindGraph(in[:nw])
		hidden := d.HiddenGraph(in[nw], m.Arch.RotaryGraph(in[nw+1], 131072), CausalGraph(in[nw]))
		return []*node{d.LogitsGraph(graph.Reshape(hidden, -1, m.Arch.HiddenSize))}
	}, m.Weights, device.Array(ids, 1, len(ids)), device.Array(at, 1, len(at)))[0]
	near(t, "logits", got, flat(newOracle(t, m.Policy).logits(ids, positions, earlier)), parityTolerance)
}
