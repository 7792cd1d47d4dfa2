package algotest

import (
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the pure-Go backend
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/rlvr-go/rlvr/algos"
)

// backend is shared: the suite compiles many small graphs.
var backend = sync.OnceValues(func() (compute.Backend, error) {
	return compute.NewWithConfig("go:ops_sequential")
})

// Runner computes losses of one algorithm the way the trainer does: each micro-batch
// by itself, with the counts and statistics of the whole step.
type Runner struct {
	Algorithm *algos.Algorithm
	needs     algos.Needs
	mode      string // loss_agg_mode, "" where there is none
}

// NewRunner resolves o.
func NewRunner(o algos.Options) (*Runner, error) {
	a, err := algos.Resolve(o)
	if err != nil {
		return nil, err
	}
	mode, _ := a.Resolved().Options["loss_agg_mode"].(string)
	return &Runner{Algorithm: a, needs: a.Needs(), mode: mode}, nil
}

// Result is a loss with its gradients, [N][T], and its metrics.
type Result struct {
	Loss float64
	// LogProbs is the gradient with respect to them; Entropy and Values are nil
	// unless the algorithm asked for a gradient.
	LogProbs, Entropy, Values [][]float64
	Metrics                   map[string]float64
}

// Eval computes the step in one micro-batch.
func (r *Runner) Eval(b *Batch) (*Result, error) { return r.EvalParts(b, [][]int{iota(b.N())}) }

// EvalParts computes the step in several micro-batches, each a list of rows. The
// gradients come back in the batch's row order.
func (r *Runner) EvalParts(b *Batch, parts [][]int) (*Result, error) {
	b.Stat = map[string]float64{}
	for _, s := range r.needs.BatchStats {
		b.Stat[s.Name] = s.Compute(b.Scored())
	}
	j := newJoiner(b)
	for _, part := range parts {
		p, err := r.micro(b, part)
		if err != nil {
			return nil, err
		}
		if err := j.add(p, part); err != nil {
			return nil, err
		}
	}
	return j.result()
}

// input is a parameter of the graph and where it goes.
type input struct {
	value *tensors.Tensor
	put   func(in *algos.Inputs, x *graph.Node)
}

func (r *Runner) micro(b *Batch, part []int) (*micro, error) {
	be, err := backend()
	if err != nil {
		return nil, err
	}
	inputs := r.inputs(b, b.rows(part))
	args := make([]any, len(inputs))
	for i := range inputs {
		args[i] = inputs[i].value
	}
	out := &micro{}
	exec, err := graph.NewExec(be, func(params []*graph.Node) []*graph.Node { return r.stepGraph(inputs, params, out) })
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	results, err := exec.Call(args...)
	if err != nil {
		return nil, err
	}
	return out, r.read(out, results)
}

// inputs lists what the algorithm asked for and nothing else: a loss that reads
// more finds nil.
func (r *Runner) inputs(whole, b *Batch) []input {
	var list []input
	array := func(wanted bool, x [][]float64, put func(*algos.Inputs, *graph.Node)) {
		if wanted && x != nil {
			list = append(list, input{matrix(x), put})
		}
	}
	scalar := func(x float64, put func(*algos.Inputs, *graph.Node)) {
		list = append(list, input{tensors.FromValue(float32(x)), put})
	}
	n := r.needs
	mask := fill(b, func(i, t int) float64 {
		if b.Mask[i][t] {
			return 1
		}
		return 0
	})
	array(true, b.LogProbs, func(in *algos.Inputs, x *graph.Node) { in.LogProbs = x })
	array(true, b.Advantages, func(in *algos.Inputs, x *graph.Node) { in.Advantages = x })
	array(true, mask, func(in *algos.Inputs, x *graph.Node) { in.Mask = x })
	array(true, b.Weights, func(in *algos.Inputs, x *graph.Node) { in.Weights = x })
	array(n.Old, b.Old, func(in *algos.Inputs, x *graph.Node) { in.Old = x })
	array(n.Ref, b.Ref, func(in *algos.Inputs, x *graph.Node) { in.Ref = x })
	array(n.Rollout, b.Rollout, func(in *algos.Inputs, x *graph.Node) { in.Rollout = x })
	array(n.Values, b.Values, func(in *algos.Inputs, x *graph.Node) { in.Values = x })
	array(n.Values, b.OldValues, func(in *algos.Inputs, x *graph.Node) { in.OldValues = x })
	array(n.Values, b.Returns, func(in *algos.Inputs, x *graph.Node) { in.Returns = x })
	array(n.Entropy || n.EntropyGrad, b.Entropy, func(in *algos.Inputs, x *graph.Node) { in.Entropy = x })
	if n.TokenIDs {
		list = append(list, input{matrix(b.TokenIDs), func(in *algos.Inputs, x *graph.Node) { in.TokenIDs = x }})
	}
	for _, name := range n.FeatureNames() {
		array(true, b.Feature[name], func(in *algos.Inputs, x *graph.Node) { in.Feature[name] = x })
	}
	for _, s := range n.BatchStats {
		scalar(whole.Stat[s.Name], func(in *algos.Inputs, x *graph.Node) { in.Stat[s.Name] = x })
	}
	scalar(float64(whole.Tokens()), func(in *algos.Inputs, x *graph.Node) { in.Denom.Tokens = x })
	scalar(float64(whole.Sequences()), func(in *algos.Inputs, x *graph.Node) { in.Denom.Sequences = x })
	scalar(float64(whole.MaxLength), func(in *algos.Inputs, x *graph.Node) { in.Denom.MaxLength = x })
	return list
}

