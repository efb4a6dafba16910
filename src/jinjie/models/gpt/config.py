"""The shape of a GPT on paper: fields, parameters, arithmetic, memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import ValidationInfo, field_validator

from jinjie.base.config import Config as BaseConfig
from jinjie.base.config import Wrong, option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.models.activation import Activation
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    from torch import nn


class Linear(BaseConfig):
    """Every wavelength longer by `factor`, so that positions are that much closer (Chen et al. 2023, section 2.3)."""

    kind: Literal["linear"] = "linear"
    factor: float = option(2.0, "how many times as long a text", "文本拉长到几倍", ge=1)


class Llama3(BaseConfig):
    """Long wavelengths longer by `factor`, short ones as they were, and a smooth passage between (Dubey et al. 2024, as
    in Llama 3.1's published code)."""

    kind: Literal["llama3"] = "llama3"
    factor: float = option(8.0, "how many times as long a text", "文本拉长到几倍", ge=1)
    low: float = option(
        1.0,
        "wavelengths longer than original ÷ low grow by the whole factor",
        "波长超过 original ÷ low 的，按 factor 全额拉长",
        gt=0,
    )
    high: float = option(
        4.0,
        "wavelengths shorter than original ÷ high stay as they are",
        "波长短于 original ÷ high 的保持不变",
        gt=0,
    )
    original: int = option(
        8192, "the block of the first training, in tokens", "最初训练时的文本长度（词元数）", ge=1
    )

    @field_validator("high")
    @classmethod
    def _above_low(cls, high: float, others: ValidationInfo) -> float:
        low = others.data.get("low")
        if low is not None and high <= low:
            raise Wrong("model.high_above_low", low=low, high=high)
        return high


Scaling = Linear | Llama3
Biased = Literal["qkv", "attention", "feedforward"]


class Config(ModelConfig):
    """A decoder with pre-norm blocks: x ← x + attention(norm(x)); x ← x + feedforward(norm(x)).

    The blocks are GPT-2's by default (124M at layers 12, heads 12, width 768, block 1024, vocabulary 50257).
    Llama's are positions=rotary, norm=rmsnorm, activation=silu, gated=true, bias=false, tied=false.
    """

    kind: Literal["gpt"] = "gpt"
    heads_of: ClassVar[tuple[str, ...]] = ()
    above: ClassVar[tuple[str, ...]] = ("norm", "head")
    vocabulary: int | None = option(
        None, "tokens it knows; the data decides when empty", "词表大小；留空由数据决定", ge=1
    )
    block: int = option(
        256, "longest text it sees at once, in tokens", "一次能看到的最长文本（词元数）", ge=1
    )
    layers: int = option(6, "blocks on top of each other", "层数", ge=1)
    width: int = option(384, "numbers that stand for one token", "每个词元的向量维数", ge=1)
    head_width: int | None = option(
        None, "numbers in each head; width ÷ heads when empty", "每个头的维数；留空为 width ÷ heads", ge=1
    )
    heads: int = option(6, "attention heads in each block", "每层的注意力头数", ge=1)
    kv_heads: int | None = option(
        None,
        "key and value heads, shared by groups of query heads; as many as heads when empty",
        "键值头数，由多组查询头共用；留空则与头数相同",
        ge=1,
    )
    positions: Literal["learned", "rotary"] = option(
        "learned", "how it knows where a token stands", "位置信息的表示方式"
    )
    norm: Literal["layernorm", "rmsnorm"] = option(
        "layernorm", "normalisation before each half of a block", "每个子层之前的归一化"
    )
    qk_norm: bool = option(
        False,
        "normalise queries and keys in each head, by RMS (Qwen3)",
        "每个头内对查询和键做 RMS 归一化（如 Qwen3）",
    )
    activation: Activation = option(
        "gelu-tanh", "nonlinearity of the feed-forward half", "前馈部分的激活函数"
    )
    gated: bool = option(
        False,
        "multiply the activation with a second projection (with silu: SwiGLU)",
        "激活值再乘以另一路投影（配合 silu 即 SwiGLU）",
    )
    feedforward: int | None = option(
        None,
        "neurons of the feed-forward half; 4 × width when empty",
        "前馈部分的神经元数；留空为 width 的 4 倍",
        ge=1,
    )
    causal: bool = option(
        True,
        "each token sees only those before it; without that mask it also sees the token it should predict",
        "每个词元只能看到它之前的词元；去掉这个掩码，它就能看到自己要预测的那个词元",
    )
    window: int | None = option(
        None,
        "how many tokens back each one sees, itself among them; as far as the block when empty (Mistral)",
        "每个词元往回能看到几个词元（含自己）；留空则看到整个 block（如 Mistral）",
        ge=1,
    )
    bias: bool = option(True, "constants added in projections and norms", "投影与归一化是否带偏置")
    biased: Biased | None = option(
        None,
        "with bias=false, the projections that have constants all the same (Qwen2's: qkv)",
        "bias=false 时仍带偏置的投影（如 Qwen2 的 qkv）",
    )
    tied: bool = option(True, "one matrix reads tokens in and predicts them", "输入与输出共用一个词嵌入矩阵")
    dropout: float = option(
        0.0, "share of activations silenced in each training step", "训练时每步随机置零的比例", ge=0, lt=1
    )
    norm_eps: float = option(1e-5, "keeps the norms' division finite", "避免归一化除以零", gt=0)
    rope_theta: float = option(10000.0, "base of the rotary wavelengths", "旋转位置编码的波长基数", gt=1)
    rope_scaling: Scaling | None = option(
        None,
        "how the rotary wavelengths were stretched for longer texts: linear or llama3",
        "为更长文本拉长旋转位置编码波长的方式：linear 或 llama3",
    )

    @field_validator("heads")
    @classmethod
    def _divides_the_width(cls, heads: int, others: ValidationInfo) -> int:
        width = others.data.get("width")
        if width is not None and width % heads and others.data.get("head_width") is None:
            raise Wrong("model.heads_divide", width=width, heads=heads)
        return heads

    @field_validator("kv_heads")
    @classmethod
    def _divides_the_heads(cls, kv_heads: int | None, others: ValidationInfo) -> int | None:
        heads = others.data.get("heads")
        if heads is not None and kv_heads is not None and heads % kv_heads:
            raise Wrong("model.kv_heads_divide", heads=heads, kv_heads=kv_heads)
        return kv_heads

    @field_validator("positions")
    @classmethod
    def _turns_pairs(cls, positions: str, others: ValidationInfo) -> str:
        width, heads = others.data.get("width"), others.data.get("heads")
        if positions == "rotary" and width is not None and heads is not None:
            size = others.data.get("head_width") or width // heads
            if size % 2:
                raise Wrong("model.even_heads", size=size)
        return positions

    @field_validator("biased")
    @classmethod
    def _is_more_than_none(cls, biased: Biased | None, others: ValidationInfo) -> Biased | None:
        if biased is not None and others.data.get("bias"):
            raise Wrong("model.biased_everywhere", biased=biased)
        return biased

    @property
    def head_size(self) -> int:
        return self.head_width or self.width // self.heads

    @property
    def biases(self) -> tuple[bool, bool, bool]:
        """Whether queries, keys and values, the attention's output, and the feed-forward half have constants."""
        attention = self.bias or self.biased == "attention"
        return attention or self.biased == "qkv", attention, self.bias or self.biased == "feedforward"

    @property
    def groups(self) -> int:
        """Key and value heads."""
        return self.kv_heads or self.heads

    @property
    def hidden(self) -> int:
        """Neurons of the feed-forward half."""
        return self.feedforward or 4 * self.width

    def fitted(self, facts: Mapping[str, int]) -> Self:
        """Also raises InvalidInput when the data's windows are longer than the block."""
        window = facts.get("block", 0)
        if window > self.block:
            raise InvalidInput(
                [Problem("data.block", "model.window_too_long", window=window, block=self.block)]
            )
        return super().fitted(facts)

    def parameters(self) -> int:
        width, mixed = self.width, self.heads * self.head_size
        qkv_bias, out_bias, feedforward_bias = map(int, self.biases)
        projected = (self.heads + 2 * self.groups) * self.head_size
        attention = (width + qkv_bias) * projected + (mixed + out_bias) * width
        attention += 2 * self.head_size if self.qk_norm else 0
        feedforward = (2 if self.gated else 1) * (width + feedforward_bias) * self.hidden
        feedforward += (self.hidden + feedforward_bias) * width
        norm = width * (2 if self.bias and self.norm == "layernorm" else 1)
        tables = self.known("vocabulary") * width * (1 if self.tied else 2)
        tables += self.block * width if self.positions == "learned" else 0
        return tables + self.layers * (attention + feedforward + 2 * norm) + norm

    def flops(self, batch: int) -> float:
        """For `batch` texts of `block` tokens: two a token for each weight of a matrix, and 4·T·H·D
        a token and layer for attention, counted as if nothing were masked (Chowdhery et al. 2022, appendix B)."""
        mixed = self.heads * self.head_size
        projections = 2 * mixed + 2 * self.groups * self.head_size
        feedforward = (3 if self.gated else 2) * self.hidden
        layer = 2.0 * self.width * (projections + feedforward) + 4.0 * self.block * mixed
        return batch * self.block * (self.layers * layer + 2.0 * self.width * self.known("vocabulary"))

    def activations(self, batch: int) -> int:
        """For `batch` texts of `block` tokens, the loss's log-probabilities included."""
        width, heads, size = self.width, self.heads, self.head_size
        attention = (heads + 2 * self.groups) * size + heads * self.block + width + heads * size
        attention += (heads + self.groups) * size if self.qk_norm else 0
        feedforward = (4 if self.gated else 2) * self.hidden
        layer = 3 * width + attention + feedforward + (2 * width if self.dropout else 0)
        return batch * self.block * (self.layers * layer + 2 * width) + self.scored(batch)

    def scored(self, batch: int) -> int:
        return batch * self.block * self.known("vocabulary")

    def build(self) -> nn.Module:
        from jinjie.models.gpt.network import GPT

        return GPT(self)
