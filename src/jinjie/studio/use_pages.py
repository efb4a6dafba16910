"""What a trained model is good for: where it can be played with, and asking it by a form or by a whole table."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.analyse.predictions import predict_file
from jinjie.base.amounts import size
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import say
from jinjie.data.rows import read_rows
from jinjie.serve.asking import ADDRESS, Asking, asking, command
from jinjie.studio import predict_form, views
from jinjie.studio.play_pages import LONGEST, Told
from jinjie.studio.playing import Kept, Playing, player_of
from jinjie.studio.predict_form import Input
from jinjie.studio.render import Filled, download_of, page
from jinjie.studio.upload import receive
from jinjie.training.runs import Run

router = APIRouter(include_in_schema=False)
LARGEST = 20_000_000
"""Bytes of a table that is sent."""
TEXTS = 2_000
"""Rows of texts that are answered while a browser waits: each costs a network some milliseconds. Columns are quick."""


@dataclass(frozen=True)
class Serving:
    """What a terminal is told to serve a model, and how it is then asked. Nothing is started here."""

    command: str
    address: str
    asking: Asking


@dataclass(frozen=True)
class Offered:
    """What can be done with a run's model: (address, what it is called) each."""

    play: list[tuple[str, str]]
    asked: bool
    """Whether it answers a form and a table."""
    serve: Serving | None = None
    """How it is served, where it writes text."""


def offered(run: Run) -> Offered | None:
    """What a run's page leads to; None while there is no model. Nothing is opened."""
    folder = run.path / "model"
    if not (folder / "config.json").is_file():
        return None
    player = player_of(run)
    play = []
    if player is not None and player.deed == "write":
        play = [
            (f"/play/write/{run.name}", say("studio.play.to_write")),
            *([(f"/play/chat/{run.name}", say("studio.play.to_chat"))] if player.chats else []),
            (f"/play/inside/{run.name}", say("studio.play.to_inside")),
        ]
    elif player is not None and player.deed == "classify":
        play = [(f"/play/classify/{run.name}", say("studio.play.to_classify"))]
    elif player is not None:
        play = [(f"/play/draw/{run.name}", say("studio.play.to_draw"))]
    return Offered(
        play, has_form(run), _serving(run) if player is not None and player.deed == "write" else None
    )


def _serving(run: Run) -> Serving:
    token = say("studio.use.token")
    return Serving(command(run.name), ADDRESS, asking(run.name, ADDRESS, token, writes=True))


def has_form(run: Run) -> bool:
    """Whether a run's model is one of a table's columns, or tells classes of texts; by its files alone."""
    if any((run.path / "model" / name).is_file() for name in ("features.json", "numbers.json")):
        return True
    player = player_of(run)
    return player is not None and player.deed == "classify"


# One example


@router.get("/runs/{name}/predict")
def form(request: Request, name: str, example: bool = False) -> Response:
    """A field for every column, or one for a text; filled in as somebody might where `example` is asked for."""
    kept = _opened(request, name)
    filled = predict_form.typical(kept.model.processor) if example else {}
    return _page(request, kept, name, filled)


@router.post("/runs/{name}/predict")
def predict(request: Request, name: str, filled: Filled) -> Response:
    """What the model says of one example."""
    kept = _opened(request, name)
    wrong: dict[str, str] = {}
    told: Told | None = None
    value: float | None = None
    try:
        asked = predict_form.asked(kept.model.processor, filled)
        if len(asked) > LONGEST and predict_form.is_text(kept.model.processor):
            raise InvalidInput([Problem("text", "studio.play.too_many", count=len(asked), most=LONGEST)])
        told, value = _told(kept, asked)
    except InvalidInput as error:
        for one in error.problems:
            wrong[one.where] = " ".join(filter(None, (wrong.get(one.where), one.in_())))
    return _page(request, kept, name, filled, wrong, told=told, value=value)


