package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
	"golang.org/x/sync/errgroup"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// objective is a stage's algorithm bound to an architecture: what its loss reads,
// and the executables of its passes.
type objective struct {
	dev       *device.Device
	algorithm *algos.Algorithm
	needs     algos.Needs
	arch      *model.Arch
	arrays    []array
	// onPolicy: one update a rollout, so that the old log-probabilities are the
	// current ones and need no pass of their own.
	onPolicy    bool
	temperature float32
	maxLength   float32

	gradExec *device.Exec
	// startExec is the forward pass of the policy at the start of a step, scoreExec that
	// of other models, which gives no more than log-probabilities and entropies.
	startExec, scoreExec *device.Exec
	addExec              *device.Exec

	mu      sync.Mutex
	reports []report
}

// report is one number of a pass: how it is joined with those of other passes.
type report struct {
	name    string
	join    algos.Join
	divided bool
}

// array is a per-token input of the loss: host copies a row's values, [T], into it,
// and set puts it where the graph wants it.
type array struct {
	name string
	host func(into []float32, r *data.Row)
	set  func(*algos.Inputs, *graph.Node)
}

func newObjective(dev *device.Device, arch *model.Arch, a *algos.Algorithm, o *StageOptions) *objective {
	ob := &objective{
		dev: dev, algorithm: a, needs: a.Needs(), arch: arch,
		onPolicy:    o.Update.NumIterations == 1 && (o.Update.MiniBatchPrompts == 0 || o.Update.MiniBatchPrompts == o.NumPromptsPerStep),
		temperature: float32(o.Rollout.Temperature), maxLength: float32(o.Rollout.MaxCompletionLength),
	}
	if a.Offline || ob.temperature == 0 {
		ob.temperature = 1
	}
	ob.arrays = ob.listArrays()
	ob.gradExec = dev.NewExec("grad:"+a.Name, ob.gradGraph)
	ob.startExec, ob.scoreExec = ob.scorer(ob.startPass()), ob.scorer(scorePass{})
	ob.addExec = dev.SharedExec("add gradients", nil, addGraph)
	return ob
}

// startPass is what the parts read of the policy at the start of a step.
func (o *objective) startPass() scorePass {
	return scorePass{values: o.needs.Values, received: slices.Contains(o.needs.Features, algos.FeatureAttention)}
}

func (o *objective) scorer(p scorePass) *device.Exec {
	key := struct {
		arch model.Arch
		pass scorePass
	}{*o.arch, p}
	return o.dev.SharedExec("score", key, scoreGraph(o.arch, p))
}

// numTrained is the number of tensors that an optimizer step changes.
func (o *objective) numTrained() int {
	n := len(o.arch.Weights())
	if o.needs.Values {
		n += len(headSpecs(o.arch))
	}
	return n
}

// listArrays is what the loss reads beside the policy's own outputs, in a fixed
// order.
func (o *objective) listArrays() []array {
	out := []array{
		{"advantages", copyAdvantages, func(in *algos.Inputs, n *graph.Node) { in.Advantages = n }},
		{"weights", copyWeights, func(in *algos.Inputs, n *graph.Node) { in.Weights = n }},
	}
	if o.needs.Old && !o.onPolicy {
		out = append(out, array{"old", copyOf(func(r *data.Row) []float32 { return r.OldLogProbs }), func(in *algos.Inputs, n *graph.Node) { in.Old = n }})
	}
	if o.needs.Ref {
		out = append(out, array{"ref", copyOf(func(r *data.Row) []float32 { return r.RefLogProbs }), func(in *algos.Inputs, n *graph.Node) { in.Ref = n }})
	}
	if !o.algorithm.Offline {
		out = append(out, array{"rollout", copyOf(func(r *data.Row) []float32 { return r.RolloutLogProbs }), func(in *algos.Inputs, n *graph.Node) { in.Rollout = n }})
	}
	if o.needs.Values {
		out = append(out,
			array{"old_values", copyOf(func(r *data.Row) []float32 { return r.Values }), func(in *algos.Inputs, n *graph.Node) { in.OldValues = n }},
			array{"returns", copyOf(func(r *data.Row) []float32 { return r.Returns }), func(in *algos.Inputs, n *graph.Node) { in.Returns = n }})
	}
	for _, f := range o.needs.FeatureNames() {
		out = append(out, array{f, copyOf(func(r *data.Row) []float32 { return r.Features[f] }), func(in *algos.Inputs, n *graph.Node) { in.Feature[f] = n }})
	}
	return out
}

// copyOf copies a field of a row.
func copyOf(field func(*data.Row) []float32) func([]float32, *data.Row) {
	return func(into []float32, r *data.Row) { copy(into, field(r)) }
}

func copyAdvantages(into []float32, r *data.Row) {
	for t, v := range r.Advantages {
		into[t] = float32(v)
	}
}

// copyWeights copies the weights of a row's tokens, which are 1 where it has none.
func copyWeights(into []float32, r *data.Row) {
	if r.Weights != nil {
		copy(into, r.Weights)
		return
	}
	for t := range r.Mask {
		into[t] = 1
	}
}

func (o *objective) setReports(r []report) {
	o.mu.Lock()
	o.reports = r
	o.mu.Unlock()
}

