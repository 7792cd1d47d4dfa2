package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// epsilon is the spacing of float32 numbers near 1.
const epsilon = 1.0 / (1 << 23)

// statsTolerance bounds the error of log-probs and entropies of logits whose
// quotient by the temperature is at most size: a few roundings of such a number,
// of a sum of a thousand terms and of exp and log.
func statsTolerance(size float64) float64 { return 4*epsilon*size + 4e-6 }

// statsCases are rows of logits: ordinary ones, extreme ones, ties.
func statsCases(vocab int) [][]float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	normal := func(std, mean float64) []float32 {
		row := make([]float32, vocab)
		for i := range row {
			row[i] = float32(rng.NormFloat64()*std + mean)
		}
		return row
	}
	rows := [][]float32{normal(1, 0), normal(5, 0), normal(1, 1e4), normal(1, -1e4), make([]float32, vocab), normal(3e3, 0)}
	spike, hole, both := make([]float32, vocab), make([]float32, vocab), normal(1, 0)
	spike[0], hole[0], both[0], both[vocab-1] = 1e4, -1e4, 1e4, -1e4
	masked := normal(1, 0) // what truncation leaves of a row
	for i := range masked[:vocab-1] {
		masked[i] = -1e30
	}
	return append(rows, spike, hole, both, masked)
}

func TestTokenStats(t *testing.T) {
	onDevices(t, func(t *testing.T, dev *device.Device) {
		exec := dev.NewExec("stats", func(in []*node) []*node {
			s := TokenStatsGraph(in[0], in[1], in[2])
			return []*node{s.LogProbs, s.Entropy}
		})
		for _, vocab := range []int{1, 7, 1000} {
			rows := statsCases(vocab)
			for _, temperature := range []float64{1, 0.01, 0.7, 3} {
				t.Run(fmt.Sprintf("%d at %g", vocab, temperature), func(t *testing.T) {
					for _, target := range []int{0, vocab / 2, vocab - 1} {
						checkStats(t, dev, exec, rows, target, temperature)
					}
				})
			}
		}
	})
}

func checkStats(t *testing.T, dev *device.Device, exec *device.Exec, rows [][]float32, target int, temperature float64) {
	t.Helper()
	m, vocab := len(rows), len(rows[0])
	var logits []float32
	targets := make([]int32, m)
	for i, row := range rows {
		logits = append(logits, row...)
		targets[i] = int32(target)
	}
	got := call(t, dev, exec, device.Array(logits, m, vocab), device.Array(targets, m), float32(temperature))
	for i, row := range rows {
		wide, size := make([]float64, vocab), 0.0
		// The oracle divides by what float32 makes of the temperature.
		divisor := float64(float32(temperature))
		for j, v := range row {
			wide[j] = float64(v)
			if v > -1e20 || j == target {
				size = math.Max(size, math.Abs(float64(v))/divisor)
			}
		}
		logProb, entropy := stats(wide, target, divisor)
		if d := math.Abs(float64(got[0][i]) - logProb); !(d <= statsTolerance(size)) {
			t.Errorf("row %d target %d: log-prob %g, want %g", i, target, got[0][i], logProb)
		}
		if d := math.Abs(float64(got[1][i]) - entropy); !(d <= statsTolerance(size)) {
			t.Errorf("row %d: entropy %g, want %g", i, got[1][i], entropy)
		}
	}
}

// TestTokenStatsGradient compares with the formulas: d logp = (1[target] - p) / T,
// d entropy = -p (log p + entropy) / T; finite where a row is extreme.
func TestTokenStatsGradient(t *testing.T) {
	const vocab, target, temperature = 9, 4, 0.5
	rows := statsCases(vocab)
	var logits []float32
	targets := make([]int32, len(rows))
	for i, row := range rows {
		logits = append(logits, row...)
		targets[i] = target
	}
	onDevices(t, func(t *testing.T, dev *device.Device) {
		got := run(t, dev, func(in []*node) []*node {
			s := TokenStatsGraph(in[0], in[1], in[2])
			return []*node{
				graph.Gradient(graph.ReduceAllSum(s.LogProbs), in[0])[0],
				graph.Gradient(graph.ReduceAllSum(s.Entropy), in[0])[0],
			}
		}, device.Array(logits, len(rows), vocab), device.Array(targets, len(rows)), float32(temperature))
		for i, row := range rows {
			wide, size := make([]float64, vocab), 1.0
			for j, v := range row {
				wide[j] = float64(v)
				if v > -1e20 {
					size = math.Max(size, math.Abs(float64(v))/temperature)
				}
			}
			_, entropy := stats(wide, target, temperature)
			for j := range row {
				logP, _ := stats(wide, j, temperature)
				dLogProb, dEntropy := -math.Exp(logP)/temperature, 0.0
				if logP > -700 {
					dEntropy = -math.Exp(logP) * (logP + entropy) / temperature
				}
				if j == target {
					dLogProb += 1 / temperature
				}
				for k, want := range []float64{dLogProb, dEntropy} {
					// A probability is off by as much as its logarithm.
					if d := math.Abs(float64(got[k][i*vocab+j]) - want); !(d <= 2*statsTolerance(size)/temperature) {
						t.Errorf("row %d, d %s / d logit %d: %g, want %g", i, []string{"log-prob", "entropy"}[k], j, got[k][i*vocab+j], want)
					}
				}
			}
		}
	})
}