def _told(kept: Kept, asked: str) -> tuple[Told | None, float | None]:
    """The classes with their shares, or the number, that the model answers."""
    model = kept.model
    processor: Any = model.processor
    with kept.lock:
        said = model.task.predict({"model": model.network}, processor, asked).values
    if "probabilities" not in said:
        return None, float(said["value"])
    spoken = getattr(processor, "name", str)
    lost = processor.framed(asked.strip()).lost if predict_form.is_text(processor) else 0
    return Told([(spoken(label), share) for label, share in said["probabilities"].items()], lost=lost), None


# A whole table


@router.post("/runs/{name}/predict/table")
async def table(request: Request, name: str) -> Response:
    """A table that is sent, with the model's answers in further columns: the file, or the page with what is wrong."""
    kept = await asyncio.to_thread(_opened, request, name)
    folder = Path(mkdtemp(prefix="jinjie-table-"))
    column = "text"
    try:
        received = await receive(request, folder, LARGEST)
        column = received.fields.get("column", "").strip() or column
        if received.file is None:
            raise InvalidInput([Problem("", "studio.use.no_table")])
        made = await asyncio.to_thread(_answered, kept, received.file, column)
    except JinjieError as error:
        shutil.rmtree(folder, ignore_errors=True)
        problems = _sentences(error, folder)
        return await asyncio.to_thread(
            _page, request, kept, name, {}, column=column, problems=problems, status=422
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return download_of(made, folder, "text/csv")


def _answered(kept: Kept, file: Path, column: str) -> Path:
    """The file with the answers beside the one that was sent."""
    if predict_form.is_text(kept.model.processor):
        count = len(read_rows(str(file), {}).rows)
        if count > TEXTS:
            told = {"count": count, "most": TEXTS, "name": kept.model.card.get("run", "")}
            raise InvalidInput([Problem("", "studio.use.too_many_texts", **told)])
    made = file.with_name(f"{file.stem}-predicted.csv")
    with kept.lock:
        predict_file(kept.model, str(file), made, text=column, replace=True)
    return made


def _sentences(error: JinjieError, folder: Path) -> list[str]:
    """Each thing that is wrong. The file lies in a folder of its own for a moment, which means nothing to anyone."""
    if not isinstance(error, InvalidInput):
        large = error.key == "studio.clean.too_large"
        return [say("studio.use.too_large", most=size(LARGEST)) if large else error.in_()]
    return [
        (one.in_() if one.where.startswith("--") else str(one)).replace(f"{folder}/", "")
        for one in error.problems
    ]


# What the pages share


def _opened(request: Request, name: str) -> Kept:
    """A run's model, where there is a form for it. Raises NotFound and JinjieError."""
    run = views.run_named(name)
    kept: Playing = request.app.state.playing
    opened = kept.open(run.name)
    if not has_form(run):
        raise JinjieError("studio.use.no_form", name=name)
    return opened


def _page(
    request: Request,
    kept: Kept,
    name: str,
    filled: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    *,
    told: Told | None = None,
    value: float | None = None,
    column: str = "text",
    problems: list[str] | None = None,
    status: int = 200,
) -> Response:
    """The page, or its form alone where htmx asks."""
    wrong = wrong or {}
    processor = kept.model.processor
    inputs: list[Input] = predict_form.inputs(processor, filled, wrong)
    part = "_predict_form.html" if "hx-request" in request.headers else "predict.html"
    known = {one.name for one in inputs}
    return page(
        request,
        part,
        422 if wrong else status,
        name=name,
        title=views.summary(request.app.state.stories.of(views.run_named(name)))["title"],
        inputs=inputs,
        is_text=predict_form.is_text(processor),
        target=predict_form.target(kept.model),
        errors=[words for where, words in wrong.items() if where not in known],
        told=told,
        value=value,
        column=column,
        problems=problems or [],
        most=size(LARGEST),
        texts=TEXTS,
    )
