"""Optimisers: torch's own, by the names the field knows, and Muon for the matrices of a network.

Each config says which parameters decay and which matrices Muon takes; `build` makes the torch optimisers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from jinjie.base.config import Config, option

if TYPE_CHECKING:
    import torch


def _lr(default: float) -> float:
    return float(default)


class OptimizerConfig(Config):
    """Base of all optimisers: a learning rate and the parameters it moves."""

    lr: float = option(1e-3, "learning rate", "学习率", gt=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        """The torch optimisers over named parameters; more than one where the kinds of weights are treated apart.

        Every group carries `base_lr`, which the schedule multiplies.
        """
        raise TypeError(f"{type(self).__name__} lacks build()")


class SGD(OptimizerConfig):
    """θ ← θ − η·g."""

    kind: Literal["sgd"] = "sgd"
    lr: float = option(0.01, "learning rate", "学习率", gt=0)
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)


class Momentum(OptimizerConfig):
    """v ← μ·v + g; θ ← θ − η·v."""

    kind: Literal["momentum"] = "momentum"
    lr: float = option(0.01, "learning rate", "学习率", gt=0)
    momentum: float = option(0.9, "share of the last step kept", "保留上一步的比例", ge=0, lt=1)
    nesterov: bool = option(False, "look ahead along the momentum", "沿动量方向前瞻")
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)


class AdaGrad(OptimizerConfig):
    """s ← s + g²; θ ← θ − η·g / (√s + ε) (Duchi et al. 2011)."""

    kind: Literal["adagrad"] = "adagrad"
    lr: float = option(0.01, "learning rate", "学习率", gt=0)
    eps: float = option(1e-10, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)


class RMSProp(OptimizerConfig):
    """s ← ρ·s + (1 − ρ)·g²; θ ← θ − η·g / (√s + ε) (Hinton 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = option(1e-3, "learning rate", "学习率", gt=0)
    alpha: float = option(0.99, "ρ, how slowly the mean square forgets", "ρ，均方的遗忘速度", ge=0, lt=1)
    eps: float = option(1e-8, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)


class Adam(OptimizerConfig):
    """Means of g and g², corrected for their start (Kingma & Ba 2015, algorithm 1)."""

    kind: Literal["adam"] = "adam"
    lr: float = option(1e-3, "learning rate", "学习率", gt=0)
    beta1: float = option(0.9, "how slowly the mean of g forgets", "梯度均值的遗忘速度", ge=0, lt=1)
    beta2: float = option(0.999, "how slowly the mean of g² forgets", "梯度平方均值的遗忘速度", ge=0, lt=1)
    eps: float = option(1e-8, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.0, "L2 penalty, added to the gradient", "L2 惩罚，加在梯度上", ge=0)


class AdamW(OptimizerConfig):
    """Adam with the decay taken from the weights and not from the gradient (Loshchilov & Hutter 2019)."""

    kind: Literal["adamw"] = "adamw"
    lr: float = option(1e-3, "learning rate", "学习率", gt=0)
    beta1: float = option(0.9, "how slowly the mean of g forgets", "梯度均值的遗忘速度", ge=0, lt=1)
    beta2: float = option(0.95, "how slowly the mean of g² forgets", "梯度平方均值的遗忘速度", ge=0, lt=1)
    eps: float = option(1e-8, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.1, "share of each matrix taken off a step, times the rate", "每步从矩阵中减去的比例（乘以学习率）", ge=0)


class Muon(OptimizerConfig):
    """Orthogonalised momentum for hidden matrices (Jordan et al. 2024); AdamW at `adam_lr` for all other weights."""

    kind: Literal["muon"] = "muon"
    lr: float = option(0.02, "learning rate of the hidden matrices", "隐藏层矩阵的学习率", gt=0)
    momentum: float = option(0.95, "share of the last step kept", "保留上一步的比例", ge=0, lt=1)
    weight_decay: float = option(0.0, "share of each matrix taken off a step, times the rate", "每步从矩阵中减去的比例（乘以学习率）", ge=0)
    adam_lr: float = option(1e-3, "learning rate of embeddings, norms and biases", "词嵌入、归一化与偏置的学习率", gt=0)


AnyOptimizer = Annotated[
    SGD | Momentum | AdaGrad | RMSProp | Adam | AdamW | Muon, Field(discriminator="kind")
]
