// Package algos holds the objectives: how judged rollouts become a loss. The trainer
// is blind to them; it computes what they need, calls them, and steps.
//
// # Terms
//
//   - Loss: the device half, from per-token arrays [N, T] to a few sums.
//   - Term: what is added to a loss: KL, entropy, the error of a value head.
//   - Weight: a weight of tokens that multiplies a loss: rollout correction, masks.
//   - Estimator: the host half, from rewards to per-token advantages, in float64.
//   - Aggregation: how per-token losses become one number.
//   - Shaper: changes rewards, masks or weights before the estimator runs.
//   - Selector: decides which groups are trained on and how many prompts are missing.
//   - Preset: parts that belong together, under one name, with vetted options.
//   - Algorithm: a preset resolved with a config's options; what the trainer runs.
//   - Needs: what a part reads. Nothing else is computed.
//
// # Order in a step
//
// Shapers run in order, then selectors, then the estimator; the latter two may mask
// rows (an unscored one, say), so trained tokens and sequences are counted after
// them. A loss's denominators are those counts, of the whole optimizer step: cutting
// it into micro-batches, packing and padding cannot change the result.
//
// # Papers
//
//	paper                           file                        deviations
//	arXiv 2402.03300 GRPO           grpo.go                     optional asymmetric and dual clip; log-ratios within +-20
//	arXiv 2402.03300 GRPO           estimate_group.go           ddof 1; equal rewards give exactly 0, a group of one too
//	arXiv 2402.03300 GRPO           kl.go                       beta 0 by default, the paper's is 0.04; more estimators
//	arXiv 2512.02556 DeepSeek-V3.2  kl.go, off_policy_mask.go   none known
//	arXiv 1707.06347 PPO            entropy.go                  aggregated as the loss is
//	arXiv 1707.06347 PPO            value.go                    a mean over tokens; its clip is the authors' code's
//	arXiv 2503.14476 DAPO           dapo.go                     dual clip of its recipe
//	arXiv 2503.20783 Dr. GRPO       dr_grpo.go                  empty responses leave the mean
//	arXiv 2506.13585 CISPO          cispo.go                    epsilon_high of verl; TRL's meaning of it by compat
//	arXiv 2507.18071 GSPO           gspo.go                     mean log-ratios above 10 have no gradient
//	arXiv 2602.05261 LUSPO          luspo.go                    as for GSPO
//	arXiv 2511.20347 SAPO           sapo.go                     log-ratios within +-20
//	arXiv 2507.20673 GMPO           gmpo.go                     mean log-ratios above 10 have no gradient
//	arXiv 2601.05607 DHPO           dhpo.go                     parts of the formula are our reading, each can be chosen
//	arXiv 2601.22718 MinPRO         minpro.go                   first token, clip widths and cap_at_one are ours
//	arXiv 2602.10609 KPO            kpo.go                      masked tokens do not move the filter; official ones by compat
//	arXiv 2511.04256 SSPO           sspo.go                     the formula is our reading of the abstract
//	arXiv 2510.06062 ASPO           aspo.go                     continuous value of the dual clip; the code's by compat
//	Rank-GRPO, ICLR 2026            rank_grpo.go                the paper's weights; the code's by compat
//	Rank-GRPO, ICLR 2026            rank_advantage.go           no extra rewards for overflow and end of list
//	arXiv 2602.04879 DPPO           dppo.go                     greatest weight 20
//	arXiv 2602.10693 VESPO          vespo.go                    ratio to the sampler by old_log_probs, not by a product
//	arXiv 2405.19107 DRO            dro.go                      per token and without a value, as in verl
//	arXiv 2505.22617 Clip-Cov       clip_cov.go, covariance.go  selection by old log-probabilities over the step; repeatable dice
//	arXiv 2505.22617 KL-Cov         kl_cov.go, covariance.go    selection by old log-probabilities over the step
//	arXiv 2506.01939 80/20          top_entropy.go              quantile over the step, of the policy at its start
//	Yao et al. 2025 TIS             rollout_correction.go       also sequence, geometric, masked, bypass
//	Williams 1992 REINFORCE         reinforce.go                weights of a shaper, if any, multiply the objective
//	Williams 1992 REINFORCE         estimate_reinforce.go       the only baseline is the batch's mean
//	arXiv 2402.14740 RLOO           estimate_rloo.go            a group of one has 0; verl's by compat
//	arXiv 2501.03262 REINFORCE++    estimate_reinforce_pp.go    masked tokens are skipped
//	arXiv 2501.03262 -baseline      estimate_reinforce_pp_baseline.go  a group of one has 0; verl's by compat
//	arXiv 2504.02546 GPG            estimate_gpg.go             counts rewards of groups that differ; verl's by compat
//	arXiv 1506.02438 GAE            estimate_gae.go             advantages normalised over tokens; optional bootstrap
//	arXiv 1707.06347 PPO            ppo.go                      gamma and lambda 1
//	arXiv 2601.05242 GDPO           estimate_gdpo.go            rewards have weight 1; verl's last step by compat
//	arXiv 2508.10751 Pass@k         estimate_pass_k.go          groups of fewer than k at their size; verl's form too
//	arXiv 2505.16826 KTAE           estimate_ktae.go, estimate_ktae_table.go  exact test; the code's by compat
//	arXiv 2503.14476 DAPO           shape_overlong.go           bounded beyond the limit; verl's by compat
//	arXiv 2503.14476 DAPO           select_groups.go            trains on what there is when rounds are over
//	arXiv 2501.12599 Kimi k1.5      shape_length.go             none known
//	arXiv 2502.04463 efficient      shape_length.go             deviation of a sample
//	arXiv 2009.01325 KL in reward   shape_kl.go                 more estimators
//	arXiv 2601.07123 ENTRA          shape_entra.go              share, coefficient and gate are our reading
//	arXiv 2509.22115 D3S            select_d3s.go               shares for counts, rounded up; no curriculum by default
//	Liu et al. 2025 rejection       shape_rejection.go          one statistic at a time
//	arXiv 2203.02155 SFT            sft.go                      none
//	arXiv 2305.18290 DPO            dpo.go, pairs_graph.go      none; also robust, hinge and ipo
//	arXiv 2411.19943 cDPO           cdpo.go                     sequence form; the code's positions by compat
//	arXiv 2412.15495 TL-Training    tl_training.go              keys found by characters; the code's sums by compat
//	arXiv 2412.15495 TL-Training    shape_error_turns.go        an empty error is none; the code's matching by compat
//	arXiv 2402.03300 GRPO           aggregate_graph.go          seq-mean-token-mean: empty responses leave the mean
//	arXiv 2503.14476 DAPO           aggregate_graph.go          token-mean: none
//	arXiv 2503.20783 Dr. GRPO       aggregate_graph.go          seq-mean-token-sum-norm: empty responses leave the mean
//	arXiv 2503.14476 DAPO           shape_truncated.go          rewards of masked completions stay in their group
//
// # Beside any policy loss
//
// Online presets have the terms kl and entropy, the weights rollout_correction,
// off_policy_mask and top_entropy, the shapers kl_reward, overlong, length_penalty, mask_truncated and
// rejection and the selector filter_groups, all off by default, so no loss has options or code for
// them. The option compat chooses whose conventions hold in every part that has a mode
// for them.
//
// # Adding one
//
// A new objective is one file here and one test beside it: the doc comment with paper,
// equation and deviations, the option table, Needs, the graph, and an init that
// registers it. The test gives the equation once more as plain float64 loops and calls
// package algotest, which compares values and gradients and tries what tends to go
// wrong. The tests of this package fail while a registered name lacks such a proof.
package algos
