package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
)

// pairReport is the largest difference of log-probs of two ways to compute them.
type pairReport struct {
	A      string  `json:"a"`
	B      string  `json:"b"`
	MaxAbs reading `json:"max_abs"`
}

// What is sampled to compare the ways.
const (
	pathPrompts     = 4
	pathCompletions = 2
	pathTokens      = 24 // of a completion, at most
)

// pathSample is a completion with its prompt.
type pathSample struct {
	ids        []int32 // prompt and completion
	length     int     // of the prompt
	fromSample []float32
}

// target is the token that position i predicts, 0 after the last.
func (s *pathSample) target(i int) int32 {
	if i+1 < len(s.ids) {
		return s.ids[i+1]
	}
	return 0
}

// way computes the log-probs of every completion's tokens, one after the other.
type way struct {
	name string
	of   func() ([]float32, error)
}

// comparePaths samples completions of random prompts and compares the ways to compute
// their log-probs.
func (r *parityReport) comparePaths(ctx context.Context, dev *device.Device, p *model.Policy, passes *model.Passes, seed int64) error {
	samples, err := samplePaths(ctx, dev, p, seed)
	if err != nil {
		return err
	}
	ways := []way{
		{"sampler", func() ([]float32, error) { return sampled(samples), nil }},
		{"token by token", func() ([]float32, error) { return tokenByToken(passes, samples) }},
		{"one pass", func() ([]float32, error) { return rowByRow(passes, samples) }},
		{"padded on the right", func() ([]float32, error) { return inRows(passes, paddedRows(samples, false)) }},
		{"padded on the left", func() ([]float32, error) { return inRows(passes, paddedRows(samples, true)) }},
		{"packed, as in training", func() ([]float32, error) { return inRows(passes, packedRows(samples)) }},
	}
	results := make([][]float32, len(ways))
	for i, w := range ways {
		if err := ctx.Err(); err != nil {
			return err
		}
		if results[i], err = w.of(); err != nil {
			return fmt.Errorf("parity: %s: %w", w.name, err)
		}
		for j := range i {
			pair := pairReport{A: ways[j].name, B: w.name, MaxAbs: maxAbs(results[i], results[j])}
			r.Pairs = append(r.Pairs, pair)
			r.note(pair.MaxAbs)
		}
	}
	return nil
}

// samplePaths draws prompts of different lengths and completions of them.
func samplePaths(ctx context.Context, dev *device.Device, p *model.Policy, seed int64) ([]pathSample, error) {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	room := p.Arch.MaxPositionEmbeddings
	tokens := max(1, min(pathTokens, room/2))
	prompts := make([]sampler.Prompt, pathPrompts)
	for i := range prompts {
		prompts[i] = sampler.Prompt{ID: uint64(i), Tokens: make([]int32, 1+rng.IntN(max(1, min(3*pathTokens, room-tokens))))}
		for j := range prompts[i].Tokens {
			prompts[i].Tokens[j] = int32(rng.IntN(p.Arch.VocabSize))
		}
	}
	o := sampler.DefaultOptions()
	o.NumGenerations, o.MaxCompletionLength = pathCompletions, tokens
	s, err := sampler.New(dev, p.Arch, o, nil, nil)
	if err != nil {
		return nil, err
	}
	samples := make([]pathSample, pathPrompts*pathCompletions)
	err = s.Sample(ctx, p, prompts, sampler.Draw{Seed: seed}, func(r sampler.Result) {
		prompt := prompts[r.Prompt].Tokens
		samples[r.Prompt*pathCompletions+r.Sample] = pathSample{
			ids: append(append([]int32{}, prompt...), r.Tokens...), length: len(prompt), fromSample: r.LogProbs,
		}
	})
	return samples, err
}

func sampled(samples []pathSample) []float32 {
	var out []float32
	for i := range samples {
		out = append(out, samples[i].fromSample...)
	}
	return out
}

