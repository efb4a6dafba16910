"""The shape of a residual network on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from jinjie.base.config import option
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    from torch import nn


class Unit(NamedTuple):
    """Two 3×3 convolutions and the way around them, from `inputs` to `outputs` channels; height × width come out.

    `halves` says whether the picture is halved on the way, and `pools` that max-pooling does it and not a stride.
    """

    inputs: int
    outputs: int
    halves: bool
    height: int
    width: int
    pools: bool = False

    @property
    def stride(self) -> int:
        """Of the first convolution, and of the way around it."""
        return 2 if self.halves and not self.pools else 1


class Config(ModelConfig):
    """A 3×3 convolution, stages of residual units, the mean over the picture, a linear head: (B, C·H·W) → (B, outputs).

    Each stage but the first halves the picture. With stages of (16, 32, 64) channels and n units each it is the
    paper's ResNet of 6n + 2 layers: 3 is ResNet-20.
    """

    kind: Literal["resnet"] = "resnet"
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
    stages: tuple[Annotated[int, Field(ge=1)], ...] = option(
        (16, 32, 64), "channels of each stage", "各阶段的通道数", min_length=1
    )
    units: int = option(3, "residual units in each stage", "每个阶段的残差单元数", ge=1)
    pool: bool = option(
        False,
        "2×2 max-pooling after the first convolution: a quarter of the work, as for large pictures",
        "第一个卷积之后做 2×2 最大池化：计算量降到四分之一，大图片通常这样做",
    )
    halving: Literal["stride", "pool"] = option(
        "stride",
        "how a stage halves the picture: strides in its first convolution and around it, or max-pooling before both",
        "各阶段怎样让图片减半：第一个卷积和捷径都隔一个位置取值，或在两者之前做 2×2 最大池化",
    )
    shortcut: Literal["pad", "project"] = option(
        "pad",
        "the way around a unit that changes the shape: zeros for new channels, or a 1×1 convolution",
        "形状改变处的捷径：新通道补零，或用 1×1 卷积",
    )
    whole: bool = option(
        False,
        "whether the head sees every place of the last picture and not only the mean over all places",
        "输出层看到最后特征图的每个位置，而不只是全部位置的平均",
    )
    dropout: float = option(
        0.0,
        "share of the features silenced before the head in each training step",
        "训练时每步在输出层之前随机置零的特征比例",
        ge=0,
        lt=1,
    )

    def plan(self) -> Iterator[Unit]:
        """Every residual unit."""
        height, width, inputs = self.known("height"), self.known("width"), self.stages[0]
        if self.pool:  # the last row of an odd number is pooled too
            height, width = -(-height // 2), -(-width // 2)
        for number, outputs in enumerate(self.stages):
            for unit in range(self.units):
                halves = number > 0 and unit == 0
                if halves:
                    height, width = -(-height // 2), -(-width // 2)
                yield Unit(inputs, outputs, halves, height, width, self.halving == "pool")
                inputs = outputs

    def projects(self, unit: Unit) -> bool:
        """Whether the way around a unit has weights."""
        return self.shortcut == "project" and (unit.halves or unit.inputs != unit.outputs)

    @property
    def features(self) -> int:
        """Numbers that reach the head."""
        *_, last = self.plan()
        return last.outputs * (last.height * last.width if self.whole else 1)

    def parameters(self) -> int:
        # Every convolution is followed by a norm, with a scale and a shift for each channel, and has no bias.
        count = (9 * self.known("channels") + 2) * self.stages[0]
        for unit in self.plan():
            count += (9 * unit.inputs + 2 + 9 * unit.outputs + 2) * unit.outputs
            count += (unit.inputs + 2) * unit.outputs if self.projects(unit) else 0
        return count + (self.features + 1) * self.known("outputs")

    def flops(self, batch: int) -> float:
        """Those of convolutions and head; norm, ReLU and sums are a hundredth of them."""
        each = 9 * self.known("channels") * self.stages[0] * self.known("height") * self.known("width")
        for unit in self.plan():
            weights = 9 * (unit.inputs + unit.outputs) + (unit.inputs if self.projects(unit) else 0)
            each += weights * unit.outputs * unit.height * unit.width
        return 2.0 * batch * (each + self.features * self.known("outputs"))

    def activations(self, batch: int) -> int:
        # The picture; of every convolution what its norm normalises; of every ReLU what it gives; of every pooling
        # what it gives and which pixels it took.
        pixels = self.known("height") * self.known("width")
        each = self.known("channels") * pixels + 2 * self.stages[0] * pixels
        each += 2 * self.stages[0] * -(-self.known("height") // 2) * -(-self.known("width") // 2) * self.pool
        for unit in self.plan():
            pixels = unit.height * unit.width
            each += (5 if self.projects(unit) else 4) * unit.outputs * pixels
            each += 2 * unit.inputs * pixels if unit.halves and unit.pools else 0
        return batch * (each + ((2 if self.dropout else 0) + (not self.whole)) * self.features)

    def build(self) -> nn.Module:
        from jinjie.models.resnet.network import ResNet

        return ResNet(self)
