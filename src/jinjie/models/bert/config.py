"""The shape of a BERT on paper: fields, parameters, arithmetic, memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import ValidationInfo, field_validator

from jinjie.base.config import Wrong, option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.models.activation import Activation
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    from torch import nn


Head = Literal["none", "text", "tokens", "span"]
Pooling = Literal["first", "mean"]


class Config(ModelConfig):
    """An encoder with post-norm blocks: x ← norm(x + attention(x)); x ← norm(x + feedforward(x)).

    BERT-base (110M) is layers 12, heads 12, width 768, block 512, vocabulary 30522. Rotary positions tell how far apart
    two tokens are (Su et al. 2021), which a small model that has not read much needs not learn first.
    """

    kind: Literal["bert"] = "bert"
    heads_of: ClassVar[tuple[str, ...]] = ("pooler", "masked", "next_sentence", "head", "table")
    above: ClassVar[tuple[str, ...]] = heads_of
    vocabulary: int | None = option(
        None, "tokens it knows; the data decides when empty", "词表大小；留空由数据决定", ge=1
    )
    block: int = option(
        128, "longest text it sees at once, in tokens", "一次能看到的最长文本（词元数）", ge=1
    )
    layers: int = option(4, "blocks on top of each other", "层数", ge=1)
    width: int = option(256, "numbers that stand for one token", "每个词元的向量维数", ge=1)
    heads: int = option(4, "attention heads in each block", "每层的注意力头数", ge=1)
    feedforward: int | None = option(
        None,
        "neurons of the feed-forward half; 4 × width when empty",
        "前馈部分的神经元数；留空为 width 的 4 倍",
        ge=1,
    )
    types: int = option(
        2,
        "kinds of segments it tells apart: first and second sentence",
        "能区分的片段种类：第一句、第二句",
        ge=1,
    )
    positions: Literal["learned", "rotary"] = option(
        "learned", "how it knows where a token stands", "位置信息的表示方式"
    )
    activation: Activation = option("gelu", "nonlinearity of the feed-forward half", "前馈部分的激活函数")
    masked: bool = option(True, "a head that predicts masked tokens", "预测被掩盖词元的输出头")
    next_sentence: bool = option(
        False,
        "a head that says whether the second sentence follows the first",
        "判断第二句是否紧接第一句的输出头",
    )
    pooler: bool = option(
        False, "a layer on the vector that stands for the whole text", "代表整段文本的向量之上再加的一层"
    )
    pooling: Pooling = option(
        "first",
        "which vector stands for the whole text: its first token's (first), or the mean of all its tokens' (mean)",
        "用哪个向量代表整段文本：首个词元的（first），或全部词元的平均（mean）",
    )
    head: Head = option(
        "none",
        "one linear map on top: on the whole text, on each of its tokens, or on each for a span's two ends",
        "顶上的一层线性映射：对整段文本（text）、对每个词元（tokens），或给出一段的首尾（span）",
    )
    outputs: int | None = option(
        None, "classes of that head; the data decides when empty", "该输出头的类别数；留空由数据决定", ge=1
    )
    table: int = option(
        0,
        "rows of a table that votes beside that head, for each token, pair and triple of a text; 0 is none",
        "与该输出头一同表决的表有多少行，按文本中的每个词元、二元组、三元组投票；0 表示没有",
        ge=0,
        le=2**26,
    )
    dropout: float = option(
        0.1, "share of activations silenced in each training step", "训练时每步随机置零的比例", ge=0, lt=1
    )
    norm_eps: float = option(1e-12, "keeps the norms' division finite", "避免归一化除以零", gt=0)

    @field_validator("heads")
    @classmethod
    def _divides_the_width(cls, heads: int, others: ValidationInfo) -> int:
        width = others.data.get("width")
        if width is not None and width % heads:
            raise Wrong("model.heads_divide", width=width, heads=heads)
        return heads

    @field_validator("positions")
    @classmethod
    def _turns_pairs(cls, positions: str, others: ValidationInfo) -> str:
        width, heads = others.data.get("width"), others.data.get("heads")
        if positions == "rotary" and width is not None and heads is not None and width // heads % 2:
            raise Wrong("model.even_heads", size=width // heads)
        return positions

    @field_validator("pooler")
    @classmethod
    def _feeds_the_next_sentence(cls, pooler: bool, others: ValidationInfo) -> bool:
        if others.data.get("next_sentence") and not pooler:
            raise Wrong("model.next_sentence_pools")
        return pooler

    @field_validator("table")
    @classmethod
    def _votes_on_a_text(cls, table: int, others: ValidationInfo) -> int:
        if table and others.data.get("head") != "text":
            raise Wrong("model.table_votes")
        return table

    @classmethod
    def own_fields(cls) -> tuple[str, ...]:
        return ("dropout", "masked", "next_sentence", "pooler", "pooling", "head", "table", "outputs")

    @property
    def scores(self) -> int:
        """How many scores the head gives of a text or a token; 0 without a head."""
        if self.head == "none":
            return 0
        return 2 if self.head == "span" else self.known("outputs")

    @property
    def pools(self) -> bool:
        """Whether anything asks for one vector of a whole text."""
        return self.pooler or self.head == "text"

    @property
    def head_size(self) -> int:
        return self.width // self.heads

    @property
    def hidden(self) -> int:
        """Neurons of the feed-forward half."""
        return self.feedforward or 4 * self.width

    def fitted(self, facts: Mapping[str, int]) -> Self:
        """Also raises InvalidInput when the data's texts may be longer than the block."""
        longest = facts.get("block", 0)
        if longest > self.block:
            raise InvalidInput(
                [Problem("data.block", "model.text_too_long", longest=longest, block=self.block)]
            )
        return super().fitted(facts)

    def parameters(self) -> int:
        width, vocabulary = self.width, self.known("vocabulary")
        square, norm = width * width + width, 2 * width
        places = self.block if self.positions == "learned" else 0
        tables = (vocabulary + places + self.types) * width + norm
        feedforward = (width + 1) * self.hidden + (self.hidden + 1) * width
        body = tables + self.layers * (4 * square + feedforward + 2 * norm)
        heads = square if self.pooler else 0
        heads += square + norm + vocabulary if self.masked else 0
        heads += 2 * width + 2 if self.next_sentence else 0
        return body + heads + (width + 1) * self.scores + self.table * self.scores

    def flops(self, batch: int) -> float:
        """For `batch` texts of `block` tokens, with the scores of masked tokens at every position."""
        width, block = self.width, self.block
        layer = 2.0 * width * (4 * width + 2 * self.hidden) + 4.0 * block * width
        token = self.layers * layer
        token += 2.0 * width * (width + self.known("vocabulary")) if self.masked else 0
        once = (2.0 * width * width if self.pooler else 0) + (4.0 * width if self.next_sentence else 0)
        places = 1 if self.head == "text" else block
        votes = 6.0 * block * self.scores if self.table else 0
        return batch * (block * token + once + 2.0 * width * self.scores * places + votes)

    def activations(self, batch: int) -> int:
        """For `batch` texts of `block` tokens, the loss's log-probabilities included."""
        width = self.width
        attention = 4 * width + self.heads * self.block
        layer = 4 * width + attention + 2 * self.hidden + (2 * width if self.dropout else 0)
        token = self.layers * layer + 2 * width + (width if self.dropout else 0)
        token += 3 * width if self.masked else 0
        places = 1 if self.head == "text" else self.block
        head = places * (width + self.scores) if self.head != "none" else 0
        head += 6 * self.block * self.scores if self.table else 0
        return batch * (self.block * token + (2 * width if self.pooler else 0) + head) + self.scored(batch)

    def scored(self, batch: int) -> int:
        return batch * self.block * self.known("vocabulary") if self.masked else 0

    def build(self) -> nn.Module:
        from jinjie.models.bert.network import BERT

        return BERT(self)