// tokenByToken computes the prompt at once and then feeds each token.
func tokenByToken(passes *model.Passes, samples []pathSample) ([]float32, error) {
	var out []float32
	for i := range samples {
		s := &samples[i]
		cache, logits, err := passes.Start(s.ids[:s.length], len(s.ids)-s.length)
		if err != nil {
			return nil, err
		}
		for at := s.length; at < len(s.ids); at++ {
			out = append(out, logProb(logits, s.ids[at]))
			if at+1 == len(s.ids) {
				break
			}
			if logits, err = cache.Next(s.ids[at]); err != nil {
				return nil, err
			}
		}
		if err := cache.Close(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rowByRow runs each sequence alone.
func rowByRow(passes *model.Passes, samples []pathSample) ([]float32, error) {
	var out []float32
	for i := range samples {
		s := &samples[i]
		pass, err := passes.Logits(s.ids)
		if err != nil {
			return nil, err
		}
		all := nextLogProbs(pass.Logits, s.ids, len(pass.Logits)/len(s.ids))
		out = append(out, all[s.length-1:]...)
	}
	return out, nil
}

// layout are rows, and where in them each completion token is predicted.
type layout struct {
	model.PassRows
	at []int
}

func newLayout(rows, s int) *layout {
	l := &layout{PassRows: model.PassRows{R: rows, S: s}}
	for _, x := range []*[]int32{&l.Tokens, &l.Positions, &l.Segments, &l.Prefixes, &l.Targets} {
		*x = make([]int32, rows*s)
	}
	for i := range l.Segments {
		l.Segments[i], l.Prefixes[i] = -1, -1
	}
	return l
}

// put lays a token at a place.
func (l *layout) put(place int, token, target int32, position int, segment, prefix int32) {
	l.Tokens[place], l.Targets[place], l.Positions[place] = token, target, int32(position)
	l.Segments[place], l.Prefixes[place] = segment, prefix
}

// paddedRows have a sequence each, at their beginning or their end.
func paddedRows(samples []pathSample, left bool) *layout {
	width := 0
	for i := range samples {
		width = max(width, len(samples[i].ids))
	}
	width++ // so that every row is padded
	l := newLayout(len(samples), width)
	for row := range samples {
		s := &samples[row]
		start := row * width
		if left {
			start += width - len(s.ids)
		}
		for i, id := range s.ids {
			l.put(start+i, id, s.target(i), i, 0, 0)
			if i >= s.length-1 && i+1 < len(s.ids) {
				l.at = append(l.at, start+i)
			}
		}
	}
	return l
}

// packedRows have all completions of a prompt behind it, as training does. The prompt's
// last token has one target a row but predicts the first token of each completion, so
// the row is there once for each, and each takes its own log-probs from its own row.
func packedRows(samples []pathSample) *layout {
	rows, width := 0, 0
	for at := 0; at < len(samples); at += pathCompletions {
		used := samples[at].length
		for i := range pathCompletions {
			used += len(samples[at+i].ids) - samples[at+i].length
		}
		width = max(width, used)
		rows++
	}
	l := newLayout(rows*pathCompletions, width)
	for i := range samples {
		s := &samples[i]
		group := i / pathCompletions * pathCompletions
		base := i * width // the row in which this completion's targets count
		column := 0
		for j, id := range s.ids[:s.length] {
			l.put(base+column, id, s.target(j), j, 0, 0)
			column++
		}
		l.at = append(l.at, base+s.length-1)
		for k := range pathCompletions {
			other := &samples[group+k]
			for j := other.length; j < len(other.ids); j++ {
				l.put(base+column, other.ids[j], other.target(j), j, int32(k+1), 0)
				if group+k == i && j+1 < len(other.ids) {
					l.at = append(l.at, base+column)
				}
				column++
			}
		}
	}
	return l
}

// inRows computes all rows in one pass.
func inRows(passes *model.Passes, l *layout) ([]float32, error) {
	all, err := passes.LogProbs(&l.PassRows)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(l.at))
	for i, at := range l.at {
		out[i] = all[at]
	}
	return out, nil
}
