package trainer

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/model/device"
)

// gapTolerance is relative: float32 exponentials of log-ratios of up to 20.
const gapTolerance = 1e-4

// TestGapMetrics compares the metrics of sampler against trainer with plain loops in
// float64, over two micro-batches that are joined: an empty response, a token in the
// middle that is not trained, a log-probability that the sampler did not give, one that is
// far off.
func TestGapMetrics(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	type batch struct{ start, rollout, mask []float32 }
	const n, width = 3, 4
	batches := []batch{
		{
			[]float32{-0.5, -1, -2, 9, -0.1, -0.2, nan, -0.3, 0, 0, 0, 0},
			[]float32{-0.6, -1.25, -1.5, nan, -0.1, inf, 7, -0.2, 1, 2, 3, 4},
			[]float32{1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0},
		},
		{
			[]float32{-30, -1, 0, 0, -0.4, -0.5, -0.6, -0.7, -3, 0, 0, 0},
			[]float32{-0.5, -1, 0, 0, -0.3, -0.6, -0.65, nan, -2.5, 0, 0, 0},
			[]float32{1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0},
		},
	}
	want := map[string]float64{
		"sampling/sampling_logp_difference/max": 0, "sampling/importance_sampling_ratio/max": 0,
		"sampling/importance_sampling_ratio/min": math.Inf(1),
	}
	tokens, responses, squares := 0.0, 0.0, 0.0
	bound := func(x, most float64) float64 { return min(max(x, -most), most) }
	for _, b := range batches {
		for i := range n {
			sum, length, start, rollout := 0.0, 0.0, 0.0, 0.0
			for j := i * width; j < (i+1)*width; j++ {
				if b.mask[j] == 0 {
					continue
				}
				s, r := float64(b.start[j]), float64(b.rollout[j])
				if math.IsNaN(r) || math.IsInf(r, 0) {
					r = s
				}
				k := s - r
				ratio := math.Exp(bound(k, 20))
				tokens, length, sum, start, rollout = tokens+1, length+1, sum+k, start+s, rollout+r
				squares += ratio * ratio
				for name, v := range map[string]float64{
					"sampling/sampling_logp_difference/mean": math.Abs(k), "sampling/importance_sampling_ratio/mean": ratio,
					"rollout_corr/kl": -k, "rollout_corr/k3_kl": ratio - k - 1, "rollout_corr/chi2_token": ratio*ratio - 1,
					"token_mult_prob_error": math.Exp(bound(math.Abs(k), 20)),
				} {
					want[name] += v
				}
				want["sampling/sampling_logp_difference/max"] = max(want["sampling/sampling_logp_difference/max"], math.Abs(k))
				want["sampling/importance_sampling_ratio/max"] = max(want["sampling/importance_sampling_ratio/max"], ratio)
				want["sampling/importance_sampling_ratio/min"] = min(want["sampling/importance_sampling_ratio/min"], ratio)
			}
			if length > 0 {
				responses++
				want["rollout_corr/chi2_seq"] += math.Exp(bound(2*sum, 40)) - 1
				want["rollout_corr/training_ppl"] += math.Exp(bound(-start/length, 20))
				want["rollout_corr/rollout_ppl"] += math.Exp(bound(-rollout/length, 20))
			}
		}
	}
	for name := range want {
		switch name {
		case "rollout_corr/chi2_seq", "rollout_corr/training_ppl", "rollout_corr/rollout_ppl":
			want[name] /= responses
		case "sampling/sampling_logp_difference/max", "sampling/importance_sampling_ratio/max", "sampling/importance_sampling_ratio/min":
		default:
			want[name] /= tokens
		}
	}
	mean := want["sampling/importance_sampling_ratio/mean"]
	want["rollout_corr/rollout_is_eff_sample_size"] = mean * mean / (squares / tokens)

	dev := openDevice(t, "go")
	o := &objective{}
	exec := dev.NewExec("gap", func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{o.reportGraph(graph.ScalarZero(in[0].Graph(), in[0].DType()), gapGraph(in[0], in[1], in[2]))}
	})
	var passes []*passResult
	for _, b := range batches {
		out, err := exec.Call(device.Array(b.start, n, width), device.Array(b.rollout, n, width), device.Array(b.mask, n, width))
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := device.Values[float32](dev, out[0])
		if err != nil {
			t.Fatal(err)
		}
		passes = append(passes, &passResult{scalars: numbers})
	}
	got := map[string]float64{}
	o.join(passes, got)
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(gapTolerance, 0)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// TestSampleSizeOfWeights: where rollout correction weighs tokens, its weights count.
func TestSampleSizeOfWeights(t *testing.T) {
	m := map[string]float64{
		"rollout_corr/rollout_is_mean": 0.5, "rollout_corr/rollout_is_sq_mean": 0.5,
		"sampling/importance_sampling_ratio/mean": 1, "rollout_corr/chi2_token": 3,
	}
	addSampleSize(m)
	if got := m["rollout_corr/rollout_is_eff_sample_size"]; got != 0.5 {
		t.Errorf("%v, want 0.5", got)
	}
	offline := map[string]float64{"entropy": 1}
	if addSampleSize(offline); len(offline) != 1 {
		t.Errorf("offline: %v", offline)
	}
}
