"""In which format weights are held while text is written: as asked, or the quickest that costs no quality to speak of.

`auto` is for speed alone where the texts stay as good: fp32 for small models, which fit into a processor's cache and
gain nothing; bf16 where the machine multiplies it quickly, but fp16 for one text at a time where its product of one row
was measured to be the quicker one (docs/decisions/0014); elsewhere fp16 for a few texts at a time, and fp32 in
oneDNN's order for many. int8 halves the memory once more, and int4 nearly so again; it is the quickest for one text,
and the only one that writes worse. Neither is ever picked by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jinjie.base import machine
from jinjie.base.errors import InvalidInput, Problem, did_you_mean

if TYPE_CHECKING:
    from torch import nn

    from jinjie.models.packed import Format

AUTO = "auto"
WEIGHTS = (AUTO, "fp32", "fp16", "bf16", "int8", "int4")
"""What may be asked for."""
SMALL = 8_000_000
"""Weights below which a network stays as it is."""
WORTH = 1.1
"""How many times as fast as bf16's the product of one row in fp16 must be: for more rows bf16's is the quicker one."""
FEW = 4
"""Texts at a time up to which fp16's products of one row are the quicker ones."""


class Choice(NamedTuple):
    """A format and the key in `words` of the sentence that says why."""

    format: Format
    reason: str


def check(weights: str, where: str = "--weights") -> None:
    """Raises InvalidInput for a format that is none. Imports no torch."""
    if weights not in WEIGHTS:
        suggestion = did_you_mean(weights, WEIGHTS)
        raise InvalidInput([Problem(where, "decoding.weights.unknown", came=weights, suggestion=suggestion)])


def pick(
    parameters: int, rows: int, profile: machine.Profile | None, flags: tuple[str, ...] | None = None
) -> Choice:
    """What `auto` is for a model of so many weights that writes up to `rows` texts at a time, on this CPU."""
    if parameters < SMALL:
        return Choice("fp32", "decoding.weights.small")
    if machine.pick_precision(profile, flags=flags).value == "bf16":
        one = profile.one_row if profile else None
        if rows == 1 and one is not None and one.fp16 >= WORTH * one.bf16:
            return Choice("fp16", "decoding.weights.one")
        return Choice("bf16", "decoding.weights.quick")
    if rows <= FEW:
        return Choice("fp16", "decoding.weights.few")
    return Choice("fp32", "decoding.weights.many")


def prepare(network: nn.Module, weights: str, rows: int, where: str = "--weights") -> Choice:
    """Hold the weights of a network that has just been opened in the format asked for, to write `rows` texts at a time.

    Raises InvalidInput for a format that is none, and for a smaller one than fp32 where the model writes nothing.
    """
    from jinjie.models.packed import format_of, pack

    check(weights, where)
    writes = hasattr(network, "cache")
    if not writes and weights not in (AUTO, "fp32"):
        raise InvalidInput([Problem(where, "decoding.weights.writes_nothing", came=weights)])
    held = format_of(network)
    if not writes or held != "fp32":
        return Choice(held, "decoding.weights.asked")
    parameters = sum(one.numel() for one in network.parameters())
    choice = Choice(cast(Any, weights), "decoding.weights.asked")
    if weights == AUTO:
        choice = pick(parameters, rows, machine.profile())
    # Small networks in fp32 gain nothing by another order of their weights, and keep the same sums to the last bit.
    if choice.format != "fp32" or parameters >= SMALL:
        pack(network, choice.format)
    return choice
