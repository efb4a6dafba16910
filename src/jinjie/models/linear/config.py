"""The shape of a linear model on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jinjie.base.config import option
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    from torch import nn


class Config(ModelConfig):
    """y = xWᵀ + b: (B, inputs) → (B, outputs)."""

    kind: Literal["linear"] = "linear"
    inputs: int | None = option(
        None,
        "numbers in one example; the data decides when empty",
        "每个样本的数值个数；留空由数据决定",
        ge=1,
    )
    outputs: int | None = option(
        None, "numbers predicted; the data decides when empty", "预测的数值个数；留空由数据决定", ge=1
    )

    def parameters(self) -> int:
        return (self.known("inputs") + 1) * self.known("outputs")

    def flops(self, batch: int) -> float:
        return 2.0 * batch * self.known("inputs") * self.known("outputs")

    def activations(self, batch: int) -> int:
        return batch * self.known("inputs")

    def build(self) -> nn.Module:
        from jinjie.models.linear.network import Linear

        return Linear(self)
