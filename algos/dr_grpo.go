package algos

// Dr. GRPO (arXiv 2503.20783, section 3.2) is the loss grpo without the two divisions
// that bias it: advantages are not divided by the group's standard deviation, and the sum
// over a response's tokens is divided by a constant, not by its length. It has no KL
// term.
//
// Deviations: responses without a trained token leave the mean over responses, which
// its code and TRL count; verl before 2026 divides the sum over all responses by the
// constant alone.
func init() {
	RegisterPreset(Preset{
		Name: "dr_grpo", Paper: "arXiv 2503.20783", Summary: "GRPO without division by std or length",
		Loss: "grpo", Estimator: "grpo", Aggregation: "seq-mean-token-sum-norm",
		Options: map[string]any{"scale_rewards": "none"},
	})
}
