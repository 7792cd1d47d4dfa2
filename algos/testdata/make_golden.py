"""Writes the golden files of package algos beside itself, with TRL 1.16.0 and torch 2.15.0.

    python make_golden.py

grpo.json                 trl.trainer.GRPOTrainer._compute_loss, the method itself, on a stand-in for the trainer
estimator_grpo.json       the advantage lines of GRPOTrainer._generate_and_score_completions, with TRL's nanstd
estimator_reinforce.json  rewards, and rewards less torch.nanmean
reinforce.json            the REINFORCE recipe of torch.distributions (-log_prob * reward)
sft.json                  torch.nn.functional.cross_entropy with ignore_index

All arithmetic is float64; inputs are rounded to float32 first.
"""

import collections
import json
import pathlib
from types import SimpleNamespace

import torch
import trl
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.utils import nanstd

HERE = pathlib.Path(__file__).parent
ORIGIN = f"trl {trl.__version__}, torch {torch.__version__.split('+')[0]}; made by make_golden.py"
MAX_LENGTH = 16


def uniform(shape, low, high):
    return (torch.rand(shape, dtype=torch.float64) * (high - low) + low).float().double()


def masks(n, width):
    """Prefix masks of 1 to width tokens, with a hole in the longest row."""
    lengths = [1 + i % width for i in range(n)]
    mask = torch.tensor([[t < length for t in range(width)] for length in lengths])
    mask[width - 1, 1] = False
    return mask


def write(name, cases, origin=ORIGIN):
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / name).write_text(f'{{"origin": {json.dumps(origin)}, "cases": [\n{lines}\n]}}\n')


def trl_loss(options, batch, logp, entropy):
    """GRPOTrainer._compute_loss with our options under TRL's names."""
    loss_type = {
        "seq-mean-token-mean": "grpo",
        "token-mean": "dapo",
        "seq-mean-token-sum-norm": "dr_grpo",
    }[options.get("loss_agg_mode", "seq-mean-token-mean")]
    epsilon = options.get("epsilon", 0.2)
    same = lambda x, **_: x
    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (logp, entropy, None),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        importance_sampling_level="token", beta=options.get("beta", 0.0), loss_type=loss_type,
        epsilon_low=epsilon, epsilon_high=options.get("epsilon_high") or epsilon,
        args=SimpleNamespace(delta=options.get("delta") or None, use_bias_correction_kl=False, steps_per_generation=1),
        use_vllm=False, model=SimpleNamespace(training=True), current_gradient_accumulation_steps=1,
        steps_per_generation=1, max_completion_length=MAX_LENGTH,
        accelerator=SimpleNamespace(num_processes=1, gather=same, reduce=same, gather_for_metrics=same, sync_gradients=False),
        entropy_coef=options.get("entropy_coef", 0.0), _entropy_bonus_enabled=options.get("entropy_coef", 0.0) != 0,
        use_adaptive_entropy=False, _metrics=collections.defaultdict(lambda: collections.defaultdict(list)),
    )
    ids = torch.zeros_like(batch["mask"], dtype=torch.long)
    return GRPOTrainer._compute_loss(trainer, None, {
        "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": batch["mask"].long(),
        "advantages": batch["advantages"], "old_per_token_logps": batch["old"], "ref_per_token_logps": batch["ref"],
        "num_items_in_batch": batch["mask"].sum(),
    })


