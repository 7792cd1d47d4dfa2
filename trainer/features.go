package trainer

import (
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize"
)

// checkNeeds refuses an algorithm whose parts read what nothing here computes.
func (o *StageOptions) checkNeeds(l *fault.List) {
	a, err := algos.Resolve(o.Algorithm)
	if err != nil {
		return // a fault of the algorithm, which is reported
	}
	needs := a.Needs()
	l.Check(o.Update.RefModelSyncSteps == 0 || needs.Ref, "update.ref_model_sync_steps", o.Update.RefModelSyncSteps, "0: %s uses no reference policy here", o.Algorithm.Name)
	o.checkRoles(needs, l)
	o.Collected.check(o, needs, l)
	features := append(tokenize.SpanProviders(), algos.FeatureAttention, algos.FeatureToolTokens)
	for _, f := range needs.Features {
		l.Check(slices.Contains(features, f), "algorithm.name", o.Algorithm.Name,
			"an algorithm that does not need the feature %s: there are %s", f, strings.Join(features, ", "))
	}
	l.Check(!needs.Values || a.Estimator.Needs().Values, "algorithm.options.advantage_estimator", o.Algorithm.Options["advantage_estimator"],
		"gae: %s trains a value head, and no other estimator says what it is to predict", o.Algorithm.Name)
	l.Check(needs.Values || o.Optim.ValueLearningRate == 0, "optim.value_learning_rate", o.Optim.ValueLearningRate,
		"nothing: %s has no value head, so that the key belongs to the stages that have one", o.Algorithm.Name)
}

// addFeatures computes the per-token arrays that the objective asked for by name, but
// for those that a forward pass gives.
func (t *Trainer) addFeatures(names []string, s *data.Scored) {
	for i := range s.Rows {
		r := &s.Rows[i]
		for _, name := range names {
			switch name {
			case algos.FeatureAttention:
			case algos.FeatureToolTokens:
				r.SetFeature(name, tokenize.ToolTokens(t.setup.Tokenizer, r.Rollout.Tokens(), s.Groups[r.Group].Example.ToolNames()))
			default:
				r.SetFeature(name, tokenize.Spans(name, t.setup.Tokenizer, r.Rollout.Tokens()))
			}
		}
	}
}
