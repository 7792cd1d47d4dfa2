"""Writes rejection.json beside itself: masks that verl 0.9.1's own compute_rollout_rejection_mask leaves.

    PYTHONPATH=verl python make_golden_rejection.py       (see make_golden_losses.py for what to install)

Log-probabilities are rounded to float32, arithmetic is float64.
"""

import json
import pathlib

import torch

import make_golden_losses as losses  # the stand-ins for what verl imports

from verl.trainer.ppo.rollout_corr_helper import compute_rollout_rejection_mask

N, WIDTH = 8, 5


def main():
    torch.manual_seed(7)
    mask = torch.zeros(N, WIDTH, dtype=torch.float64)
    for i in range(N):
        mask[i, : 1 + i % WIDTH] = 1
    mask[4, 2] = 0
    old = (-torch.rand(N, WIDTH, dtype=torch.float64) * 3).float().double()
    rollout = (old + 0.4 * torch.randn(N, WIDTH, dtype=torch.float64)).float().double()
    rollout[3, 0] = old[3, 0] - 30  # clamped
    cases = []
    for name, threshold, low in [
        ("token_k1", 1.3, 0), ("token_k1", 1.5, 0.8), ("token_k2", 0.05, 0), ("token_k3", 0.05, 0),
        ("seq_sum_k1", 1.5, 0), ("seq_sum_k2", 0.2, 0), ("seq_sum_k3", 0.2, 0),
        ("seq_mean_k1", 1.2, 0), ("seq_mean_k1", 1.4, 0.95), ("seq_mean_k2", 0.1, 0), ("seq_mean_k3", 0.1, 0),
        ("seq_max_k2", 0.15, 0), ("seq_max_k3", 0.15, 0),
    ]:
        spec = f"{low}_{threshold}" if low else str(threshold)
        kept, metrics = compute_rollout_rejection_mask(old - rollout, mask, name, spec)
        cases.append({
            "rollout_rs": name, "threshold": threshold, "low": low, "mask": kept.bool().tolist(),
            "metrics": {
                "rollout_rs_mean": metrics[f"rollout_rs_{name}_mean"], "rollout_rs_min": metrics[f"rollout_rs_{name}_min"],
                "rollout_rs_max": metrics[f"rollout_rs_{name}_max"],
                "rollout_rs_masked_fraction": metrics["rollout_rs_masked_fraction"],
                "rollout_rs_seq_masked_fraction": metrics["rollout_rs_seq_masked_fraction"],
            },
        })
    out = {"origin": losses.ORIGIN.replace("make_golden_losses.py", pathlib.Path(__file__).name),
           "mask": mask.bool().tolist(), "old": old.tolist(), "rollout": rollout.tolist(), "cases": cases}
    pathlib.Path(__file__).with_name("rejection.json").write_text(json.dumps(out) + "\n")


main()
