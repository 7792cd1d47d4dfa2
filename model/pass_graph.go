package model

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// passProgram is what the executables of [Passes] are built from.
type passProgram struct{ arch *Arch }

func (p *passProgram) key() any { return *p.arch }

func (p *passProgram) bindGraph(in []*Node) (d *Decoder, rest []*Node) {
	nw := len(p.arch.Weights())
	return p.arch.BindGraph(in[:nw]), in[nw:]
}

// logitsGraph is a causal pass over tokens [1, S]. Outputs: logits [S, V], and where
// the architecture has sparse layers their routes [layers, S, k] and weights.
func (p *passProgram) logitsGraph(in []*Node) []*Node {
	d, rest := p.bindGraph(in)
	tokens := rest[0]
	s := tokens.Shape().Dim(1)
	hidden := d.HiddenGraph(tokens, p.arch.RotaryGraph(PositionsGraph(tokens), s), CausalGraph(tokens)) // [1, S, D]
	out := []*Node{d.LogitsGraph(Reshape(hidden, s, -1))}
	if len(d.routings) > 0 {
		out = append(out, d.RoutesGraph(), d.RouteWeightsGraph())
	}
	return out
}

// logProbsGraph is the pass that training makes. Inputs: weights, tokens, positions,
// segments, prefixes and targets, each [R, S]. Output: log-probs of the targets [R*S].
func (p *passProgram) logProbsGraph(in []*Node) []*Node {
	d, rest := p.bindGraph(in)
	tokens, positions, segments, prefixes, targets := rest[0], rest[1], rest[2], rest[3], rest[4]
	r, s := tokens.Shape().Dim(0), tokens.Shape().Dim(1)
	hidden := d.HiddenGraph(tokens, p.arch.RotaryGraph(positions, s), SegmentsGraph(segments, prefixes)) // [R, S, D]
	logits := d.LogitsGraph(Reshape(hidden, r*s, -1))                                                    // [R*S, V]
	return []*Node{TokenStatsGraph(logits, Reshape(targets, r*s), Const(tokens.Graph(), float32(1))).LogProbs}
}

// prefillGraph makes a cache of width slots. Inputs: weights, tokens [1, P], their
// number [1] int32. Outputs: logits [V] of the last token, cache tensors.
func (p *passProgram) prefillGraph(width int) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		d, rest := p.bindGraph(in)
		tokens, length := rest[0], rest[1]
		s := tokens.Shape().Dim(1)
		attention := CausalGraph(tokens)
		hidden := d.HiddenGraph(tokens, p.arch.RotaryGraph(PositionsGraph(tokens), s), attention)      // [1, S, D]
		last := Gather(Reshape(hidden, s, -1), InsertAxes(Sub(length, ConstAs(length, int32(1))), -1)) // [1, D]
		out := []*Node{Reshape(d.LogitsGraph(last), -1)}                                               // [V]
		source := ZerosLike(length)                                                                    // [1]
		for l := range attention.Keys {
			out = append(out, NewCacheGraph(attention.Keys[l], source, width), NewCacheGraph(attention.Values[l], source, width))
		}
		return out
	}
}

// stepGraph feeds one token. Inputs: weights, cache tensors, token [1, 1], position
// [1, 1]. Outputs: logits [V], cache tensors.
func (p *passProgram) stepGraph(in []*Node) []*Node {
	d, rest := p.bindGraph(in)
	nc := p.arch.NumCaches()
	attention := CachedGraph(append([]*Node{}, rest[:nc]...), rest[nc+1])
	width := attention.Cache[0].Shape().Dim(2)
	hidden := d.HiddenGraph(rest[nc], p.arch.RotaryGraph(rest[nc+1], width), attention) // [1, 1, D]
	return append([]*Node{Reshape(d.LogitsGraph(Reshape(hidden, 1, -1)), -1)}, attention.Cache...)
}
