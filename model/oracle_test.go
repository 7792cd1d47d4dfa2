package model

import (
	"fmt"
	"math"
	"sort"
	"testing"
)

// oracle is the decoder in float64 on the host, written from the papers and not
// from the graph code. It sees a row of tokens whose mask a function gives.
type oracle struct {
	*Arch
	w map[string][]float64
	// seen is what the routers made of tokens, in order.
	seen []route
}

func newOracle(t testing.TB, p *Policy) *oracle {
	t.Helper()
	o := &oracle{Arch: p.Arch, w: map[string][]float64{}}
	all := values(t, p)
	for i := range p.Specs {
		data := all[p.Specs[i].Name]
		wide := make([]float64, len(data))
		for i, v := range data {
			wide[i] = float64(v)
		}
		o.w[p.Specs[i].Name] = wide
		for e, part := range p.Specs[i].Parts { // of the same array
			n := len(wide) / len(p.Specs[i].Parts)
			o.w[part] = wide[e*n:][:n]
		}
	}
	return o
}

// earlier is the mask of a plain causal row.
func earlier(q, k int) bool { return k <= q }

// logits of tokens at positions, [S][V]; sees(q, k) tells whether q attends to k.
func (o *oracle) logits(tokens []int32, positions []int, sees func(q, k int) bool) [][]float64 {
	x := make([][]float64, len(tokens))
	for i, id := range tokens {
		x[i] = append([]float64{}, o.w["model.embed_tokens.weight"][int(id)*o.HiddenSize:][:o.HiddenSize]...)
	}
	for l := range o.NumHiddenLayers {
		p := "model.layers." + string(rune('0'+l)) + "."
		a := o.attend(p+"self_attn.", o.norm(x, p+"input_layernorm.weight"), positions, o.window(l, positions, sees))
		add(x, o.linear(a, p+"self_attn.o_proj"))
		y := o.norm(x, p+"post_attention_layernorm.weight")
		if o.sparse(l) {
			add(x, o.experts(p+"mlp.", l, y))
		} else {
			add(x, o.mlp(p+"mlp.", y))
		}
	}
	head := "lm_head"
	if o.TieWordEmbeddings {
		head = "model.embed_tokens"
	}
	return o.linear(o.norm(x, "model.norm.weight"), head)
}

// mlp is a gated MLP.
func (o *oracle) mlp(p string, x [][]float64) [][]float64 {
	gate, up := o.linear(x, p+"gate_proj"), o.linear(x, p+"up_proj")
	for i := range gate {
		for j, g := range gate[i] {
			gate[i][j] = g / (1 + math.Exp(-g)) * up[i][j]
		}
	}
	return o.linear(gate, p+"down_proj")
}

// sparse reports whether a layer is a mixture of experts.
func (o *oracle) sparse(l int) bool {
	for _, only := range o.MLPOnlyLayers {
		if only == l {
			return false
		}
	}
	return o.NumExperts > 0 && (l+1)%o.DecoderSparseStep == 0
}

// experts is a mixture of experts: of each token its likeliest ones, by their
// probabilities.
func (o *oracle) experts(p string, layer int, x [][]float64) [][]float64 {
	out := o.linear(x, p+"gate") // the router's logits, replaced one by one
	for i := range x {
		probs, ids := softmax64(out[i]), upTo(o.NumExperts)
		o.seen = append(o.seen, route{layer, probs})
		sort.SliceStable(ids, func(a, b int) bool { return probs[ids[a]] > probs[ids[b]] })
		ids = ids[:o.NumExpertsPerTok]
		total := 1.0
		if o.NormTopKProb {
			total = 0
			for _, e := range ids {
				total += probs[e]
			}
		}
		sum := make([]float64, len(x[i]))
		for _, e := range ids {
			for j, v := range o.mlp(fmt.Sprintf("%sexperts.%d.", p, e), x[i:i+1])[0] {
				sum[j] += probs[e] / total * v
			}
		}
		out[i] = sum
	}
	return out
}

// route is what the router of a layer made of one token.
type route struct {
	layer int
	probs []float64
}

func softmax64(x []float64) []float64 {
	out, total := make([]float64, len(x)), 0.0
	for i, v := range x {
		out[i] = math.Exp(v)
		total += out[i]
	}
	for i := range out {
		out[i] /= total
	}
	return out
}

// window makes the mask of a layer from that of full attention.
func (o *oracle) window(layer int, positions []int, sees func(q, k int) bool) func(q, k int) bool {
	if o.SlidingWindow == 0 || len(o.LayerTypes) > 0 && o.LayerTypes[layer] == "full_attention" {
		return sees
	}
	return func(q, k int) bool { return sees(q, k) && positions[q]-positions[k] < o.SlidingWindow }
}

