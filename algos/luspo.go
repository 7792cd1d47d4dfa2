package algos

// LUSPO (arXiv 2602.05261) multiplies GSPO's objective of a response by its length, so
// that long responses are not held to be worth less a token:
//
//	J_i = L_i * min(s_i*A_i, clip(s_i, 1-epsilon, 1+epsilon_high)*A_i)
//
// With GSPO's objective at each token that is its sum over the response: the loss gspo
// with another aggregation.
//
// Deviations: as for gspo. The clip widths are those of its code.
func init() {
	RegisterPreset(Preset{
		Name: "luspo", Paper: "arXiv 2602.05261", Summary: "GSPO times the length of the response",
		Loss: "gspo", Estimator: "grpo", Aggregation: "seq-mean-token-sum",
		Options: map[string]any{"epsilon": 2e-3, "epsilon_high": 2.5e-3},
	})
}
