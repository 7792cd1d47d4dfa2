package model

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

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
	arch := a.WithDefaults()
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

// Lookup returns the data of a checkpoint's tensor and its shape.
type Lookup func(name string) (data []float32, shape []int, err error)

// PolicyFromTensors binds named float32 arrays to an architecture. The tensors of
// experts are stacked. Each is looked up when its turn comes and handed to place, if
// given, before the next is: what place moves to the device need not stay on the host,
// so that no more than one tensor does.
func PolicyFromTensors(a *Arch, lookup Lookup, place ...func(*device.Tensor) error) (*Policy, error) {
	p := &Policy{Arch: a, Specs: a.Weights()}
	var err error
	p.Weights, err = ReadWeights(p.Specs, lookup, place...)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ReadWeights looks up the tensors that specs describe, as [PolicyFromTensors] does.
func ReadWeights(specs []Weight, lookup Lookup, place ...func(*device.Tensor) error) ([]*device.Tensor, error) {
	out := make([]*device.Tensor, 0, len(specs))
	for i := range specs {
		w := &specs[i]
		data, err := w.read(lookup)
		if err != nil {
			return nil, err
		}
		t := device.Array(data, w.Shape...)
		for _, put := range place {
			if err := put(t); err != nil {
				return nil, fmt.Errorf("model: tensor %s: %w", w.Name, err)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// read looks a tensor up, part by part where it has parts.
func (w *Weight) read(lookup Lookup) ([]float32, error) {
	if w.Parts == nil {
		return readPart(w.Name, w.Shape, lookup)
	}
	var all []float32
	for i, name := range w.Parts {
		data, err := readPart(name, w.Shape[1:], lookup)
		if err != nil {
			return nil, err
		}
		if i == 0 { // of a size that a file has shown to be real
			all = make([]float32, 0, len(data)*len(w.Parts))
		}
		all = append(all, data...)
	}
	return all, nil
}

func readPart(name string, want []int, lookup Lookup) ([]float32, error) {
	data, shape, err := lookup(name)
	if err != nil {
		return nil, fmt.Errorf("model: tensor %s: %w", name, err)
	}
	size := 1
	for _, n := range want {
		size *= n
	}
	if !slices.Equal(shape, want) || len(data) != size {
		return nil, fmt.Errorf("model: tensor %s: found shape %v, the config wants %v", name, shape, want)
	}
	return data, nil
}

// NumParameters is the number of weights, tied ones once.
func (p *Policy) NumParameters() int {
	n := 0
	for i := range p.Specs {
		n += p.Specs[i].Size()
	}
	return n
}
