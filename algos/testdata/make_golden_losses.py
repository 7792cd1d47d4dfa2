"""Writes golden files of policy losses beside itself: TRL 1.16.0's and verl 0.9.1's own functions on random batches.

    pip install trl==1.16.0 torch==2.15.0 && pip download verl==0.9.1 --no-deps && unzip verl-*.whl -d verl
    pip install --no-deps omegaconf hydra-core tensordict codetiming antlr4-python3-runtime==4.9.3 orjson pyvers cloudpickle
    PYTHONPATH=verl python make_golden_losses.py [name ...]

TRL: GRPOTrainer._compute_loss (and GMPOTrainer's), the methods themselves, on a stand-in for the trainer.
verl: the functions of verl.trainer.ppo.core_algos that get_policy_loss_fn gives; ray, which verl imports and
these functions do not use, is replaced by a stand-in.

All arithmetic is float64; inputs are rounded to float32 first. Each file has a seed of its own.
"""

import collections
import importlib.metadata
import pathlib
import sys
import zlib
from types import SimpleNamespace
from unittest.mock import MagicMock

import torch
from trl.experimental.gmpo.gmpo_trainer import GMPOTrainer
from trl.trainer.grpo_trainer import GRPOTrainer

from make_golden import MAX_LENGTH, masks, uniform, write

for module in ["ray", "ray.util", "ray.util.collective", "ray.experimental", "ray.experimental.state",
               "ray.experimental.state.api", "ray.actor", "ray.util.placement_group",
               "ray.util.scheduling_strategies"]:
    sys.modules.setdefault(module, MagicMock())

from verl.trainer.ppo import core_algos  # noqa: E402
from verl.trainer.ppo.rollout_corr_helper import compute_rollout_correction_weights  # noqa: E402
from verl.workers.config import ActorConfig  # noqa: E402

ORIGIN = (f"trl {importlib.metadata.version('trl')}, verl {(pathlib.Path(core_algos.__file__).parents[2] / 'version/version').read_text().strip()}, "
          f"torch {torch.__version__.split('+')[0]}; made by make_golden_losses.py")
N, WIDTH = 8, 5


def trl(loss_type, level="token", method=GRPOTrainer._compute_loss, static=GRPOTrainer, inputs=None, **changes):
    """A function of a batch: TRL's loss with some attributes or arguments of the trainer changed."""

    def loss(batch, logp, entropy):
        same = lambda x, **_: x
        args = SimpleNamespace(
            delta=None, use_bias_correction_kl=False, steps_per_generation=1,
            sapo_temperature_pos=1.0, sapo_temperature_neg=1.05,
            vespo_k_pos=2.0, vespo_lambda_pos=3.0, vespo_k_neg=3.0, vespo_lambda_neg=2.0,
        )
        trainer = SimpleNamespace(
            _get_per_token_logps_and_entropies=lambda *_, **__: (logp, entropy, None),
            aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None,
            importance_sampling_level=level, beta=0.0, loss_type=loss_type, epsilon_low=0.2, epsilon_high=0.2,
            args=args, use_vllm=False, vllm_importance_sampling_correction=False,
            model=SimpleNamespace(training=True), current_gradient_accumulation_steps=1, steps_per_generation=1,
            max_completion_length=MAX_LENGTH,
            accelerator=SimpleNamespace(
                num_processes=1, gather=same, reduce=same, gather_for_metrics=same, sync_gradients=False,
                pad_across_processes=same,
            ),
            entropy_coef=0.0, _entropy_bonus_enabled=False, use_adaptive_entropy=False,
            _metrics=collections.defaultdict(lambda: collections.defaultdict(list)),
            get_gamma_weights=static.get_gamma_weights, get_off_policy_mask=static.get_off_policy_mask,
        )
        trainer.get_high_entropy_mask = lambda *a: GRPOTrainer.get_high_entropy_mask(trainer, *a)
        for name, value in changes.items():
            setattr(args if hasattr(args, name) else trainer, name, value)
        ids = torch.zeros_like(batch["mask"], dtype=torch.long)
        return method(trainer, None, {
            "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": batch["mask"].long(),
            "advantages": batch["advantages"][:, 0], "old_per_token_logps": batch["old"],
            "ref_per_token_logps": batch["ref"], "num_items_in_batch": batch["mask"].sum(),
            **(inputs(batch) if inputs else {}),
        })

    return loss


