package trainer

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
)

// This file is the oracle of the training pass: the decoder and the losses as plain
// loops in float64, one sequence at a time, with nothing packed, padded or shared.

// plainDecoder is a Qwen3 decoder with tied embeddings.
type plainDecoder struct {
	arch    *model.Arch
	weights map[string][]float64
	// head is a value head, nil: none. It reads the hidden states of trunk, if set, so
	// that values do not move with the weights.
	head, bias []float64
	trunk      *plainDecoder
	// paid are the attention probabilities of the layer that attended last, [n][n] from
	// queries to keys, the mean over heads.
	paid [][]float64
}

// plainOf holds weights in the order of arch.Weights(), a value head's after them.
func plainOf(arch *model.Arch, weights [][]float64) *plainDecoder {
	d := &plainDecoder{arch: arch, weights: map[string][]float64{}}
	specs := arch.Weights()
	for i, w := range specs {
		d.weights[w.Name] = weights[i]
	}
	if len(weights) > len(specs) {
		d.head, d.bias = weights[len(specs)], weights[len(specs)+1]
	}
	return d
}

// logits of every position of a sequence.
func (d *plainDecoder) logits(tokens []int32) [][]float64 {
	return d.linearAll(d.hidden(tokens), "model.embed_tokens")
}

// hidden is the final hidden state of every position.
func (d *plainDecoder) hidden(tokens []int32) [][]float64 {
	a := d.arch
	embed := d.weights["model.embed_tokens.weight"]
	x := make([][]float64, len(tokens))
	for i, id := range tokens {
		x[i] = append([]float64(nil), embed[int(id)*a.HiddenSize:(int(id)+1)*a.HiddenSize]...)
	}
	for l := range a.NumHiddenLayers {
		p := fmt.Sprintf("model.layers.%d.", l)
		normed := d.normAll(x, p+"input_layernorm")
		add(x, d.linearAll(d.attend(normed, p), p+"self_attn.o_proj"))
		normed = d.normAll(x, p+"post_attention_layernorm")
		gate, up := d.linearAll(normed, p+"mlp.gate_proj"), d.linearAll(normed, p+"mlp.up_proj")
		for i := range gate {
			for j, g := range gate[i] {
				gate[i][j] = g / (1 + math.Exp(-g)) * up[i][j]
			}
		}
		add(x, d.linearAll(gate, p+"mlp.down_proj"))
	}
	return d.normAll(x, "model.norm")
}

// attend is causal attention with grouped queries, heads normalised and rotated.
func (d *plainDecoder) attend(x [][]float64, p string) [][]float64 {
	a := d.arch
	e, group := a.HeadDim, a.NumAttentionHeads/a.NumKeyValueHeads
	q, k, v := d.linearAll(x, p+"self_attn.q_proj"), d.linearAll(x, p+"self_attn.k_proj"), d.linearAll(x, p+"self_attn.v_proj")
	for i := range x {
		for h := range a.NumAttentionHeads {
			d.prepare(q[i][h*e:(h+1)*e], p+"self_attn.q_norm", i)
		}
		for h := range a.NumKeyValueHeads {
			d.prepare(k[i][h*e:(h+1)*e], p+"self_attn.k_norm", i)
		}
	}
	out := make([][]float64, len(x))
	d.paid = make([][]float64, len(x))
	for i := range x {
		out[i], d.paid[i] = make([]float64, a.NumAttentionHeads*e), make([]float64, len(x))
		for h := range a.NumAttentionHeads {
			kv := h / group
			scores := make([]float64, i+1)
			for j := range scores {
				scores[j] = dot(q[i][h*e:(h+1)*e], k[j][kv*e:(kv+1)*e]) / math.Sqrt(float64(e))
			}
			for j, prob := range softmax(scores) {
				d.paid[i][j] += prob / float64(a.NumAttentionHeads)
				for c := range e {
					out[i][h*e+c] += prob * v[j][kv*e+c]
				}
			}
		}
	}
	return out
}

