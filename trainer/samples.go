package trainer

import (
	"slices"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// samples are the first completions of the step's first prompts, with what is known of
// their tokens.
func (t *Trainer) samples(st *stage, s *data.Scored) ([]runlog.Sample, error) {
	if st.algorithm.Offline || t.setup.Logging.NumCompletions == 0 {
		return nil, nil
	}
	var out []runlog.Sample
	var shown []*data.Row
	s.GroupRows(func(group int, rows []data.Row) {
		if len(out) == t.setup.Logging.NumCompletions {
			return
		}
		g := &s.Groups[group]
		sample := runlog.NewSample(t.state.Step, st.opts.Name, t.setup.Tokenizer.Decode(g.Prompt, false), g.Example, &rows[0])
		sample.Tokens = runlog.NewSampleTokens(pieces(t.setup.Tokenizer, rows[0].Rollout.Tokens()), &rows[0])
		out, shown = append(out, sample), append(shown, &rows[0])
	})
	if !t.setup.Logging.ScoreCompletions || st.opts.Collect { // what only collects has no updates
		return out, nil
	}
	return out, t.scoreAgain(st, s, shown, out)
}

// scoreAgain adds what the policy says of the tokens of rows after the step's updates to
// their samples. Rows without a trained token are in no pass.
func (t *Trainer) scoreAgain(st *stage, s *data.Scored, rows []*data.Row, samples []runlog.Sample) error {
	some := &data.Scored{Groups: s.Groups}
	of := make([]int, 0, len(rows))
	for i, r := range rows {
		if r.NumTrained() > 0 {
			some.Rows, of = append(some.Rows, *r), append(of, i)
		}
	}
	if len(of) == 0 {
		return nil
	}
	watch := *st
	watch.packer = st.packer.apart()
	return watch.forward(t.policy.Weights, some, func(r *data.Row, logProbs, entropy []float32) {
		i := slices.IndexFunc(of, func(i int) bool { return rows[i].Rollout == r.Rollout })
		samples[of[i]].Tokens.SetNew(logProbs, entropy)
	})
}

// pieces is the text that each token adds, special tokens as their text; what the last
// holds back is with it.
func pieces(tok tokenize.Tokenizer, ids []int32) []string {
	if len(ids) == 0 {
		return nil
	}
	stream := tokenize.NewStream(tok, false)
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = stream.Push(id)
	}
	out[len(out)-1] += stream.Flush()
	return out
}
