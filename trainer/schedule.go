package trainer

import "math"

// rates are the learning rates of an optimizer step: of the policy's weights and of a
// value head's.
type rates struct{ policy, values float64 }

// rates follow the same schedule, each from its own height.
func (o *OptimOptions) rates(k, total int) rates {
	head := *o
	if o.ValueLearningRate > 0 {
		head.LearningRate = o.ValueLearningRate
	}
	return rates{o.rate(k, total), head.rate(k, total)}
}

// rate is the learning rate of optimizer step k (from 0) of a stage that has total.
// It rises linearly over the warm-up and then stays, falls linearly, or follows
// half a cosine, down to MinLRRatio of its height. A stage of several optimizer
// steps a round counts rounds.
func (o *OptimOptions) rate(k, total int) float64 {
	if k < o.WarmupSteps {
		return o.LearningRate * float64(k+1) / float64(o.WarmupSteps)
	}
	done := float64(k-o.WarmupSteps) / float64(max(1, total-o.WarmupSteps))
	falling := 1.0
	switch o.LRSchedulerType {
	case "linear":
		falling = 1 - done
	case "cosine":
		falling = (1 + math.Cos(math.Pi*done)) / 2
	}
	return o.LearningRate * (o.MinLRRatio + (1-o.MinLRRatio)*falling)
}