// prepare normalises and rotates a head at a position, in place.
func (d *plainDecoder) prepare(head []float64, norm string, position int) {
	copy(head, d.norm(head, norm))
	half := len(head) / 2
	for j := range half {
		angle := float64(position) * math.Pow(d.arch.RopeTheta, -2*float64(j)/float64(len(head)))
		sin, cos := math.Sincos(angle)
		head[j], head[half+j] = head[j]*cos-head[half+j]*sin, head[half+j]*cos+head[j]*sin
	}
}

func (d *plainDecoder) norm(x []float64, name string) []float64 {
	out := make([]float64, len(x))
	scale := 1 / math.Sqrt(dot(x, x)/float64(len(x))+d.arch.RMSNormEps)
	for i, w := range d.weights[name+".weight"] {
		out[i] = x[i] * scale * w
	}
	return out
}

func (d *plainDecoder) normAll(x [][]float64, name string) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = d.norm(x[i], name)
	}
	return out
}

func (d *plainDecoder) linearAll(x [][]float64, name string) [][]float64 {
	w := d.weights[name+".weight"]
	out := make([][]float64, len(x))
	for i := range x {
		n := len(x[i])
		for o := 0; o < len(w); o += n {
			out[i] = append(out[i], dot(w[o:o+n], x[i]))
		}
	}
	return out
}

// logProbs of a response's tokens after a prompt, at a temperature.
func (d *plainDecoder) logProbs(prompt, tokens []int32, temperature float64) []float64 {
	all := append(append([]int32(nil), prompt...), tokens...)
	logits := d.logits(all[:len(all)-1])
	out := make([]float64, len(tokens))
	for j, id := range tokens {
		at := logits[len(prompt)-1+j]
		for i := range at {
			at[i] /= temperature
		}
		out[j] = math.Log(softmax(at)[id])
	}
	return out
}

// values of a response's tokens after a prompt, each from what comes before it.
func (d *plainDecoder) values(prompt, tokens []int32) []float64 {
	trunk := d
	if d.trunk != nil {
		trunk = d.trunk
	}
	all := append(append([]int32(nil), prompt...), tokens...)
	hidden := trunk.hidden(all[:len(all)-1])
	out := make([]float64, len(tokens))
	for j := range out {
		out[j] = dot(d.head, hidden[len(prompt)-1+j]) + d.bias[0]
	}
	return out
}

// received is the mean attention that later tokens of a response pay to each.
func (d *plainDecoder) received(prompt, tokens []int32) []float64 {
	d.hidden(append(append([]int32(nil), prompt...), tokens...))
	out := make([]float64, len(tokens))
	for j := range out {
		for later := j + 1; later < len(tokens); later++ {
			out[j] += d.paid[len(prompt)+later][len(prompt)+j] / float64(len(tokens)-1-j)
		}
	}
	return out
}

// tokenLoss is a loss at one trained token with log-probability logp and, where there
// is a head, a value; j indexes the row's arrays.
type tokenLoss func(r *data.Row, j int, logp, value float64) float64

// plainLoss sums a token loss over the rows of s and divides as the aggregation
// says.
func (d *plainDecoder) plainLoss(s *data.Scored, loss tokenLoss, aggregation string, temperature float64) float64 {
	total, tokens, sequences := 0.0, 0.0, 0.0
	for i := range s.Rows {
		r := &s.Rows[i]
		n := float64(r.NumTrained())
		if n == 0 {
			continue
		}
		tokens += n
		sequences++
		sum := 0.0
		prompt, response := s.Groups[r.Group].Prompt, r.Rollout.Tokens()
		values := make([]float64, len(response))
		if d.head != nil {
			values = d.values(prompt, response)
		}
		for j, logp := range d.logProbs(prompt, response, temperature) {
			if r.Mask[j] {
				sum += loss(r, j, logp, values[j])
			}
		}
		if aggregation == "seq-mean-token-mean" {
			sum /= n
		}
		total += sum
	}
	if aggregation == "token-mean" {
		return total / tokens
	}
	return total / sequences
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func add(into, x [][]float64) {
	for i := range x {
		for j, v := range x[i] {
			into[i][j] += v
		}
	}
}

func softmax(x []float64) []float64 {
	most, sum := math.Inf(-1), 0.0
	for _, v := range x {
		most = max(most, v)
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Exp(v - most)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