// matrix is [n, T], in float32 where x is float64.
func matrix[T int32 | float64](x [][]T) *tensors.Tensor {
	switch rows := any(x).(type) {
	case [][]int32:
		return tensors.FromValue(rows)
	case [][]float64:
		out := make([][]float32, len(rows))
		for i := range rows {
			out[i] = float32s(rows, i, len(rows[i]))
		}
		return tensors.FromValue(out)
	}
	panic("unreachable")
}

// stepGraph returns numerators and denominators of terms and metrics, all scalars,
// then the gradients, and notes their names in out.
func (r *Runner) stepGraph(inputs []input, params []*graph.Node, out *micro) []*graph.Node {
	in := algos.Inputs{Feature: map[string]*graph.Node{}, Stat: map[string]*graph.Node{}}
	for i := range inputs {
		inputs[i].put(&in, params[i])
	}
	got := r.Algorithm.Graph(in)
	var nodes []*graph.Node
	loss := graph.ScalarZero(in.LogProbs.Graph(), in.LogProbs.DType())
	for _, t := range got.Terms {
		out.terms = append(out.terms, number{name: t.Name})
		nodes = append(nodes, t.Numerator, t.Denominator)
		loss = graph.Add(loss, graph.Div(t.Numerator, t.Denominator))
	}
	for _, m := range got.Metrics {
		out.metrics = append(out.metrics, metric{number{name: m.Name}, m.Join})
		if m.Denominator == nil {
			m.Denominator = graph.OnesLike(m.Numerator)
		}
		nodes = append(nodes, m.Numerator, m.Denominator)
	}
	for _, x := range nodes {
		x.AssertScalar()
	}
	wrt := []*graph.Node{in.LogProbs}
	if r.needs.EntropyGrad {
		wrt = append(wrt, in.Entropy)
	}
	if r.needs.Values {
		wrt = append(wrt, in.Values)
	}
	return append(nodes, graph.Gradient(loss, wrt...)...)
}

func (r *Runner) read(out *micro, results []*tensors.Tensor) error {
	next := func() *tensors.Tensor {
		x := results[0]
		results = results[1:]
		return x
	}
	numbers := make([]*number, 0, len(out.terms)+len(out.metrics))
	for i := range out.terms {
		numbers = append(numbers, &out.terms[i])
	}
	for i := range out.metrics {
		numbers = append(numbers, &out.metrics[i].number)
	}
	for _, n := range numbers {
		n.numerator, n.denominator = float64(next().Value().(float32)), float64(next().Value().(float32))
	}
	gradients := []*[]float32{&out.logProbs}
	if r.needs.EntropyGrad {
		gradients = append(gradients, &out.entropy)
	}
	if r.needs.Values {
		gradients = append(gradients, &out.values)
	}
	for _, g := range gradients {
		if err := tensors.ConstFlatData(next(), func(flat []float32) { *g = append(*g, flat...) }); err != nil {
			return err
		}
	}
	return nil
}
