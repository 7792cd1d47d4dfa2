"""Makes cases.json, golden.safetensors and frequencies.json: what transformers computes for every branch of the families.

    python make.py        # torch 2.15, transformers 5.23, CPU

Weights are not stored: weight() below and its twin in families_test.go make them from names and numbers.
"""

import copy
import json
import pathlib
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

HERE = pathlib.Path(__file__).parent
LENGTHS = [5, 37]
SMALLEST_GAP = 2e-5  # between the last expert chosen and the first one left


def uniform(name, n):
    """n numbers in [-1, 1), each a multiple of 2^-23, from a hash of name and index."""
    h = 2166136261
    for b in name.encode():
        h = ((h ^ b) * 16777619) & 0xFFFFFFFF
    x = (np.uint64(h) + np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B9)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x ^= x >> np.uint64(shift)
        x = (x * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) / 2**23 - 1


def weight(name, shape):
    u = uniform(name, int(np.prod(shape)))
    if "norm" in name:
        u = 1 + 0.5 * u
    elif name.endswith(".bias"):
        u = 0.5 * u
    elif name.endswith("mlp.gate.weight"):
        u = u * 1.0
    else:
        u = 0.5 * u
    return torch.from_numpy(u.astype(np.float32)).reshape(shape)


def ids(n, vocab):
    return ((uniform("ids %d" % n, n) + 1) / 2 * vocab).astype(np.int64)


