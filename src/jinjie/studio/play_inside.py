"""What the page "inside" shows of a model that has read a short text: its attention, with its mask or without, what the
mask is worth, and one token followed from its embedding to the next token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinjie.analyse.explain import Candidate, attention_map, can_explain, labels_of
from jinjie.analyse.inside import Followed, follow, surprises, without_mask
from jinjie.base import words
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import Text, language, say
from jinjie.course.experiments.draw import Picture, pictures
from jinjie.course.experiments.shown import Heat, Shown
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.split import visible
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.studio.playing import Kept
from jinjie.training.finished import text_processor

MOST = 40
"""Tokens of a text that is looked into: more make no picture that one can read."""
ALIKE = 0.05
"""Nats a token that make no difference."""
ONWARD = 16
"""Tokens that are written on to show what the mask is for."""
EXAMPLES = {
    "en": ("To be, or not to", "白日依山尽，黄河入海"),
    "zh": ("白日依山尽，黄河入海", "To be, or not to"),
}


@dataclass(frozen=True)
class Wish:
    """What is looked at. `layer` and `head` are counted from 1; None is the mean over all."""

    text: str
    layer: int | None
    head: int | None
    open: bool
    """Whether the mask is taken away."""
    place: int | None
    """The token that is followed, counted from 1; the last when None."""


@dataclass(frozen=True)
class Lost:
    """A token of the text and its loss in nats, with the mask and without it."""

    label: str
    masked: float
    open: float


@dataclass(frozen=True)
class Unmasked:
    """What is different without the mask."""

    tokens: list[Lost]
    masked: float
    """The mean loss."""
    open: float
    onward: str
    """What the model goes on with, the likeliest token each time."""
    onward_open: str

    @property
    def what(self) -> str:
        """What the change means, in words."""
        if abs(self.open - self.masked) < ALIKE:
            return say("studio.play.mask_alike")
        return say("studio.play.mask_dearer" if self.open > self.masked else "studio.play.mask_cheaper")

    @property
    def most(self) -> float:
        """The largest loss: a bar's whole length."""
        return max(max(one.masked, one.open) for one in self.tokens)


@dataclass(frozen=True)
class Row:
    """One thing that is added to the stream, in the order in which it is."""

    name: str
    size: float | None
    push: float
    stream: float | None = None
    """The size of the stream behind it, where that is told."""
    read: Sequence[Candidate] = ()
    """What would come next if all above were left out."""


@dataclass(frozen=True)
class Inside:
    """Everything the page shows."""

    labels: list[str]
    layers: int
    heads: int
    causal: bool
    """Whether the model was trained with a mask."""
    attention: Picture
    unmasked: Unmasked | None
    followed: Followed
    rows: list[Row]

    @property
    def largest(self) -> float:
        return max(row.size for row in self.rows if row.size is not None)

    @property
    def strongest(self) -> float:
        return max(abs(row.push) for row in self.rows) or 1.0


def example(kept: Kept) -> str:
    """A text that the model can read, in the viewer's language where there is one."""
    processor = text_processor(kept.model)
    return next((text for text in EXAMPLES[language()] if not processor.readable(text)[1]), "")


def wished(filled: Mapping[str, str], layers: int, heads: int) -> Wish:
    """Which layer, head and place the address names. Raises InvalidInput for one that there is not."""
    problems: list[Problem] = []

    def number(name: str, last: int) -> int | None:
        text = filled.get(name, "").strip()
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= last:
            allowed = f"1 … {last}"
            problems.append(
                Problem(name, "problem.not_a_choice", came=text[:20], allowed=allowed, suggestion="")
            )
            return None
        return int(text)

    text = filled.get("text", "").replace("\r\n", "\n")
    made = Wish(
        text, number("layer", layers), number("head", heads), bool(filled.get("open")), number("at", MOST)
    )
    if problems:
        raise InvalidInput(problems)
    return made


