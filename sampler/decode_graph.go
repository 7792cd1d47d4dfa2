package sampler

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/model"
)

// program is what the two executables of a sampler are built from.
type program struct {
	arch  *model.Arch
	trunc truncation
	eos   []int32
	chunk int
	// newCache is the width of the cache that prefill makes; 0: it takes one.
	newCache int
	// routes are kept.
	routes bool
}

// key says all that a program's graphs depend on.
func (p *program) key() any { return []any{*p.arch, p.trunc, p.eos, p.chunk, p.newCache, p.routes} }

// Inputs of a row in both executables, after the weights and the cache.
type rowInputs struct {
	keys        *Node // [B, 2] uint32
	temperature *Node // scalar
}

// prefillInputs is the number of inputs after weights and cache.
const prefillInputs = 5

// prefillGraph computes prompts once and admits rows to them. Inputs: weights,
// cache tensors [B, K, W, E] (none where it makes a new one), prompts [N, P] int32, lengths [N] int32, source [B]
// int32 (the prompt of a row, -1: the row goes on as it is), keys [B, 2],
// temperature. Outputs: cache tensors, then token [B], log-prob [B] and truncated
// log-prob [B] of each admitted row's first token, and the routes of the prompts'
// tokens [N, P, L*K] int32 where they are kept.
func (p *program) prefillGraph(in []*Node) []*Node {
	nw, nc := len(p.arch.Weights()), p.arch.NumCaches()
	caches := make([]*Node, nc)
	if p.newCache == 0 {
		copy(caches, in[nw:])
	}
	weights, rest := in[:nw], in[len(in)-prefillInputs:]
	prompts, lengths, source := rest[0], rest[1], rest[2]
	row := rowInputs{keys: rest[3], temperature: rest[4]}
	decoder := p.arch.BindGraph(weights)
	attention := model.CausalGraph(prompts)
	rotary := p.arch.RotaryGraph(model.PositionsGraph(prompts), prompts.Shape().Dim(1))
	hidden := decoder.HiddenGraph(prompts, rotary, attention) // [N, P, D]

	out := make([]*Node, 0, nc+3)
	admit := func(cache, fresh *Node) *Node {
		if cache == nil {
			return model.NewCacheGraph(fresh, source, p.newCache)
		}
		return model.AdmitGraph(cache, fresh, source)
	}
	for l := range attention.Keys {
		out = append(out, admit(caches[2*l], attention.Keys[l]), admit(caches[2*l+1], attention.Values[l]))
	}
	n, width := prompts.Shape().Dim(0), prompts.Shape().Dim(1)
	// The last token of each prompt: its output predicts the first sampled one.
	flat := Add(Mul(Iota(prompts.Graph(), shapes.Make(dtypes.Int32, n), 0), ConstAs(lengths, int32(width))),
		Sub(lengths, ConstAs(lengths, int32(1)))) // [N]
	hidden = Reshape(hidden, n*width, -1)
	last := Gather(hidden, InsertAxes(flat, -1)) // [N, D]
	logits := decoder.LogitsGraph(last)          // [N, V]
	of := Max(source, ConstAs(source, int32(0)))
	logits = Gather(logits, InsertAxes(of, -1))     // [B, V]
	position := Gather(lengths, InsertAxes(of, -1)) // [B]
	c := chooseGraph(logits, GumbelGraph(row.keys, position, logits.Shape().Dim(1)), row.temperature, p.trunc)
	out = append(out, c.token, c.logProb, c.truncated)
	if p.routes {
		out = append(out, Reshape(routesGraph(decoder), n, width, -1)) // [N, P, L*K]
	}
	return out
}

// routesGraph is the experts of each token in all sparse layers, [M, L*K] int32.
func routesGraph(d *model.Decoder) *Node {
	routes := TransposeAllAxes(d.RoutesGraph(), 1, 0, 2) // [M, L, K]
	return Reshape(routes, routes.Shape().Dim(0), -1)
}

// emptyCacheGraph makes the tensors of a cache filled with its one input, a scalar.
func emptyCacheGraph(a *model.Arch, rows, width int) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		out := make([]*Node, a.NumCaches())
		for i := range out {
			// Each a value of its own: the same one twice would be one buffer.
			zeros := Add(BroadcastToDims(in[0], a.CacheDims(rows, width)...), Const(in[0].Graph(), float32(0)))
			out[i] = ConvertDType(zeros, a.ComputeDType())
		}
		return out
	}
}

// State of the decode loop, in this order, after weights and cache.
const (
	stateStep      = iota // scalar int32
	stateAlive            // scalar int32: rows that go on
	stateToken            // [B] int32, the newest token, not in the cache yet
	statePosition         // [B] int32, its position
	stateLeft             // [B] int32, tokens still wanted
	stateKeys             // [B, 2] uint32
	stateTemp             // scalar float32
	stateTokens           // [B, C] int32, the chunk's output
	stateLogProbs         // [B, C] float32
	stateTruncated        // [B, C] float32
	stateSize
	stateRoutes = stateSize // [B, C, L*K] int32, only where routes are kept
)