def grpo():
    n, width = 8, 5
    cases = []
    for explanation, options in [
        ("TRL loss_type grpo", {}),
        ("TRL loss_type dapo, clip-higher", {"loss_agg_mode": "token-mean", "epsilon_high": 0.28}),
        ("TRL loss_type dr_grpo", {"loss_agg_mode": "seq-mean-token-sum-norm", "epsilon": 0.1}),
        ("TRL delta (two-sided clipping)", {"delta": 1.5}),
        ("TRL beta", {"beta": 0.04}),
        # TRL takes the mean of the entropy over tokens whatever the loss type.
        ("TRL entropy_coef, with loss_type dapo", {"loss_agg_mode": "token-mean", "entropy_coef": 0.01}),
    ]:
        shape = (n, width)
        batch = {"mask": masks(n, width), "old": uniform(shape, -3, -0.1)}
        logp = (batch["old"] + uniform(shape, -0.7, 0.7)).float().double().requires_grad_()
        batch["ref"] = (logp.detach() + uniform(shape, -1, 1)).float().double()
        batch["advantages"] = uniform((n,), -2, 2)
        entropy = uniform(shape, 0.1, 2).requires_grad_()
        loss = trl_loss(options, batch, logp, entropy)
        loss.backward()
        case = {
            "explanation": explanation,
            "options": options,
            "batch": {
                "log_probs": logp.tolist(), "old": batch["old"].tolist(), "ref": batch["ref"].tolist(),
                "entropy": entropy.tolist(), "mask": batch["mask"].tolist(), "max_length": MAX_LENGTH,
                "advantages": batch["advantages"][:, None].expand(shape).tolist(),
            },
            "loss": loss.item(),
            "grad_log_probs": logp.grad.tolist(),
        }
        if entropy.grad is not None:
            case["grad_entropy"] = entropy.grad.tolist()
        cases.append(case)
    write("grpo.json", cases)


def reinforce():
    n, width, vocab = 6, 5, 11
    logits = uniform((n, width, vocab), -3, 3)
    actions = torch.randint(vocab, (n, width))
    mask = masks(n, width)
    rewards = uniform((n,), -1, 1)
    logp = torch.distributions.Categorical(logits=logits).log_prob(actions).float().double().requires_grad_()
    episodes = [-(logp[i][mask[i]] * rewards[i]).sum() for i in range(n)]
    loss = torch.stack(episodes).mean()
    loss.backward()
    write("reinforce.json", [{
        "explanation": "mean over episodes of -log_prob * reward",
        "options": {},
        "batch": {
            "log_probs": logp.tolist(), "mask": mask.tolist(), "max_length": MAX_LENGTH,
            "advantages": rewards[:, None].expand(n, width).tolist(),
        },
        "loss": loss.item(),
        "grad_log_probs": logp.grad.tolist(),
    }])


def sft():
    n, width, vocab = 6, 5, 11
    logits = uniform((n, width, vocab), -3, 3)
    labels = torch.randint(vocab, (n, width))
    mask = masks(n, width)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.masked_fill(~mask, -100).flatten(), ignore_index=-100)
    logp = logits.log_softmax(-1).gather(-1, labels[..., None]).squeeze(-1)
    # The gradient of a mean of -logp is -1/tokens on the tokens that have a label.
    write("sft.json", [{
        "explanation": "cross entropy with ignored labels",
        "options": {},
        "batch": {
            "log_probs": logp.tolist(), "mask": mask.tolist(), "max_length": MAX_LENGTH,
            "advantages": torch.ones(n, width).tolist(),
        },
        "loss": loss.item(),
        "grad_log_probs": (-mask.double() / mask.sum()).tolist(),
    }])


NAN = float("nan")
GROUPS = torch.tensor([
    [1.0, 0.0, 0.0, 1.0],
    [0.25, -1.5, 2.0, 0.125],
    [0.5, NAN, 1.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
], dtype=torch.float64)


def estimates(explanation, options, advantages):
    return {
        "explanation": explanation,
        "options": options,
        "groups": [[None if r != r else r for r in row] for row in GROUPS.tolist()],
        "advantages": advantages.nan_to_num(0.0).tolist(),
    }


def estimator_grpo():
    groups, cases = GROUPS, []
    for scale in ["group", "batch", "none"]:
        advantages = groups - torch.nanmean(groups, dim=1, keepdim=True)
        if scale == "group":
            advantages = advantages / (nanstd(groups, dim=1)[:, None] + 1e-4)
        if scale == "batch":
            advantages = advantages / (nanstd(groups.flatten()) + 1e-4)
        cases.append(estimates(f"TRL scale_rewards {scale}", {"scale_rewards": scale}, advantages))
    write("estimator_grpo.json", cases)


def estimator_reinforce():
    write("estimator_reinforce.json", [
        estimates("the reward", {}, GROUPS),
        estimates("less torch.nanmean of the batch", {"baseline": "batch-mean"}, GROUPS - torch.nanmean(GROUPS)),
    ])


if __name__ == "__main__":
    torch.manual_seed(0)
    grpo()
    reinforce()
    sft()
    estimator_grpo()
    estimator_reinforce()
