"""Writes advantages.json beside itself: rewards with the advantages of verl 0.9.1's and TRL 1.16.0's own code.

    PYTHONPATH=verl python make_golden_advantages.py       (see make_golden_losses.py for what to install)

verl: the functions of verl.trainer.ppo.core_algos that get_adv_estimator_fn gives, kl_penalty, and the lines of
its DAPO reward manager for the overlong buffer. TRL: the lines of RLOOTrainer and GRPOTrainer that turn rewards
into advantages, with TRL's nanstd; its soft overlong reward. All float64 but where a function makes float32.
"""

import json
import pathlib

import torch

import make_golden_losses as losses  # the stand-ins for what verl imports

from omegaconf import OmegaConf
from trl.rewards import get_soft_overlong_punishment
from trl.trainer.utils import nanstd
from verl.trainer.ppo import core_algos

HERE = pathlib.Path(__file__).parent
WIDTH = 5


def rounded(x):
    return x.float().double()


def batch(groups, values=(0.0, 1.0, 0.7, -2.5)):
    """Rows of the groups' sizes: mask with holes, reward per row, reward paid at each token, values."""
    n = sum(groups)
    gid = [g for g, size in enumerate(groups) for _ in range(size)]
    mask = torch.zeros(n, WIDTH, dtype=torch.bool)
    for i in range(n):
        mask[i, : 1 + i % WIDTH] = True
    mask[4, 2] = False
    pick = torch.randint(len(values), (n,))
    outcome = torch.tensor(values, dtype=torch.float64)[pick]
    paid = rounded((torch.rand(n, WIDTH, dtype=torch.float64) - 0.5) / 4) * mask
    return {
        "gid": gid, "mask": mask, "outcome": outcome, "paid": paid,
        "values": rounded(torch.rand(n, WIDTH, dtype=torch.float64)) * mask,
    }


def at_end(b, reward):
    """reward at each row's last trained token."""
    out = torch.zeros(b["mask"].shape, dtype=torch.float64)
    last = (b["mask"] * torch.arange(1, WIDTH + 1)).argmax(1)
    out[torch.arange(len(last)), last] = reward
    return out


def case(explanation, algorithm, options, b, advantages, returns=None, paid=False, rewards=None, tolerance=6e-8):
    total = b["outcome"] + (b["paid"].sum(1) if paid else 0)
    c = {
        "explanation": explanation, "algorithm": algorithm, "options": options, "group": b["gid"],
        "mask": b["mask"].tolist(), "reward": [None if r != r else r for r in total.tolist()],
        "advantages": (advantages * b["mask"]).tolist(), "tolerance": tolerance,
    }
    if paid:
        c["paid"] = b["paid"].tolist()
    if returns is not None:
        c["values"], c["returns"] = b["values"].tolist(), (returns * b["mask"]).tolist()
    if rewards is not None:
        c["rewards"] = {k: v.tolist() for k, v in rewards.items()}
    return c


def verl(name, b, paid=False, **kwargs):
    f = core_algos.get_adv_estimator_fn(name)
    token = at_end(b, b["outcome"]) + (b["paid"] if paid else 0)
    return f(token_level_rewards=token, response_mask=b["mask"].double(), **kwargs)


