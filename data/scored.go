package data

// Scored is a set of judged rollouts with everything an advantage estimator or a
// shaper may use. Rows of a group are neighbours, in the order of Groups.
type Scored struct {
	Groups []Group
	Rows   []Row
	// Rewards are the reward functions' values by name, unweighted, one for each of
	// Rows.
	Rewards map[string][]float64
	// RewardWeights are what Rewards are multiplied with in a row's Reward, by name; 1
	// for those that are absent. What multiplies Rewards itself needs them, once.
	RewardWeights map[string]float64
	// Stats are batch-wide statistics by name, computed once per optimizer step
	// over the whole batch and given to the loss, so that cutting the batch into
	// micro-batches cannot change them.
	Stats map[string]float64
	// Metrics are numbers for the log that shapers, selectors and estimators found.
	Metrics map[string]float64
}

// Row is one rollout with its verdict, rewards and per-token arrays. All arrays
// have length T, the number of completion tokens; nil means "not computed".
type Row struct {
	// Group indexes Scored.Groups.
	Group   int
	Rollout *Rollout
	Verdict Verdict
	// Reward is the weighted sum that estimators use. NaN marks a row that could
	// not be scored; it is masked.
	Reward float64
	// Mask is true for the tokens that are trained, [T].
	Mask []bool
	// OldLogProbs, RefLogProbs, RolloutLogProbs: see the package comment, [T].
	OldLogProbs, RefLogProbs, RolloutLogProbs []float32
	// Values are a value head's predictions and Returns its targets, [T].
	Values, Returns []float32
	// Entropy of the policy's distribution at each token in nats, [T].
	Entropy []float32
	// Advantages are the estimator's result, [T].
	Advantages []float64
	// Weights multiply the loss of each token (rollout correction, importance), [T].
	Weights []float32
	// Features are further per-token arrays by provider name, [T].
	Features map[string][]float32
}

// GroupRows calls fn with the rows of each group in turn.
func (s *Scored) GroupRows(fn func(group int, rows []Row)) {
	for lo := 0; lo < len(s.Rows); {
		hi := lo + 1
		for hi < len(s.Rows) && s.Rows[hi].Group == s.Rows[lo].Group {
			hi++
		}
		fn(s.Rows[lo].Group, s.Rows[lo:hi])
		lo = hi
	}
}

// SetFeature stores a per-token array under a name, [T].
func (r *Row) SetFeature(name string, values []float32) {
	if r.Features == nil {
		r.Features = map[string][]float32{}
	}
	r.Features[name] = values
}

// NumTrained is the number of tokens of the row that are trained.
func (r *Row) NumTrained() int {
	n := 0
	for _, m := range r.Mask {
		if m {
			n++
		}
	}
	return n
}
