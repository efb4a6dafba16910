"""In the REST API: this machine, the data that is on it, and what its tokenizers make of a text."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from jinjie.analyse import examples
from jinjie.base.errors import JinjieError
from jinjie.course.doctor import examine
from jinjie.data.catalogue import catalogue
from jinjie.data.tokenization.split import encoded
from jinjie.studio.data_pages import seen
from jinjie.studio.refusals import REFUSALS
from jinjie.studio.token_pages import LONGEST, opened
from jinjie.training.tokenizers import at_hand

router = APIRouter(prefix="/api", responses=REFUSALS)


class Written(BaseModel):
    """A text and the name of a tokenizer that is at hand."""

    model_config = ConfigDict(extra="forbid")

    tokenizer: str
    text: str = Field(max_length=LONGEST)
    special: bool = True
    """With the special tokens around the text."""


@router.get("/machine")
def machine() -> dict[str, Any]:
    """What the doctor knows of this machine; nothing is measured."""
    return examine("never")


@router.get("/data")
def data() -> list[dict[str, Any]]:
    """Every data set that needs no file: source, licence, sizes, and whether it is on this machine."""
    return [examples.plain(one) for one in catalogue()]


@router.get("/data/{name}")
def first(name: str) -> dict[str, Any]:
    """The first examples of a data set that is on this machine; nothing is fetched."""
    entry = examples.entry(name)
    if not entry.about.cached:
        raise JinjieError("examples.not_here", name=name)
    return seen(name).plain(name)


@router.get("/tokenizers")
def tokenizers() -> list[str]:
    """The names of the tokenizers that are on this machine."""
    return at_hand()


@router.post("/tokenize")
def tokenize(written: Written) -> dict[str, Any]:
    """The ids, the tokens and their places in the text."""
    processor = opened(written.tokenizer, at_hand())
    return encoded(written.tokenizer, processor, written.text, special=written.special)
