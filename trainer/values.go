package trainer

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// valueHead predicts what a response will still earn from the policy's final hidden
// state: a weight for each of its numbers, and a bias. It shares the policy's layers, as
// TRL's AutoModelForCausalLMWithValueHead does, is trained in the same optimizer steps,
// its gradient counted in the norm that is clipped, and is float32.
//
// It begins at zero: the first advantages are then the returns, and the policy's layers
// learn nothing from values until the head does. A stage that has a head goes on with
// that of the stage before it, collections between them or not; where that had none, or
// the stage starts from other weights (init_from), the head is a new one.
type valueHead struct {
	specs   []model.Weight
	weights []*device.Tensor
}

// headSpecs describe a value head as the weights of a policy are described.
func headSpecs(a *model.Arch) []model.Weight {
	return []model.Weight{
		{Name: "value_head.weight", Shape: []int{1, a.HiddenSize}, Axes: []model.Axis{model.AxisNone, model.AxisEmbed}, Init: model.InitZeros},
		{Name: "value_head.bias", Shape: []int{1}, Axes: []model.Axis{model.AxisNone}, Init: model.InitZeros},
	}
}

func newValueHead(a *model.Arch) *valueHead {
	h := &valueHead{specs: headSpecs(a)}
	for i := range h.specs {
		h.weights = append(h.weights, device.Array(make([]float32, h.specs[i].Size()), h.specs[i].Shape...))
	}
	return h
}

// after appends the head's tensors to those of a policy; a nil head has none.
func (h *valueHead) after(weights []*device.Tensor) []*device.Tensor {
	if h == nil {
		return weights
	}
	return slices.Concat(weights, h.weights)
}

// specsAfter appends their descriptions.
func (h *valueHead) specsAfter(specs []model.Weight) []model.Weight {
	if h == nil {
		return specs
	}
	return slices.Concat(specs, h.specs)
}

// openHead makes ready the value head of a stage: that of the stage before or of the
// checkpoint, if there is one.
func (t *Trainer) openHead(needed bool) error {
	switch {
	case !needed:
		t.head = nil
	case t.head == nil && t.state.StageStep > 0:
		return fmt.Errorf("trainer: value head of step %d: %s is missing", t.state.Step, headSpecs(t.policy.Arch)[0].Name)
	case t.head == nil:
		t.head = newValueHead(t.policy.Arch)
	}
	return nil
}

// restoreHead takes up the value head of a checkpoint, if it has one.
func (t *Trainer) restoreHead(c *checkpoints.Checkpoint) error {
	h := &valueHead{specs: headSpecs(t.policy.Arch)}
	if !slices.ContainsFunc(c.Optimizer, func(x checkpoints.Tensor) bool {
		return slices.ContainsFunc(h.specs, func(w model.Weight) bool { return x.Name == w.Name })
	}) {
		t.head = nil
		return nil
	}
	var err error
	if h.weights, err = model.ReadWeights(h.specs, lookup(c.Optimizer, ""), t.setup.Device.Keep); err != nil {
		return fmt.Errorf("trainer: value head of step %d: %w", c.Step, err)
	}
	t.head = h
	return nil
}

// explainedVariance is 1 - Var(returns - values) / Var(returns) over trained tokens, with
// the values at the start of the step: 1 for a perfect head, 0 for one that is no better
// than a constant. It is not defined where all returns are equal.
func explainedVariance(s *data.Scored) (v float64, ok bool) {
	var returns, errors []float64
	for i := range s.Rows {
		r := &s.Rows[i]
		for t, trained := range r.Mask {
			if trained {
				returns = append(returns, float64(r.Returns[t]))
				errors = append(errors, float64(r.Returns[t])-float64(r.Values[t]))
			}
		}
	}
	_, spread := meanStd(returns)
	if spread == 0 {
		return 0, false
	}
	_, left := meanStd(errors)
	return 1 - left*left/(spread*spread), true
}
