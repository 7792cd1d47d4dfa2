package algos_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
)

// spy is a loss that hands its inputs to a test.
type spy func(in algos.Inputs)

func (spy) Needs() algos.Needs { return algos.Needs{} }

func (s spy) Graph(in algos.Inputs) algos.Output {
	s(in)
	return algos.Output{}
}

// Whatever a caller leaves at masked positions, losses see zeros there, in every array.
func TestLossesSeeZerosWhereMasked(t *testing.T) {
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	nan := float32(math.NaN())
	names := []string{"LogProbs", "Old", "Ref", "Rollout", "Values", "OldValues", "Returns", "Entropy", "Advantages", "Weights", "TokenIDs", "Feature"}
	out, err := CallOnceN(backend, func(x, mask *Node) []*Node {
		ids := AddScalar(ConvertDType(mask, dtypes.Int32), 9)
		features := map[string]*Node{"f": x}
		var seen []*Node
		a := &algos.Algorithm{Loss: spy(func(in algos.Inputs) {
			seen = []*Node{in.LogProbs, in.Old, in.Ref, in.Rollout, in.Values, in.OldValues, in.Returns, in.Entropy, in.Advantages, in.Weights, in.TokenIDs, in.Feature["f"]}
		})}
		a.Graph(algos.Inputs{
			LogProbs: x, Old: x, Ref: x, Rollout: x, Values: x, OldValues: x, Returns: x, Entropy: x, Advantages: x, Weights: x,
			TokenIDs: ids, Mask: mask, Feature: features,
		})
		if features["f"] != x {
			t.Error("the caller's features were changed")
		}
		for i := range seen {
			seen[i] = ConvertDType(seen[i], dtypes.Float32)
		}
		return seen
	}, [][]float32{{1, nan, 2}, {nan, nan, nan}}, [][]float32{{1, 0, 1}, {0, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range out {
		rows := x.Value().([][]float32)
		if rows[0][1] != 0 || rows[1][0] != 0 || rows[1][1] != 0 || rows[1][2] != 0 || rows[0][2] == 0 {
			t.Errorf("%s is %v", names[i], rows)
		}
	}
}

// An array of another shape than the mask is a programmer's error, told while building.
func TestShapesMustAgree(t *testing.T) {
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	_, err = CallOnceN(backend, func(x, mask *Node) []*Node {
		a := &algos.Algorithm{Loss: spy(func(algos.Inputs) {})}
		a.Graph(algos.Inputs{LogProbs: x, Mask: mask})
		return []*Node{x}
	}, [][]float32{{1, 2, 3}}, [][]float32{{1, 0}})
	if err == nil {
		t.Error("no error")
	}
}