def verl_cases():
    config = OmegaConf.create({"gamma": 1.0, "norm_adv_by_std_in_grpo": True})
    out = []
    for sizes in [(4, 4, 4), (3, 1, 5, 2)]:
        b = batch(sizes)
        index, what = losses_index(b), f"groups of {sizes}"
        group = {"advantage_epsilon": 1e-6, "compat": "verl"}
        out.append(case(f"verl grpo, {what}", "grpo", group, b, verl("grpo", b, index=index)[0]))
        out.append(case(f"verl grpo without std, {what}", "grpo", {"scale_rewards": "none", "compat": "verl"}, b,
                        verl("grpo", b, index=index, norm_adv_by_std_in_grpo=False)[0]))
        out.append(case(f"verl rloo, {what}", "rloo", {"compat": "verl"}, b, verl("rloo", b, index=index)[0]))
        out.append(case(f"verl rloo_vectorized, {what}", "rloo", {}, b, verl("rloo_vectorized", b, index=index)[0]))
        out.append(case(f"verl rloo, KL in the reward, {what}", "rloo", {"compat": "verl"}, b, verl("rloo", b, True, index=index)[0], paid=True))
        # verl's +1e-8 in the mean over a few dozen tokens moves it by 1e-9 of itself, and the deviation likewise.
        for gamma in [1.0, 0.9]:
            config.gamma = gamma
            for paid in [False, True]:
                out.append(case(f"verl reinforce_plus_plus, gamma {gamma}, paid at tokens {paid}, {what}", "reinforce_pp", {"gamma": gamma}, b,
                                verl("reinforce_plus_plus", b, paid, config=config)[0], paid=paid))
        out.append(case(f"verl reinforce_plus_plus_baseline, {what}", "reinforce_pp_baseline", {"compat": "verl"}, b,
                        verl("reinforce_plus_plus_baseline", b, index=index)[0]))
        # verl's alpha is a float32.
        out.append(case(f"verl gpg, {what}", "gpg", {"compat": "verl"}, b, verl("gpg", b, index=index)[0], tolerance=2e-7))
        for gamma, lam in [(1.0, 1.0), (0.95, 0.9), (1.0, 0.0)]:
            for paid in [False, True]:
                token = at_end(b, b["outcome"]) + (b["paid"] if paid else 0)
                adv, ret = core_algos.compute_gae_advantage_return(token, b["values"], b["mask"].double(), gamma, lam)
                out.append(case(f"verl gae, gamma {gamma}, lambda {lam}, paid at tokens {paid}, {what}", "ppo",
                                {"gamma": gamma, "gae_lambda": lam}, b, adv, ret, paid=paid))
        if 1 not in sizes:
            out.append(case(f"verl grpo_passk, {what}", "pass_k", {"pass_k_form": "best"}, b, verl("grpo_passk", b, index=index, config=config)[0]))
        # GDPO reads the rewards by name in float32.
        named = {"format": rounded(torch.randint(2, (len(b["gid"]),)).double()), "right": rounded(torch.randint(3, (len(b["gid"]),)).double() / 2)}
        cfg = OmegaConf.create({"gdpo_reward_keys": ["format", "right"]})
        tensors = {"prompts": torch.zeros(len(b["gid"]), 1), "attention_mask": torch.ones(len(b["gid"]), 1 + WIDTH, dtype=torch.long)}
        full = dict(b, mask=torch.ones_like(b["mask"]))
        adv = core_algos.compute_gdpo_outcome_advantage(
            at_end(full, full["outcome"]), full["mask"].double(), index, config=cfg, non_tensor_batch={k: v.numpy() for k, v in named.items()}, batch=tensors)[0]
        out.append(case(f"verl gdpo, {what}", "gdpo", {"compat": "verl", "advantage_epsilon": 1e-6}, full, adv, rewards=named, tolerance=1e-6))
    return out


def losses_index(b):
    import numpy as np
    return np.array(b["gid"])


def trl_cases():
    out, g = [], 4
    for nan in [False, True]:
        b = batch((g, g, g))
        if nan:
            b["outcome"][5] = float("nan")
        grouped = b["outcome"].view(-1, g)
        count = (~torch.isnan(grouped)).sum(1, keepdim=True)
        baselines = (torch.nansum(grouped, 1, keepdim=True) - grouped) / (count - 1)
        adv = torch.nan_to_num((grouped - baselines).view(-1), nan=0.0)
        out.append(case(f"TRL RLOOTrainer, unscored {nan}", "rloo", {}, b, adv[:, None].expand(-1, WIDTH)))
    b = batch((g, g, g))
    named = {"a": rounded(torch.rand(3 * g, dtype=torch.float64)), "b": rounded(torch.randint(3, (3 * g,)).double() * 10)}
    named["b"][2] = float("nan")
    stacked = torch.stack(list(named.values()), 1).view(-1, g, 2)
    normal = (stacked - torch.nanmean(stacked, 1, True)) / (nanstd(stacked, 1, True) + 1e-4)
    total = normal.view(-1, 2).nansum(1)
    adv = (total - total.nanmean()) / (nanstd(total) + 1e-4)
    b["outcome"] = torch.stack(list(named.values()), 1).nansum(1)
    c = case("TRL normalize_then_sum", "gdpo", {}, b, adv[:, None].expand(-1, WIDTH), rewards=named, tolerance=2e-7)
    c["rewards"]["b"][2] = None
    out.append(c)
    return out


def shaping():
    logp, ref = rounded(-3 * torch.rand(3, WIDTH, dtype=torch.float64)), rounded(-3 * torch.rand(3, WIDTH, dtype=torch.float64))
    ref[0, 0], logp[0, 0] = -0.1, -30.0
    kl = {k: core_algos.kl_penalty(logp, ref, k).tolist() for k in ["k1", "k2", "k3", "abs"]}
    lengths = list(range(1, 25))
    most, buffer, factor = 20, 6, 1.0
    punish = get_soft_overlong_punishment(most, buffer)([[0] * n for n in lengths])
    # verl/workers/reward_manager/dapo.py, __call__
    verl = [min(-(n - (most - buffer)) / buffer * factor, 0) for n in lengths]
    return {"log_probs": logp.tolist(), "ref": ref.tolist(), "kl": kl, "lengths": lengths, "most": most, "buffer": buffer, "trl": punish, "verl": verl}


if __name__ == "__main__":
    torch.manual_seed(3)
    cases = ",\n".join(json.dumps(c) for c in verl_cases() + trl_cases())
    origin = json.dumps(losses.ORIGIN.replace("make_golden_losses", "make_golden_advantages"))
    (HERE / "advantages.json").write_text(f'{{"origin": {origin}, "cases": [\n{cases}\n]}}\n')
    (HERE / "shaping.json").write_text(json.dumps({"origin": json.loads(origin), **shaping()}) + "\n")