// args are a micro-batch's inputs of a pass, in the order of microInputs, with arrays
// beside the mask; more are the numbers after the temperature.
func (o *objective) args(m *data.MicroBatch, arrays []array, more ...float32) []any {
	values := [][]float32{m.Mask}
	for _, a := range arrays {
		values = append(values, m.Arrays[a.name])
	}
	numbers := append([]float32{o.temperature}, more...)
	return device.Args(
		device.Stack([][]int32{m.Tokens, m.Positions, m.Segments, m.Prefixes}, m.R, m.S),
		device.Stack([][]int32{m.Gather, m.Targets}, m.N, m.T),
		device.Stack(values, m.N, m.T), device.Array(numbers, len(numbers)))
}

// passResult is what a forward and backward pass gives.
type passResult struct {
	grads   []*device.Tensor
	scalars []float32
}

// pass runs one micro-batch.
func (o *objective) pass(weights []*device.Tensor, m *data.MicroBatch, c data.Counts, stats map[string]float64) (*passResult, error) {
	numbers := []float32{float32(max(c.Tokens, 1)), float32(max(c.Sequences, 1)), o.maxLength}
	for _, s := range o.needs.BatchStats {
		numbers = append(numbers, float32(stats[s.Name]))
	}
	out, err := o.gradExec.Call(device.Args(weights, o.args(m, o.arrays, numbers...))...)
	if err != nil {
		return nil, err
	}
	r := &passResult{grads: out[:len(weights)]}
	r.scalars, err = device.Values[float32](o.dev, out[len(weights)])
	return r, err
}

// passes runs micro-batches [lo, hi) side by side.
func (o *objective) passes(weights []*device.Tensor, b *data.Batch, lo, hi int, stats map[string]float64) ([]*passResult, error) {
	out := make([]*passResult, hi-lo)
	if len(out) == 1 { // a goroutine more would only be waited for
		var err error
		out[0], err = o.pass(weights, &b.Micro[lo], b.Counts, stats)
		return out, err
	}
	var g errgroup.Group
	for i := range out {
		g.Go(func() (err error) {
			out[i], err = o.pass(weights, &b.Micro[lo+i], b.Counts, stats)
			return err
		})
	}
	return out, g.Wait()
}

// add adds a pass's gradients to a sum (nil at first), which takes their memory.
func (o *objective) add(sum []*device.Tensor, p *passResult) ([]*device.Tensor, error) {
	grads := p.grads
	p.grads = nil
	if sum == nil {
		return grads, nil
	}
	return o.addExec.Call(device.Args(device.Donate(sum), device.Donate(grads))...)
}

// join turns the scalars of a step's passes into the loss and named metrics.
func (o *objective) join(passes []*passResult, into map[string]float64) (loss float64) {
	for _, p := range passes {
		loss += float64(p.scalars[0])
	}
	k := 1
	for _, r := range o.reports {
		num, den := math.Inf(-1), 0.0
		switch r.join {
		case algos.JoinMean, algos.JoinSum:
			num = 0
		case algos.JoinMin:
			num = math.Inf(1)
		case algos.JoinMax:
		}
		for _, p := range passes {
			v := float64(p.scalars[k])
			switch r.join {
			case algos.JoinMean, algos.JoinSum:
				num += v
			case algos.JoinMax:
				num = max(num, v)
			case algos.JoinMin:
				num = min(num, v)
			}
			if r.divided {
				den += float64(p.scalars[k+1])
			}
		}
		k++
		if r.divided {
			k++
			num /= max(den, 1)
		}
		into[metricName(r.name)] = num
	}
	addSampleSize(into)
	return loss
}

// addSampleSize adds the share of tokens that would tell as much if all had one weight,
// (mean w)^2 / mean w^2 (Kish 1965; verl's name), of the weights of rollout correction, or
// of the ratios to the sampler that it would start from.
func addSampleSize(m map[string]float64) {
	mean, weighted := m["rollout_corr/rollout_is_mean"]
	square := m["rollout_corr/rollout_is_sq_mean"]
	if !weighted {
		mean, square = m["sampling/importance_sampling_ratio/mean"], m["rollout_corr/chi2_token"]+1
	}
	if _, sampled := m["rollout_corr/chi2_token"]; sampled && square > 0 {
		m["rollout_corr/rollout_is_eff_sample_size"] = mean * mean / square
	}
}

// metricName is the name that a metric of an objective is recorded under: one that the
// table of metrics does not have is the objective's own.
func metricName(name string) string {
	if _, ok := runlog.Lookup(name); ok {
		return name
	}
	return "objective/" + strings.ReplaceAll(name, "/", "_")
}

// score runs a forward pass of one micro-batch and returns its outputs, [N, T] each.
func (o *objective) score(exec *device.Exec, weights []*device.Tensor, m *data.MicroBatch) ([][]float32, error) {
	out, err := exec.Call(device.Args(weights, o.args(m, nil))...)
	if err != nil {
		return nil, fmt.Errorf("trainer: %w", err)
	}
	values := make([][]float32, len(out))
	for i := range out {
		if values[i], err = device.Values[float32](o.dev, out[i]); err != nil {
			return nil, err
		}
	}
	return values, nil
}
