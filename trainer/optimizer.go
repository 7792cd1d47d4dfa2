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
	opts          OptimOptions
	dev           *device.Device
	exec          *device.Exec
	first, second []*device.Tensor
	// steps counts optimizer steps of the stage.
	steps int
}

func newOptimizer(dev *device.Device, p *model.Policy, o OptimOptions) *optimizer {
	a := newAdamW(p, o)
	op := &optimizer{opts: o, dev: dev, exec: dev.SharedExec("adamw", *a, a.updateGraph)}
	for i := range p.Specs {
		w := &p.Specs[i]
		op.first = append(op.first, device.Array(make([]float32, w.Size()), w.Shape...))
		op.second = append(op.second, device.Array(make([]float32, w.Size()), w.Shape...))
	}
	return op
}

func newAdamW(p *model.Policy, o OptimOptions) *adamW {
	a := &adamW{beta1: o.Beta1, beta2: o.Beta2, epsilon: o.Epsilon, weightDecay: o.WeightDecay, maxNorm: o.MaxGradNorm}
	for i := range p.Specs {
		a.decay = append(a.decay, len(p.Specs[i].Shape) > 1)
	}
	return a
}

// apply takes one optimizer step at a learning rate and returns the gradient norm.
func (op *optimizer) apply(p *model.Policy, grads []*device.Tensor, loss, rate float64) (norm float64, err error) {
	n := len(p.Weights)
	t := float64(op.steps + 1)
	numbers := []float32{float32(loss), float32(rate), float32(1 - math.Pow(op.opts.Beta1, t)), float32(1 - math.Pow(op.opts.Beta2, t))}
	out, err := op.exec.Call(device.Args(device.Donate(p.Weights), device.Donate(op.first), device.Donate(op.second), device.Donate(grads),
		device.Array(numbers, len(numbers)))...)
	if err != nil {
		return 0, fmt.Errorf("trainer: %w", err)
	}
	p.Weights, op.first, op.second = out[:n:n], out[n:2*n:2*n], out[2*n:3*n:3*n]
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
func (op *optimizer) update(o *objective, p *model.Policy, b *data.Batch, stats map[string]float64, rate float64) (map[string]float64, error) {
	metrics := map[string]float64{"learning_rate": rate}
	if len(b.Micro) == 0 {
		return metrics, nil
	}
	var grads []*device.Tensor
	var passes []*passResult
	for lo := 0; lo < len(b.Micro); lo += op.dev.Parallel {
		some, err := o.passes(p.Weights, b, lo, min(lo+op.dev.Parallel, len(b.Micro)), stats)
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
	norm, err := op.apply(p, grads, loss, rate)
	metrics["grad_norm"] = norm
	return metrics, err
}
