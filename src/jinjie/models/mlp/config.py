"""The shape of a multilayer perceptron on paper."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from jinjie.base.config import option
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    from torch import nn

Activation = Literal["relu", "gelu", "tanh", "sigmoid", "silu"]


class Config(ModelConfig):
    """Linear layers, activation and dropout (Srivastava et al. 2014) between them: (B, …) → (B, outputs)."""

    kind: Literal["mlp"] = "mlp"
    inputs: int | None = option(
        None,
        "numbers in one example; the data decides when empty",
        "每个样本的数值个数；留空由数据决定",
        ge=1,
    )
    outputs: int | None = option(
        None, "numbers predicted; the data decides when empty", "预测的数值个数；留空由数据决定", ge=1
    )
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = option(
        (128,), "neurons in each hidden layer", "各隐藏层的神经元个数"
    )
    activation: Activation = option("relu", "what follows each hidden layer", "每个隐藏层之后的激活函数")
    dropout: float = option(
        0.2,
        "share of hidden neurons silenced in each training step",
        "训练时每步随机置零的隐藏神经元比例",
        ge=0,
        lt=1,
    )

    @property
    def widths(self) -> tuple[int, ...]:
        """Neurons of every layer, from the inputs to the outputs."""
        return (self.known("inputs"), *self.hidden, self.known("outputs"))

    def parameters(self) -> int:
        return sum((a + 1) * b for a, b in pairwise(self.widths))

    def flops(self, batch: int) -> float:
        return 2.0 * batch * sum(a * b for a, b in pairwise(self.widths))

    def activations(self, batch: int) -> int:
        # The input of every layer, what the activation needs of its own, and dropout's mask with its output.
        each = 2 if self.dropout == 0 else 3
        return batch * (self.known("inputs") + each * sum(self.hidden))

    def build(self) -> nn.Module:
        from jinjie.models.mlp.network import MLP

        return MLP(self)
