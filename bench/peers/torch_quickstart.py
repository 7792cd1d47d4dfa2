#!/usr/bin/env python3
"""The quickstart in plain PyTorch on the CPU, float32, written for speed: the stronger peer.

Generation is batched over a KV cache with one prefill a prompt, whose cache its completions share; rows
are dropped once they end. Updates are on policy, so no second pass for old log-probabilities; groups whose
rewards are all equal have no gradient and are left out of the backward pass; the head is applied to
completions only; AdamW is fused. One JSON object on standard output, progress on standard error.
"""
import time

STARTED = time.perf_counter()
import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import stages  # noqa: E402
import task  # noqa: E402
from task import EOS, PAD  # noqa: E402

IMPORT_S = time.perf_counter() - STARTED


class Block(nn.Module):
    def __init__(self, m):
        super().__init__()
        self.m = m
        self.n1, self.n2 = (nn.Parameter(torch.ones(m.width)) for _ in range(2))
        self.qn, self.kn = (nn.Parameter(torch.ones(m.head_dim)) for _ in range(2))
        self.qkv = nn.Linear(m.width, (m.heads + 2 * m.kv_heads) * m.head_dim, bias=False)
        self.o = nn.Linear(m.heads * m.head_dim, m.width, bias=False)
        self.gate_up = nn.Linear(m.width, 2 * m.ff, bias=False)
        self.down = nn.Linear(m.ff, m.width, bias=False)

    def forward(self, x, cos, sin, mask, cache=None, at=0):
        m = self.m
        b, t, d = x.shape
        y = F.rms_norm(x, (d,), self.n1, m.norm_eps)
        q, k, v = self.qkv(y).view(b, t, -1, m.head_dim).split([m.heads, m.kv_heads, m.kv_heads], dim=2)
        q = rotate(F.rms_norm(q, (m.head_dim,), self.qn, m.norm_eps), cos, sin).transpose(1, 2)
        k = rotate(F.rms_norm(k, (m.head_dim,), self.kn, m.norm_eps), cos, sin).transpose(1, 2)
        v = v.transpose(1, 2)
        if cache is not None:
            ck, cv = cache
            ck[:, :, at : at + t] = k
            cv[:, :, at : at + t] = v
            k, v = ck[:, :, : at + t], cv[:, :, : at + t]
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        x = x + self.o(a.transpose(1, 2).reshape(b, t, -1))
        gate, up = self.gate_up(F.rms_norm(x, (d,), self.n2, m.norm_eps)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Model(nn.Module):
    """RMSNorm, norms of q and k, rotary positions, grouped-query attention, SwiGLU, tied embeddings."""

    def __init__(self, m):
        super().__init__()
        self.m = m
        self.embed = nn.Embedding(m.vocab, m.width)
        self.blocks = nn.ModuleList(Block(m) for _ in range(m.layers))
        self.final = nn.Parameter(torch.ones(m.width))
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=m.init_std)
        inverse = m.rope_theta ** (-torch.arange(0, m.head_dim, 2) / m.head_dim)
        angles = torch.outer(torch.arange(m.max_positions).float(), inverse).repeat(1, 2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def hidden(self, ids, positions, mask, caches=None, at=0):
        x = self.embed(ids)
        cos, sin = self.cos[positions].unsqueeze(2), self.sin[positions].unsqueeze(2)
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin, mask, None if caches is None else caches[i], at)
        return x

    def head(self, x):
        return F.linear(F.rms_norm(x, (self.m.width,), self.final, self.m.norm_eps), self.embed.weight)

    def log_probs(self, ids, targets):
        """Of the targets, one after the other: [number of targets]."""
        n = ids.shape[1] - 1
        # Padding is on the right and attention causal: real tokens never see it.
        x = self.hidden(ids[:, :-1], torch.arange(n)[None], torch.ones(n, n, dtype=torch.bool).tril())
        return -F.cross_entropy(self.head(x[targets]), ids[:, 1:][targets], reduction="none")


