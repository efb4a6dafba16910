"""The playground: a trained model writes, answers, shows its inside, tells classes of texts, reads a drawing."""

from __future__ import annotations

import asyncio
import base64
import shutil
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from jinjie import recipes
from jinjie.base.amounts import size
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import say
from jinjie.data.digits import PictureProcessor
from jinjie.decoding.chat import open_form
from jinjie.studio import play_inside, play_writing
from jinjie.studio.playing import DEEDS, Deed, Kept, Playing, deed_of, players
from jinjie.studio.render import Filled, page
from jinjie.studio.upload import receive
from jinjie.training.finished import text_processor

router = APIRouter(include_in_schema=False)
LARGEST = 20_000_000
"""Bytes of a picture that is sent."""
LONGEST = 5_000
"""Characters of a text that is told a class of."""
PAPER = 5
"""How many times larger the picture that the model saw is shown."""


@router.get("/play")
def models(request: Request) -> Response:
    """The models, by what they do."""
    known = players()
    groups = {deed: [one for one in known if one.deed == deed] for deed in DEEDS}
    return page(request, "play.html", groups=groups)


# Writing


@router.get("/play/write/{name}")
def write(request: Request, name: str) -> Response:
    """A form for the prompt. An address that carries one is answered with the whole text, for who has no script."""
    kept = _opened(request, name, "write")
    filled = {**play_writing.FIELDS, "prompt": "", **dict(request.query_params)}
    written: list[play_writing.Token] = []
    problems: tuple[Problem, ...] = ()
    if "prompt" in request.query_params:
        try:
            written = list(play_writing.tokens(kept, play_writing.asked(kept, filled)))
        except InvalidInput as error:
            problems = error.problems
    return page(
        request,
        "play_write.html",
        422 if problems else 200,
        **_named(kept, name),
        filled=filled,
        chats=_chats(kept),
        block=_block(kept),
        written=written,
        at=_chosen(filled.get("at", ""), written),
        ended=_ended(written),
        errors=_by_field(problems),
    )


@router.post("/play/write/{name}")
def written(request: Request, name: str, filled: Filled) -> Response:
    """The text as a stream of news, a token each."""
    kept = _opened(request, name, "write")
    try:
        wanted = play_writing.asked(kept, filled)
    except InvalidInput as error:
        return _refused(error)
    return _streamed(request, kept, wanted)


@router.get("/play/chat/{name}")
def chat(request: Request, name: str) -> Response:
    """A conversation with a model that was taught to answer."""
    kept = _opened(request, name, "write")
    filled = dict(play_writing.FIELDS)
    return page(
        request,
        "play_chat.html",
        **_named(kept, name),
        filled=filled,
        taught=_chats(kept),
        block=_block(kept),
        errors={},
    )


@router.post("/play/chat/{name}")
def reply(request: Request, name: str, filled: Filled) -> Response:
    """The next answer as a stream of news, a token each."""
    kept = _opened(request, name, "write")
    form = open_form(kept.model.folder, text_processor(kept.model))
    try:
        wanted = play_writing.answered(kept, form, filled)
    except InvalidInput as error:
        return _refused(error)
    return _streamed(request, kept, wanted)


