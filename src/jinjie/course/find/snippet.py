"""The piece of a text that shows why it was found, and where in it the question's terms stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from jinjie.course.find.fold import fold, is_chinese

WIDTH = 90
"""Columns of a terminal that a piece takes; a Chinese character takes two."""


@dataclass(frozen=True)
class Snippet:
    """A piece of a text; `marks` are the places in it, from and to, of what was asked for."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


def snippet(bodies: Sequence[str], terms: Sequence[str]) -> Snippet:
    """The piece with the most terms of the first text that holds one; else the beginning of the first text."""
    for body in bodies:
        if marks := _marks(body, terms):
            return _cut(body, marks)
    body = next((body for body in bodies if body), "")
    return _cut(body, [])


def _marks(body: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """Where terms stand in the text as it was written, in order and merged where they touch."""
    folded = fold(body)
    found: list[tuple[int, int]] = []
    for term in terms:
        at = folded.text.find(term)
        while at >= 0:
            end = at + len(term)
            if (
                is_chinese(term)
                or at == 0
                or not folded.text[at - 1].isalnum()
                or not folded.text[at - 1].isascii()
            ):
                while not is_chinese(term) and end < len(folded.text) and folded.text[end].isalpha():
                    if not folded.text[end].isascii():
                        break
                    end += 1  # the whole word, whatever its ending
                found.append((folded.places[at], folded.places[end - 1] + 1))
            at = folded.text.find(term, end)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(body: str, marks: Sequence[tuple[int, int]]) -> Snippet:
    """The window with the most marked characters, begun a little before its first mark."""
    start, end = 0, _reach(body, 0)
    most = sum(b - a for a, b in marks if b <= end)
    for first, _ in marks:
        begin = _back(body, first)
        reach = _reach(body, begin)
        inside = sum(b - a for a, b in marks if a >= begin and b <= reach)
        if inside > most:
            start, end, most = begin, reach, inside
    piece = body[start:end]
    before, after = "…" if start > 0 else "", "…" if end < len(body) else ""
    shift = len(before) - start
    kept = tuple((a + shift, b + shift) for a, b in marks if a >= start and b <= end)
    return Snippet(before + piece + after, kept)


def _back(body: str, at: int) -> int:
    """A beginning some words before `at`: after a sign where there is one near."""
    earliest = max(0, at - 24)
    signs = [body.rfind(sign, earliest, at) for sign in "。！？；，、.;,"]
    best = max(signs)
    if best >= 0:
        return best + 1 + (body[best + 1 : best + 2] == " ")
    space = body.find(" ", earliest, at)
    return space + 1 if earliest > 0 and space >= 0 else earliest


def _reach(body: str, start: int) -> int:
    """Where `WIDTH` columns end; between two words where there is a space near."""
    columns, at = 0, start
    while at < len(body) and columns < WIDTH:
        columns += 2 if unicodedata.east_asian_width(body[at]) in "WF" else 1
        at += 1
    if at < len(body) and (space := body.rfind(" ", start + 1, at)) > at - 16:
        return space
    return at
