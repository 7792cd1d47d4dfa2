package trainer

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// adamTolerance is for weights of size 1 after 10 steps in float32: some roundings
// of 6e-8 a step.
const adamTolerance = 1e-6

// plainAdamW is algorithm 2 of arXiv 1711.05101 in float64, after clipping.
type plainAdamW struct {
	o             OptimOptions
	step, policy  int // policy is the number of tensors that are the policy's
	decays        []bool
	w, first, sec [][]float64
}

func (a *plainAdamW) apply(grads [][]float64, r rates) (norm float64) {
	a.step++
	for _, g := range grads {
		norm += dot(g, g)
	}
	norm = math.Sqrt(norm)
	clip := 1.0
	if a.o.MaxGradNorm > 0 && norm > a.o.MaxGradNorm {
		clip = a.o.MaxGradNorm / norm
	}
	for i, g := range grads {
		rate := r.policy
		if i >= a.policy {
			rate = r.values
		}
		for j := range g {
			x := g[j] * clip
			a.first[i][j] = a.o.Beta1*a.first[i][j] + (1-a.o.Beta1)*x
			a.sec[i][j] = a.o.Beta2*a.sec[i][j] + (1-a.o.Beta2)*x*x
			m := a.first[i][j] / (1 - math.Pow(a.o.Beta1, float64(a.step)))
			v := a.sec[i][j] / (1 - math.Pow(a.o.Beta2, float64(a.step)))
			w := a.w[i][j]
			a.w[i][j] = w - rate*m/(math.Sqrt(v)+a.o.Epsilon)
			if a.decays[i] {
				a.w[i][j] -= rate * a.o.WeightDecay * w
			}
		}
	}
	return norm
}

// randomGrads draws a gradient, large in every third step, as host and device
// values.
func randomGrads(specs []model.Weight, step int, rng *rand.Rand) ([][]float64, []*device.Tensor) {
	size := 0.003
	if step%3 == 1 {
		size = 0.3
	}
	var host [][]float64
	var dev []*device.Tensor
	for _, w := range specs {
		x := make([]float32, w.Size())
		for j := range x {
			x[j] = float32(rng.NormFloat64() * size)
		}
		host, dev = append(host, float64s([][]float32{x})[0]), append(dev, device.Array(x, w.Shape...))
	}
	return host, dev
}

func zerosLike(x [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(x[i]))
	}
	return out
}

// TestAdamW compares ten steps with the plain algorithm: moments, bias correction,
// a global norm that is clipped in some steps, decay of matrices and of nothing else, and
// a value head that learns at a rate of its own.
func TestAdamW(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		for name, o := range map[string]OptimOptions{
			"all":          {Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, MaxGradNorm: 1},
			"no clipping":  {Beta1: 0.8, Beta2: 0.999, Epsilon: 1e-6, WeightDecay: 0.01},
			"no momentum":  {Beta2: 0.95, Epsilon: 1e-3, MaxGradNorm: 0.5},
			"only a scale": {Epsilon: 1, WeightDecay: 0.5},
		} {
			if dev.Name != "go" && name != "all" {
				continue
			}
			t.Run(name, func(t *testing.T) { compareAdamW(t, dev, nil, o) })
		}
		t.Run("value head", func(t *testing.T) {
			compareAdamW(t, dev, randomHead(kitArch()), OptimOptions{Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, MaxGradNorm: 1})
		})
	})
}

func compareAdamW(t *testing.T, dev *device.Device, head *valueHead, o OptimOptions) {
	p := kitPolicy(t, kitArch())
	op, specs := newOptimizer(dev, p, head, o), head.specsAfter(p.Specs)
	w := float64s(hostTensors(t, dev, head.after(p.Weights)))
	plain := &plainAdamW{o: o, policy: len(p.Specs), w: w, first: zerosLike(w), sec: zerosLike(w)}
	for _, s := range specs {
		plain.decays = append(plain.decays, len(s.Shape) == 2)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	clipped := 0
	for step := range 10 {
		rate := rates{0.01 * float64(1+step%4), 0.05 / float64(1+step%3)}
		host, grads := randomGrads(specs, step, rng)
		norm, err := op.apply(p, grads, 1, rate)
		if err != nil {
			t.Fatal(err)
		}
		want := plain.apply(host, rate)
		if math.Abs(norm-want) > adamTolerance*max(1, want) {
			t.Fatalf("step %d: gradient norm %v, want %v", step, norm, want)
		}
		if o.MaxGradNorm > 0 && want > o.MaxGradNorm {
			clipped++
		}
		got := float64s(hostTensors(t, dev, head.after(p.Weights)))
		for i := range got {
			for j := range got[i] {
				if d := math.Abs(got[i][j] - plain.w[i][j]); !(d <= adamTolerance) {
					t.Fatalf("step %d: %s[%d] = %v, want %v", step, specs[i].Name, j, got[i][j], plain.w[i][j])
				}
			}
		}
	}
	if o.MaxGradNorm > 0 && (clipped == 0 || clipped == 10) {
		t.Errorf("the norm was clipped in %d steps of 10: the test wants both", clipped)
	}
	if op.steps != 10 || p.Version != 10 {
		t.Errorf("%d steps counted, policy version %d; want 10", op.steps, p.Version)
	}
}

// TestAdamWRefusesNonFinite: a loss or gradient that is not finite changes neither
// weights nor moments, and counts for nothing.
func TestAdamWRefusesNonFinite(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		p := kitPolicy(t, kitArch())
		op := newOptimizer(dev, p, nil, OptimOptions{Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, MaxGradNorm: 1})
		rng := rand.New(rand.NewPCG(1, 2))
		_, grads := randomGrads(p.Specs, 0, rng)
		if _, err := op.apply(p, grads, 1, rates{policy: 0.1}); err != nil {
			t.Fatal(err)
		}
		weights, first, second := hostWeights(t, dev, p), hostTensors(t, dev, op.first), hostTensors(t, dev, op.second)
		inf, nan := math.Inf(1), math.NaN()
		for name, c := range map[string]struct{ loss, grad float64 }{
			"gradient NaN": {1, nan}, "gradient infinite": {1, inf}, "gradient -infinite": {1, -inf},
			"loss NaN": {nan, 0.1}, "loss infinite": {inf, 0.1},
			"norm overflows": {1, 1e30},
		} {
			_, grads := randomGrads(p.Specs, 0, rng)
			last := len(grads) - 1
			x := make([]float32, p.Specs[last].Size())
			x[1] = float32(c.grad)
			grads[last] = device.Array(x, p.Specs[last].Shape...)
			if _, err := op.apply(p, grads, c.loss, rates{policy: 0.1}); !errors.Is(err, ErrNonFinite) {
				t.Errorf("%s: error %v, want ErrNonFinite", name, err)
			}
			if !sameBits(hostWeights(t, dev, p), weights) || !sameBits(hostTensors(t, dev, op.first), first) || !sameBits(hostTensors(t, dev, op.second), second) {
				t.Errorf("%s: weights or moments changed", name)
			}
			if op.steps != 1 || p.Version != 1 {
				t.Errorf("%s: %d steps counted, version %d", name, op.steps, p.Version)
			}
		}
	})
}
