package trainer

import (
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// balanceTolerance bounds the rounding of float32 sums in the loss of a first step.
const balanceTolerance = 1e-5

// TestBalanceLossOfExperts: where the model's config asks for it, the loss of a step
// has the experts' load-balancing loss times its coefficient, and a gradient of it
// reaches the routers.
func TestBalanceLossOfExperts(t *testing.T) {
	dev := openDevice(t, "go")
	train := func(on bool, coefficient float64) (map[string]float64, []float32) {
		arch := kitArch()
		arch.ModelType, arch.NumExperts, arch.NumExpertsPerTok, arch.MoeIntermediateSize = "qwen3_moe", 4, 2, 8
		arch.OutputRouterLogits, arch.RouterAuxLossCoef = on, coefficient
		s, rec := kitSetup(t, dev, kitStage("sft", "sft", 1))
		s.Policy = kitPolicy(t, arch)
		tr := runAll(t, s)
		for i, w := range tr.policy.Specs {
			if w.Name == "model.layers.0.mlp.gate.weight" {
				router, err := device.Values[float32](dev, tr.policy.Weights[i])
				if err != nil {
					t.Fatal(err)
				}
				return rec.steps[0].Values, router
			}
		}
		t.Fatal("no router")
		return nil, nil
	}
	const coefficient = 0.5
	without, plain := train(true, 0)
	with, balanced := train(true, coefficient)
	off, _ := train(false, coefficient)
	aux, ok := with["aux_loss"]
	if _, has := without["aux_loss"]; has || !ok || aux < 1-balanceTolerance || off["loss"] != without["loss"] {
		t.Errorf("aux_loss %v, without %v; loss %v when off, %v without", aux, without["aux_loss"], off["loss"], without["loss"])
	}
	if d := with["loss"] - without["loss"] - coefficient*aux; math.Abs(d) > balanceTolerance {
		t.Errorf("loss %v with and %v without an aux_loss of %v: %v too much", with["loss"], without["loss"], aux, d)
	}
	if slices.Equal(plain, balanced) {
		t.Error("the router's weights are the same with and without")
	}
}