def build(config, folder):
    """The model of a config.json with weights of weight(), loaded as any checkpoint is."""
    cfg = AutoConfig.for_model(**copy.deepcopy(config))
    AutoModelForCausalLM.from_config(cfg).save_pretrained(folder)
    path = folder / "model.safetensors"
    save_file({k: weight(k, v.shape) for k, v in load_file(path).items()}, path, metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    model, info = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", experts_implementation="eager", dtype=torch.float32, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.eval()


BASE = {"vocab_size": 16, "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 6, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 1000.0}
LLAMA = {"model_type": "llama", **BASE}
MISTRAL = {"model_type": "mistral", **BASE, "sliding_window": None}
QWEN2 = {"model_type": "qwen2", **BASE}
QWEN3 = {"model_type": "qwen3", **BASE}
MOE = {"model_type": "qwen3_moe", **BASE, "moe_intermediate_size": 10, "num_experts": 6, "num_experts_per_tok": 2, "norm_topk_prob": True}
WINDOW = {"use_sliding_window": True, "sliding_window": 4}
LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
YARN = {"factor": 4.0, "original_max_position_embeddings": 16}


def but(base, drop=(), **changes):
    out = {**base, **changes}
    for key in drop:
        del out[key]
    return out


def old(base, kind, rope, key="type", **changes):
    return but(base, rope_scaling={key: kind, **rope}, **changes)


def new(base, kind, rope, **changes):
    return but(base, drop=["rope_theta"], rope_parameters={"rope_type": kind, "rope_theta": base["rope_theta"], **rope}, **changes)


CASES = {
    "llama": LLAMA,
    "llama tied": but(LLAMA, tie_word_embeddings=True),
    "llama biases": but(LLAMA, attention_bias=True, mlp_bias=True),
    "llama as many key-value heads": but(LLAMA, drop=["num_key_value_heads"]),
    "llama head_dim absent": but(LLAMA, drop=["head_dim"], hidden_size=24),
    "llama head_dim above hidden": but(LLAMA, head_dim=14, num_key_value_heads=1),
    "llama eps absent": but(LLAMA, drop=["rms_norm_eps", "rope_theta"]),
    "linear": old(LLAMA, "linear", {"factor": 2.5}),
    "linear new": new(LLAMA, "linear", {"factor": 2.5}),
    "linear both words": but(LLAMA, rope_scaling={"type": "linear", "rope_type": "linear", "factor": 2.5}),
    "dynamic within": old(LLAMA, "dynamic", {"factor": 2.0}),
    "dynamic beyond": old(LLAMA, "dynamic", {"factor": 2.0}, max_position_embeddings=16),
    "dynamic beyond new": new(LLAMA, "dynamic", {"factor": 3.0}, max_position_embeddings=16),
    "dynamic at its length": old(LLAMA, "dynamic", {"factor": 2.0}, max_position_embeddings=37),
    "llama3": old(LLAMA, "llama3", LLAMA3, key="rope_type"),
    "llama3 new": new(LLAMA, "llama3", LLAMA3),
    "llama3 wide": old(LLAMA, "llama3", {**LLAMA3, "original_max_position_embeddings": 40}, key="rope_type", head_dim=16),
    "yarn": old(LLAMA, "yarn", YARN),
    "yarn rope_type": old(QWEN3, "yarn", YARN, key="rope_type"),
    "yarn new": new(QWEN2, "yarn", YARN),
    "yarn attention_factor": old(LLAMA, "yarn", {**YARN, "attention_factor": 1.4}),
    "yarn mscale": old(LLAMA, "yarn", {**YARN, "mscale": 0.707, "mscale_all_dim": 1.3}),
    "yarn mscale alone": old(LLAMA, "yarn", {**YARN, "mscale": 0.707}),
    "yarn betas": old(LLAMA, "yarn", {**YARN, "beta_fast": 2.0, "beta_slow": 0.5}, head_dim=16),
    "yarn not truncated": old(LLAMA, "yarn", {**YARN, "truncate": False, "beta_fast": 2.0, "beta_slow": 0.5}, head_dim=16),
    "yarn factor null": old(LLAMA, "yarn", {"factor": None, "original_max_position_embeddings": 16}),
    "yarn original absent": old(LLAMA, "yarn", {"factor": 4.0}),
    "yarn original beside": old(LLAMA, "yarn", {"factor": 4.0}, original_max_position_embeddings=16),
    "yarn factor below 1": old(LLAMA, "yarn", {"factor": 0.5, "original_max_position_embeddings": 16}),
    "mistral": MISTRAL,
    "mistral window": but(MISTRAL, sliding_window=4),
    "mistral window of 1": but(MISTRAL, sliding_window=1),
    "mistral window absent": but(MISTRAL, drop=["sliding_window"]),
    "mistral window and switch": but(MISTRAL, sliding_window=4, use_sliding_window=False),
    "mistral head_dim absent": but(MISTRAL, drop=["head_dim"], hidden_size=24, sliding_window=6),
    "mistral yarn": old(MISTRAL, "yarn", YARN, sliding_window=8),
    "qwen2": QWEN2,
    "qwen2 tied": but(QWEN2, drop=["head_dim"], hidden_size=24, tie_word_embeddings=True),
    "qwen2 window": but(QWEN2, num_hidden_layers=3, max_window_layers=1, **WINDOW),
    "qwen2 window everywhere": but(QWEN2, max_window_layers=0, **WINDOW),
    "qwen2 window off": but(QWEN2, max_window_layers=0, use_sliding_window=False, sliding_window=4),
    "qwen2 window null": but(QWEN2, max_window_layers=0, use_sliding_window=True, sliding_window=None),
    "qwen2 window on no layer": but(QWEN2, max_window_layers=2, **WINDOW),
    "qwen3": QWEN3,
    "qwen3 biases": but(QWEN3, attention_bias=True, tie_word_embeddings=True),
    "qwen3 head_dim absent": but(QWEN3, drop=["head_dim"], num_attention_heads=2, num_key_value_heads=1),
    "qwen3 window": but(QWEN3, num_hidden_layers=3, max_window_layers=2, **WINDOW),
    "qwen3 layer_types": but(QWEN3, num_hidden_layers=3, layer_types=["sliding_attention", "full_attention", "sliding_attention"], **WINDOW),
    "moe": MOE,
    "moe not normalised": but(MOE, norm_topk_prob=False),
    "moe norm_topk_prob absent": but(MOE, drop=["norm_topk_prob", "head_dim"], hidden_size=24),
    "moe sparse step": but(MOE, num_hidden_layers=3, decoder_sparse_step=2),
    "moe mlp_only_layers": but(MOE, num_hidden_layers=3, mlp_only_layers=[0, 2]),
    "moe no experts": but(MOE, num_experts=0),
    "moe one expert": but(MOE, num_experts=1, num_experts_per_tok=1),
    "moe all experts": but(MOE, num_experts=3, num_experts_per_tok=3),
    "moe many experts": but(MOE, num_experts=24, num_experts_per_tok=3),
    "moe window": but(MOE, max_window_layers=1, **WINDOW),
    "moe biases": but(MOE, attention_bias=True, tie_word_embeddings=True),
    "moe local": but(MOE, drop=["num_experts"], num_local_experts=6),
    "moe yarn": old(MOE, "yarn", YARN),
}
# Also in bfloat16.
HALF = ["llama biases", "yarn", "mistral window", "qwen2", "qwen3", "moe", "moe many experts"]


@torch.no_grad()
def run(name, config, tensors):
    with tempfile.TemporaryDirectory() as folder:
        model = build(config, pathlib.Path(folder))
        saved = json.loads(model.config.to_json_string(use_diff=False))
        sparse = config["model_type"] == "qwen3_moe" and model.config.num_experts > 0
        for i, n in enumerate(LENGTHS):
            if i > 0 and "dynamic" in name:  # a model that remembers no length
                model = build(config, pathlib.Path(folder))
            tokens = torch.from_numpy(ids(n, config["vocab_size"]))[None]
            out = model(tokens, **({"output_router_logits": True} if sparse else {}))
            tensors["%s/logits_%d" % (name, i)] = out.logits[0].float().contiguous()
            if sparse:
                check_gaps(name, out.router_logits, model.config.num_experts_per_tok)
        if sparse:
            tensors[name + "/aux_loss"] = balance(model, config)
        if name in HALF:
            half = model.to(torch.bfloat16)
            # As from_pretrained(dtype=bfloat16) has them.
            half.model.rotary_emb.inv_freq = half.model.rotary_emb.original_inv_freq = frequencies(half)
            tensors[name + "/logits_bf16"] = half(tokens).logits[0].float().contiguous()
        return saved


def frequencies(model):
    rotary = type(model.model.rotary_emb)(model.config)
    return rotary.inv_freq


def balance(model, config):
    """The auxiliary loss of both sequences in one batch, the shorter one padded on the left."""
    rows, mask = np.zeros((2, LENGTHS[1]), np.int64), np.zeros((2, LENGTHS[1]), np.int64)
    for i, n in enumerate(LENGTHS):
        rows[i, -n:], mask[i, -n:] = ids(n, config["vocab_size"]), 1
    positions = torch.from_numpy(np.maximum(mask.cumsum(1) - 1, 0))
    out = model(torch.from_numpy(rows), attention_mask=torch.from_numpy(mask), position_ids=positions, output_router_logits=True)
    return out.aux_loss.reshape(1)


def check_gaps(name, router_logits, k):
    for layer in router_logits:
        p = layer.float().softmax(-1).sort(-1, descending=True).values
        if k < p.shape[-1]:
            gap = (p[:, k - 1] - p[:, k]).min().item()
            assert gap > SMALLEST_GAP, "%s: a near tie of experts, %g" % (name, gap)


# Scalings of real models' sizes.
FREQUENCIES = {
    "default": ({}, 64, 1e6, 32768),
    "Llama-3.1": ({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}, 128, 5e5, 131072),
    "Llama-3.2": ({"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}, 64, 5e5, 131072),
    "Qwen2.5 yarn": ({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}, 128, 1e6, 32768),
    "Qwen3 yarn": ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}, 128, 1e6, 131072),
    "DeepSeek yarn": ({"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.707}, 64, 1e4, 163840),
    "gpt-oss yarn": ({"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False}, 64, 150000.0, 131072),
    "yarn, few turns": ({"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 4}, 16, 1e4, 8),
    "yarn, one dimension": ({"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 4096, "beta_fast": 1.0, "beta_slow": 1.0, "truncate": False}, 64, 1e4, 8192),
    "linear": ({"type": "linear", "factor": 4.0}, 128, 1e4, 4096),
    "dynamic": ({"type": "dynamic", "factor": 2.0}, 128, 1e4, 4096),
    "dynamic, twice its length": ({"type": "dynamic", "factor": 2.0}, 128, 1e4, 4096, 8192),
    "dynamic, a token more": ({"type": "dynamic", "factor": 8.0}, 64, 1e6, 4096, 4097),
}


def frequency(scaling, head_dim, theta, positions, length=None):
    config = but(LLAMA, head_dim=head_dim, rope_theta=theta, max_position_embeddings=positions)
    if scaling:
        config["rope_scaling"] = scaling
    cfg = AutoConfig.for_model(**copy.deepcopy(config))
    kind = cfg.rope_parameters["rope_type"]
    if kind == "default":
        inverse, attention = 1 / theta ** (torch.arange(0, head_dim, 2).float() / head_dim), 1.0
    else:
        inverse, attention = ROPE_INIT_FUNCTIONS[kind](cfg, seq_len=length)
    return {"config": config, "length": length or 0, "inverse": inverse.double().tolist(), "attention": attention}


def main():
    tensors, cases = {}, []
    for name, config in CASES.items():
        cases.append({"name": name, "config": config, "saved": run(name, config, tensors)})
    save_file(tensors, HERE / "golden.safetensors")
    write("cases.json", cases)
    write("frequencies.json", [{"name": k, **frequency(*v)} for k, v in FREQUENCIES.items()])


def write(name, rows):
    (HERE / name).write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


main()
