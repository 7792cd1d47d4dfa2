"""Makes attention.safetensors: what tokens pay to each other in the last layer of the tiny
checkpoints beside this file, as transformers computes it with eager attention.

    python make_attention.py

NAME.i is [n, n] float32, from queries (rows) to keys, the mean over heads, for sequence i of
NAME/golden.safetensors.
"""

import json
import pathlib

import torch
import transformers
from safetensors.torch import load_file, save_file

here = pathlib.Path(__file__).parent
out = {}
for name in ["qwen2_tied", "qwen3", "qwen3_moe", "llama_plain"]:
    config = json.loads((here / name / "config.json").read_text())
    config = transformers.AutoConfig.for_model(**config)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        here / name, config=config, dtype=torch.float32, attn_implementation="eager")
    golden = load_file(here / name / "golden.safetensors")
    for i in [1, 2]:
        ids = golden[f"input_ids_{i}"].long()[None]
        with torch.no_grad():
            got = model(ids, output_attentions=True)
        assert (got.logits[0] - golden[f"logits_{i}"]).abs().max() < 1e-4, name
        out[f"{name}.{i}"] = got.attentions[-1][0].mean(0).contiguous()
save_file(out, here / "attention.safetensors")
