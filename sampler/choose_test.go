package sampler

import (
	"fmt"
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// chosen are the host's copies of a choice.
type chosen struct {
	token              []int32
	logProb, truncated []float32
}

// chooser is an executable that chooses tokens.
func chooser(dev *device.Device, tr truncation) *device.Exec {
	return dev.NewExec("choose", func(in []*node) []*node {
		c := chooseGraph(in[0], GumbelGraph(in[1], in[2], in[0].Shape().Dim(1)), in[3], tr)
		return []*node{c.token, c.logProb, c.truncated}
	})
}

// choose samples a token for each of rows keys from one row of logits.
func choose(t testing.TB, dev *device.Device, exec *device.Exec, logits []float32, rows int, temperature float64) chosen {
	t.Helper()
	v := len(logits)
	var keys []uint32
	var all []float32
	positions := make([]int32, rows)
	for i := range rows {
		key := Draw{Seed: 11}.key(uint64(i/8), i%8)
		keys = append(keys, key[0], key[1])
		all = append(all, logits...)
		positions[i] = int32(i % 5)
	}
	out, err := exec.Call(device.Args(device.Array(all, rows, v), device.Array(keys, rows, 2), device.Array(positions, rows), float32(temperature))...)
	if err != nil {
		t.Fatal(err)
	}
	return chosen{values[int32](t, dev, out[0]), values[float32](t, dev, out[1]), values[float32](t, dev, out[2])}
}

// softmax is the distribution of logits / T in float64; kept tells what is not
// dropped, nil: everything is kept.
func softmax(logits []float32, temperature float64, kept []bool) []float64 {
	top, total := math.Inf(-1), 0.0
	for _, x := range logits {
		top = math.Max(top, float64(x)/temperature)
	}
	p := make([]float64, len(logits))
	for i, x := range logits {
		if kept == nil || kept[i] {
			p[i] = math.Exp(float64(x)/temperature - top)
			total += p[i]
		}
	}
	for i := range p {
		p[i] /= total
	}
	return p
}

var whole = truncation{topP: 1}

// TestSamplesFollowTheSoftmax has a chi-square test of how often each token is
// drawn, and compares each token's log-probabilities.
func TestSamplesFollowTheSoftmax(t *testing.T) {
	logits := []float32{1.2, -0.7, 0.3, 2.1, -1.5, 0.3, 1.9, -3}
	const rows = 8192
	backends(t, func(t *testing.T, dev *device.Device) {
		for name, c := range map[string]struct {
			trunc        truncation
			temperatures []float64
			kept         []bool
		}{
			"whole": {whole, []float64{0.5, 1, 3}, nil},
			"top-k": {truncation{topK: 3, topP: 1}, []float64{1}, []bool{0: true, 3: true, 6: true, 7: false}},
			"top-p": {truncation{topP: 0.6}, []float64{2}, []bool{0: true, 3: true, 6: true, 7: false}},
			"min-p": {truncation{topP: 1, minP: 0.1}, []float64{1}, []bool{0: true, 2: true, 3: true, 5: true, 6: true, 7: false}},
		} {
			exec := chooser(dev, c.trunc)
			for _, temperature := range c.temperatures {
				t.Run(fmt.Sprintf("%s at %g", name, temperature), func(t *testing.T) {
					checkDistribution(t, choose(t, dev, exec, logits, rows, temperature), logits, temperature, c.kept)
				})
			}
		}
	})
}

func checkDistribution(t *testing.T, got chosen, logits []float32, temperature float64, kept []bool) {
	t.Helper()
	p, q := softmax(logits, temperature, nil), softmax(logits, temperature, kept)
	counts, want := make([]float64, len(logits)), make([]float64, len(logits))
	for i, token := range got.token {
		counts[token]++
		for what, pair := range map[string][2]float64{
			"log-prob": {float64(got.logProb[i]), math.Log(p[token])}, "truncated": {float64(got.truncated[i]), math.Log(q[token])}} {
			if d := math.Abs(pair[0] - pair[1]); !(d <= logProbTolerance) {
				t.Fatalf("row %d, token %d: %s %g, want %g", i, token, what, pair[0], pair[1])
			}
		}
	}
	for i := range want {
		want[i] = float64(len(got.token)) * q[i]
	}
	if z := chiSquareZ(counts, want); z > improbable {
		t.Errorf("drawn %v, expected %.0f: %.1f standard deviations", counts, want, z)
	}
}

// TestGreedyIsTheArgmax: temperature 0 takes the most likely token whatever the
// noise, the first of equals, and gives its log-probability at temperature 1.
func TestGreedyIsTheArgmax(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		for name, tr := range map[string]truncation{"whole": whole, "truncated": {topK: 2, topP: 0.5, minP: 0.2}} {
			exec := chooser(dev, tr)
			for _, c := range []struct {
				logits []float32
				want   int32
			}{
				{[]float32{0, 1, 5, 4.9999}, 2},
				{[]float32{3, 3, 3, 2}, 0},
				{[]float32{-1e4, 1e4, 0, 9999}, 1},
				{[]float32{-5, -4, -3, -2}, 3},
			} {
				got := choose(t, dev, exec, c.logits, 64, 0)
				want := math.Log(softmax(c.logits, 1, nil)[c.want])
				for i, token := range got.token {
					if token != c.want || math.Abs(float64(got.logProb[i])-want) > logProbTolerance {
						t.Fatalf("%v %s: token %d with log-prob %g, want %d with %g", c.logits, name, token, got.logProb[i], c.want, want)
					}
				}
			}
		}
	})
}

func TestEOSGraph(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		for _, c := range []struct {
			eos  []int32
			want string
		}{{nil, "[0 0 0 0]"}, {[]int32{7}, "[0 1 0 0]"}, {[]int32{7, 0}, "[0 1 0 1]"}} {
			out := run(t, dev, func(in []*node) []*node { return []*node{toInt(eosGraph(in[0], c.eos))} }, device.Array([]int32{3, 7, -1, 0}, 4))
			if got := fmt.Sprint(values[int32](t, dev, out[0])); got != c.want {
				t.Errorf("eos %v: %s, want %s", c.eos, got, c.want)
			}
		}
	})
}
