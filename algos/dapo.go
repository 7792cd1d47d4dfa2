package algos

// DAPO (arXiv 2503.14476, eq. 8) is the loss grpo with a higher upper bound
// (clip-higher, section 3.1) and a mean over the tokens of the whole step (section 3.3).
// What else it has are other parts: dynamic sampling (3.2), overlong filtering and
// shaping (3.4).
//
// Deviations from the paper: the dual clip at 10, which is its recipe's (verl-recipe
// dapo, clip_ratio_c); TRL's loss_type dapo has none.
func init() {
	RegisterPreset(Preset{
		Name: "dapo", Paper: "arXiv 2503.14476", Summary: "clip-higher and a mean over tokens",
		Loss: "grpo", Estimator: "grpo", Aggregation: "token-mean",
		Options: map[string]any{"epsilon_high": 0.28, "delta": 10.0},
	})
}
