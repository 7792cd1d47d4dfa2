package algotest

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/rlvr-go/rlvr/data"
)

// Batch is one optimizer step: N responses, padded to T tokens. The arrays are
// [N][T], nil where not needed, and hold numbers that are exact in float32, so that
// graph and oracle see the same. Fields are named as in [algos.Inputs].
type Batch struct {
	LogProbs   [][]float64 `json:"log_probs"`
	Old        [][]float64 `json:"old"`
	Ref        [][]float64 `json:"ref"`
	Rollout    [][]float64 `json:"rollout"`
	Values     [][]float64 `json:"values"`
	OldValues  [][]float64 `json:"old_values"`
	Returns    [][]float64 `json:"returns"`
	Entropy    [][]float64 `json:"entropy"`
	Advantages [][]float64 `json:"advantages"`
	Weights    [][]float64 `json:"weights"`
	// Mask is true for trained tokens.
	Mask     [][]bool  `json:"mask"`
	TokenIDs [][]int32 `json:"token_ids"`
	// Feature holds what the parts ask for by name.
	Feature map[string][][]float64 `json:"feature"`
	// Stat holds the batch-wide statistics; [Runner.Eval] sets it.
	Stat map[string]float64 `json:"-"`
	// MaxLength is max_completion_length.
	MaxLength int `json:"max_length"`
	// Group is the group of each row, [N]; rows of a group are neighbours. Nil: each
	// row is a group.
	Group []int `json:"group"`
	// Length is the number of tokens of each row, the rest is padding, [N]. Nil: T.
	Length []int `json:"length"`
	// Prompt is the number of tokens before each response.
	Prompt int `json:"prompt"`
	// Reward of each row, [N]. Nil: 0.
	Reward []float64 `json:"reward"`
}

// N is the number of responses and T their padded length.
func (b *Batch) N() int { return len(b.Mask) }

// T is the padded length of the responses.
func (b *Batch) T() int {
	if len(b.Mask) == 0 {
		return 0
	}
	return len(b.Mask[0])
}

// Weight is a token's weight, 1 unless the batch has weights.
func (b *Batch) Weight(i, t int) float64 {
	if b.Weights == nil {
		return 1
	}
	return b.Weights[i][t]
}

// Trained is the number of trained tokens of a row.
func (b *Batch) Trained(i int) int {
	n := 0
	for _, m := range b.Mask[i] {
		if m {
			n++
		}
	}
	return n
}

// Tokens is the number of trained tokens of the step.
func (b *Batch) Tokens() int {
	n := 0
	for i := range b.Mask {
		n += b.Trained(i)
	}
	return n
}

// Sequences is the number of responses with a trained token.
func (b *Batch) Sequences() int {
	n := 0
	for i := range b.Mask {
		if b.Trained(i) > 0 {
			n++
		}
	}
	return n
}

func (b *Batch) length(i int) int {
	if b.Length == nil {
		return b.T()
	}
	return b.Length[i]
}

func (b *Batch) group(i int) int {
	if b.Group == nil {
		return i
	}
	return b.Group[i]
}

// arrays are the float arrays that are there, features aside.
func (b *Batch) arrays() []*[][]float64 {
	out := []*[][]float64{
		&b.LogProbs, &b.Old, &b.Ref, &b.Rollout, &b.Values, &b.OldValues, &b.Returns,
		&b.Entropy, &b.Advantages, &b.Weights,
	}
	return slices.DeleteFunc(out, func(x *[][]float64) bool { return *x == nil })
}

// Clone is a deep copy.
func (b *Batch) Clone() *Batch {
	return b.rows(iota(b.N()))
}

// rows is a deep copy of some rows, in the order given.
func (b *Batch) rows(index []int) *Batch {
	c := *b
	for _, x := range c.arrays() {
		*x = pick(*x, index)
	}
	c.Mask, c.TokenIDs = pick(b.Mask, index), pick(b.TokenIDs, index)
	c.Feature = make(map[string][][]float64, len(b.Feature))
	for name, x := range b.Feature {
		c.Feature[name] = pick(x, index)
	}
	c.Stat = maps.Clone(b.Stat)
	c.Group, c.Length, c.Reward = pickOne(b.Group, index), pickOne(b.Length, index), pickOne(b.Reward, index)
	return &c
}