def verl(name, mode, low=0.2, high=0.2, c=1e9, policy_loss=None, **config):
    """A function of a batch: verl's registered policy loss."""

    def loss(batch, logp, _):
        actor = ActorConfig(
            strategy="fsdp", rollout_n=1, use_dynamic_bsz=True, clip_ratio=low, clip_ratio_low=low, clip_ratio_high=high,
            clip_ratio_c=c, **config,
        )
        actor.global_batch_info["loss_scale_factor"] = MAX_LENGTH
        for key, value in (policy_loss or {}).items():
            object.__setattr__(actor.policy_loss, key, value)
        return core_algos.get_policy_loss_fn(name)(
            batch["old"], logp, batch["advantages"], batch["mask"].double(), loss_agg_mode=mode, config=actor)[0]

    return loss


def random_batch(spread):
    shape = (N, WIDTH)
    batch = {"mask": masks(N, WIDTH), "old": uniform(shape, -3, -0.1)}
    batch["log_probs"] = (batch["old"] + uniform(shape, -spread, spread)).clamp(max=-0.01).float().double()
    batch["ref"] = (batch["log_probs"] + uniform(shape, -1, 1)).float().double()
    batch["rollout"] = (batch["old"] + uniform(shape, -0.2, 0.2)).float().double()
    batch["advantages"] = uniform((N,), -2, 2)[:, None].expand(shape)
    batch["entropy"] = uniform(shape, 0.1, 2)
    batch["values"] = uniform(shape, -1, 1)
    batch["old_values"] = (batch["values"] + uniform(shape, -0.5, 0.5)).float().double()
    batch["returns"] = uniform(shape, -1, 1)
    return batch


def case(explanation, options, loss, spread=0.7, arrays=()):
    batch = random_batch(spread)
    logp = batch["log_probs"].clone().requires_grad_()
    entropy = batch["entropy"].clone().requires_grad_()
    batch["values"].requires_grad_()
    value = loss(batch, logp, entropy)
    value.backward()
    out = {
        "explanation": explanation, "options": options,
        "batch": {name: batch[name].tolist() for name in ("log_probs", "old", "advantages", "mask", *arrays)},
        "loss": value.item(), "grad_log_probs": logp.grad.tolist(),
    }
    out["batch"]["max_length"] = MAX_LENGTH
    if batch["values"].grad is not None:
        out["grad_values"] = batch["values"].grad.tolist()
    if entropy.grad is not None:
        out["grad_entropy"] = entropy.grad.tolist()
    return out


SEQ, TOKEN = "seq-mean-token-mean", "token-mean"


def gspo():
    return [
        case("TRL importance_sampling_level sequence", {}, trl("grpo", "sequence", epsilon_low=3e-4, epsilon_high=4e-4)),
        case("verl gspo", {}, verl("gspo", SEQ, 3e-4, 4e-4)),
        case("TRL, wide clips", {"epsilon": 0.1, "epsilon_high": 0.15}, trl("grpo", "sequence", epsilon_low=0.1, epsilon_high=0.15)),
        case("verl, wide clips", {"epsilon": 0.1, "epsilon_high": 0.15}, verl("gspo", SEQ, 0.1, 0.15)),
    ]


def sapo():
    return [
        case("TRL loss_type sapo", {}, trl("sapo")),
        case("verl sapo", {}, verl("sapo", SEQ)),
        case("TRL, other temperatures", {"tau_pos": 2, "tau_neg": 0.5}, trl("sapo", sapo_temperature_pos=2.0, sapo_temperature_neg=0.5)),
        case("verl, other temperatures", {"tau_pos": 2, "tau_neg": 0.5}, verl("sapo", SEQ, tau_pos=2.0, tau_neg=0.5)),
    ]


def cispo():
    return [
        case("verl cispo, its example's bounds", {}, verl("cispo", TOKEN, 10.0, 0.2)),
        case("verl cispo, both bounds", {"epsilon": 0.2, "epsilon_high": 0.28}, verl("cispo", TOKEN, 0.2, 0.28)),
        case("TRL loss_type cispo", {"compat": "trl", "epsilon_high": 1.5}, trl("cispo", epsilon_high=1.5)),
    ]


