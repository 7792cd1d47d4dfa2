#!/usr/bin/env python3
"""The quickstart with TRL's GRPOTrainer and transformers' Qwen3 on the CPU, float32.

Set up as someone who cares for speed on a CPU would: no gradient checkpointing, fused AdamW, one generation
batch an optimizer step, no reference model, no saving, no progress bar. The warm start is a plain loop on the
same model. Model and tokenizer are made here. One JSON object on standard output, progress on standard error.
"""
import contextlib
import os
import sys
import tempfile
import time

STARTED = time.perf_counter()
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import torch  # noqa: E402
import transformers  # noqa: E402
from datasets import Dataset  # noqa: E402
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM, TrainerCallback  # noqa: E402
from trl import GRPOConfig, GRPOTrainer  # noqa: E402

import stages  # noqa: E402
import task  # noqa: E402
from task import EOS, PAD  # noqa: E402

IMPORT_S = time.perf_counter() - STARTED


def make_tokenizer(chars):
    t = Tokenizer(models.WordLevel({"<pad>": PAD, "<eos>": EOS, **chars.ids}, unk_token="<pad>"))
    t.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    t.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=t, pad_token="<pad>", eos_token="<eos>", padding_side="left", clean_up_tokenization_spaces=False
    )


def make_model(m):
    model = Qwen3ForCausalLM(Qwen3Config(
        vocab_size=m.vocab, hidden_size=m.width, intermediate_size=m.ff, num_hidden_layers=m.layers,
        num_attention_heads=m.heads, num_key_value_heads=m.kv_heads, head_dim=m.head_dim,
        max_position_embeddings=m.max_positions, rms_norm_eps=m.norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": m.rope_theta}, tie_word_embeddings=True,
        initializer_range=m.init_std, pad_token_id=PAD, eos_token_id=EOS, bos_token_id=None, attn_implementation="sdpa",
    )).float()
    model.generation_config.pad_token_id, model.generation_config.eos_token_id = PAD, EOS
    return model


class Timed(GRPOTrainer):
    """Notes the time of generation, and of it with scoring; changes nothing else."""

    generation_s = rollout_s = 0.0

    def _generate_single_turn(self, *args, **kw):
        began = time.perf_counter()
        out = super()._generate_single_turn(*args, **kw)
        self.generation_s += time.perf_counter() - began
        return out

    def _generate_and_score_completions(self, *args, **kw):
        began = time.perf_counter()
        out = super()._generate_and_score_completions(*args, **kw)
        self.rollout_s += time.perf_counter() - began
        return out


class Steps(TrainerCallback):
    """Times steps, each from the end of the one before, and looks at the validation problems."""

    def __init__(self, every, accuracy):
        self.every, self.accuracy, self.times, self.trainer = every, accuracy, [], None

    def mark(self):
        self.at, self.generation, self.rollout = time.perf_counter(), self.trainer.generation_s, self.trainer.rollout_s

    def on_train_begin(self, args, state, control, **kw):
        self.mark()

    def on_step_end(self, args, state, control, **kw):
        step = time.perf_counter() - self.at
        self.times.append(
            [step, self.trainer.generation_s - self.generation, step - (self.trainer.rollout_s - self.rollout)]
        )
        if state.global_step % self.every == 0:
            stages.log(f"grpo {state.global_step} validation {self.accuracy():.3f}")
        self.mark()


def arguments_of(r, seed, folder):
    s = r.grpo
    cosine = s.schedule == "cosine"
    return GRPOConfig(
        output_dir=folder, per_device_train_batch_size=s.prompts * r.generations, gradient_accumulation_steps=1,
        num_generations=r.generations, max_completion_length=r.max_new, temperature=r.temperature, top_p=1.0, top_k=0,
        max_steps=s.steps, learning_rate=s.lr, warmup_steps=s.warmup, adam_beta1=s.betas[0], adam_beta2=s.betas[1],
        adam_epsilon=s.adam_eps, weight_decay=s.weight_decay, max_grad_norm=s.max_grad_norm,
        lr_scheduler_type="cosine_with_min_lr" if cosine else "constant_with_warmup",
        lr_scheduler_kwargs={"min_lr_rate": s.min_lr_ratio} if cosine else None,
        beta=0.0, loss_type="dapo", scale_rewards="group", num_iterations=1, use_vllm=False, bf16=False, use_cpu=True,
        gradient_checkpointing=False, optim="adamw_torch_fused", dataloader_num_workers=0, dataloader_pin_memory=False,
        save_strategy="no", report_to="none", disable_tqdm=True, logging_steps=10**6, seed=seed,
    )


def main():
    a, r = stages.arguments(__doc__.splitlines()[0])
    transformers.logging.set_verbosity_error()
    transformers.set_seed(a.seed)
    chars, (train, validation, test) = task.Chars(r.chars), task.problems()
    began = time.perf_counter()
    tok, model = make_tokenizer(chars), make_model(r.model)
    if tok(train[0][0])["input_ids"] != chars.encode(train[0][0]):
        raise SystemExit("the tokenizer's ids are not those of the task")

    @torch.inference_mode()
    def accuracy(problems):
        was = model.training
        model.eval()
        ids = torch.tensor([chars.encode(p) for p, _ in problems])  # all of one length
        out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=r.max_new)
        model.train(was)
        return sum(chars.decode(o) == y for o, (_, y) in zip(out[:, ids.shape[1] :].tolist(), problems)) / len(problems)

    def sft_loss(ids, targets):
        # Padding is on the right and attention causal: no attention mask is needed.
        labels = torch.full_like(ids, -100)
        labels[:, 1:][targets] = ids[:, 1:][targets]
        return model(input_ids=ids, labels=labels, use_cache=False).loss

    reached = [accuracy(test)]
    model.train()
    sft_steps, tokens = stages.warm_start(
        r, model.parameters(), chars, train, a.seed, sft_loss, lambda: accuracy(validation)
    )
    reached.append(accuracy(test))

    def exact(prompts, completions, completion_ids, answer, **kw):
        nonlocal tokens
        # Sampled, and trained with their prompts.
        tokens += sum(2 * len(c) + len(p) for p, c in zip(prompts, completion_ids))
        return [float(chars.decode(list(c)) == y) for c, y in zip(completion_ids, answer)]

    steps = Steps(r.grpo.eval_steps, lambda: accuracy(validation))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        steps.trainer = Timed(
            model=model, args=arguments_of(r, a.seed, folder), processing_class=tok, reward_funcs=exact, callbacks=[steps],
            train_dataset=Dataset.from_list([{"prompt": p, "answer": y} for p, y in train]),
        )
        steps.trainer.train()
    reached.append(accuracy(test))
    stages.report(
        threads=torch.get_num_threads(), parameters=sum(p.numel() for p in model.parameters()), import_s=IMPORT_S,
        run_s=time.perf_counter() - began, sft_steps=sft_steps, tokens=tokens, accuracy=reached, grpo_steps=steps.times,
    )


if __name__ == "__main__":
    main()
