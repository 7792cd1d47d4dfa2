package trainer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// Tolerances, relative to the norm of the whole gradient (or to 1 for metrics).
const (
	// invariantTolerance: other micro-batches add the same float32 numbers in
	// another order: some roundings of 6e-8.
	invariantTolerance = 1e-6
	// oracleTolerance: float32 through two layers and back against float64.
	oracleTolerance = 1e-6
)

// gradientCase is an objective with its loss as a formula.
type gradientCase struct {
	algorithm algos.Options
	// offPolicy gives the rows old log-probabilities of their own.
	offPolicy   bool
	temperature float64
	aggregation string
	loss        tokenLoss
	// detached values teach the head alone.
	detached bool
}

var gradientCases = map[string]gradientCase{
	"sft": {
		algorithm: algos.Options{Name: "sft"}, temperature: 1, aggregation: "token-mean",
		loss: func(_ *data.Row, _ int, logp, _ float64) float64 { return -logp },
	},
	"reinforce": {
		algorithm: algos.Options{Name: "reinforce"}, temperature: 1, aggregation: "seq-mean-token-sum",
		loss: func(r *data.Row, j int, logp, _ float64) float64 { return -r.Advantages[j] * logp },
	},
	// With ratio 1 the gradient of the surrogate is that of A*logp.
	"grpo on policy": {
		algorithm: algos.Options{Name: "grpo"}, temperature: 0.7, aggregation: "seq-mean-token-mean",
		loss: func(r *data.Row, j int, logp, _ float64) float64 { return -r.Advantages[j] * logp },
	},
	"grpo off policy": {
		algorithm: algos.Options{Name: "grpo"}, offPolicy: true, temperature: 1.3, aggregation: "seq-mean-token-mean",
		loss: func(r *data.Row, j int, logp, _ float64) float64 { return clippedSurrogate(r, j, logp) },
	},
	"grpo with a reference": {
		algorithm: algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.3, "loss_agg_mode": "token-mean"}},
		offPolicy: true, temperature: 1, aggregation: "token-mean",
		loss: func(r *data.Row, j int, logp, _ float64) float64 {
			u := float64(r.RefLogProbs[j]) - logp
			return clippedSurrogate(r, j, logp) + 0.3*(math.Exp(u)-u-1)
		},
	},
	"ppo": {
		algorithm: algos.Options{Name: "ppo", Options: map[string]any{"value_coef": 0.7}},
		offPolicy: true, temperature: 1.3, aggregation: "token-mean", loss: ppoLoss,
	},
	"ppo, values detached": {
		algorithm: algos.Options{Name: "ppo", Options: map[string]any{"value_coef": 0.7, "value_detach": true}},
		offPolicy: true, temperature: 1, aggregation: "token-mean", loss: ppoLoss, detached: true,
	},
}

// ppoLoss is the clipped surrogate and 0.7 times half the clipped error of the value.
func ppoLoss(r *data.Row, j int, logp, value float64) float64 {
	old, target := float64(r.Values[j]), float64(r.Returns[j])
	moved := min(max(value, old-0.2), old+0.2)
	return clippedSurrogate(r, j, logp) + 0.35*max((value-target)*(value-target), (moved-target)*(moved-target))
}

func clippedSurrogate(r *data.Row, j int, logp float64) float64 {
	ratio, adv := math.Exp(logp-float64(r.OldLogProbs[j])), r.Advantages[j]
	return -min(ratio*adv, min(max(ratio, 0.8), 1.2)*adv)
}

// gradientRows are groups of different lengths and sizes with masked tokens, a
// masked row, one-token responses, and a group without advantage. Old
// log-probabilities and values stay clear of the clip bounds, where the gradient jumps.
func gradientRows(d *plainDecoder, temperature float64) *data.Scored {
	rng, valueRNG := rand.New(rand.NewPCG(8, 8)), rand.New(rand.NewPCG(8, 9))
	s := &data.Scored{Stats: map[string]float64{}}
	for g, lengths := range [][]int{{4, 1, 6, 3}, {2, 2}, {5, 9, 1}, {3, 7, 2, 2, 4}, {1}, {2, 6}, {5, 5}, {8, 3, 4}} {
		group := data.Group{Prompt: randomIDs(2+3*g%7, rng), Rollouts: make([]data.Rollout, len(lengths))}
		for i, n := range lengths {
			group.Rollouts[i] = data.Rollout{Segments: []data.Segment{{Tokens: randomIDs(n, rng)}}}
			r := data.Row{Group: g, Rollout: &group.Rollouts[i], Mask: make([]bool, n), Advantages: make([]float64, n)}
			logps := d.logProbs(group.Prompt, r.Rollout.Tokens(), temperature)
			if d.head != nil {
				for _, v := range d.values(group.Prompt, r.Rollout.Tokens()) {
					r.Values = append(r.Values, float32(v+[]float64{-0.5, -0.1, 0.05, 0.4}[valueRNG.IntN(4)]))
					r.Returns = append(r.Returns, float32(valueRNG.NormFloat64()))
				}
			}
			for j := range n {
				r.Mask[j] = n == 1 || rng.IntN(4) > 0
				if g != 3 { // group 3 teaches nothing
					r.Advantages[j] = rng.NormFloat64()
				}
				shift := []float64{-0.5, -0.1, 0.05, 0.4}[rng.IntN(4)]
				r.OldLogProbs = append(r.OldLogProbs, float32(logps[j]+shift))
				r.RefLogProbs = append(r.RefLogProbs, float32(logps[j]+rng.NormFloat64()))
				r.RolloutLogProbs = append(r.RolloutLogProbs, float32(logps[j]))
			}
			if g == 2 && i == 1 {
				clear(r.Mask)
			}
			s.Rows = append(s.Rows, r)
		}
		s.Groups = append(s.Groups, group)
	}
	return s
}

