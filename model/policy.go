package model

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/rlvr-go/rlvr/model/device"
)

// Policy is an architecture with its weights. The same tensors go to prefill,
// decoding and training: there is nothing to synchronise.
type Policy struct {
	Arch *Arch
	// Specs and Weights are in the order of [Arch.Weights].
	Specs   []Weight
	Weights []*device.Tensor
	// Version counts the optimizer steps that made these weights.
	Version int
}

// NewPolicy initialises a policy at random as HF does: matrices normal with
// standard deviation initializer_range, biases 0, norms 1. Each tensor has its own
// stream of random numbers, from seed and name.
func NewPolicy(a *Arch, seed int64) (*Policy, error) {
	if err := a.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	arch := a.withDefaults()
	if arch.VocabSize == 0 {
		return nil, fmt.Errorf("model: vocab_size: missing, and no tokenizer to take it from")
	}
	p := &Policy{Arch: &arch, Specs: arch.Weights()}
	for i := range p.Specs {
		p.Weights = append(p.Weights, device.Array(initial(&p.Specs[i], arch.InitializerRange, seed), p.Specs[i].Shape...))
	}
	return p, nil
}

func initial(w *Weight, std float64, seed int64) []float32 {
	data := make([]float32, w.Size())
	switch w.Init {
	case InitZeros:
	case InitOnes:
		for i := range data {
			data[i] = 1
		}
	case InitNormal:
		h := fnv.New64a()
		h.Write([]byte(w.Name))
		rng := rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
		for i := range data {
			data[i] = float32(rng.NormFloat64() * std)
		}
	}
	return data
}

// PolicyFromTensors binds named float32 arrays to an architecture. lookup returns
// the data of a tensor and its shape.
func PolicyFromTensors(a *Arch, lookup func(name string) (data []float32, shape []int, err error)) (*Policy, error) {
	p := &Policy{Arch: a, Specs: a.Weights()}
	for i := range p.Specs {
		w := &p.Specs[i]
		data, shape, err := lookup(w.Name)
		if err != nil {
			return nil, fmt.Errorf("model: tensor %s: %w", w.Name, err)
		}
		if fmt.Sprint(shape) != fmt.Sprint(w.Shape) || len(data) != w.Size() {
			return nil, fmt.Errorf("model: tensor %s: found shape %v, the config wants %v", w.Name, shape, w.Shape)
		}
		p.Weights = append(p.Weights, device.Array(data, w.Shape...))
	}
	return p, nil
}

// NumParameters is the number of weights, tied ones once.
func (p *Policy) NumParameters() int {
	n := 0
	for i := range p.Specs {
		n += p.Specs[i].Size()
	}
	return n
}
