"""Writes tl_training.json and tl_turns.json beside itself with the authors' own functions.

    git clone https://github.com/Junjie-Ye/TL-Training && git -C TL-Training checkout 77c875a
    python make_golden_tl.py TL-Training

tl_training.json  GCELoss.forward of code/pkt/utils.py, a response at a time, as their trainer calls it
tl_turns.json     data_split of code/mae/mae.py: which turns it keeps

All arithmetic is float64; inputs are rounded to float32 first. Their loss takes logits: two classes whose
log-probabilities are the given one and what is left, so that the log-softmax changes nothing.
"""

import importlib.util
import json
import pathlib
import sys
import tempfile
from types import SimpleNamespace

import torch

from make_golden import MAX_LENGTH, uniform, write

ORIGIN = f"TL-Training 77c875a, torch {torch.__version__.split('+')[0]}; made by make_golden_tl.py"


def load(path):
    import transformers.modeling_utils
    # Moved since.
    transformers.modeling_utils.unwrap_model = getattr(transformers.modeling_utils, "unwrap_model", None)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def losses(repo):
    loss = load(repo / "code/pkt/utils.py").GCELoss()
    tokenizer = SimpleNamespace(convert_ids_to_tokens=lambda _: "x")
    torch.manual_seed(7)
    cases = []
    for explanation, options, lengths in [
        ("max_weight 9", {}, [9, 14, 3, 12]),
        ("max_weight 2", {"max_key_weight": 2.0}, [16, 5, 4, 9]),
    ]:
        n, width = len(lengths), max(lengths)
        logp = uniform((n, width), -3, -0.1).requires_grad_()
        mask = [[t < length for t in range(width)] for length in lengths]
        classes = [[0.0] * width for _ in lengths]
        total = 0
        for i, length in enumerate(lengths):
            key = sorted(torch.randperm(length)[:2 if i != 2 else length - 1].tolist())  # row 2: more keys than others
            end = sorted(torch.randperm(length)[:2].tolist())
            for t in key:
                classes[i][t] += 1
            for t in end:
                classes[i][t] += 2
            row = logp[i, :length]
            logits = torch.stack([row, torch.log1p(-torch.exp(row))], -1)[None]
            targets = torch.zeros(1, length, dtype=torch.long)
            total = total + loss(
                tokenizer, logits, targets, torch.ones(1, length), {"pre": key, "para": end}, [], targets, 0, [],
                max_weight=options.get("max_key_weight", 9))
        total = total / n
        total.backward()
        cases.append({
            "explanation": explanation, "options": {"compat": "official", **options},
            "batch": {
                "log_probs": logp.tolist(), "mask": mask, "length": lengths, "feature": {"tool_tokens": classes}, "max_length": MAX_LENGTH,
            },
            "loss": total.item(), "grad_log_probs": logp.grad.tolist(),
        })
    write("tl_training.json", cases, ORIGIN)


def turns(repo):
    split = load(repo / "code/mae/mae.py").data_split
    cases = []
    contents = [
        ("tool", "{'result': 3}"), ("tool", '{"error": "no such city"}'), ("tool", '{"error": "", "response": "ok"}'), ("tool", "No ERRORS here"),
        ("tool", "name 'x' is not  defined"), ("tool", "f() takes 1 positional argument"), ("tool", "ConnectionError('x')"), ("tool", "connection-error"),
        ("tool", "400 Client Error: Bad Request"), ("tool", "slice indices must be integers or None or have an __index__ method"),
        ("tool", "KeyError: 'related_searches'"), ("tool", "this is not supported^"), ("tool", "\u4e2d\u6587 not\u4e2dsupported"), ("tool", "fine"), ("tool", ""),
        ("user", "thanks"),
    ]
    for role, content in contents:
        role_of_theirs = {"tool": "function"}.get(role, role)
        conversations = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "call"}, {"role": role_of_theirs, "content": content}]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump([{"id": "c", "conversations": conversations}], f)
            f.flush()
            kept = split(f.name)
        cases.append({"role": role, "content": content, "kept": len(kept) == 1})
    write("tl_turns.json", cases, ORIGIN)


losses(pathlib.Path(sys.argv[1]))
turns(pathlib.Path(sys.argv[1]))
