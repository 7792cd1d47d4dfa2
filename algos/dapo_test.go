package algos_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// DAPO and Dr. GRPO are GRPO's loss with other options: here is which.
func TestPresetsOfGRPO(t *testing.T) {
	for _, c := range []struct {
		name  string
		is    clip
		plain map[string]any // that make it GRPO
	}{
		{"dapo", clip{low: 0.2, high: 0.28, delta: 10, mode: "token-mean"},
			map[string]any{"epsilon_high": 0, "delta": 0, "loss_agg_mode": "seq-mean-token-mean"}},
		{"dr_grpo", clip{low: 0.2, high: 0.2, mode: "seq-mean-token-sum-norm"},
			map[string]any{"loss_agg_mode": "seq-mean-token-mean"}},
	} {
		algotest.Run(t, algotest.Case{
			Algorithm: algos.Options{Name: c.name}, Oracle: c.is.oracle, Metrics: c.is.metrics, Edges: c.is.edges(),
			Golden: "testdata/" + c.name + ".json",
		})
		is := clip{low: 0.2, high: 0.2, mode: "seq-mean-token-mean"}
		algotest.Run(t, algotest.Case{
			Algorithm: algos.Options{Name: c.name, Options: c.plain}, Oracle: is.oracle, Metrics: is.metrics, Edges: is.edges(),
			Identities: []algotest.Identity{same("with GRPO's clips and aggregation it is GRPO", "grpo", nil, nil)},
		})
	}
}
