"""Writes dpo.json beside itself: trl.trainer.DPOTrainer._compute_loss of TRL 1.16.0, the method itself.

    python make_golden_dpo.py

The model is a stand-in that returns given log-probabilities. TRL stacks all chosen above all rejected
responses; ours alternate. Its loss_type sigmoid has no label smoothing; aot of a single pair is that loss with it.
All arithmetic is float64; inputs are rounded to float32 first.
"""

import collections
import math
from types import SimpleNamespace

import torch
import trl
from trl.trainer.dpo_trainer import DPOTrainer

from make_golden import MAX_LENGTH, masks, uniform, write

ORIGIN = f"trl {trl.__version__}, torch {torch.__version__.split('+')[0]}; made by make_golden_dpo.py"
WIDTH = 5


def trl_loss(loss_type, beta, smoothing, logp, ref, mask):
    """The loss of rows that are first all chosen, then all rejected; one prompt token before each."""
    n, width = mask.shape
    column = torch.zeros(n, 1, dtype=torch.bool)

    def model(values):
        def forward(**_):
            zeros = torch.zeros(n, width, dtype=torch.float64)
            # TRL's head gives 0 where the label is ignored.
            return SimpleNamespace(log_probs=torch.where(mask, values, 0), entropy=zeros, mean_logits=zeros, is_top1=mask)
        return forward

    same = lambda x, **_: x
    policy = model(logp)
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), ref_model=model(ref), aux_loss_enabled=False, ld_alpha=None, precompute_ref_logps=False,
        accelerator=SimpleNamespace(device="cpu", gather=same, gather_for_metrics=same, unwrap_model=same),
        args=SimpleNamespace(gradient_checkpointing_kwargs=None, gradient_checkpointing=False), f_divergence_type="reverse_kl",
        loss_types=[loss_type], loss_weights=[1.0], beta=beta, label_smoothing=smoothing, use_weighting=False,
        _metrics=collections.defaultdict(lambda: collections.defaultdict(list)), _total_train_tokens=0, _tp_size=1,
    )
    import trl.trainer.dpo_trainer as module
    import contextlib
    module.is_peft_model = lambda _: False
    module.disable_gradient_checkpointing = lambda *_: contextlib.nullcontext()
    ids = torch.zeros(n, width + 1, dtype=torch.long)
    completion = torch.cat([column, mask], 1).long()
    return DPOTrainer._compute_loss(trainer, policy, {
        "input_ids": ids, "attention_mask": torch.ones_like(ids), "completion_mask": completion}, False)


def main():
    torch.manual_seed(5)
    cases = []
    for explanation, loss_type, options, n in [
        ("TRL loss_type sigmoid", "sigmoid", {}, 8),
        ("TRL loss_type sigmoid, beta 2", "sigmoid", {"beta": 2.0}, 6),
        ("TRL loss_type aot, one pair: sigmoid with label smoothing", "aot", {"beta": 0.5, "label_smoothing": 0.1}, 2),
        ("TRL loss_type robust", "robust", {"loss_type": "robust", "beta": 0.7, "label_smoothing": 0.3}, 8),
        ("TRL loss_type hinge", "hinge", {"loss_type": "hinge", "beta": 0.2}, 8),
        ("TRL loss_type ipo", "ipo", {"loss_type": "ipo", "beta": 0.1}, 8),
    ]:
        logp = uniform((n, WIDTH), -3, -0.1).requires_grad_()
        ref = (logp.detach() + uniform((n, WIDTH), -1, 1)).float().double()
        mask = masks(max(n, WIDTH), WIDTH)[torch.randperm(n)]
        order = [*range(0, n, 2), *range(1, n, 2)]
        loss = trl_loss(loss_type, options.get("beta", 0.1), options.get("label_smoothing", 0.0), logp[order], ref[order], mask[order])
        loss.backward()
        cases.append({
            "explanation": explanation, "options": options,
            "batch": {"log_probs": logp.tolist(), "ref": ref.tolist(), "mask": mask.tolist(), "max_length": MAX_LENGTH},
            "loss": loss.item(), "grad_log_probs": logp.grad.tolist(),
        })
        assert math.isfinite(loss.item())
    write("dpo.json", cases, ORIGIN)


main()
