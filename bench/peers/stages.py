"""What both peers do alike: the supervised warm start, learning rates, and the result."""
import argparse
import json
import math
import random
import sys
import time

import torch

import recipe
import task


def arguments(about):
    """The command line, and the recipe that it names."""
    p = argparse.ArgumentParser(description=about)
    p.add_argument("--config", required=True, help="what rlvr config print wrote")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=0, help="of PyTorch (0: its choice)")
    a = p.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    return a, recipe.load(a.config)


def log(*x):
    print(*x, file=sys.stderr, flush=True)


def stream(data, seed):
    """The problems in random order, again and again."""
    rng = random.Random(seed)
    while True:
        for i in rng.sample(range(len(data)), len(data)):
            yield data[i]


def rate(stage, step):
    """The learning rate of a step, as rlvr's schedules have it."""
    if step < stage.warmup:
        return stage.lr * (step + 1) / stage.warmup
    if stage.schedule == "constant":
        return stage.lr
    done = (step - stage.warmup) / max(1, stage.steps - stage.warmup)
    return stage.lr * (stage.min_lr_ratio + (1 - stage.min_lr_ratio) * (1 + math.cos(math.pi * done)) / 2)


def adamw(params, stage):
    return torch.optim.AdamW(
        params, lr=stage.lr, betas=stage.betas, eps=stage.adam_eps, weight_decay=stage.weight_decay, fused=True
    )


def pack(prompts, completions):
    """-> ids [B, T] padded on the right, mask of real tokens [B, T], mask of completion targets [B, T-1]."""
    seqs = [p + c for p, c in zip(prompts, completions)]
    longest = max(map(len, seqs))
    ids = torch.tensor([s + [task.PAD] * (longest - len(s)) for s in seqs])
    lengths = torch.tensor([len(s) for s in seqs])[:, None]
    starts = torch.tensor([len(p) for p in prompts])[:, None]
    at = torch.arange(longest)
    return ids, at < lengths, ((at >= starts) & (at < lengths))[:, 1:]


def warm_start(r, params, chars, train, seed, loss_of, accuracy):
    """Supervised steps until the accuracy on the validation problems is that of the recipe.

    loss_of(ids, targets) is the mean over target tokens. -> steps and tokens done.
    """
    params, s = list(params), r.sft
    opt, problems = adamw(params, s), stream(train, seed)
    tokens = 0
    for step in range(s.steps):
        for group in opt.param_groups:
            group["lr"] = rate(s, step)
        batch = [next(problems) for _ in range(s.prompts)]
        ids, real, targets = pack(
            [chars.encode(p) for p, _ in batch], [chars.encode(y) + [task.EOS] for _, y in batch]
        )
        loss = loss_of(ids, targets)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, s.max_grad_norm)
        opt.step()
        tokens += int(real.sum())
        if (step + 1) % s.eval_steps == 0:
            reached = accuracy()
            if (step + 1) % 50 == 0 or reached >= r.sft_until:
                log(f"sft {step + 1} loss {loss.item():.3f} validation {reached:.3f}")
            if reached >= r.sft_until:
                break
    return step + 1, tokens


def report(**result):
    """One JSON object on standard output; see measured in bench/measure.go."""
    print(json.dumps(result))
