package algos

// PPO (arXiv 1707.06347) is the loss grpo, which is its clipped surrogate (eq. 7), with
// advantages from a value head (gae) that is trained beside it (the term value). It needs
// no groups: num_generations may be 1.
//
// Deviations: gamma and gae_lambda are 1, as is usual where the only reward is at the end
// (verl; the paper has 0.99 and 0.95); the mean is over the tokens of the step.
func init() {
	RegisterPreset(Preset{
		Name: "ppo", Paper: "arXiv 1707.06347", Summary: "clipped ratio, advantages over a value head",
		Loss: "grpo", Terms: []string{"value"}, Estimator: "gae", Aggregation: "token-mean",
	})
}
