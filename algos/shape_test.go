package algos_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

func TestMaskTruncated(t *testing.T) {
	rows := func() *data.Scored {
		s := algotest.Rewards([]float64{1, 0, 1})
		s.Rows[0].Rollout.Finish = data.FinishEOS
		s.Rows[1].Rollout.Finish = data.FinishLength
		s.Rows[2].Rollout.Finish = data.FinishStop
		return s
	}
	for _, c := range []struct {
		on   bool
		want func(*data.Scored)
	}{
		{false, func(*data.Scored) {}},
		{true, func(s *data.Scored) { s.Rows[1].Mask = []bool{false, false} }},
	} {
		algotest.RunShaper(t, algotest.ShaperCase{
			Name:      "mask_truncated",
			Algorithm: algos.Options{Name: "grpo", Options: map[string]any{"mask_truncated_completions": c.on}},
			Scored:    rows, Want: c.want,
		})
	}
}