def dapo():
    return [
        case("TRL loss_type dapo, delta 10", {}, trl("dapo", epsilon_high=0.28, delta=10.0)),
        case("verl vanilla with DAPO's recipe", {}, verl("vanilla", TOKEN, 0.2, 0.28, 10.0)),
        case("verl vanilla, dual clip that binds", {"delta": 1.5}, verl("vanilla", TOKEN, 0.2, 0.28, 1.5)),
    ]


def dr_grpo():
    return [
        case("TRL loss_type dr_grpo", {}, trl("dr_grpo")),
        case("verl vanilla, seq-mean-token-sum-norm", {}, verl("vanilla", "seq-mean-token-sum-norm")),
    ]


def gmpo():
    trl_gmpo = lambda low, high: trl("gmpo", method=GMPOTrainer._compute_loss, epsilon_low=low, epsilon_high=high)
    return [
        case("TRL experimental GMPOTrainer", {}, trl_gmpo(0.4, 0.4)),
        case("verl geo_mean", {}, verl("geo_mean", SEQ, 0.4, 0.4)),
        case("TRL, narrow clips", {"epsilon": 0.1, "epsilon_high": 0.2}, trl_gmpo(0.1, 0.2)),
        case("verl, narrow clips", {"epsilon": 0.1, "epsilon_high": 0.2}, verl("geo_mean", SEQ, 0.1, 0.2)),
    ]


def kl():
    def with_verl_kl(kind, beta):
        def loss(batch, logp, entropy):
            mask = batch["mask"].double()
            divergence = core_algos.kl_penalty(logp, batch["ref"], kind)
            return verl("vanilla", SEQ)(batch, logp, entropy) + beta * core_algos.agg_loss(divergence, mask, SEQ)
        return loss

    return [
        *(case(f"verl kl_penalty {kind}", {"beta": 0.3, "kl_estimator": kind}, with_verl_kl(kind, 0.3), arrays=["ref"])
          for kind in ["k1", "k2", "k3", "k3+", "abs"]),
        case("TRL beta", {"beta": 0.04}, trl("grpo", beta=0.04), arrays=["ref"]),
        case("TRL use_bias_correction_kl", {"beta": 0.5, "kl_bias_correction": True},
             trl("grpo", beta=0.5, use_bias_correction_kl=True), arrays=["ref"]),
        case("TRL entropy_coef: the mean of tokens in any loss type", {"entropy_coef": 0.02, "compat": "trl"},
             trl("grpo", entropy_coef=0.02, _entropy_bonus_enabled=True), arrays=["entropy"]),
    ]


def rollout_correction():
    def with_verl(level, threshold):
        def loss(batch, logp, _):
            mask = batch["mask"].double()
            weights, _ = compute_rollout_correction_weights(batch["old"] - batch["rollout"], mask, level, threshold)
            actor = ActorConfig(strategy="fsdp", rollout_n=1, use_dynamic_bsz=True, clip_ratio_c=1e9)
            return core_algos.get_policy_loss_fn("vanilla")(
                batch["old"], logp, batch["advantages"], mask, loss_agg_mode=SEQ, config=actor, rollout_is_weights=weights)[0]
        return loss

    return [
        case(f"verl {level} weights, threshold {threshold}",
             {"rollout_is": level, "rollout_is_threshold": float(str(threshold).split("_")[-1]), **options},
             with_verl(level, threshold), arrays=["rollout"])
        for level in ["token", "sequence"]
        for threshold, options in [(1.05, {}), ("0.95_1.1", {"rollout_is_mode": "mask", "rollout_is_threshold_low": 0.95})]
    ]


def off_policy_mask():
    inputs = lambda batch: {"sampling_per_token_logps": batch["rollout"]}
    return [case("TRL off_policy_mask_threshold", {"off_policy_mask_threshold": 0.02},
                 trl("grpo", off_policy_mask_threshold=0.02, inputs=inputs), arrays=["rollout"])]


def top_entropy():
    return [case("TRL top_entropy_quantile", {"top_entropy_quantile": quantile}, trl("grpo", top_entropy_quantile=quantile), arrays=["entropy"])
            for quantile in [0.2, 0.5]]


