"""A text cut into tokens, by several tokenizers side by side: the pieces, their ids, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem, did_you_mean
from jinjie.data.tokenization.measure import Fit, measure
from jinjie.data.tokenization.picture import TINTS
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.split import lines, split
from jinjie.studio.render import page
from jinjie.training.tokenizers import at_hand, named

router = APIRouter(include_in_schema=False)
LONGEST = 2_000
"""Characters of a text: each of its tokens is drawn."""
FIRST, MOST = 3, 6
"""Tokenizers that are compared where none is chosen, and at most."""
EXAMPLE = "The moon is bright tonight.\n床前明月光，疑是地上霜。\nunbelievable! 3.14159 🌙"

Names = Annotated[Sequence[str], Query()]


@dataclass(frozen=True)
class Piece:
    """Tokens that can only be read together: the text they spell, and for each its id and its tint."""

    label: str
    tokens: list[tuple[int, int]]
    special: bool


@dataclass(frozen=True)
class Cut:
    """A text under one tokenizer."""

    name: str
    kind: str
    vocabulary: int
    fit: Fit
    lines: list[list[Piece]]


@router.get("/play/tokens")
def tokens(request: Request, text: str | None = None, by: Names = ()) -> Response:
    """The page, or its answer alone where htmx asks."""
    known = at_hand()
    chosen = list(by) or known[:FIRST]
    written = (EXAMPLE if text is None else text).replace("\r\n", "\n")
    cuts: list[Cut] = []
    problems: list[str] = []
    try:
        cuts = _cuts(written, chosen, known)
    except InvalidInput as error:
        problems = [one.in_() for one in error.problems]
    except JinjieError as error:
        problems = [str(error)]
    part = "_tokens.html" if "hx-request" in request.headers else "tokens.html"
    return page(
        request,
        part,
        422 if problems else 200,
        text=written,
        known=known,
        chosen=chosen,
        cuts=cuts,
        problems=problems,
        most=MOST,
    )


def _cuts(text: str, chosen: list[str], known: list[str]) -> list[Cut]:
    """The text under each. Raises NotFound for a name that is no tokenizer of this machine, InvalidInput for a text."""
    if not text.strip():
        raise InvalidInput([Problem("text", "studio.tokens.empty")])
    if len(text) > LONGEST:
        raise InvalidInput([Problem("text", "studio.play.too_many", count=len(text), most=LONGEST)])
    names = list(dict.fromkeys(chosen))
    if len(names) > MOST:
        raise InvalidInput([Problem("by", "studio.tokens.too_many", count=len(names), most=MOST)])
    return [cut(name, opened(name, known), text) for name in names]


def opened(name: str, known: list[str]) -> TokenProcessor:
    """The tokenizer, where it is one of those that are known. Raises NotFound with the nearest name."""
    if name not in known:
        raise NotFound("tokenizer.not_found", name=name, suggestion=did_you_mean(name, known))
    return named(name)


def cut(name: str, processor: TokenProcessor, text: str) -> Cut:
    """One tokenizer's pieces and what it needed of them. Raises InvalidInput for half a character."""
    number = 0
    rows: list[list[Piece]] = []
    for line in lines(split(processor, text, special=True)):
        row = []
        for group in line:
            ids = [(part.id, (number + i) % len(TINTS)) for i, part in enumerate(group.parts)]
            number += len(ids)
            row.append(Piece(group.label, ids, group.parts[0].special))
        rows.append(row)
    return Cut(name, processor.kind, processor.vocabulary, measure(processor, text), rows)
