package configs

import "strings"

// peerSections are sections of other frameworks' configs. Each key below them is
// reported for itself.
var peerSections = []string{
	"actor_rollout_ref", "actor", "critic", "trainer", "policy", "grpo", "loss_fn", "policy_loss", "ref", "rollout_correction",
	"filter_groups", "dynamic_sampling", "overlong_buffer", "fsdp_config", "val_kwargs", "kl_ctrl", "reward_model", "custom_reward_function",
	"ckpt", "orchestrator", "checkpointing", "generation", "scheduler", "optimizer",
}

// peerWords are the words of TRL's GRPOConfig, verl and NeMo RL for what a config
// here says otherwise. A word with a dot must match the end of the path.
var peerWords = map[string]string{
	// Batches.
	"per_device_train_batch_size":  "TRL's counts completions; num_prompts_per_step counts prompts, and update.micro_batch_tokens bounds memory",
	"per_device_eval_batch_size":   "evaluation decodes rollout.max_rows completions at once",
	"gradient_accumulation_steps":  "micro-batches follow from update.micro_batch_tokens; an optimizer step has update.mini_batch_prompts prompts",
	"generation_batch_size":        "TRL's counts completions; num_prompts_per_step counts prompts",
	"steps_per_generation":         "rollouts are made once a step: see num_prompts_per_step and update.mini_batch_prompts",
	"train_batch_size":             "verl's data.train_batch_size is num_prompts_per_step",
	"train_global_batch_size":      "NeMo's counts completions; update.mini_batch_prompts counts prompts",
	"train_micro_batch_size":       "see update.micro_batch_tokens, which counts tokens",
	"ppo_mini_batch_size":          "verl's ppo_mini_batch_size is update.mini_batch_prompts (prompts too)",
	"mini_batch_size":              "see update.mini_batch_prompts, which counts prompts",
	"ppo_micro_batch_size":         "see update.micro_batch_tokens, which counts tokens",
	"ppo_micro_batch_size_per_gpu": "see update.micro_batch_tokens, which counts tokens",
	"ppo_max_token_len_per_gpu":    "verl's ppo_max_token_len_per_gpu is update.micro_batch_tokens",
	"use_dynamic_bsz":              "always so: micro-batches are filled up to update.micro_batch_tokens",
	"ppo_epochs":                   "verl's ppo_epochs is update.num_iterations",
	"max_steps":                    "TRL's max_steps is steps, of each stage",
	"max_num_steps":                "NeMo's max_num_steps is steps, of each stage",
	"total_training_steps":         "verl's total_training_steps is steps, of each stage",
	"num_train_epochs":             "a run is measured in steps, of each stage",
	"total_epochs":                 "a run is measured in steps, of each stage",
	"use_sequence_packing":         "see update.packing: packed or padded",
	"padding_free":                 "see update.packing: packed or padded",
	"use_remove_padding":           "see update.packing: packed or padded",
	"rollout.num_prompts_per_step": "num_prompts_per_step belongs to the stage, beside rollout",
	"rollout_batch_size":           "slime's rollout_batch_size is num_prompts_per_step",
	"n_samples_per_prompt":         "slime's n_samples_per_prompt is rollout.num_generations",

	// Sampling.
	"rollout.n":                   "verl's rollout.n is rollout.num_generations",
	"num_generations_per_prompt":  "NeMo's num_generations_per_prompt is rollout.num_generations",
	"num_generations_eval":        "TRL's num_generations_eval is eval.num_generations",
	"val_kwargs.n":                "verl's val_kwargs.n is eval.num_generations",
	"val_kwargs.temperature":      "verl's val_kwargs.temperature is eval.temperature",
	"max_response_length":         "verl's max_response_length is rollout.max_completion_length",
	"response_length":             "see rollout.max_completion_length",
	"max_new_tokens":              "max_new_tokens is rollout.max_completion_length",
	"max_tokens":                  "max_tokens is rollout.max_completion_length",
	"max_total_sequence_length":   "see data.max_prompt_length and rollout.max_completion_length",
	"vllm_max_model_length":       "see data.max_prompt_length and rollout.max_completion_length",
	"max_model_len":               "see data.max_prompt_length and rollout.max_completion_length",
	"do_sample":                   "rollout.temperature: 0 is greedy",
	"stop_strings":                "stop_strings is rollout.stop",
	"max_num_seqs":                "vLLM's max_num_seqs is rollout.max_rows",
	"repetition_penalty":          "not implemented: it would make log-probabilities depend on the text before",
	"use_vllm":                    "there is nothing to choose: the sampler is built in and shares the trainer's weights",
	"vllm_mode":                   "there is nothing to choose: the sampler is built in and shares the trainer's weights",
	"gpu_memory_utilization":      "there is nothing to choose: the sampler is built in and shares the trainer's weights",
	"vllm_gpu_memory_utilization": "there is nothing to choose: the sampler is built in and shares the trainer's weights",
	"tensor_model_parallel_size":  "there is nothing to choose: the sampler is built in and shares the trainer's weights",

	// Optimizer.
	"lr":                     "lr is optim.learning_rate",
	"lr_warmup_steps":        "verl's lr_warmup_steps is optim.warmup_steps",
	"lr_warmup_steps_ratio":  "give the number of steps: optim.warmup_steps",
	"warmup_ratio":           "give the number of steps: optim.warmup_steps",
	"clip_grad":              "verl's clip_grad is optim.max_grad_norm",
	"grad_clip":              "grad_clip is optim.max_grad_norm",
	"betas":                  "two keys: optim.adam_beta1 and optim.adam_beta2",
	"eps":                    "optim.adam_epsilon for the optimizer",
	"lr_scheduler_kwargs":    "see optim.min_lr_ratio",
	"gradient_checkpointing": "not implemented",
	"bf16":                   "see model.dtype",
	"fp16":                   "see model.dtype",
	"torch_dtype":            "torch_dtype is model.dtype",

	// Objective.
	"loss_type":                     "TRL's loss_type is algorithm.name (rlvr list algorithms)",
	"loss_mode":                     "verl's loss_mode is algorithm.name (rlvr list algorithms)",
	"adv_estimator":                 "verl's adv_estimator is algorithm.options.advantage_estimator, or part of algorithm.name (rlvr list algorithms)",
	"advantage_estimator":           "an option of the algorithm: algorithm.options.advantage_estimator",
	"importance_sampling_level":     "part of algorithm.name: sequence is gspo (rlvr list algorithms)",
	"clip_ratio":                    "verl's clip_ratio is algorithm.options.epsilon",
	"clip_ratio_low":                "verl's clip_ratio_low is algorithm.options.epsilon",
	"clip_ratio_high":               "verl's clip_ratio_high is algorithm.options.epsilon_high",
	"ratio_clip_min":                "NeMo's ratio_clip_min is algorithm.options.epsilon",
	"ratio_clip_max":                "NeMo's ratio_clip_max is algorithm.options.epsilon_high",
	"clip_ratio_c":                  "verl's clip_ratio_c is algorithm.options.delta",
	"kl_loss_coef":                  "verl's kl_loss_coef is algorithm.options.beta; 0 needs no reference",
	"use_kl_loss":                   "algorithm.options.beta above 0 adds the KL term",
	"reference_policy_kl_penalty":   "NeMo's reference_policy_kl_penalty is algorithm.options.beta",
	"norm_adv_by_std_in_grpo":       "verl's norm_adv_by_std_in_grpo is algorithm.options.scale_rewards: group or none",
	"normalize_rewards":             "NeMo's normalize_rewards is algorithm.options.scale_rewards: group or none",
	"entropy_coeff":                 "verl's entropy_coeff is algorithm.options.entropy_coef",
	"epsilon":                       "an option of the algorithm: algorithm.options.epsilon",
	"epsilon_high":                  "an option of the algorithm: algorithm.options.epsilon_high",
	"beta":                          "an option of the algorithm: algorithm.options.beta",
	"scale_rewards":                 "an option of the algorithm: algorithm.options.scale_rewards",
	"loss_agg_mode":                 "an option of the algorithm: algorithm.options.loss_agg_mode",
	"delta":                         "an option of the algorithm: algorithm.options.delta",
	"entropy_coef":                  "an option of the algorithm: algorithm.options.entropy_coef",
	"mask_truncated_completions":    "an option of the algorithm: algorithm.options.mask_truncated_completions",
	"sync_ref_model":                "see update.ref_model_sync_steps: 0 keeps the reference",
	"ref_model_sync_steps":          "belongs to update: update.ref_model_sync_steps",
	"ref_model_mixup_alpha":         "belongs to update: update.ref_model_mixup_alpha",
	"rollout_rs":                    "an option of the algorithm: algorithm.options.rollout_rs",
	"rollout_is":                    "an option of the algorithm: algorithm.options.rollout_is",
	"vllm_importance_sampling_mode": "TRL's vllm_importance_sampling_mode is algorithm.options.rollout_is and rollout_is_mode",
	"max_async_level":               "prime-rl's max_async_level is queue.max_staleness",
	"max_head_offpolicyness":        "AReaL's max_head_offpolicyness is queue.max_staleness",
	"staleness_threshold":           "see queue.max_staleness, which counts steps",
	"max_staleness":                 "belongs to queue: queue.max_staleness",
	"algorithm.num_iterations":      "num_iterations belongs to update",
	"algorithm.mini_batch_prompts":  "mini_batch_prompts belongs to update",
	"lora_r":                        "low-rank adapters are not implemented",
	"lora_rank":                     "low-rank adapters are not implemented",
	"lora_alpha":                    "low-rank adapters are not implemented",
	"use_peft":                      "low-rank adapters are not implemented",

	// Model, data, reward.
	"model_name_or_path":          "TRL's model_name_or_path is model.path",
	"model_name":                  "NeMo's model_name is model.path",
	"tokenizer.name":              "a checkpoint folder brings its tokenizer: model.path",
	"val_files":                   "verl's val_files is data.validation_files",
	"eval_files":                  "see data.validation_files (for until) and data.test_files (for the result)",
	"filter_overlong_prompts":     "verl's filter_overlong_prompts is data.overlong_prompts: drop or error",
	"truncation":                  "prompts are never cut: data.overlong_prompts is drop or error",
	"optim.epsilon":               "optim.adam_epsilon",
	"optim.eps":                   "optim.adam_epsilon",
	"optim.beta":                  "two keys: optim.adam_beta1 and optim.adam_beta2",
	"beta1":                       "beta1 is optim.adam_beta1",
	"beta2":                       "beta2 is optim.adam_beta2",
	"dataset_name":                "TRL's dataset_name is data.task or data.train_files",
	"reward_funcs":                "TRL's reward_funcs is reward.verifier (rlvr list verifiers)",
	"reward_manager":              "verl's reward_manager is reward.verifier (rlvr list verifiers)",
	"custom_reward_function.path": "verl's custom_reward_function is reward.verifier (rlvr list verifiers)",
	"rope_scaling":                "a field of a checkpoint's config.json or of model.config",
	"sliding_window":              "a field of a checkpoint's config.json or of model.config",

	// Run.
	"save_total_limit":         "TRL's save_total_limit is checkpoint.keep_last",
	"max_actor_ckpt_to_keep":   "verl's max_actor_ckpt_to_keep is checkpoint.keep_last",
	"keep_top_k":               "see checkpoint.keep_last: the last ones are kept, not the best",
	"save_freq":                "verl's save_freq is checkpoint.save_steps",
	"save_period":              "NeMo's save_period is checkpoint.save_steps",
	"save_strategy":            "see checkpoint.save_steps",
	"default_local_dir":        "verl's default_local_dir is output_dir",
	"run_name":                 "a run is named by its folder: output_dir",
	"experiment_name":          "a run is named by its folder: output_dir",
	"project_name":             "a run is named by its folder: output_dir",
	"resume_from_checkpoint":   "a flag, not a key: rlvr train --resume",
	"resume_mode":              "a flag, not a key: rlvr train --resume",
	"test_freq":                "verl's test_freq is eval_steps",
	"val_period":               "NeMo's val_period is eval_steps",
	"eval_strategy":            "see eval_steps",
	"val_before_train":         "verl's val_before_train is eval.eval_on_start",
	"val_at_start":             "NeMo's val_at_start is eval.eval_on_start",
	"val_only":                 "a command: rlvr eval",
	"max_val_samples":          "NeMo's max_val_samples is eval.max_examples",
	"logger":                   "verl's logger is logging.report_to: jsonl, tensorboard",
	"log_completions":          "see logging.completions_steps and logging.num_completions",
	"num_completions_to_print": "TRL's num_completions_to_print is logging.num_completions",
	"log_val_generations":      "verl's log_val_generations is logging.num_completions",
	"full_determinism":         "a run is always reproducible from its seed",
	"n_gpus_per_node":          "not a choice: backend names the devices",
	"nnodes":                   "not a choice: one process, one host",
}

// peerWord is what to write instead of the word at the end of a path; empty if it
// is no known word.
func peerWord(path string) string {
	segments := strings.Split(path, ".")
	if n := len(segments); n > 1 {
		if hint := peerWords[segments[n-2]+"."+segments[n-1]]; hint != "" {
			return hint
		}
	}
	return peerWords[segments[len(segments)-1]]
}
