"""Filling the texts of a quiz: `{expression}` and `{expression:.3f}` become numbers, the same in both languages.

Within mathematics, `$…$`, braces are LaTeX's; there an expression is written `{=expression}`. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from jinjie.course.quizzes.arithmetic import BadExpression, Expression, Value, plain, read

_FORMAT = re.compile(r"[+\- ]?0?\d{0,2},?(?:\.\d{1,2})?[defgGEn%]?")
_PIECE = re.compile(r"\{\{|\}\}|\{(?P<equals>=)?(?P<inside>[^{}]*)\}|(?<!\\)\$|[{}]")


@dataclass(frozen=True)
class Filling:
    """An expression in a text, and how its number is written."""

    expression: Expression
    spec: str

    def text(self, given: Mapping[str, Value]) -> str:
        """Raises BadExpression where there is no number, or none that this format takes."""
        names = self.expression.names
        if len(names) == 1 and self.expression.text in names:
            word = given.get(self.expression.text)
            if isinstance(word, str) and not self.spec:
                return word
        value = self.expression.value(given)
        if not self.spec:
            return plain(value)
        whole = isinstance(value, Fraction) and value.denominator == 1
        try:
            as_int = whole and self.spec[-1] not in "efgGE%n" and "." not in self.spec
            return format(int(value) if as_int else float(value), self.spec)
        except (ValueError, OverflowError):
            raise BadExpression("quiz.expression.format", text=self.expression.text, spec=self.spec) from None


@cache
def pieces(text: str) -> tuple[str | Filling, ...]:
    """A text as what stands there and what is filled in. Raises BadExpression."""
    found: list[str | Filling] = []
    end, mathematics = 0, False
    for match in _PIECE.finditer(text):
        piece, inside = match.group(), match["inside"]
        if piece == "$":
            mathematics = not mathematics
            continue
        if mathematics and not match["equals"]:
            continue
        found.append(text[end : match.start()])
        end = match.end()
        if piece in ("{{", "}}"):
            found.append(piece[0])
        elif inside is None:
            raise BadExpression(
                "quiz.expression.brace", text=text[max(0, match.start() - 20) : match.end() + 20]
            )
        else:
            found.append(_filling(inside))
    found.append(text[end:])
    return tuple(part for part in found if part != "")


def _filling(inside: str) -> Filling:
    text, colon, spec = inside.rpartition(":")
    if not colon:
        text, spec = spec, ""
    spec = spec.strip()
    if colon and not (spec and _FORMAT.fullmatch(spec)):
        raise BadExpression("quiz.expression.format", text=text.strip(), spec=spec)
    return Filling(read(text), spec)


def fill(text: str, given: Mapping[str, Value]) -> str:
    """The text with its numbers. Raises BadExpression."""
    return "".join(part if isinstance(part, str) else part.text(given) for part in pieces(text))


def names(text: str) -> Iterator[str]:
    """The names that a text's expressions take. Raises BadExpression."""
    for part in pieces(text):
        if isinstance(part, Filling):
            yield from part.expression.names
