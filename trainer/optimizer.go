package trainer

import (
	"errors"
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// ErrNonFinite says that a loss or gradient was infinite or NaN. The weights are
// those before the step.
var ErrNonFinite = errors.New("non-finite loss or gradient")

// optimizer is AdamW with its state as flat lists in the order of the weights.
type optimizer struct {
	opts OptimOptions
	dev  *device.Device
	exec *device.Exec
	// head is trained beside the policy, its tensors after those of the policy; nil: none.
	head          *valueHead
	first, second []*device.Tensor
	// steps counts optimizer steps of the stage.
	steps int
}

func newOptimizer(dev *device.Device, p *model.Policy, head *valueHead, o OptimOptions) *optimizer {
	a := newAdamW(p, head, o)
	op := &optimizer{opts: o, dev: dev, exec: dev.SharedExec("adamw", *a, a.updateGraph), head: head}
	specs := head.specsAfter(p.Specs)
	for i := range specs {
		w := &specs[i]
		op.first = append(op.first, device.Array(make([]float32, w.Size()), w.Shape...))
		op.second = append(op.second, device.Array(make([]float32, w.Size()), w.Shape...))
	}
	return op
}

func newAdamW(p *model.Policy, head *valueHead, o OptimOptions) *adamW {
	a := &adamW{beta1: o.Beta1, beta2: o.Beta2, epsilon: o.Epsilon, weightDecay: o.WeightDecay, maxNorm: o.MaxGradNorm, policy: len(p.Specs)}
	specs := head.specsAfter(p.Specs)
	for i := range specs {
		a.decay = append(a.decay, len(specs[i].Shape) > 1)
	}
	return a
}

// apply takes one optimizer step at learning rates and returns the gradient norm.
func (op *optimizer) apply(p *model.Policy, grads []*device.Tensor, loss float64, r rates) (norm float64, err error) {
	weights := op.head.after(p.Weights)
	n := len(weights)
	t := float64(op.steps + 1)
	numbers := []float32{float32(loss), float32(r.policy), float32(1 - math.Pow(op.opts.Beta1, t)), float32(1 - math.Pow(op.opts.Beta2, t))}
	if op.head != nil {
		numbers = append(numbers, float32(r.values))
	}
	out, err := op.exec.Call(device.Args(device.Donate(weights), device.Donate(op.first), device.Donate(op.second), device.Donate(grads),
		device.Array(numbers, len(numbers)))...)
	if err != nil {
		return 0, fmt.Errorf("trainer: %w", err)
	}
	np := len(p.Weights)
	p.Weights, op.first, op.second = out[:np:np], out[n:2*n:2*n], out[2*n:3*n:3*n]
	if op.head != nil {
		op.head.weights = out[np:n:n]
	}
	result, err := device.Values[float32](op.dev, out[3*n])
	if err != nil {
		return 0, fmt.Errorf("trainer: %w", err)
	}
	norm = float64(result[0])
	if finite := result[1]; finite == 0 {
		return norm, ErrNonFinite
	}
	op.steps++
	p.Version++
	return norm, nil
}

// update takes one optimizer step over a batch: passes over its micro-batches, side
// by side where the device likes that, gradients added in their order. Without a
// row that has a gradient there is no step.
func (op *optimizer) update(o *objective, p *model.Policy, b *data.Batch, stats map[string]float64, r rates) (map[string]float64, error) {
	metrics := map[string]float64{"learning_rate": r.policy}
	if len(b.Micro) == 0 {
		return metrics, nil
	}
	var grads []*device.Tensor
	var passes []*passResult
	for lo := 0; lo < len(b.Micro); lo += op.dev.Parallel {
		some, err := o.passes(op.head.after(p.Weights), b, lo, min(lo+op.dev.Parallel, len(b.Micro)), stats)
		if err != nil {
			return nil, fmt.Errorf("trainer: %w", err)
		}
		for _, next := range some {
			if grads, err = o.add(grads, next); err != nil {
				return nil, fmt.Errorf("trainer: %w", err)
			}
		}
		passes = append(passes, some...)
	}
	loss := o.join(passes, metrics)
	metrics["loss"] = loss
	norm, err := op.apply(p, grads, loss, r)
	metrics["grad_norm"] = norm
	return metrics, err
}