func pick[T any](rows [][]T, index []int) [][]T {
	if rows == nil {
		return nil
	}
	out := make([][]T, len(index))
	for k, i := range index {
		out[k] = slices.Clone(rows[i])
	}
	return out
}

func pickOne[T any](x []T, index []int) []T {
	if x == nil {
		return nil
	}
	out := make([]T, len(index))
	for k, i := range index {
		out[k] = x[i]
	}
	return out
}

func iota(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// pad widens every array by extra masked tokens.
func (b *Batch) pad(extra int) *Batch {
	c := b.Clone()
	if c.Length == nil {
		c.Length = slices.Repeat([]int{b.T()}, b.N())
	}
	zeros := make([]float64, extra)
	for _, x := range c.arrays() {
		widen(*x, zeros)
	}
	for _, x := range c.Feature {
		widen(x, zeros)
	}
	widen(c.Mask, make([]bool, extra))
	widen(c.TokenIDs, make([]int32, extra))
	return c
}

// narrow cuts every array to its first columns.
func (b *Batch) narrow(width int) *Batch {
	c := b.Clone()
	for _, x := range c.arrays() {
		cut(*x, width)
	}
	for _, x := range c.Feature {
		cut(x, width)
	}
	cut(c.Mask, width)
	cut(c.TokenIDs, width)
	return c
}

func cut[T any](rows [][]T, width int) {
	for i := range rows {
		rows[i] = rows[i][:width]
	}
}

func widen[T any](rows [][]T, by []T) {
	for i := range rows {
		rows[i] = append(rows[i], by...)
	}
}

// junk fills the masked positions of all arrays with what must not matter.
func (b *Batch) junk() *Batch {
	c := b.Clone()
	fill := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30, -1e30}
	next := 0
	spoil := func(x [][]float64) {
		for i := range x {
			for t := range x[i] {
				if !c.Mask[i][t] {
					x[i][t] = fill[next%len(fill)]
					next++
				}
			}
		}
	}
	for _, x := range c.arrays() {
		spoil(*x)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Feature)) {
		spoil(c.Feature[name])
	}
	return c
}

// Scored is the batch as host parts see it.
func (b *Batch) Scored() *data.Scored {
	s := &data.Scored{Rows: make([]data.Row, b.N())}
	for i := range s.Rows {
		n := b.length(i)
		if i == 0 || b.group(i) != b.group(i-1) {
			s.Groups = append(s.Groups, data.Group{Example: &data.Example{ID: strconv.Itoa(b.group(i))}, Prompt: make([]int32, b.Prompt)})
		}
		r := &s.Rows[i]
		r.Group = len(s.Groups) - 1
		r.Rollout = &data.Rollout{Segments: []data.Segment{{Tokens: make([]int32, n), RolloutLogProbs: float32s(b.Rollout, i, n)}}}
		if b.TokenIDs != nil {
			copy(r.Rollout.Segments[0].Tokens, b.TokenIDs[i])
		}
		if b.Reward != nil {
			r.Reward = b.Reward[i]
		}
		r.Mask = slices.Clone(b.Mask[i][:n])
		r.OldLogProbs, r.RefLogProbs, r.RolloutLogProbs = float32s(b.Old, i, n), float32s(b.Ref, i, n), float32s(b.Rollout, i, n)
		r.Values, r.Returns = float32s(b.Values, i, n), float32s(b.Returns, i, n)
		r.Entropy, r.Weights = float32s(b.Entropy, i, n), float32s(b.Weights, i, n)
		if b.Advantages != nil {
			r.Advantages = slices.Clone(b.Advantages[i][:n])
		}
		r.Features = map[string][]float32{}
		for _, name := range slices.Sorted(maps.Keys(b.Feature)) {
			r.Features[name] = float32s(b.Feature[name], i, n)
		}
	}
	return s
}

func float32s(rows [][]float64, i, n int) []float32 {
	if rows == nil {
		return nil
	}
	out := make([]float32, n)
	for t := range out {
		out[t] = float32(rows[i][t])
	}
	return out
}
