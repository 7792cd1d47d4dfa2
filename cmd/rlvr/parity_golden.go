package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/model"
)

// goldenFile is an open golden file: see rlvr parity --help.
type goldenFile struct {
	*safetensors.File
	path string
	// sequences is the number of K.
	sequences int
}

func openGolden(path string) (*goldenFile, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	g := &goldenFile{File: f, path: path}
	for f.Has(fmt.Sprintf("input_ids_%d", g.sequences)) {
		g.sequences++
	}
	if g.sequences == 0 {
		_ = f.Close()
		return nil, fmt.Errorf("%s: no input_ids_0: no golden file", path)
	}
	return g, nil
}

// floats reads a tensor of a shape that must be as said; nil where the file has none.
func (g *goldenFile) floats(name string, want ...int) ([]float32, error) {
	if !g.Has(name) {
		return nil, nil
	}
	x, info, err := g.Float32(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.path, err)
	}
	if !slices.Equal(info.Shape, want) {
		return nil, fmt.Errorf("%s: %s has shape %v, want %v", g.path, name, info.Shape, want)
	}
	return x, nil
}

// ints reads a tensor of whole numbers; nil where the file has none.
func (g *goldenFile) ints(name string) ([]int32, []int, error) {
	if !g.Has(name) {
		return nil, nil, nil
	}
	x, info, err := g.Int32(name)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", g.path, err)
	}
	return x, info.Shape, nil
}

// sequenceReport is the comparison of one K.
type sequenceReport struct {
	K      int `json:"k"`
	Tokens int `json:"tokens"`
	// MaxAbs and MaxRel are the largest differences of the logits, RMS the root of the
	// mean of their squares, which says more in bfloat16.
	MaxAbs reading `json:"max_abs"`
	MaxRel reading `json:"max_rel"`
	RMS    reading `json:"rms"`
	// The rest is absent where the golden file has nothing to compare with.
	LogProbsMaxAbs *reading `json:"logprobs_max_abs,omitempty"`
	// GreedyEqual is the number of tokens of the greedy continuation up to the first
	// that differs, GreedyTokens that of all.
	GreedyEqual  *int `json:"greedy_equal,omitempty"`
	GreedyTokens *int `json:"greedy_tokens,omitempty"`
	// RoutesDiffer counts tokens, over layers, whose sets of experts differ;
	// RouterWeightMaxAbs is over the others.
	RoutesDiffer       *int     `json:"routes_differ,omitempty"`
	RouterWeightMaxAbs *reading `json:"router_weight_max_abs,omitempty"`
}

// String is the report for people, a line each.
func (s *sequenceReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d: %d tokens: logits max abs %.2e, max rel %.2e, rms %.2e", s.K, s.Tokens, float64(s.MaxAbs), float64(s.MaxRel), float64(s.RMS))
	if s.LogProbsMaxAbs != nil {
		fmt.Fprintf(&b, "; log-probs max abs %.2e", float64(*s.LogProbsMaxAbs))
	}
	if s.GreedyTokens != nil && *s.GreedyEqual == *s.GreedyTokens {
		fmt.Fprintf(&b, "; %d greedy tokens equal", *s.GreedyTokens)
	} else if s.GreedyTokens != nil {
		fmt.Fprintf(&b, "; greedy token %d of %d differs", *s.GreedyEqual, *s.GreedyTokens)
	}
	if s.RoutesDiffer != nil {
		fmt.Fprintf(&b, "; routes differ for %d tokens, weights max abs %.2e", *s.RoutesDiffer, float64(*s.RouterWeightMaxAbs))
	}
	return b.String() + "\n"
}

// compareGolden runs every sequence of a golden file.
func (r *parityReport) compareGolden(ctx context.Context, g *goldenFile, passes *model.Passes, a *model.Arch) error {
	for k := range g.sequences {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := r.compareSequence(g, k, passes, a)
		if err != nil {
			return err
		}
		r.Sequences = append(r.Sequences, *s)
	}
	return nil
}

func (r *parityReport) compareSequence(g *goldenFile, k int, passes *model.Passes, a *model.Arch) (*sequenceReport, error) {
	name := fmt.Sprintf("input_ids_%d", k)
	ids, shape, err := g.ints(name)
	if err != nil {
		return nil, userError(err)
	}
	if len(shape) != 1 {
		return nil, userError(fmt.Errorf("%s: %s has shape %v, want one dimension", g.path, name, shape))
	}
	n, v := len(ids), a.VocabSize
	name = fmt.Sprintf("logits_%d", k)
	want, err := g.floats(name, n, v)
	if err != nil {
		return nil, userError(err)
	}
	if want == nil {
		return nil, userError(fmt.Errorf("%s: %s is missing", g.path, name))
	}
	out, err := passes.Logits(ids)
	if err != nil {
		return nil, fmt.Errorf("parity: sequence %d: %w", k, err)
	}
	s := &sequenceReport{K: k, Tokens: n}
	s.MaxAbs, s.MaxRel, s.RMS = maxAbs(out.Logits, want), maxRel(out.Logits, want), rms(out.Logits, want)
	r.note(s.MaxAbs)
	if want, err = g.floats(fmt.Sprintf("logprobs_%d", k), n-1); err != nil {
		return nil, userError(err)
	} else if want != nil {
		d := maxAbs(nextLogProbs(out.Logits, ids, v), want)
		s.LogProbsMaxAbs = &d
		r.note(d)
	}
	if err := r.compareRoutes(g, k, s, out, a); err != nil {
		return nil, userError(err)
	}
	return s, r.compareGreedy(g, k, s, ids, passes, a)
}