// decodeGraph runs up to chunk steps for all rows. Inputs: weights, cache tensors,
// [3, B] int32 (token, position, left), keys [B, 2], temperature. Outputs: cache
// tensors, tokens [B, C], log-probs [B, C], truncated log-probs [B, C], and where
// routes are kept those of the tokens that were fed in, [B, C, L*K]. Columns past a
// row's end hold -1 and 0.
//
// Everything is loop state, weights too: XLA's backend does not see values captured
// from outside a loop, and a body that reduces must be the only function that does.
func (p *program) decodeGraph(in []*Node) []*Node {
	nw, nc := len(p.arch.Weights()), p.arch.NumCaches()
	base := nw + nc
	keys, temperature := in[base+1], in[base+2]
	g, b, c := keys.Graph(), keys.Shape().Dim(0), p.chunk
	row := func(i int) *Node { return Reshape(SliceAxis(in[base], 0, AxisElem(i)), b) } // [B]
	token, position, left := row(0), row(1), row(2)
	// Cast once, not in each step.
	weights := model.CastGraph(in[:nw], p.arch.ComputeDType())
	state := append(append(weights, in[nw:base]...), make([]*Node, stateSize)...)
	set := func(i int, x *Node) { state[base+i] = x }
	set(stateStep, Const(g, int32(0)))
	set(stateAlive, Const(g, int32(1)))
	set(stateToken, token)
	set(statePosition, position)
	set(stateLeft, left)
	set(stateKeys, keys)
	set(stateTemp, temperature)
	set(stateTokens, constGraph(g, int32(-1), b, c))
	set(stateLogProbs, constGraph(g, float32(0), b, c))
	set(stateTruncated, constGraph(g, float32(0), b, c))
	if p.routes {
		state = append(state, Zeros(g, shapes.Make(dtypes.Int32, b, c, p.arch.NumSparse()*p.arch.NumExpertsPerTok)))
	}

	more := NewClosure(g, func(g *Graph) []*Node {
		s := parametersGraph(g, state)[base:]
		return []*Node{LogicalAnd(
			LessThan(s[stateStep], Const(g, int32(c))),
			GreaterThan(s[stateAlive], Const(g, int32(0))))}
	})
	body := NewClosure(g, func(g *Graph) []*Node { return p.stepGraph(parametersGraph(g, state)) })
	state = While(more, body, state...)
	out := append([]*Node{}, state[nw:base]...)
	out = append(out, state[base+stateTokens], state[base+stateLogProbs], state[base+stateTruncated])
	if p.routes {
		out = append(out, state[base+stateRoutes])
	}
	return out
}

// stepGraph is the loop's body: one token for every row that is alive.
func (p *program) stepGraph(state []*Node) []*Node {
	nw, nc := len(p.arch.Weights()), p.arch.NumCaches()
	weights, s := state[:nw], state[nw+nc:]
	g := s[stateStep].Graph()
	b, c := s[stateTokens].Shape().Dim(0), s[stateTokens].Shape().Dim(1)
	decoder := p.arch.BindGraph(weights)
	positions := InsertAxes(s[statePosition], -1) // [B, 1]
	attention := model.CachedGraph(append([]*Node{}, state[nw:nw+nc]...), positions)
	width := attention.Cache[0].Shape().Dim(2)
	hidden := decoder.HiddenGraph(InsertAxes(s[stateToken], -1), p.arch.RotaryGraph(positions, width), attention) // [B, 1, D]
	logits := decoder.LogitsGraph(Reshape(hidden, b, -1))                                                         // [B, V]
	next := Add(s[statePosition], ConstAs(s[statePosition], int32(1)))                                            // [B]
	pick := chooseGraph(logits, GumbelGraph(s[stateKeys], next, logits.Shape().Dim(1)), s[stateTemp], p.trunc)

	alive := GreaterThan(s[stateLeft], ConstAs(s[stateLeft], int32(0))) // [B]
	write := LogicalAnd(columnGraph(s[stateStep], b, c), BroadcastToDims(InsertAxes(alive, -1), b, c))
	put := func(column, into *Node) *Node {
		return Where(write, BroadcastToDims(InsertAxes(column, -1), b, c), into)
	}
	left := Sub(s[stateLeft], ConstAs(s[stateLeft], int32(1)))
	left = Where(LogicalOr(eosGraph(pick.token, p.eos), LogicalNot(alive)), MulScalar(left, 0), left)

	out := append([]*Node{}, weights...)
	out = append(out, attention.Cache...)
	step := make([]*Node, len(s))
	step[stateStep] = Add(s[stateStep], Const(g, int32(1)))
	step[stateAlive] = ReduceAllSum(Min(left, ConstAs(left, int32(1))))
	step[stateToken] = Where(alive, pick.token, s[stateToken])
	step[statePosition] = Where(alive, next, s[statePosition])
	step[stateLeft] = left
	step[stateKeys], step[stateTemp] = s[stateKeys], s[stateTemp]
	step[stateTokens] = put(pick.token, s[stateTokens])
	step[stateLogProbs] = put(pick.logProb, s[stateLogProbs])
	step[stateTruncated] = put(pick.truncated, s[stateTruncated])
	if p.routes {
		shape := s[stateRoutes].Shape()
		step[stateRoutes] = Where(BroadcastToShape(InsertAxes(write, -1), shape),
			BroadcastToShape(InsertAxes(routesGraph(decoder), 1), shape), s[stateRoutes]) // [B, C, L*K]
	}
	return append(out, step...)
}

// parametersGraph makes a closure's parameters for a loop state.
func parametersGraph(g *Graph, state []*Node) []*Node {
	out := make([]*Node, len(state))
	for i, x := range state {
		out[i] = Parameter(g, fmt.Sprintf("s%d", i), x.Shape())
	}
	return out
}

// constGraph is an array [rows, columns] of one value.
func constGraph[T int32 | float32](g *Graph, value T, rows, columns int) *Node {
	data := make([][]T, rows)
	for i := range data {
		data[i] = make([]T, columns)
		for j := range data[i] {
			data[i][j] = value
		}
	}
	return Const(g, data)
}