func randomIDs(n int, rng *rand.Rand) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(2 + rng.IntN(12))
	}
	return out
}

// gradientStage is a stage of the case; microTokens cuts its batches.
func gradientStage(t *testing.T, dev *device.Device, arch *model.Arch, c gradientCase, packing string, microTokens int) *stage {
	t.Helper()
	o := kitStage("gradient", c.algorithm.Name, 1)
	o.Algorithm, o.Rollout.Temperature = c.algorithm, c.temperature
	o.Update.Packing, o.Update.MicroBatchTokens = packing, microTokens
	if c.offPolicy {
		o.Update.NumIterations = 2
	}
	a, err := algos.Resolve(o.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	if a.Offline {
		o.Rollout.Temperature = 0.3 // nothing is sampled: it must not matter
	}
	return &stage{opts: &o, algorithm: a, objective: newObjective(dev, arch, a, &o), packer: newPacker(arch, &o)}
}

// gradientHead is a value head that is not zero, if the case has one.
func gradientHead(t *testing.T, arch *model.Arch, c gradientCase) *valueHead {
	t.Helper()
	a, err := algos.Resolve(c.algorithm)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Needs().Values {
		return nil
	}
	return randomHead(arch)
}

// randomHead is a value head that is not zero.
func randomHead(arch *model.Arch) *valueHead {
	rng, h := rand.New(rand.NewPCG(5, 5)), newValueHead(arch)
	for i := range h.specs {
		x := make([]float32, h.specs[i].Size())
		for j := range x {
			x[j] = float32(rng.NormFloat64() / 4)
		}
		h.weights[i] = device.Array(x, h.specs[i].Shape...)
	}
	return h
}

// gradient takes an optimizer step of rate 0 whose first moment is the gradient,
// so that micro-batches are added as in training.
func gradient(t *testing.T, dev *device.Device, st *stage, p *model.Policy, head *valueHead, s *data.Scored) (grads [][]float32, metrics map[string]float64) {
	t.Helper()
	b := st.batch(s, 0, len(s.Groups))
	op := newOptimizer(dev, p, head, OptimOptions{Beta1: 0, Beta2: 0.9, Epsilon: 1})
	metrics, err := op.update(st.objective, p, b, s.Stats, rates{})
	if err != nil {
		t.Fatal(err)
	}
	return hostTensors(t, dev, op.first), metrics
}

func norm(x [][]float32) float64 {
	sum := 0.0
	for i := range x {
		for _, v := range x[i] {
			sum += float64(v) * float64(v)
		}
	}
	return math.Sqrt(sum)
}

// difference is the norm of a-b.
func difference(a, b [][]float32) float64 {
	out := make([][]float32, len(a))
	for i := range a {
		out[i] = make([]float32, len(a[i]))
		for j := range a[i] {
			out[i][j] = a[i][j] - b[i][j]
		}
	}
	return norm(out)
}

func gradientArch() *model.Arch {
	a := kitArch()
	a.NumHiddenLayers = 2
	a.RopeTheta, a.RMSNormEps = 10000, 1e-6
	return a
}

func float64s(x [][]float32) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		for _, v := range x[i] {
			out[i] = append(out[i], float64(v))
		}
	}
	return out
}

// cutInto is a gradient stage that cuts the rows into a number of micro-batches, or
// the next larger one that rows of one width can give.
func cutInto(t *testing.T, dev *device.Device, arch *model.Arch, c gradientCase, packing string, micros int, s *data.Scored) *stage {
	t.Helper()
	for tokens := 1 << 12; tokens >= 16; tokens -= 4 {
		st := gradientStage(t, dev, arch, c, packing, tokens)
		if len(st.batch(s, 0, len(s.Groups)).Micro) >= micros {
			return st
		}
	}
	t.Fatalf("%s: nothing cuts the rows into %d micro-batches", packing, micros)
	return nil
}