@torch.inference_mode()
def generate(model, prompts, generations, max_new, temperature):
    """-> completions, lists of ids with their end of sequence; temperature 0 is greedy."""
    m = model.m
    width = max(map(len, prompts))
    ids = torch.tensor([[PAD] * (width - len(p)) + p for p in prompts])
    real = ids != PAD
    positions = (real.cumsum(1) - 1).clamp_min(0)
    # Padding sees itself, so that no row of the softmax is empty.
    mask = torch.ones(width, width, dtype=torch.bool).tril() & real[:, None, :] | torch.eye(width, dtype=torch.bool)
    shape = (len(prompts), m.kv_heads, width + max_new, m.head_dim)
    caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in model.blocks]
    logits = model.head(model.hidden(ids, positions, mask[:, None], caches)[:, -1])
    if generations > 1:
        caches = [(k.repeat_interleave(generations, 0), v.repeat_interleave(generations, 0)) for k, v in caches]
        logits, real, positions = (x.repeat_interleave(generations, 0) for x in (logits, real, positions))
    n = len(prompts) * generations
    out = torch.zeros(n, max_new, dtype=torch.long)
    rows, now = torch.arange(n), positions[:, -1:]
    seen = torch.cat((real, torch.ones(n, max_new, dtype=torch.bool)), 1)
    for t in range(max_new):
        if temperature == 0:
            new = logits.argmax(-1)
        else:
            new = torch.multinomial(F.softmax(logits / temperature, -1), 1)[:, 0]
        out[rows, t] = new
        alive = new != EOS
        if t == max_new - 1 or not alive.any():
            break
        if not alive.all():
            rows, new, now, seen = rows[alive], new[alive], now[alive], seen[alive]
            caches = [(k[alive], v[alive]) for k, v in caches]
        now = now + 1
        at = width + t
        logits = model.head(model.hidden(new[:, None], now, seen[:, None, None, : at + 1], caches, at)[:, -1])
    return [c[: c.index(EOS) + 1] if EOS in c else c for c in out.tolist()]


def train_step(r, model, opt, batch, chars):
    """One GRPO step on problems: sample, judge, update. -> seconds [step, generation, update], tokens, reward."""
    began = time.perf_counter()
    prompts = [chars.encode(p) for p, _ in batch]
    completions = generate(model, prompts, r.generations, r.max_new, r.temperature)
    generated = time.perf_counter()
    g = r.generations
    rewards = torch.tensor([float(chars.decode(c) == batch[i // g][1]) for i, c in enumerate(completions)]).view(-1, g)
    spread = rewards.std(1, keepdim=True)
    advantages = (rewards - rewards.mean(1, keepdim=True)) / (spread + r.advantage_eps)
    kept = [i for i in range(len(completions)) if spread[i // g] > 0]
    tokens = sampled = sum(map(len, completions))
    judged = time.perf_counter()
    if kept:
        ids, real, targets = stages.pack([prompts[i // g] for i in kept], [completions[i] for i in kept])
        weights = advantages.view(-1)[kept][:, None].expand(targets.shape)[targets]
        # On policy the ratio is 1 and its gradient that of the log-probability. The mean is over all sampled
        # tokens, of the groups left out too.
        loss = -(weights * model.log_probs(ids, targets)).sum() / sampled
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), r.grpo.max_grad_norm)
        opt.step()
        tokens += int(real.sum())
    ended = time.perf_counter()
    return [ended - began, generated - began, ended - judged], tokens, rewards.mean().item()


def main():
    a, r = stages.arguments(__doc__.splitlines()[0])
    torch.manual_seed(a.seed)
    chars, (train, validation, test) = task.Chars(r.chars), task.problems()
    began = time.perf_counter()
    model = Model(r.model)

    def accuracy(problems):
        out = generate(model, [chars.encode(p) for p, _ in problems], 1, r.max_new, 0)
        return sum(chars.decode(c) == y for c, (_, y) in zip(out, problems)) / len(problems)

    reached = [accuracy(test)]
    sft_steps, tokens = stages.warm_start(
        r, model.parameters(), chars, train, a.seed,
        lambda ids, targets: -model.log_probs(ids, targets).mean(), lambda: accuracy(validation),
    )
    reached.append(accuracy(test))
    opt, problems, times = stages.adamw(model.parameters(), r.grpo), stages.stream(train, a.seed + 1), []
    for step in range(r.grpo.steps):
        for group in opt.param_groups:
            group["lr"] = stages.rate(r.grpo, step)
        batch = [next(problems) for _ in range(r.grpo.prompts)]
        seconds, n, reward = train_step(r, model, opt, batch, chars)
        times.append(seconds)
        tokens += n
        if (step + 1) % r.grpo.eval_steps == 0:
            stages.log(f"grpo {step + 1} reward {reward:.3f} validation {accuracy(validation):.3f}")
    reached.append(accuracy(test))
    stages.report(
        threads=torch.get_num_threads(), parameters=sum(p.numel() for p in model.parameters()), import_s=IMPORT_S,
        run_s=time.perf_counter() - began, sft_steps=sft_steps, tokens=tokens, accuracy=reached, grpo_steps=times,
    )


if __name__ == "__main__":
    main()
