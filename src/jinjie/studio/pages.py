"""The studio's pages, and the pieces of them that htmx and the live streams put in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from jinjie import recipes
from jinjie.base.config import settings
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.words import LANGUAGES
from jinjie.serve.guard import YEAR
from jinjie.studio import forms, views
from jinjie.studio.compare_pages import MOST
from jinjie.studio.live import ListWatch, RunWatch, Watch, stream
from jinjie.studio.render import Filled, drawing, leave, page, piece
from jinjie.studio.story import Stories, Story
from jinjie.studio.use_pages import offered
from jinjie.studio.viewer import THEMES
from jinjie.training import launch
from jinjie.training.runs import Run

router = APIRouter(include_in_schema=False)
SHOWN = 60
"""Runs listed before one asks for all."""
OWN_DATA = ("data.path", "data.target")
"""Settings that name a table of the user's own: they are kept when another recipe is chosen."""


def _stories(request: Request) -> Stories:
    found: Stories = request.app.state.stories
    return found


# The list of runs, and starting one


@router.get("/runs")
def all_runs(request: Request, all: bool = False) -> Response:
    """All runs, and the form that starts one."""
    chosen = request.query_params.get("recipe", "")
    return page(request, "runs.html", **_listed(request, all), **_start(chosen, request.query_params))


@router.get("/live")
def live_list(request: Request, all: bool = False) -> Response:
    """The list, kept up to date."""
    return _live(
        request, ListWatch(_stories(request), lambda stories: _rows(stories if all else stories[:SHOWN]))
    )


@router.get("/start")
def start_form(request: Request) -> Response:
    """The start form for another recipe, size or kind."""
    if "hx-request" not in request.headers:
        return RedirectResponse("/runs?" + str(request.query_params), 303)
    return page(
        request, "_start.html", **_start(request.query_params.get("recipe", ""), request.query_params)
    )


@router.post("/start")
def start(request: Request, filled: Filled) -> Response:
    """Start a run, or show what is wrong with the settings."""
    recipe = recipes.find(filled.get("recipe", ""))
    try:
        wanted = recipe.changed(forms.changes(recipe, filled))
    except InvalidInput:
        if "hx-request" in request.headers:
            return page(request, "_start.html", 422, **_start(recipe.name, filled))
        return page(request, "runs.html", 422, **_listed(request, False), **_start(recipe.name, filled))
    return leave(request, f"/runs/{launch.launch(wanted).name}")


def _listed(request: Request, all: bool) -> dict[str, Any]:
    stories = _stories(request).all()
    rows = _rows(stories if all else stories[:SHOWN])
    return {"rows": rows, "count": len(stories), "all": all, "most": MOST}


def _start(name: str, filled: Mapping[str, str]) -> dict[str, Any]:
    known = recipes.all_recipes()
    cards = [views.recipe_card(recipe) for recipe in known.values()]
    recipe = recipes.find(name) if name else next(iter(known.values()))
    card = next(card for card in cards if card["name"] == recipe.name)
    form = forms.considered(recipe, filled)
    data = views.recipe_card(form.recipe)["data"]
    own = (
        {p: filled[p] for p in OWN_DATA if filled.get(p)} if data["source"] != card["data"]["source"] else {}
    )
    return {
        "cards": cards,
        "card": {**card, "data": data},
        "own": urlencode(own),
        "form": form,
        "takes": views.takes(form.recipe),
    }


def _rows(stories: list[Story]) -> dict[str, str]:
    return {story.run.name: piece("_row.html", run=views.row(story)) for story in stories}


# One run


@router.get("/runs/{name}")
def one_run(request: Request, name: str) -> Response:
    """A run's page."""
    run = views.run_named(name)
    story = _stories(request).of(run)
    return page(request, "run.html", run=views.summary(story), parts=_parts(story), settings=_settings(run))


@router.get("/runs/{name}/live")
def live_run(request: Request, name: str, since: int | None = None) -> Response:
    """A run's news, from where the page last was."""
    last = request.headers.get("last-event-id", "")
    begin = int(last) if last.isdigit() else since
    return _live(request, RunWatch(views.run_named(name), _stories(request), _parts, begin))


@router.post("/runs/{name}/stop")
def stop(request: Request, name: str) -> Response:
    """Ask a run to end with a checkpoint."""
    run = views.run_named(name)
    return _acted(request, run, stopping=run.stop())


@router.post("/runs/{name}/resume")
def resume(request: Request, name: str) -> Response:
    """Go on with a run."""
    run = views.run_named(name)
    return _acted(request, launch.resume(run))


@router.post("/runs/{name}/delete")
def delete(request: Request, name: str) -> Response:
    """Delete a run with everything it wrote."""
    views.run_named(name).delete()
    return leave(request, "/runs")


def _acted(request: Request, run: Run, stopping: bool = False) -> Response:
    """Show the buttons that make sense now; the live stream brings the rest."""
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/runs/{run.name}", 303)
    run_now = views.summary(_stories(request).of(run))
    return Response(piece("_actions.html", run=run_now, stopping=stopping), media_type="text/html")


@router.get("/runs/{name}/pictures/{file}")
def picture(name: str, file: str) -> Response:
    """A picture that the run drew."""
    return drawing(views.run_named(name).path / "pictures", file)


def _parts(story: Story) -> dict[str, str]:
    """The pieces of a run's page that change while it trains."""
    with story.lock:
        run = views.summary(story)
        return {
            "state": piece("_state.html", run=run),
            "facts": piece("_facts.html", run=run),
            "actions": piece("_actions.html", run=run, stopping=False),
            "diagnosis": piece("_diagnosis.html", found=views.diagnosis(story)),
            "use": piece("_use.html", name=story.run.name, use=offered(story.run)),
            "pictures": piece("_pictures.html", run=run, pictures=views.pictures(story)),
            "checkpoints": piece("_checkpoints.html", run=run, checkpoints=views.checkpoints(story)),
            "console": piece("_console.html", text=views.console(story.run)),
        }


def _settings(run: Run) -> list[dict[str, str]]:
    """Everything the run was asked to do; empty when its recipe is of another version."""
    try:
        known = list(settings(run.recipe))
    except JinjieError:
        return []
    return [
        {"path": s.path, "value": forms.as_text(s.value), "hint": str(s.hint)}
        for s in known
        if s.path not in forms.HIDDEN and not isinstance(s.value, dict)
    ]


# Preferences


@router.post("/preferences")
def preferences(request: Request, filled: Filled) -> Response:
    """Keep the viewer's language and theme."""
    answer: Response = RedirectResponse("/" + filled.get("back", "/").lstrip("/\\"), 303)
    if "hx-request" in request.headers:
        answer = Response(status_code=204)
    for name, known in (("lang", LANGUAGES), ("theme", THEMES)):
        if filled.get(name) in known:
            answer.set_cookie(name, filled[name], max_age=YEAR, samesite="strict", httponly=True)
    return answer


def _live(request: Request, watch: Watch) -> Response:
    body = stream(watch, request.app.state.closing)
    return StreamingResponse(body, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