def _streamed(request: Request, kept: Kept, wanted: play_writing.Asked) -> Response:
    body = _stream(kept, wanted, request.app.state.closing)
    return StreamingResponse(body, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _stream(kept: Kept, wanted: play_writing.Asked, closing: threading.Event) -> AsyncIterator[bytes]:
    """What is written, each token from a thread. It ends with the text, the page or the studio, whichever is first."""
    stop = threading.Event()
    news = play_writing.frames(kept, wanted, stop)
    try:
        while not closing.is_set() and (frame := await asyncio.to_thread(next, news, None)) is not None:
            yield frame.encoded()
    finally:
        stop.set()


def _refused(error: InvalidInput) -> Response:
    problems = [{"where": one.where, "message": one.in_()} for one in error.problems]
    return JSONResponse({"problems": problems}, 422)


def _chosen(text: str, written: list[play_writing.Token]) -> play_writing.Token | None:
    """The token whose rivals are shown."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    return written[number] if 0 <= number < len(written) else None


def _ended(written: list[play_writing.Token]) -> str:
    return play_writing.how_it_ended(written[-1].choice.ended or "", len(written)) if written else ""


# Inside


@router.get("/play/inside/{name}")
def inside(request: Request, name: str) -> Response:
    """What happens in the model when it reads a short text: the page, or the part of it that changes."""
    kept = _opened(request, name, "write")
    filled = dict(request.query_params)
    if not filled.get("text", "").strip():
        filled["text"] = play_inside.example(kept)
    shown: play_inside.Inside | None = None
    problems: tuple[Problem, ...] = ()
    try:
        shown = play_inside.looked(kept, filled)
    except InvalidInput as error:
        problems = error.problems
    part = "_play_inside.html" if "hx-request" in request.headers else "play_inside.html"
    values = {
        **_named(kept, name),
        "filled": filled,
        "inside": shown,
        "errors": [one.in_() for one in problems],
        "chats": _chats(kept),
    }
    return page(request, part, 422 if problems else 200, **values)


# Classes of texts and pictures


class Told(NamedTuple):
    """The classes, the likeliest first, as (name, share), and the picture that the model saw as a data address."""

    classes: list[tuple[str, float]]
    seen: str | None = None
    width: int = 0
    height: int = 0
    lost: int = 0
    """Tokens at the end of a text that did not fit."""


@router.get("/play/classify/{name}")
def classify(request: Request, name: str) -> Response:
    """A text, and what the model takes it for."""
    kept = _opened(request, name, "classify")
    text = request.query_params.get("text", "").replace("\r\n", "\n")
    told, wrong = None, ""
    if "text" in request.query_params:
        try:
            told = _classes_of_text(kept, text)
        except InvalidInput as error:
            wrong = " ".join(one.in_() for one in error.problems)
    part = "_play_classes.html" if "hx-request" in request.headers else "play_classify.html"
    return page(request, part, 422 if wrong else 200, **_named(kept, name), text=text, told=told, wrong=wrong)


@router.get("/play/draw/{name}")
def draw(request: Request, name: str) -> Response:
    """A sheet to draw on."""
    kept = _opened(request, name, "draw")
    return page(request, "play_draw.html", **_sheet(kept, name), told=None, wrong="")


@router.post("/play/draw/{name}")
async def drawn(request: Request, name: str) -> Response:
    """What the model takes a drawing or a picture for."""
    kept = await asyncio.to_thread(_opened, request, name, "draw")
    folder = Path(mkdtemp(prefix="jinjie-drawing-"))
    told, wrong = None, ""
    try:
        received = await receive(request, folder, LARGEST)
        if received.file is None:
            raise InvalidInput([Problem("", "studio.play.no_picture")])
        told = await asyncio.to_thread(_classes_of_picture, kept, received.file)
    except InvalidInput as error:
        # The file lies in a folder of its own for a moment: its path means nothing to anyone.
        wrong = " ".join(one.in_().replace(f"{folder}/", "") for one in error.problems)
    except JinjieError as error:
        too_large = error.key == "studio.clean.too_large"
        wrong = say("studio.play.too_large", most=size(LARGEST)) if too_large else error.in_()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if "hx-request" in request.headers:
        return page(request, "_play_classes.html", 422 if wrong else 200, told=told, wrong=wrong)
    return page(
        request, "play_draw.html", 422 if wrong else 200, **_sheet(kept, name), told=told, wrong=wrong
    )


def _sheet(kept: Kept, name: str) -> dict[str, Any]:
    processor: Any = kept.model.processor
    return {
        **_named(kept, name),
        # Digits were drawn with a pen; emoji come in colours, and are chosen as files.
        "pen": isinstance(processor, PictureProcessor),
        "labels": list(processor.labels),
    }


def _classes_of_text(kept: Kept, text: str) -> Told:
    if len(text) > LONGEST:
        raise InvalidInput([Problem("text", "studio.play.too_many", count=len(text), most=LONGEST)])
    model = kept.model
    processor: Any = model.processor
    with kept.lock:
        said = model.task.predict({"model": model.network}, processor, text)
    classes = [(processor.name(label), share) for label, share in said.values["probabilities"].items()]
    return Told(classes, lost=processor.framed(text.strip()).lost)


def _classes_of_picture(kept: Kept, file: Path) -> Told:
    from jinjie.base.pictures import image_grid

    model = kept.model
    x = model.processor.encode(str(file))["x"][0]
    if not x.any():
        raise InvalidInput([Problem("", "studio.play.no_ink")])
    with kept.lock:
        said = model.task.predict({"model": model.network}, model.processor, str(file))
    channels = 1 if isinstance(model.processor, PictureProcessor) else 3
    side = round((len(x) // channels) ** 0.5)
    pixels = x.reshape(channels, side, side)
    png = image_grid([pixels[0] if channels == 1 else pixels.transpose(1, 2, 0)], scale=PAPER)
    address = "data:image/png;base64," + base64.b64encode(png).decode()
    return Told(list(said.values["probabilities"].items()), address, side, side)


# What the pages share


def _opened(request: Request, name: str, deed: Deed) -> Kept:
    """The model, where it can do what is asked of it. Raises NotFound and JinjieError."""
    kept: Playing = request.app.state.playing
    model = kept.open(name)
    if deed_of(model.model.card["task"]["kind"], model.model.folder) != deed:
        raise JinjieError("studio.play.other", name=name)
    return model


def _named(kept: Kept, name: str) -> dict[str, Any]:
    """What a page calls the model, and what its recipe does."""
    recipe = recipes.all_recipes().get(str(kept.model.card.get("recipe")))
    return {"name": name, "title": recipe.title if recipe else None}


def _block(kept: Kept) -> int:
    return int(kept.model.network.config.block)  # type: ignore[union-attr, arg-type]


def _chats(kept: Kept) -> bool:
    """Whether the model was taught to answer in turn."""
    return open_form(kept.model.folder, text_processor(kept.model)).taught


def _by_field(problems: tuple[Problem, ...]) -> Mapping[str, str]:
    """What is wrong with each field, in words."""
    found: dict[str, str] = {}
    for one in problems:
        found[one.where] = f"{found[one.where]} {one.in_()}" if one.where in found else one.in_()
    return found
