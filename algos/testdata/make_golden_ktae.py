"""Writes ktae.json beside itself: what KTAE's official code adds to the advantage of each token id.

    git clone https://github.com/xiaolizh1/KTAE && git -C KTAE checkout ea9fb77
    PYTHONPATH=KTAE/verl/workers/actor python make_golden_ktae.py

ComputeKeyTokens itself, with the weights and the scale that its caller has (all 1), on a CPU.
"""

import json
import pathlib

import torch
from compute_key_tokens import ComputeKeyTokens

PAD = 151643  # the code sets its value to 0, so that ids must reach that far


def group(right, wrong, width, ids):
    n = right + wrong
    tokens = torch.randint(ids, (n, width))
    tokens[:: 3, 0] = PAD
    mask = torch.rand(n, width) < 0.85
    mask[:, 0] = True
    rewards = torch.tensor([1.0] * right + [0.0] * wrong)[torch.randperm(n)]
    added = ComputeKeyTokens(1.0, 1.0, 1.0, 1.0, 0.0, tokens, mask.long(), rewards, PAD).get_key_tokens()
    seen = sorted(set(tokens.flatten().tolist()))
    return {
        "rewards": rewards.tolist(), "tokens": tokens.tolist(), "mask": mask.tolist(),
        "added": {str(i): added[i].item() for i in seen},
    }


if __name__ == "__main__":
    torch.manual_seed(5)
    cases = [group(*c) for c in [(3, 5, 6, 5), (1, 7, 4, 4), (8, 8, 8, 9), (12, 4, 5, 12), (2, 2, 3, 4), (4, 0, 4, 4), (10, 6, 3, 20)]]
    origin = f"KTAE ea9fb77, torch {torch.__version__.split('+')[0]}; made by make_golden_ktae.py"
    lines = ",\n".join(json.dumps(c) for c in cases)
    (pathlib.Path(__file__).parent / "ktae.json").write_text(f'{{"origin": {json.dumps(origin)}, "cases": [\n{lines}\n]}}\n')
