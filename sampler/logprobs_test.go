package sampler

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// logProbTolerance is the float32 rounding of a log-softmax over 32 logits, with two
// layers of different summation order below.
const logProbTolerance = 2e-5

// forwardGraph gives the logits [S, V] of one row of tokens [1, S]. Inputs: weights,
// tokens.
func forwardGraph(a *model.Arch) func(in []*node) []*node {
	return func(in []*node) []*node {
		tokens := in[len(in)-1]
		d := a.BindGraph(in[:len(in)-1])
		h := d.HiddenGraph(tokens, a.RotaryGraph(model.PositionsGraph(tokens), tokens.Shape().Dim(1)), model.CausalGraph(tokens))
		return []*node{d.LogitsGraph(graph.Reshape(h, tokens.Shape().Dim(1), -1))}
	}
}

// forward gives the logits that predict each token of a completion, [L][V], by one
// full pass over prompt and completion, padded to 40 tokens.
func forward(t testing.TB, dev *device.Device, exec *device.Exec, p *model.Policy, prompt, completion []int32) [][]float32 {
	t.Helper()
	const width = 40
	tokens := make([]int32, width)
	copy(tokens[copy(tokens, prompt):], completion)
	out, err := exec.Call(device.Args(p.Weights, device.Array(tokens, 1, width))...)
	if err != nil {
		t.Fatal(err)
	}
	logits, v := values[float32](t, dev, out[0]), p.Arch.VocabSize
	rows := make([][]float32, len(completion))
	for i := range rows {
		rows[i] = logits[(len(prompt)-1+i)*v:][:v]
	}
	return rows
}

// TestLogProbsAreTheTrainers compares the sampler's log-probabilities, truncated or
// not, with a full forward pass over prompt and completion.
func TestLogProbsAreTheTrainers(t *testing.T) {
	whole := Options{NumGenerations: 3, Temperature: 0.7, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 32}
	backends(t, func(t *testing.T, dev *device.Device) {
		cut := whole
		cut.TopK = 8
		if dev.Name == "go" { // XLA compiles each for seconds
			cut.TopP, cut.MinP = 0.9, 0.03
		}
		p := testPolicy(t)
		prompts := testPrompts(8, 9, 16) // one prefill: compiling takes its time
		exec := dev.NewExec("forward", forwardGraph(p.Arch))
		for name, o := range map[string]Options{"whole": whole, "truncated": cut} {
			t.Run(name, func(t *testing.T) {
				for k, r := range sampleAll(t, dev, p, o, prompts, nil) {
					logits := forward(t, dev, exec, p, prompts[k.prompt].Tokens, r.Tokens)
					checkLogProbs(t, k, r, logits, &o)
					ended := r.Tokens[len(r.Tokens)-1] == testEOS
					if ended != (r.Finish == data.FinishEOS) || (!ended && len(r.Tokens) != o.MaxCompletionLength) {
						t.Errorf("completion %v: %d tokens, finish %v", k, len(r.Tokens), r.Finish)
					}
				}
			})
		}
	})
}

func checkLogProbs(t *testing.T, k resultKey, r Result, logits [][]float32, o *Options) {
	t.Helper()
	tr := truncation{o.TopK, o.TopP, o.MinP}
	if (r.TruncatedLogProbs != nil) != tr.any() || len(r.LogProbs) != len(r.Tokens) {
		t.Fatalf("completion %v: %d tokens, %d log-probs, %d truncated", k, len(r.Tokens), len(r.LogProbs), len(r.TruncatedLogProbs))
	}
	for i, token := range r.Tokens {
		want := math.Log(softmax(logits[i], o.Temperature, nil)[token])
		if d := math.Abs(float64(r.LogProbs[i]) - want); !(d <= logProbTolerance) {
			t.Errorf("completion %v token %d: log-prob %g, forward pass %g", k, i, r.LogProbs[i], want)
		}
		if !tr.any() {
			continue
		}
		scaled := make([]float32, len(logits[i]))
		for j, x := range logits[i] {
			scaled[j] = x / float32(o.Temperature)
		}
		least, most := keptWithin(scaled, tr)
		if !most[token] {
			t.Errorf("completion %v token %d: %d is not among those kept", k, i, token)
		}
		got := float64(r.TruncatedLogProbs[i])
		high, low := math.Log(softmax(scaled, 1, least)[token]), math.Log(softmax(scaled, 1, most)[token])
		if !(got >= low-logProbTolerance && (got <= high+logProbTolerance || !least[token])) {
			t.Errorf("completion %v token %d: truncated log-prob %g, want %g to %g", k, i, got, low, high)
		}
	}
}

// TestCompletionsFollowThePolicy draws first tokens through the whole sampler and
// second ones given the first, and compares their numbers with the policy's
// distribution.
func TestCompletionsFollowThePolicy(t *testing.T) {
	dev := open(t, "go")
	p := testPolicy(t)
	o := Options{NumGenerations: 3000, Temperature: 1.5, TopP: 1, MaxCompletionLength: 2, ChunkTokens: 8, MaxRows: 256}
	prompts := testPrompts(1, 5, 5)
	s, err := New(dev, p.Arch, o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := make([]float64, p.Arch.VocabSize), map[int32][]float64{}
	for _, r := range collect(t, s, p, prompts) {
		first[r.Tokens[0]]++
		if second[r.Tokens[0]] == nil {
			second[r.Tokens[0]] = make([]float64, p.Arch.VocabSize)
		}
		second[r.Tokens[0]][r.Tokens[1]]++
	}
	exec := dev.NewExec("forward", forwardGraph(p.Arch))
	most := int32(0)
	for id, n := range first {
		if n > first[most] {
			most = int32(id)
		}
	}
	logits := forward(t, dev, exec, p, prompts[0].Tokens, []int32{most, 0})
	for i, counts := range [][]float64{first, second[most]} {
		total := mean(counts) * float64(len(counts))
		got, want := pool(counts, softmax(logits[i], o.Temperature, nil), total)
		if z := chiSquareZ(got, want); len(want) < 4 || z > improbable {
			t.Errorf("token %d: drawn %.0f, expected %.1f: %.1f standard deviations", i, got, want, z)
		}
	}
}

// pool joins the rare tokens, expected less than 5 times, into one bin: a chi-square
// test needs that.
func pool(counts, p []float64, total float64) (got, want []float64) {
	rareGot, rareWant := 0.0, 0.0
	for i := range counts {
		if e := p[i] * total; e >= 5 {
			got, want = append(got, counts[i]), append(want, e)
		} else {
			rareGot, rareWant = rareGot+counts[i], rareWant+e
		}
	}
	return append(got, rareGot), append(want, rareWant)
}
