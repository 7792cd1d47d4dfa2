// Package data is the vocabulary that every other package speaks: problems,
// sampled completions, their verdicts and rewards, and the arrays of one
// optimizer step. It imports nothing of ours and does no arithmetic.
//
// # Terms
//
//   - Example: one problem, as a task or a file gives it.
//   - Rollout: one sampled completion of a prompt, made of segments.
//   - Group: the rollouts of one prompt, the unit of group-relative advantages.
//   - Scored: what an advantage estimator sees, one Row a rollout.
//   - Batch: the host arrays of one optimizer step, cut into micro-batches.
//
// # Names
//
// Four log-probabilities of the same sampled token appear in the literature under
// many names. Ours, with the peers' words:
//
//	LogProbs         current policy, trainer     TRL per_token_logps           verl log_prob           prime-rl trainer_logprobs
//	OldLogProbs      policy at step start        TRL old_per_token_logps       verl old_log_probs
//	RolloutLogProbs  as the sampler computed     TRL sampling_per_token_logps  verl rollout_log_probs  prime-rl inference_logprobs
//	RefLogProbs      frozen reference policy     TRL ref_per_token_logps       verl ref_log_prob
//	Mask             tokens that are trained     TRL completion_mask           verl response_mask      prime-rl loss_mask
//
// All four are of the untruncated distribution at the rollout temperature, as TRL
// and verl divide the training logits by it. The log-probability under the
// truncated distribution that was really sampled from (top-k, top-p, min-p) is a
// field of its own, [Segment.TruncatedLogProbs].
package data
