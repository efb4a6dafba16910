"""The API of the experiments: which there are, and what each shows at some setting of its knobs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.words import LANGUAGES, Language, language
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments import knobs, recipes, recorded
from jinjie.course.experiments.draw import pictures, whole
from jinjie.course.experiments.shown import Shown
from jinjie.course.experiments.worker import Worker, worker
from jinjie.studio import views
from jinjie.studio.api import stories
from jinjie.studio.refusals import REFUSALS

router = APIRouter(prefix="/api/experiments", responses=REFUSALS)

ASIDE = ("lang", "view")
"""What an address says beside the knobs: the language, and which of several pages asks."""


class Turned(BaseModel):
    """The knobs that are not at their default."""

    model_config = ConfigDict(extra="forbid")

    knobs: dict[str, Any] = {}


@router.get("")
def list_experiments(request: Request) -> list[dict[str, Any]]:
    """Every experiment with its knobs."""
    return [knobs.about(written) for written in _worker(request).library.experiments.values()]


@router.get("/{slug}")
def one_experiment(request: Request, slug: str) -> dict[str, Any]:
    """One experiment with its knobs; for a training, at which knobs it was recorded."""
    written = _worker(request).library.experiment(slug)
    made = knobs.about(written)
    if written.entry.recipe is not None:
        made["recorded"] = [one.model_dump(mode="json") for one in recorded.read(written)]
    return made


@router.get("/{slug}/shown")
def shown(request: Request, slug: str) -> dict[str, Any]:
    """What it shows at the knobs of the query, in `lang`: values, and a picture with words and a table a panel.

    `view` names the page that asks: of its questions only the newest waits, and an older one is answered with 409.
    """
    begun = time.perf_counter()
    written, given, lang = _asked(request, slug)
    made = _worker(request).show(slug, given, asker=request.query_params.get("view", ""))
    return _drawn(written, made, knobs.values(written.entry, given), lang, begun)


@router.get("/{slug}/shown.svg")
def shown_svg(request: Request, slug: str) -> Response:
    """The same as one picture for a file."""
    written, given, lang = _asked(request, slug)
    made = _worker(request).show(slug, given)
    return Response(whole(made, lang, written.entry.title.in_(lang)), media_type="image/svg+xml")


@router.get("/{slug}/recorded")
def shown_recorded(request: Request, slug: str) -> dict[str, Any]:
    """What a training gave at the knobs of the query when it was recorded."""
    begun = time.perf_counter()
    written, given, lang = _asked(request, slug)
    found = recorded.find(written, given)
    about_it = found.model_dump(mode="json", exclude={"training", "validation"})
    return {**_drawn(written, recorded.shown(found), found.knobs, lang, begun), "recording": about_it}


@router.post("/{slug}/runs", status_code=201)
def start(request: Request, slug: str, turned: Turned) -> dict[str, Any]:
    """Start the training at these knobs and answer once its worker is alive."""
    run = recipes.start(_worker(request).library.experiment(slug), turned.knobs)
    return views.summary(stories(request).of(run))


def _worker(request: Request) -> Worker:
    """The application's own, as for a preview of another folder, or the one of this process."""
    found: Worker | None = getattr(request.app.state, "worker", None)
    return found or worker()


def _asked(request: Request, slug: str) -> tuple[Written[Experiment], dict[str, str], Language]:
    """The experiment, the knobs of the query, and the language. Raises NotFound and InvalidInput."""
    written = _worker(request).library.experiment(slug)
    query = request.query_params
    given: dict[str, str] = {}
    problems = []
    for name, value in query.multi_items():
        if name in ASIDE:
            continue
        if name in given:
            problems.append(Problem(name, "experiment.knob_twice"))
        given[name] = value
    lang = query.get("lang", language())
    if lang not in LANGUAGES:
        near = did_you_mean(lang, LANGUAGES)
        params = {"came": lang, "allowed": " | ".join(LANGUAGES), "suggestion": near}
        problems.append(Problem("lang", "problem.not_a_choice", **params))
    if problems:
        raise InvalidInput(problems)
    return written, given, "zh" if lang == "zh" else "en"


def _drawn(
    written: Written[Experiment], made: Shown, used: Mapping[str, Any], lang: Language, begun: float
) -> dict[str, Any]:
    drawn = [picture.plain() for picture in pictures(made, lang)]
    return {
        "slug": written.slug,
        "lang": lang,
        "knobs": dict(used),
        "pictures": drawn,
        "shown": made.plain(),
        "seconds": round(time.perf_counter() - begun, 4),
    }