def looked(kept: Kept, filled: Mapping[str, str]) -> Inside:
    """Run the model over the text and tell what happens in it.

    Raises JinjieError when the model is not of a kind that can be looked into, InvalidInput when the text is too long
    or holds what the vocabulary lacks.
    """
    network, processor = kept.model.network, text_processor(kept.model)
    can_explain(network)
    config: Any = network.config
    wish = wished(filled, int(config.layers), int(config.heads))
    ids = _ids(processor, wish.text, min(MOST, int(config.block)))
    place = len(ids) if wish.place is None else min(wish.place, len(ids))
    causal = bool(getattr(config, "causal", True))
    with kept.lock:
        open_ = without_mask(network)
        seen = open_ if wish.open else network
        layer, head = (None if n is None else n - 1 for n in (wish.layer, wish.head))
        weights = attention_map(seen, ids, layer, head)
        unmasked = _unmasked(network, open_, processor, ids) if wish.open and causal else None
        followed = follow(seen, processor, ids, place - 1)
    name = labels_of(processor)
    labels = [name(i) for i in ids]
    return Inside(
        labels,
        int(config.layers),
        int(config.heads),
        causal,
        _drawn(weights, labels, _what(wish, int(config.layers), int(config.heads))),
        unmasked,
        followed,
        _rows(followed),
    )


def _ids(processor: TextProcessor, text: str, most: int) -> list[int]:
    """The text's ids: two of them at least, for there to be something to guess, and no more than `most`."""
    if len(text) > 40 * most:
        raise InvalidInput([Problem("text", "studio.play.too_much", most=most)])
    try:
        ids = processor.prompt(text)
    except InvalidInput as error:
        raise InvalidInput([Problem("text", one.key, **one.params) for one in error.problems]) from error
    if len(ids) < 2:
        raise InvalidInput([Problem("text", "studio.play.too_little")])
    if len(ids) > most:
        raise InvalidInput([Problem("text", "studio.play.too_much_tokens", count=len(ids), most=most)])
    return ids


def _unmasked(network: Any, open_: Any, processor: TextProcessor, ids: list[int]) -> Unmasked:
    name = labels_of(processor)
    masked, seen = surprises(network, ids), surprises(open_, ids)
    lost = [Lost(name(i), a, b) for i, a, b in zip(ids[1:], masked, seen, strict=True)]
    most = Sampling(temperature=0, max_tokens=ONWARD)
    onward, onward_open = (
        visible(processor.text(list(generate(one, ids, most, stop=processor.ends))))
        for one in (network, open_)
    )
    return Unmasked(lost, sum(masked) / len(masked), sum(seen) / len(seen), onward, onward_open)


def _what(wish: Wish, layers: int, heads: int) -> str:
    if wish.layer is not None and wish.head is not None:
        return say("explain.one_head", layer=wish.layer, head=wish.head)
    if wish.layer is not None:
        return say("explain.one_layer", layer=wish.layer, heads=heads)
    if wish.head is not None:
        return say("explain.one_head_of_all", head=wish.head, layers=layers)
    return say("explain.all", layers=layers, heads=heads)


def _drawn(weights: list[list[float]], labels: list[str], what: str) -> Picture:
    names = tuple(map(_alike, labels))
    panel = Heat(
        tuple(tuple(round(weight, 3) for weight in row) for row in weights),
        rows=names,
        columns=names,
        title=_alike(what),
        x_label=words.text("explain.x"),
        y_label=words.text("explain.y"),
        limit=1.0,
    )
    return pictures(Shown(panel), language())[0]


def _alike(text: str) -> Text:
    """A text that is the same in both languages, or has been said in the viewer's already."""
    return Text(en=text, zh=text)


def _rows(told: Followed) -> list[Row]:
    """Embedding and position, the two halves of each layer, the last norm's constant."""

    rows = [Row(say("studio.play.embedding"), told.embedding, told.embedding_push)]
    if told.placed is not None:
        rows.append(Row(say("studio.play.position"), told.placed, told.placed_push))
    rows[-1] = Row(rows[-1].name, rows[-1].size, rows[-1].push, told.start, told.start_read)
    for number, layer in enumerate(told.layers, 1):
        rows.append(Row(say("studio.play.attention_of", layer=number), layer.attention, layer.attention_push))
        rows.append(
            Row(
                say("studio.play.feedforward_of", layer=number),
                layer.feedforward,
                layer.feedforward_push,
                layer.stream,
                layer.read,
            )
        )
    if told.constant_push:
        rows.append(Row(say("studio.play.constant"), None, told.constant_push))
    return rows
