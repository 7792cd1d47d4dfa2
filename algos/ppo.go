package algos

// PPO (arXiv 1707.06347) is the loss grpo, which is its clipped surrogate (eq. 7), with
// advantages from a value head (gae) that is trained beside it (the term value). It needs
// no groups: num_generations may be 1.
//
// The head is a linear map of the policy's final hidden state, as in TRL: it begins at zero,
// shares the policy's layers, whose gradient from values value_detach stops, and is a part
// of the run's state and not of the model's files. A token's value is predicted where the
// token is, from what comes before it; values at the start of the step come from the same
// pass as old log-probabilities. optim.value_learning_rate is the head's own rate. A next
// stage of this objective goes on with the head.
//
// Deviations: gamma and gae_lambda are 1, as is usual where the only reward is at the end
// (verl; the paper has 0.99 and 0.95); the mean is over the tokens of the step.
func init() {
	RegisterPreset(Preset{
		Name: "ppo", Paper: "arXiv 1707.06347", Summary: "clipped ratio, advantages over a value head",
		Loss: "grpo", Terms: []string{"value"}, Estimator: "gae", Aggregation: "token-mean",
	})
}