// nextLogProbs are the log-probs [n-1] of each next token.
func nextLogProbs(logits []float32, ids []int32, v int) []float32 {
	out := make([]float32, 0, len(ids))
	for i := range len(ids) - 1 {
		out = append(out, logProb(logits[i*v:][:v], ids[i+1]))
	}
	return out
}

// logProb is that of a token, by a log-softmax in float64.
func logProb(logits []float32, token int32) float32 {
	top := slices.Max(logits)
	total := 0.0
	for _, x := range logits {
		total += math.Exp(float64(x) - float64(top))
	}
	return float32(float64(logits[token]) - float64(top) - math.Log(total))
}

// compareGreedy continues a sequence by its likeliest tokens.
func (r *parityReport) compareGreedy(g *goldenFile, k int, s *sequenceReport, ids []int32, passes *model.Passes, a *model.Arch) error {
	want, _, err := g.ints(fmt.Sprintf("greedy_%d", k))
	if err != nil {
		return userError(err)
	}
	// Beyond the model's positions a dynamic scaling makes no sense token by token.
	if total := len(ids) + len(want); len(want) == 0 || a.AtLength(total) != a {
		return nil
	}
	cache, logits, err := passes.Start(ids, len(want))
	if err != nil {
		return fmt.Errorf("parity: sequence %d: %w", k, err)
	}
	equal := 0
	for equal < len(want) && likeliest(logits) == want[equal] {
		if equal++; equal < len(want) {
			if logits, err = cache.Next(want[equal-1]); err != nil {
				return fmt.Errorf("parity: sequence %d: %w", k, err)
			}
		}
	}
	total := len(want)
	s.GreedyEqual, s.GreedyTokens = &equal, &total
	if equal < total && !math.IsInf(float64(r.ATol), 1) {
		r.OK = false
	}
	return cache.Close()
}

func likeliest(logits []float32) int32 {
	best := 0
	for i, x := range logits {
		if x > logits[best] {
			best = i
		}
	}
	return int32(best)
}

// compareRoutes compares the experts of each token as sets, with their weights. Layers
// have the numbers that they have in the model.
func (r *parityReport) compareRoutes(g *goldenFile, k int, s *sequenceReport, out *model.PassOutput, a *model.Arch) error {
	sparse, differ, worst, found := 0, 0, reading(0), false
	for l := range a.NumHiddenLayers {
		if !a.Sparse(l) {
			continue
		}
		routes, weights := out.Routes[sparse], out.RouteWeights[sparse]
		sparse++
		name := fmt.Sprintf("router_topk_%d.%d", k, l)
		wantRoutes, shape, err := g.ints(name)
		if err != nil {
			return err
		}
		if wantRoutes == nil {
			continue
		}
		if !slices.Equal(shape, []int{s.Tokens, a.NumExpertsPerTok}) {
			return fmt.Errorf("%s: %s has shape %v, want %v", g.path, name, shape, []int{s.Tokens, a.NumExpertsPerTok})
		}
		wantWeights, err := g.floats(fmt.Sprintf("router_weight_%d.%d", k, l), shape...)
		if err != nil {
			return err
		}
		found = true
		for at := 0; at < len(routes); at += a.NumExpertsPerTok {
			d, same := routeDifference(routes[at:][:a.NumExpertsPerTok], weights[at:], wantRoutes[at:], wantWeights, at)
			if !same {
				differ++
				continue
			}
			worst = reading(math.Max(float64(worst), float64(d)))
		}
	}
	if !found {
		return nil
	}
	s.RoutesDiffer, s.RouterWeightMaxAbs = &differ, &worst
	r.note(worst)
	if differ > 0 && !math.IsInf(float64(r.ATol), 1) {
		r.OK = false
	}
	return nil
}

// routeDifference is the largest difference of the weights of one token's experts, and
// whether the experts are the same ones. wantWeights, which may be nil, begin at 0.
func routeDifference(routes []int32, weights []float32, wantRoutes []int32, wantWeights []float32, at int) (reading, bool) {
	worst := 0.0
	for j := range routes {
		i := slices.Index(routes, wantRoutes[j])
		if i < 0 {
			return 0, false
		}
		if wantWeights != nil {
			worst = math.Max(worst, math.Abs(float64(weights[i])-float64(wantWeights[at+j])))
		}
	}
	return reading(worst), true
}

// maxAbs is the largest absolute difference, NaN if any is.
func maxAbs(got, want []float32) reading {
	worst := 0.0
	for i := range want {
		worst = math.Max(worst, math.Abs(float64(got[i])-float64(want[i])))
	}
	return reading(worst)
}

// rms is the root of the mean squared difference.
func rms(got, want []float32) reading {
	sum := 0.0
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		sum += d * d
	}
	return reading(math.Sqrt(sum / float64(len(want))))
}

// maxRel is the largest difference relative to what is wanted, among elements of at
// least a hundredth of the largest: next to 0 it says nothing.
func maxRel(got, want []float32) reading {
	largest := 0.0
	for _, x := range want {
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	worst := 0.0
	for i, x := range want {
		if size := math.Abs(float64(x)); size > 0 && !(size < largest/100) {
			worst = math.Max(worst, math.Abs(float64(got[i])-float64(x))/size)
		}
	}
	return reading(worst)
}
