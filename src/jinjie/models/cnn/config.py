"""The shape of a convolutional network on paper."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    from torch import nn


class Block(NamedTuple):
    """One block: convolution from `inputs` to `outputs` channels at height × width, which the pooling then halves."""

    inputs: int
    outputs: int
    height: int
    width: int


class Config(ModelConfig):
    """Blocks of convolution, batch norm, ReLU and 2×2 max-pooling; dropout; a head: (B, C·H·W) → (B, outputs)."""

    kind: Literal["cnn"] = "cnn"
    channels: int | None = option(
        None, "channels of a picture; the data decides when empty", "图片的通道数；留空由数据决定", ge=1
    )
    height: int | None = option(
        None, "rows of a picture; the data decides when empty", "图片的行数；留空由数据决定", ge=1
    )
    width: int | None = option(
        None, "columns of a picture; the data decides when empty", "图片的列数；留空由数据决定", ge=1
    )
    outputs: int | None = option(None, "classes; the data decides when empty", "类别数；留空由数据决定", ge=1)
    filters: tuple[Annotated[int, Field(ge=1)], ...] = option(
        (16, 32),
        "filters of each block; every block halves the picture",
        "各卷积块的滤波器数；每块使图片减半",
        min_length=1,
    )
    kernel: Literal[1, 3, 5, 7] = option(3, "rows and columns of a filter", "滤波器的行数和列数")
    norm: bool = option(True, "batch normalisation after each convolution", "每个卷积后做批归一化")
    dropout: float = option(
        0.2,
        "share of the features silenced before the head in each training step",
        "训练时每步在输出层之前随机置零的特征比例",
        ge=0,
        lt=1,
    )

    def blocks(self) -> Iterator[Block]:
        """Every block. Raises InvalidInput when the pictures are too small to be halved so often."""
        height, width = self.known("height"), self.known("width")
        if min(height, width) < 2 ** len(self.filters):
            few = min(height, width).bit_length() - 1
            raise InvalidInput(
                [
                    Problem(
                        "model.filters",
                        "model.too_often_halved",
                        came=len(self.filters),
                        most=few,
                        height=height,
                        width=width,
                    )
                ]
            )
        for inputs, outputs in pairwise((self.known("channels"), *self.filters)):
            yield Block(inputs, outputs, height, width)
            height, width = height // 2, width // 2

    @property
    def features(self) -> int:
        """Numbers that reach the head."""
        *_, last = self.blocks()
        return last.outputs * (last.height // 2) * (last.width // 2)

    def parameters(self) -> int:
        # A convolution's bias would be undone by the batch norm, which has a scale and a shift for each channel.
        extra = 2 if self.norm else 1
        blocks = sum((b.inputs * self.kernel**2 + extra) * b.outputs for b in self.blocks())
        return blocks + (self.features + 1) * self.known("outputs")

    def flops(self, batch: int) -> float:
        """Those of convolutions and head; norm, ReLU and pooling are a hundredth of them."""
        each = sum(b.height * b.width * b.inputs * self.kernel**2 * b.outputs for b in self.blocks())
        return 2.0 * batch * (each + self.features * self.known("outputs"))

    def activations(self, batch: int) -> int:
        # Of each block its input, what the norm normalises, what the ReLU gives, and which pixels the pooling took.
        each = self.known("channels") * self.known("height") * self.known("width")
        for b in self.blocks():
            pooled = b.outputs * (b.height // 2) * (b.width // 2)
            each += (2 if self.norm else 1) * b.outputs * b.height * b.width + 2 * pooled
        return batch * (each + (2 * self.features if self.dropout else 0))

    def build(self) -> nn.Module:
        from jinjie.models.cnn.network import CNN

        return CNN(self)
