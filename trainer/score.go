package trainer

import (
	"context"
	"fmt"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/verifier"
)

// judge makes the rows that shapers and estimators work on, of groups whose completions
// scoring was given, and closes it. Verdicts that are no fault of the completion are
// masked; too many of them stop the run.
func (t *Trainer) judge(ctx context.Context, groups []data.Group, scoring *verifier.Scoring) (*data.Scored, error) {
	defer scoring.Close()
	s := rowsOf(groups)
	scores := scoring.Scores()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.Rewards, s.RewardWeights = scores.ByName, scores.Weights
	for i := range s.Rows {
		row := &s.Rows[i]
		row.Verdict, row.Reward = scores.Verdicts[i], scores.Totals[i]
		if row.Verdict.Masked() {
			clear(row.Mask)
		}
	}
	if err := t.setup.Rewards.Check(scores.Verdicts); err != nil {
		return nil, fmt.Errorf("trainer: %w", err)
	}
	return s, nil
}

// scoringOf gives completions that are there already to the rewards.
func (t *Trainer) scoringOf(ctx context.Context, groups []data.Group) *verifier.Scoring {
	var jobs []verifier.Job
	for g := range groups {
		for i := range groups[g].Rollouts {
			jobs = append(jobs, verifier.Job{Example: groups[g].Example, Completion: groups[g].Rollouts[i].Text})
		}
	}
	scoring := t.setup.Rewards.Start(ctx, len(jobs))
	for i, job := range jobs {
		scoring.Add(i, job)
	}
	return scoring
}

// rowsOf makes a row of each rollout.
func rowsOf(groups []data.Group) *data.Scored {
	rows, tokens := 0, 0
	for g := range groups {
		rows += len(groups[g].Rollouts)
		for i := range groups[g].Rollouts {
			tokens += groups[g].Rollouts[i].NumTokens()
		}
	}
	s := &data.Scored{Groups: groups, Stats: map[string]float64{}, Rows: make([]data.Row, 0, rows)}
	masks := make([]bool, 0, tokens) // of all rows: one piece of memory for many
	for g := range groups {
		for i := range groups[g].Rollouts {
			r := &groups[g].Rollouts[i]
			from := len(masks)
			masks = r.AppendMask(masks)
			s.Rows = append(s.Rows, data.Row{Group: g, Rollout: r, Mask: masks[from:len(masks):len(masks)], RolloutLogProbs: r.RolloutLogProbs()})
		}
	}
	return s
}

// score computes what the objective declared, before advantages: features of the text,
// and by forward passes log-probabilities, entropies, values and received attention of the
// policy at the start of the step and log-probabilities of the reference.
func (t *Trainer) score(st *stage, s *data.Scored) error {
	needs := st.objective.needs
	t.addFeatures(needs.Features, s)
	if err := st.scoreRoles(s); err != nil {
		return err
	}
	pass := st.objective.startPass()
	if needs.Old && !st.objective.onPolicy || needs.Score || pass != (scorePass{}) {
		if err := st.scan(st.objective.startExec, t.head.after(t.policy.Weights), s, pass.received, pass.put); err != nil {
			return err
		}
	}
	if needs.Values {
		for i := range s.Rows {
			if r := &s.Rows[i]; r.Values == nil { // nothing of it is trained: no pass saw it
				r.Values = make([]float32, len(r.Mask))
			}
		}
	}
	if needs.Ref {
		return st.forward(st.reference, s, func(r *data.Row, logProbs, _ []float32) { r.RefLogProbs = logProbs })
	}
	return nil
}

// put stores what the pass gave of the policy at the start of the step: arrays [T].
func (p scorePass) put(r *data.Row, x [][]float32) {
	r.OldLogProbs, r.Entropy, x = x[0], x[1], x[2:]
	if p.values {
		r.Values, x = x[0], x[1:]
	}
	if p.received {
		r.SetFeature(algos.FeatureAttention, x[0])
	}
}

// forward scores all rows under the weights of a model and hands each its arrays [T].
func (st *stage) forward(weights []*device.Tensor, s *data.Scored, put func(r *data.Row, logProbs, entropy []float32)) error {
	return st.scan(st.objective.scoreExec, weights, s, false, func(r *data.Row, x [][]float32) { put(r, x[0], x[1]) })
}

// scan runs a forward pass over all rows that have a trained token and hands each its
// arrays [T]. whole lays out the responses' last tokens too, which predict nothing.
func (st *stage) scan(exec *device.Exec, weights []*device.Tensor, s *data.Scored, whole bool, put func(r *data.Row, x [][]float32)) error {
	items := itemsOf(s, func(*data.Row) bool { return true })
	for i := range items {
		items[i].whole = whole
	}
	b := st.packer.pack(items, nil, data.Counts{})
	next := 0
	for i := range b.Micro {
		m := &b.Micro[i]
		out, err := st.objective.score(exec, weights, m)
		if err != nil {
			return err
		}
		for n := range m.Responses {
			row := items[next].row
			of := make([][]float32, len(out))
			for k := range out {
				of[k] = out[k][n*m.T:][:len(row.Mask)]
			}
			put(row, of)
			next++
		}
	}
	return nil
}

// itemsOf lists the responses that have a trained token and that use wants.
func itemsOf(s *data.Scored, use func(*data.Row) bool) []item {
	var out []item
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.NumTrained() == 0 || !use(r) {
			continue
		}
		out = append(out, item{row: r, prompt: s.Groups[r.Group].Prompt, tokens: r.Rollout.Tokens(), group: r.Group})
	}
	return out
}