def value():
    def loss(clip):
        def both(batch, logp, entropy):
            critic = core_algos.compute_value_loss(batch["values"], batch["returns"], batch["old_values"], batch["mask"].double(), clip)[0]
            return verl("vanilla", TOKEN)(batch, logp, entropy) + 0.1 * critic
        return both

    arrays = ["values", "old_values", "returns"]
    return [case(f"verl vanilla and compute_value_loss, clip {clip}", {"value_clip": clip}, loss(clip), arrays=arrays) for clip in [0.2, 0.05]]


def dppo(name, epsilon):
    return lambda: [
        case(f"verl {name}", {}, verl(name, TOKEN, epsilon, epsilon, 20.0)),
        case(f"verl {name}, narrow, low bound on the weight", {"epsilon": 0.02, "epsilon_high": 0.01, "delta": 1.3}, verl(name, TOKEN, 0.02, 0.01, 1.3)),
    ]


def vespo():
    other = dict(vespo_k_pos=1.0, vespo_lambda_pos=0.5, vespo_k_neg=0.5, vespo_lambda_neg=1.0)
    return [
        case("TRL loss_type vespo", {}, trl("vespo")),
        case("TRL, other kernel", {"k_pos": 1, "lambda_pos": 0.5, "k_neg": 0.5, "lambda_neg": 1}, trl("vespo", **other)),
    ]


def luspo():
    return [case(f"TRL loss_type luspo, clips {low} and {high}", options, trl("luspo", "sequence", epsilon_low=low, epsilon_high=high))
            for low, high, options in [(2e-3, 2.5e-3, {}), (0.1, 0.15, {"epsilon": 0.1, "epsilon_high": 0.15})]]


def dro():
    return [case("verl dro", {"dro_beta": beta}, verl("dro", TOKEN, policy_loss={"dro_beta": beta})) for beta in [0.1, 2.0]]


def covariance(batch, logp):
    mask = batch["mask"]
    advantages = batch["advantages"]
    cov = (advantages - advantages[mask].mean()) * (logp - logp[mask].mean())
    return cov[mask]


def agreeing(select, make):
    """A case in which the old log-probabilities, which we select by, select what verl's, the current ones, do."""
    while True:
        c = make()
        batch = {name: torch.tensor(c["batch"][name]) for name in ("log_probs", "old", "advantages", "mask")}
        if torch.equal(select(covariance(batch, batch["old"])), select(covariance(batch, batch["log_probs"]))):
            return c


def kl_cov():
    top = lambda share: lambda cov: torch.zeros_like(cov).scatter(0, cov.topk(max(1, int(share * len(cov)))).indices, 1)
    return [
        agreeing(top(share), lambda: case(f"verl kl_cov, share {share}", {"kl_cov_ratio": share, "kl_cov_coef": coef},
                                          verl("kl_cov", TOKEN, policy_loss={"kl_cov_ratio": share, "ppo_kl_coef": coef}), spread=0.3))
        for share, coef in [(2e-4, 1.0), (0.25, 0.5)]
    ]


def clip_cov():
    band = lambda cov: (cov > 0.2) & (cov < 9)
    return [agreeing(band, lambda: case(
        "verl clip_cov, all of the band", {"clip_cov_ratio": 1, "clip_cov_low": 0.2, "clip_cov_high": 9},
        verl("clip_cov", TOKEN, policy_loss={"clip_cov_ratio": 1.0, "clip_cov_lb": 0.2, "clip_cov_ub": 9.0}), spread=0.3))]


FILES = {
    "dppo_tv": dppo("dppo_tv", 0.15), "dppo_kl": dppo("dppo_kl", 0.05), "vespo": vespo, "luspo": luspo, "dro": dro,
    "kl_cov": kl_cov, "clip_cov": clip_cov,
    "value": value,
    "kl": kl, "rollout_correction": rollout_correction, "off_policy_mask": off_policy_mask, "top_entropy": top_entropy,
    "gmpo": gmpo,
    "gspo": gspo, "gspo_token": gspo, "sapo": sapo, "cispo": cispo, "dapo": dapo, "dr_grpo": dr_grpo,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FILES:
        torch.manual_seed(zlib.crc32(name.encode()))
        write(f"{name}.json", FILES[name](), ORIGIN)
