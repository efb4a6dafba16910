"""The studio's REST API: the same runs and recipes as the pages, as JSON, behind the same guard."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from jinjie import __version__, recipes
from jinjie.base.config import settings
from jinjie.studio import views
from jinjie.studio.refusals import REFUSALS
from jinjie.studio.story import Stories
from jinjie.training import launch

router = APIRouter(prefix="/api", responses=REFUSALS)


class Start(BaseModel):
    """What to start: a recipe's name and changes by dotted path, as on the command line."""

    model_config = ConfigDict(extra="forbid")

    recipe: str
    changes: dict[str, Any] = {}


@router.get("/health")
def health() -> dict[str, Any]:
    """That the studio is there."""
    return {"studio": True, "version": __version__}


@router.get("/recipes")
def list_recipes() -> list[dict[str, Any]]:
    """Every recipe, in the order of the course."""
    return [views.recipe_card(recipe) for recipe in recipes.all_recipes().values()]


@router.get("/recipes/{name}")
def one_recipe(name: str) -> dict[str, Any]:
    """One recipe with all its settings."""
    recipe = recipes.find(name)
    known = [
        {
            "path": s.path,
            "value": s.value,
            "hint": s.hint.both(),
            "limits": s.limits,
            "choices": s.choices,
        }
        for s in settings(recipe)
    ]
    return {**views.recipe_card(recipe), "recipe": recipe.model_dump(mode="json"), "settings": known}


@router.get("/runs")
def list_runs(request: Request) -> list[dict[str, Any]]:
    """Every run, newest first."""
    return [views.summary(story) for story in stories(request).all()]


@router.post("/runs", status_code=201)
def start(request: Request, asked: Start) -> dict[str, Any]:
    """Start a run and answer once its worker is alive. All problems of the changes are reported at once."""
    run = launch.launch(recipes.find(asked.recipe).changed(asked.changes))
    return views.summary(stories(request).of(run))


@router.get("/runs/{name}")
def one_run(request: Request, name: str) -> dict[str, Any]:
    """One run: its summary, its recipe, its (thinned) curve, samples, pictures and checkpoints."""
    story = stories(request).of(views.run_named(name))
    with story.lock:
        return {
            **views.summary(story),
            "settings": story.run.file["recipe"],
            "chart": story.chart(),
            "evaluated": story.evaluated,
            "pictures": [{k: v for k, v in p.items() if k != "drawing"} for p in views.pictures(story)],
            "checkpoints": views.checkpoints(story),
        }


@router.post("/runs/{name}/stop")
def stop(name: str) -> dict[str, bool]:
    """Ask a run to write a checkpoint and end; false when it is not running."""
    return {"asked": views.run_named(name).stop()}


@router.post("/runs/{name}/resume")
def resume(request: Request, name: str) -> dict[str, Any]:
    """Go on with a run from its newest checkpoint."""
    return views.summary(stories(request).of(launch.resume(views.run_named(name))))


@router.delete("/runs/{name}")
def delete(name: str) -> dict[str, bool]:
    """Delete a run that is not running, with everything it wrote."""
    views.run_named(name).delete()
    return {"deleted": True}


def stories(request: Request) -> Stories:
    """The stories that the application keeps."""
    found: Stories = request.app.state.stories
    return found
