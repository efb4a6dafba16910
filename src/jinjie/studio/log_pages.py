"""The learner's log as one file, and back: to keep it, or to go on with it on another machine."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import mkdtemp

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.amounts import size
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import say
from jinjie.learner.attempts import iterate
from jinjie.learner.exchange import serialise
from jinjie.learner.merge import Merged, merge
from jinjie.learner.store import open_store
from jinjie.learner.summary import summary
from jinjie.learner.troubles import StoreError
from jinjie.studio.render import page
from jinjie.studio.upload import receive

router = APIRouter(include_in_schema=False)
LARGEST = 100_000_000
"""Bytes of a file that is brought in: a log of some hundred thousand events."""


@dataclass(frozen=True)
class Held:
    """What is in the log: events, days on which there were any, its place."""

    events: int
    days: int
    place: str


@router.get("/path/log")
def log(request: Request) -> Response:
    """What is in it, to take along; and the form that brings one in."""
    return _page(request)


@router.get("/path/log/export")
def export(request: Request) -> Response:
    """All of it, as `jinjie progress export` writes it. Raises StoreError."""
    with open_store() as store:
        content, _ = serialise(store)
    name = f"jinjie-progress-{date.today().isoformat()}.jsonl"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, headers=headers, media_type="application/jsonl")


@router.post("/path/log")
async def bring_in(request: Request) -> Response:
    """Take a file in, as `jinjie progress import` does: all of it, or nothing and why."""
    folder = Path(mkdtemp(prefix="jinjie-log-"))
    as_mine = False
    try:
        received = await receive(request, folder, LARGEST)
        as_mine = received.fields.get("as_mine") == "1"
        if received.file is None:
            raise InvalidInput([Problem("", "studio.log.no_file")])
        done = await asyncio.to_thread(_merged, received.file, as_mine)
    except JinjieError as error:
        return await asyncio.to_thread(
            _page, request, problems=_sentences(error, folder), as_mine=as_mine, status=422
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return await asyncio.to_thread(_page, request, done=done)


def _merged(file: Path, as_mine: bool) -> Merged:
    with open_store() as store:
        return merge(store, file, as_mine=as_mine)


def _sentences(error: JinjieError, folder: Path) -> list[str]:
    """Each thing that is wrong. The file lies in a folder of its own for a moment, which means nothing to anyone."""
    if error.key == "studio.clean.too_large":
        return [say("studio.log.too_large", most=size(LARGEST))]
    said = (
        [str(one) if one.where else one.in_() for one in error.problems]
        if isinstance(error, InvalidInput)
        else [error.in_()]
    )
    return [one.replace(f"{folder}/", "") for one in said]


def _page(
    request: Request,
    *,
    done: Merged | None = None,
    problems: list[str] | None = None,
    as_mine: bool = False,
    status: int = 200,
) -> Response:
    held: Held | None = None
    trouble = ""
    try:
        with open_store() as store:
            found = summary(list(iterate(store)))
            held = Held(found.events, found.days_learned, store.place)
    except StoreError as error:
        trouble = str(error)
    return page(
        request,
        "log.html",
        status,
        held=held,
        trouble=trouble,
        done=done,
        problems=problems or [],
        as_mine=as_mine,
        most=size(LARGEST),
    )
