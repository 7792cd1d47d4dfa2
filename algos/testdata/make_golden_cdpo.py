"""Writes cdpo.json beside itself: CDPOTrainer.dpo_loss, the authors' own method, on random batches.

    git clone https://github.com/chenzhiling9954/Critical-Tokens-Matter && git -C Critical-Tokens-Matter checkout 228991e
    python make_golden_cdpo.py Critical-Tokens-Matter/src/train/train_cdpo.py

What the file imports and the method does not use (peft, datasets, an old TRL) is replaced by stand-ins. One prompt
token stands before each response. All arithmetic is float64; inputs are rounded to float32 first.
"""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from unittest.mock import MagicMock

import torch

from make_golden import MAX_LENGTH, uniform, write

COMMIT = "228991e"


class Trainer:
    """Stands in for trl.DPOTrainer as a base class."""


def load(path):
    stand_in = ModuleType("trl")
    stand_in.DPOTrainer, stand_in.DPOConfig = Trainer, MagicMock()
    sys.modules.update({"trl": stand_in})
    for name in ["peft", "datasets", "utils", "utils.sampling"]:
        sys.modules[name] = MagicMock()
    spec = importlib.util.spec_from_file_location("train_cdpo", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CDPOTrainer


def main(path):
    CDPOTrainer = load(path)
    torch.manual_seed(6)
    torch.set_default_dtype(torch.float64)  # the method makes tensors of lists
    cases = []
    for explanation, options in [
        ("only_neg", {}),
        ("only_neg, beta 2, label smoothing", {"beta": 2.0, "label_smoothing": 0.2}),
    ]:
        n, width = 8, 6
        lengths = [6, 3, 1, 6, 4, 5, 2, 2]
        mask = torch.tensor([[t < length for t in range(width)] for length in lengths])
        logp = uniform((n, width), -3, -0.1).requires_grad_()
        ref = (logp.detach() + uniform((n, width), -1, 1)).float().double()
        s = uniform((n, width), 0, 1)
        chosen, rejected = slice(0, n, 2), slice(1, n, 2)
        # A list of probabilities is one shorter than the response: the method adds the last.
        result = [{
            "pos": {"ce_prob": s[2 * i][:lengths[2 * i] - 1].tolist()},
            "neg": {"ce_prob": s[2 * i + 1][:lengths[2 * i + 1] - 1].tolist()},
        } for i in range(n // 2)]
        trainer = SimpleNamespace(
            model_name="Llama", only_neg=True, beta=options.get("beta", 0.1),
            label_smoothing=options.get("label_smoothing", 0.0), accelerator=SimpleNamespace(device="cpu"))
        masked = lambda x, rows: x[rows] * mask[rows]
        losses, _, _ = CDPOTrainer.dpo_loss(
            trainer, masked(logp, chosen), masked(logp, rejected), masked(ref, chosen), masked(ref, rejected),
            None, None, None, None, result)
        loss = losses.mean()
        loss.backward()
        cases.append({
            "explanation": explanation, "options": {"cdpo_form": "position", "compat": "official", **options},
            "batch": {
                "log_probs": logp.tolist(), "ref": ref.tolist(), "mask": mask.tolist(), "length": lengths, "prompt": 1,
                "feature": {"contrast/cdpo": s.tolist()}, "max_length": MAX_LENGTH,
            },
            "loss": loss.item(), "grad_log_probs": logp.grad.tolist(),
        })
    write("cdpo.json", cases, f"Critical-Tokens-Matter {COMMIT}, torch {torch.__version__.split('+')[0]}; made by make_golden_cdpo.py")


main(sys.argv[1])
