"""Optimisers: torch's own, by the names the field knows, and Muon for the matrices of a network.

Each config says which parameters decay and which matrices Muon takes; `build` makes the torch optimisers.
torch's optimisers import its compiler when they are made and at their first step, which takes a second and serves none
who compiles nothing: `without_compiler` and `take_step` spare a run that.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from jinjie.base.config import Config, option

if TYPE_CHECKING:
    import torch

NOT_HIDDEN = frozenset({"embed", "positions", "types", "head", "next_sentence", "pooler", "table"})
"""Names of modules that read the input or give the output. Muon leaves their matrices (Jordan et al. 2024):
each row belongs to one token or class and should move on its own."""


class OptimizerConfig(Config):
    """Base of all optimisers: a learning rate and the parameters it moves."""

    lr: float = option(1e-3, "learning rate", "学习率", gt=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        """The torch optimisers over named parameters; more than one where kinds of weights are treated apart.

        Every group carries `base_lr`, which the schedule multiplies.
        """
        raise TypeError(f"{type(self).__name__} lacks build()")


class SGD(OptimizerConfig):
    """θ ← θ − η·g."""

    kind: Literal["sgd"] = "sgd"
    lr: float = option(0.01, "learning rate", "学习率", gt=0)
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        import torch

        return [
            torch.optim.SGD(
                _group(parameters.values(), self.lr), weight_decay=self.weight_decay, **_fused(parameters)
            )
        ]


class Momentum(OptimizerConfig):
    """v ← μ·v + g; θ ← θ − η·v."""

    kind: Literal["momentum"] = "momentum"
    lr: float = option(0.01, "learning rate", "学习率", gt=0)
    momentum: float = option(0.9, "share of the last step kept", "保留上一步的比例", ge=0, lt=1)
    nesterov: bool = option(False, "look ahead along the momentum", "沿动量方向前瞻")
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        import torch

        return [
            torch.optim.SGD(
                _group(parameters.values(), self.lr),
                momentum=self.momentum,
                # torch refuses to look ahead along a momentum of 0, where there is nothing to look along.
                nesterov=self.nesterov and self.momentum > 0,
                weight_decay=self.weight_decay,
                **_fused(parameters),
            )
        ]


class AdaGrad(OptimizerConfig):
    """s ← s + g²; θ ← θ − η·g / (√s + ε) (Duchi et al. 2011)."""

    kind: Literal["adagrad"] = "adagrad"
    lr: float = option(0.01, "learning rate", "学习率", gt=0)
    eps: float = option(1e-10, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        import torch

        groups = _group(parameters.values(), self.lr)
        fused = _fused(parameters, ("cpu",))
        return [torch.optim.Adagrad(groups, eps=self.eps, weight_decay=self.weight_decay, **fused)]


class RMSProp(OptimizerConfig):
    """s ← ρ·s + (1 − ρ)·g²; θ ← θ − η·g / (√s + ε) (Hinton 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = option(1e-3, "learning rate", "学习率", gt=0)
    alpha: float = option(0.99, "ρ, how slowly the mean square forgets", "ρ，均方的遗忘速度", ge=0, lt=1)
    eps: float = option(1e-8, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.0, "L2 penalty", "L2 惩罚", ge=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        import torch

        groups = _group(parameters.values(), self.lr)
        return [torch.optim.RMSprop(groups, alpha=self.alpha, eps=self.eps, weight_decay=self.weight_decay)]


class Adam(OptimizerConfig):
    """Means of g and g², corrected for their start (Kingma & Ba 2015, algorithm 1)."""

    kind: Literal["adam"] = "adam"
    lr: float = option(1e-3, "learning rate", "学习率", gt=0)
    beta1: float = option(0.9, "how slowly the mean of g forgets", "梯度均值的遗忘速度", ge=0, lt=1)
    beta2: float = option(0.999, "how slowly the mean of g² forgets", "梯度平方均值的遗忘速度", ge=0, lt=1)
    eps: float = option(1e-8, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(0.0, "L2 penalty, added to the gradient", "L2 惩罚，加在梯度上", ge=0)

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        import torch

        return [
            torch.optim.Adam(
                _group(parameters.values(), self.lr),
                betas=(self.beta1, self.beta2),
                eps=self.eps,
                weight_decay=self.weight_decay,
                **_fused(parameters),
            )
        ]


class AdamW(OptimizerConfig):
    """Adam with the decay taken from the weights and not from the gradient (Loshchilov & Hutter 2019)."""

    kind: Literal["adamw"] = "adamw"
    lr: float = option(1e-3, "learning rate", "学习率", gt=0)
    beta1: float = option(0.9, "how slowly the mean of g forgets", "梯度均值的遗忘速度", ge=0, lt=1)
    beta2: float = option(0.95, "how slowly the mean of g² forgets", "梯度平方均值的遗忘速度", ge=0, lt=1)
    eps: float = option(1e-8, "keeps the division finite", "避免除以零", gt=0)
    weight_decay: float = option(
        0.1,
        "share of each matrix taken off a step, times the rate",
        "每步从矩阵中减去的比例（乘以学习率）",
        ge=0,
    )

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        return [_adamw(parameters, self.lr, (self.beta1, self.beta2), self.eps, self.weight_decay)]


class Muon(OptimizerConfig):
    """Orthogonalised momentum for hidden matrices (Jordan et al. 2024); AdamW at `adam_lr` for all others."""

    kind: Literal["muon"] = "muon"
    lr: float = option(0.02, "learning rate of the hidden matrices", "隐藏层矩阵的学习率", gt=0)
    momentum: float = option(0.95, "share of the last step kept", "保留上一步的比例", ge=0, lt=1)
    weight_decay: float = option(
        0.0,
        "share of each matrix taken off a step, times the rate",
        "每步从矩阵中减去的比例（乘以学习率）",
        ge=0,
    )
    adam_lr: float = option(
        1e-3, "learning rate of embeddings, norms and biases", "词嵌入、归一化与偏置的学习率", gt=0
    )

    def build(self, parameters: Mapping[str, torch.Tensor]) -> list[torch.optim.Optimizer]:
        from jinjie.training import muon

        hidden = {
            name: p for name, p in parameters.items() if p.ndim == 2 and not NOT_HIDDEN & set(name.split("."))
        }
        rest = {name: p for name, p in parameters.items() if name not in hidden}
        optimizers: list[torch.optim.Optimizer] = []
        if hidden:
            groups = _group(hidden.values(), self.lr)
            optimizers.append(muon.Muon(groups, momentum=self.momentum, weight_decay=self.weight_decay))
        if rest:
            optimizers.append(_adamw(rest, self.adam_lr, (0.9, 0.95), 1e-8, self.weight_decay))
        return optimizers


def without_compiler() -> None:
    """Have torch's optimisers not import its compiler where all it would say is that it leaves a method alone.

    torch keeps, beside each such method, what the compiler made of it; here that is the method itself.
    """
    import torch

    for method in vars(torch.optim.Optimizer).values():
        if (plain := getattr(method, "__wrapped__", None)) is not None:
            vars(plain).setdefault("__dynamo_disable", plain)


def take_step(optimizer: torch.optim.Optimizer) -> None:
    """`optimizer.step()` without what is wrapped around it for the compiler and the profiler; the same bits."""
    import torch

    with torch.no_grad():
        inspect.unwrap(type(optimizer).step)(optimizer)


AnyOptimizer = Annotated[
    SGD | Momentum | AdaGrad | RMSProp | Adam | AdamW | Muon, Field(discriminator="kind")
]


def _group(weights: Iterable[torch.Tensor], lr: float, **settings: Any) -> list[dict[str, Any]]:
    """One group of weights with the rate that the schedule multiplies."""
    return [{"params": list(weights), "lr": lr, "base_lr": lr, **settings}]


def _adamw(
    parameters: Mapping[str, torch.Tensor],
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
) -> torch.optim.Optimizer:
    """AdamW that decays matrices and larger tensors, but not biases and norms."""
    import torch

    matrices = [p for p in parameters.values() if p.ndim >= 2]
    vectors = [p for p in parameters.values() if p.ndim < 2]
    groups = _group(matrices, lr, weight_decay=weight_decay) if matrices else []
    groups += _group(vectors, lr, weight_decay=0.0) if vectors else []
    return torch.optim.AdamW(groups, betas=betas, eps=eps, **_fused(parameters))


def _fused(
    parameters: Mapping[str, torch.Tensor], devices: tuple[str, ...] = ("cpu", "cuda")
) -> dict[str, Any]:
    """torch's one-kernel step where there is one: 2.4 times its loop for AdamW on one CPU thread."""
    return {"fused": True} if all(p.device.type in devices for p in parameters.values()) else {}