// attend is one layer's attention, [S][H*E].
func (o *oracle) attend(p string, x [][]float64, positions []int, sees func(q, k int) bool) [][]float64 {
	q, k, v := o.linear(x, p+"q_proj"), o.linear(x, p+"k_proj"), o.linear(x, p+"v_proj")
	o.rotate(q, p+"q_norm.weight", positions)
	o.rotate(k, p+"k_norm.weight", positions)
	e := o.HeadDim
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, o.NumAttentionHeads*e)
		for h := range o.NumAttentionHeads {
			kv := h / (o.NumAttentionHeads / o.NumKeyValueHeads) * e
			weights, total := make([]float64, len(x)), 0.0
			for j := range x {
				if sees(i, j) {
					weights[j] = math.Exp(dot(q[i][h*e:][:e], k[j][kv:][:e]) / math.Sqrt(float64(e)))
					total += weights[j]
				}
			}
			for j, w := range weights {
				for c := range e {
					out[i][h*e+c] += w / total * v[j][kv+c]
				}
			}
		}
	}
	return out
}

// rotate normalises heads where the family does, then turns each pair of a head's
// two halves as a complex number by its angle.
func (o *oracle) rotate(x [][]float64, norm string, positions []int) {
	e, half := o.HeadDim, o.HeadDim/2
	inverse, attention := o.rotaryFrequencies()
	for i := range x {
		for at := 0; at < len(x[i]); at += e {
			head := x[i][at:][:e]
			if w, ok := o.w[norm]; ok {
				copy(head, unit(head, w, o.RMSNormEps))
			}
			for j := range half {
				angle := float64(positions[i]) / math.Pow(o.RopeTheta, 2*float64(j)/float64(e))
				if o.RopeScaling.RopeType != "" { // TestFrequenciesAreTransformers has these
					angle = float64(positions[i]) * inverse[j]
				}
				z := complex(head[j], head[half+j]) * complex(attention*math.Cos(angle), attention*math.Sin(angle))
				head[j], head[half+j] = real(z), imag(z)
			}
		}
	}
}

// linear is each row of x times a matrix [out, in] transposed, plus its bias if any.
func (o *oracle) linear(x [][]float64, name string) [][]float64 {
	w, bias := o.w[name+".weight"], o.w[name+".bias"]
	out := make([][]float64, len(x))
	for i := range x {
		in := len(x[i])
		out[i] = make([]float64, len(w)/in)
		for j := range out[i] {
			out[i][j] = dot(x[i], w[j*in:][:in])
			if bias != nil {
				out[i][j] += bias[j]
			}
		}
	}
	return out
}

func (o *oracle) norm(x [][]float64, name string) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = unit(x[i], o.w[name], o.RMSNormEps)
	}
	return out
}

// unit is x over its root mean square, times w.
func unit(x, w []float64, eps float64) []float64 {
	scale := 1 / math.Sqrt(dot(x, x)/float64(len(x))+eps)
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] * scale * w[i]
	}
	return out
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func add(x, y [][]float64) {
	for i := range x {
		for j := range x[i] {
			x[i][j] += y[i][j]
		}
	}
}

// stats are the log-probability of a target and the entropy of softmax(logits / T).
func stats(logits []float64, target int, temperature float64) (logProb, entropy float64) {
	top := math.Inf(-1)
	for _, x := range logits {
		top = math.Max(top, x/temperature)
	}
	total := 0.0
	for _, x := range logits {
		total += math.Exp(x/temperature - top)
	}
	for _, x := range logits {
		if l := x/temperature - top - math.Log(total); l > -700 { // else its probability is 0
			entropy -= math.Exp(l) * l
		}
	}
	return logits[target]/temperature - top - math.Log(total), entropy
}

// flat is the rows one after the other in float32.
func flat(rows [][]float64) []float32 {
	var out []float32
	for _, row := range rows {
		for _, v := range row {
			out = append(out, float32(v))
		}
	}
	return out
}

// upTo is 0..n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// oracleTolerance is the distance of the golden logits from a float64 computation.
const oracleTolerance = 1e-5

// TestOracleIsTransformers makes sure that the oracle is one.
func TestOracleIsTransformers(t *testing.T) {
	for _, name := range tinyModels {
		m := loadTiny(t, name, "config.json")
		ids := m.ids(t, "input_ids_2")
		near(t, name, flat(newOracle(t, m.Policy).logits(ids, upTo(len(ids)), earlier)), m.floats(t, "logits_2"), oracleTolerance)
	}
}
