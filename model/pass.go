package model

import (
	"fmt"
	"math/bits"

	"github.com/rlvr-go/rlvr/model/device"
)

// Passes computes a policy's outputs in each of the ways that sampling and training
// do, to compare them with each other and with other implementations. Sequences are
// padded on the right to a power of two, so that there are few executables.
type Passes struct {
	dev    *device.Device
	policy *Policy
}

// NewPasses computes in the dtype of the policy's architecture.
func NewPasses(dev *device.Device, p *Policy) *Passes { return &Passes{dev: dev, policy: p} }

// PassOutput is what a pass over one sequence of n tokens computes.
type PassOutput struct {
	// Logits are [n, V].
	Logits []float32
	// Routes are the experts of each token in each sparse layer, [layers][n*k], and
	// RouteWeights their weights. Nil where no layer is sparse.
	Routes       [][]int32
	RouteWeights [][]float32
}

// smallestPass is the shortest sequence that an executable is made for.
const smallestPass = 16

// padded is n rounded up to a power of two.
func padded(n int) int { return max(smallestPass, 1<<bits.Len(uint(n-1))) }

// check refuses tokens that the vocabulary does not have: a device would take others
// for them, quietly.
func (ps *Passes) check(ids []int32) error {
	if len(ids) == 0 {
		return fmt.Errorf("model: a sequence without tokens")
	}
	for i, id := range ids {
		if id < 0 || int(id) >= ps.policy.Arch.VocabSize {
			return fmt.Errorf("model: token %d is %d, not one of the model's %d", i, id, ps.policy.Arch.VocabSize)
		}
	}
	return nil
}

// Logits is one pass over a sequence, of rotary frequencies as transformers has them
// for its length: see [Arch.AtLength].
func (ps *Passes) Logits(ids []int32) (*PassOutput, error) {
	if err := ps.check(ids); err != nil {
		return nil, err
	}
	p := &passProgram{ps.policy.Arch.AtLength(len(ids))}
	s := padded(len(ids))
	tokens := make([]int32, s)
	copy(tokens, ids)
	out, err := ps.dev.SharedExec("logits", p.key(), p.logitsGraph).Call(device.Args(ps.policy.Weights, device.Array(tokens, 1, s))...)
	if err != nil {
		return nil, err
	}
	logits, err := device.Values[float32](ps.dev, out[0])
	if err != nil {
		return nil, err
	}
	result := &PassOutput{Logits: logits[:len(ids)*p.arch.VocabSize]}
	if len(out) == 1 {
		return result, nil
	}
	routes, err := device.Values[int32](ps.dev, out[1])
	if err != nil {
		return nil, err
	}
	weights, err := device.Values[float32](ps.dev, out[2])
	if err != nil {
		return nil, err
	}
	k := p.arch.NumExpertsPerTok
	for at := 0; at < len(routes); at += s * k {
		result.Routes = append(result.Routes, routes[at:][:len(ids)*k])
		result.RouteWeights = append(result.RouteWeights, weights[at:][:len(ids)*k])
	}
	return result, nil
}

// PassRows are R rows of S tokens as training lays them out: see [SegmentsGraph]. All
// slices are [R*S].
type PassRows struct {
	R, S                                           int
	Tokens, Positions, Segments, Prefixes, Targets []int32
}

// LogProbs are those of the targets, [R*S], in one pass as training makes it.
func (ps *Passes) LogProbs(rows *PassRows) ([]float32, error) {
	for _, ids := range [][]int32{rows.Tokens, rows.Targets} {
		if err := ps.check(ids); err != nil {
			return nil, err
		}
	}
	p := &passProgram{ps.policy.Arch}
	args := []any{ps.policy.Weights}
	for _, x := range [][]int32{rows.Tokens, rows.Positions, rows.Segments, rows.Prefixes, rows.Targets} {
		args = append(args, device.Array(x, rows.R, rows.S))
	}
	out, err := ps.dev.SharedExec("log-probs", p.key(), p.logProbsGraph).Call(device.Args(args...)...)
	if err != nil {
		return nil, err
	}
	return device.Values[float32](ps.dev, out[0])
}

// PassCache is a sequence that is fed token by token.
type PassCache struct {
	passes *Passes
	cache  []*device.Tensor
	// next is the position of the next token, width the number of slots.
	next, width int
}

// Start computes a prompt at once and returns the logits [V] after it, and a cache
// with room for more tokens.
func (ps *Passes) Start(prompt []int32, more int) (*PassCache, []float32, error) {
	if err := ps.check(prompt); err != nil {
		return nil, nil, err
	}
	p := &passProgram{ps.policy.Arch}
	s, width := padded(len(prompt)), padded(len(prompt)+more)
	tokens := make([]int32, s)
	copy(tokens, prompt)
	exec := ps.dev.SharedExec("start", []any{p.key(), width}, p.prefillGraph(width))
	out, err := exec.Call(device.Args(ps.policy.Weights, device.Array(tokens, 1, s), device.Array([]int32{int32(len(prompt))}, 1))...)
	if err != nil {
		return nil, nil, err
	}
	c := &PassCache{passes: ps, cache: out[1:], next: len(prompt), width: width}
	logits, err := device.Values[float32](ps.dev, out[0])
	return c, logits, err
}

// Next feeds a token and returns the logits [V] after it.
func (c *PassCache) Next(token int32) ([]float32, error) {
	ps := c.passes
	if err := ps.check([]int32{token}); err != nil {
		return nil, err
	}
	if c.next >= c.width {
		return nil, fmt.Errorf("model: a cache of %d tokens is full", c.width)
	}
	p := &passProgram{ps.policy.Arch}
	out, err := ps.dev.SharedExec("next", p.key(), p.stepGraph).Call(device.Args(ps.policy.Weights, device.Donate(c.cache),
		device.Array([]int32{token}, 1, 1), device.Array([]int32{int32(c.next)}, 1, 1))...)
	if err != nil {
		return nil, err
	}
	c.cache, c.next = out[1:], c.next+1
	return device.Values[float32](ps.dev, out[0])
}

// Close gives the cache's memory back.
func (c *PassCache) Close() error { return device.Free(c.cache) }
