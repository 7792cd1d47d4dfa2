"""The recipe of a run: the resolved config that `rlvr config print CONFIG` writes.

The peers read what they need from it, so a change of the config changes them too. What they do not
implement is refused: a comparison of different recipes would mean nothing.
"""
import dataclasses

import yaml


@dataclasses.dataclass
class Model:
    """Fields of a Hugging Face config.json; vocab is the number of token ids."""

    vocab: int
    width: int
    ff: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    max_positions: int
    norm_eps: float
    rope_theta: float
    init_std: float


@dataclasses.dataclass
class Stage:
    """What both stages have: learning rates are those after the warm-up."""

    steps: int
    prompts: int
    eval_steps: int
    lr: float
    schedule: str  # constant or cosine
    min_lr_ratio: float
    warmup: int
    betas: tuple
    adam_eps: float
    weight_decay: float
    max_grad_norm: float


@dataclasses.dataclass
class Recipe:
    chars: str
    model: Model
    sft: Stage
    sft_until: float  # accuracy on the validation problems
    grpo: Stage
    generations: int
    temperature: float
    max_new: int
    advantage_eps: float


def stage(raw):
    o = raw["optim"]
    return Stage(
        steps=raw["steps"], prompts=raw["num_prompts_per_step"], eval_steps=raw["eval_steps"], lr=float(o["learning_rate"]),
        schedule=o["lr_scheduler_type"], min_lr_ratio=float(o["min_lr_ratio"]), warmup=o["warmup_steps"],
        betas=(float(o["adam_beta1"]), float(o["adam_beta2"])), adam_eps=float(o["adam_epsilon"]),
        weight_decay=float(o["weight_decay"]), max_grad_norm=float(o["max_grad_norm"]),
    )


def load(path):
    with open(path, encoding="utf-8") as f:
        raw = yaml.safe_load(f)
    sft, grpo = raw["stages"]
    m, options, rollout = raw["model"]["config"], grpo["algorithm"]["options"], grpo["rollout"]
    chars = raw["tokenizer"]["chars"]
    same = {
        "model.config.vocab_size": (m["vocab_size"] or 2 + len(chars), 2 + len(chars)),
        "model.config.model_type": (m["model_type"], "qwen3"),
        "model.config.tie_word_embeddings": (m["tie_word_embeddings"], True),
        "model.config.attention_bias": (m["attention_bias"], False),
        "data.task": (raw["data"]["task"], "addition"),
        "data.options": (raw["data"].get("options") or {}, {}),
        "stages.0.algorithm.name": (sft["algorithm"]["name"], "sft"),
        "stages.0.algorithm.options.loss_agg_mode": (sft["algorithm"]["options"]["loss_agg_mode"], "token-mean"),
        "stages.0.until.metric": (sft["until"]["metric"], "eval/validation/avg@1"),
        "stages.1.algorithm.name": (grpo["algorithm"]["name"], "grpo"),
        "stages.1.algorithm.options.loss_agg_mode": (options["loss_agg_mode"], "token-mean"),
        "stages.1.algorithm.options.scale_rewards": (options["scale_rewards"], "group"),
        "stages.1.algorithm.options.beta": (options["beta"], 0),
        "stages.1.algorithm.options.entropy_coef": (options["entropy_coef"], 0),
        "stages.1.until.metric": (grpo["until"]["metric"], ""),
        "stages.1.rollout.top_k": (rollout["top_k"], 0),
        "stages.1.rollout.top_p": (rollout["top_p"], 1),
        "stages.1.rollout.min_p": (rollout["min_p"], 0),
        "stages.1.rollout.stop": (rollout["stop"], []),
        "eval.temperature": (raw["eval"]["temperature"], 0),
        "eval.num_generations": (raw["eval"]["num_generations"], 1),
    }
    for i, s in enumerate((sft, grpo)):
        same[f"stages.{i}.update.num_iterations"] = (s["update"]["num_iterations"], 1)
        same[f"stages.{i}.update.mini_batch_prompts"] = (s["update"]["mini_batch_prompts"], 0)
    for key, (found, want) in same.items():
        if found != want:
            raise SystemExit(f"{path}: {key}: found {found!r}, the peers implement {want!r} only")
    for i, s in enumerate((sft, grpo)):
        if s["optim"]["lr_scheduler_type"] not in ("constant", "cosine"):
            raise SystemExit(f"{path}: stages.{i}.optim.lr_scheduler_type: the peers implement constant and cosine only")
    return Recipe(
        chars=chars,
        model=Model(
            vocab=2 + len(chars), width=m["hidden_size"], ff=m["intermediate_size"],
            layers=m["num_hidden_layers"], heads=m["num_attention_heads"], kv_heads=m["num_key_value_heads"],
            head_dim=m["head_dim"], max_positions=m["max_position_embeddings"], norm_eps=float(m["rms_norm_eps"]),
            rope_theta=float(m["rope_theta"]), init_std=float(m["initializer_range"]),
        ),
        sft=stage(sft), sft_until=float(sft["until"]["value"]), grpo=stage(grpo),
        generations=rollout["num_generations"], temperature=float(rollout["temperature"]),
        max_new=rollout["max_completion_length"], advantage_eps=float(options["advantage_epsilon"]),
    )