// TestGradientIsInvariant: one, two or four micro-batches, packed or padded, with or
// without the rows that cannot have a gradient, give the same gradient and loss.
func TestGradientIsInvariant(t *testing.T) {
	dev := openDevice(t, "go")
	for name, c := range gradientCases {
		t.Run(name, func(t *testing.T) {
			p := kitPolicy(t, gradientArch())
			head := gradientHead(t, p.Arch, c)
			s := gradientRows(plainOf(p.Arch, float64s(hostTensors(t, dev, head.after(p.Weights)))), c.temperature)
			want, metrics := gradient(t, dev, cutInto(t, dev, p.Arch, c, "packed", 1, s), p, head, s)
			for _, v := range []struct {
				packing string
				micros  int
			}{{"packed", 2}, {"packed", 4}, {"padded", 1}, {"padded", 2}, {"padded", 4}} {
				st := cutInto(t, dev, p.Arch, c, v.packing, v.micros, s)
				got, m := gradient(t, dev, st, p, head, s)
				compareGradients(t, fmt.Sprintf("%s, %d micro-batches", v.packing, v.micros), got, want, m["loss"], metrics["loss"])
			}
			all := cutInto(t, dev, p.Arch, c, "packed", 1, s)
			all.objective.needs.AdvantageScaled = false
			got, m := gradient(t, dev, all, p, head, s)
			compareGradients(t, "rows without advantage too", got, want, m["loss"], metrics["loss"])
		})
	}
}

func compareGradients(t *testing.T, label string, got, want [][]float32, gotLoss, wantLoss float64) {
	t.Helper()
	n := norm(want)
	if d := difference(got, want); !(d <= invariantTolerance*n) {
		t.Errorf("%s: the gradient differs by %.3g of its norm", label, d/n)
	}
	if d := math.Abs(gotLoss - wantLoss); !(d <= invariantTolerance*max(1, math.Abs(wantLoss))) {
		t.Errorf("%s: loss %v, want %v", label, gotLoss, wantLoss)
	}
}

// TestGradientIsTheFormulas compares loss and gradient with the formula's, computed
// by plain loops in float64 over one sequence at a time: central differences along
// a random direction of each weight. XLA compiles for seconds and does one objective.
func TestGradientIsTheFormulas(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		for name, c := range gradientCases {
			if dev.Name != "go" && name != "grpo with a reference" {
				continue
			}
			t.Run(name, func(t *testing.T) {
				p := kitPolicy(t, gradientArch())
				head := gradientHead(t, p.Arch, c)
				weights := float64s(hostTensors(t, dev, head.after(p.Weights)))
				oracle := plainOf(p.Arch, weights)
				s := gradientRows(oracle, c.temperature)
				if c.detached {
					oracle.trunk = plainOf(p.Arch, float64s(hostWeights(t, dev, p)))
				}
				got, metrics := gradient(t, dev, cutInto(t, dev, p.Arch, c, "packed", 2, s), p, head, s)
				value := func() float64 { return oracle.plainLoss(s, c.loss, c.aggregation, c.temperature) }
				if name != "grpo on policy" { // where the formula has A*logp for A*ratio
					if want := value(); math.Abs(metrics["loss"]-want) > oracleTolerance*max(1, math.Abs(want)) {
						t.Errorf("loss %v, want %v", metrics["loss"], want)
					}
				}
				checkSlopes(t, head.specsAfter(p.Specs), weights, got, value)
			})
		}
	})
}

// checkSlopes compares a gradient with central differences of value along a random
// direction of each tensor of weights, which value reads.
func checkSlopes(t *testing.T, specs []model.Weight, weights [][]float64, grads [][]float32, value func() float64) {
	t.Helper()
	const h = 1e-4 // h^2 and 1e-16/h are both far below the tolerance
	rng := rand.New(rand.NewPCG(9, 9))
	scale := norm(grads)
	for i, w := range weights {
		start := append([]float64(nil), w...)
		direction := make([]float64, len(w))
		length, slope := 0.0, 0.0
		for j := range direction {
			direction[j] = rng.NormFloat64()
			length += direction[j] * direction[j]
		}
		move := func(by float64) float64 {
			for j := range w {
				w[j] = start[j] + by*direction[j]/math.Sqrt(length)
			}
			return value()
		}
		for j := range direction {
			slope += float64(grads[i][j]) * direction[j] / math.Sqrt(length)
		}
		want := (move(h) - move(-h)) / (2 * h)
		copy(w, start)
		if d := math.Abs(slope - want); !(d <= oracleTolerance*scale) {
			t.Errorf("%s: slope %v, want %v", specs[i].Name, slope, want)
		}
	}
}
