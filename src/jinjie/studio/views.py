"""Runs and recipes as plain values: what the pages show and what the API answers."""

from __future__ import annotations

import time
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinjie.analyse.describe import expectation
from jinjie.analyse.diagnose import Diagnosis, diagnose
from jinjie.analyse.evaluation import TASKS
from jinjie.base import machine
from jinjie.base.errors import JinjieError, NotFound, did_you_mean
from jinjie.base.paths import runs_home
from jinjie.base.words import language, say
from jinjie.studio.curve import sparkline
from jinjie.studio.drawing import inline
from jinjie.studio.story import Story
from jinjie.training.recipe import Recipe
from jinjie.training.runs import Run, all_runs

CONSOLE_BYTES = 16_000


def run_named(name: str) -> Run:
    """The run of exactly this name. A name from an address never leads out of the runs' folder.

    Raises NotFound with the nearest name.
    """
    plain = name not in ("", ".", "..") and Path(name).name == name and "\\" not in name and "\0" not in name
    if plain and (runs_home() / name / "recipe.json").is_file():
        return Run(runs_home() / name)
    names = [run.name for run in all_runs()][:20]
    raise NotFound(
        "run.not_found" if names else "run.none_yet", name=name, suggestion=did_you_mean(name, names)
    )


def summary(story: Story) -> dict[str, Any]:
    """One run in a few values: a row of the list and an item of `/api/runs`."""
    with story.lock:
        run = story.run
        try:
            recipe, launched, problem = run.file["recipe"], run.file.get("launch", {}), None
        except JinjieError as error:
            recipe, launched, problem = {}, {}, error.in_()
        state = story.state
        done, total = story.done, story.total
        running = state == "running"
        made = launched.get("created") or (run.path / "recipe.json").stat().st_mtime
        return {
            "name": run.name,
            "recipe": recipe.get("name"),
            "title": recipe.get("title"),
            "size": recipe.get("size"),
            "state": state,
            "preparing": running and (not story.started or story.loading is not None),
            "loading": story.loading if running else None,
            "created": made,
            "step": done,
            "total": total,
            "share": min(1.0, done / total) if total else 0.0,
            "left": story.step.get("left") if running else None,
            "rate": story.step.get("rate") if running else None,
            "lr": story.step.get("lr"),
            "norm": story.step.get("norm"),
            "loss": story.step.get("loss"),
            "validation": story.newest_metrics(),
            "tested": bool(story.end and story.end["type"] == "finished"),
            "error": problem or _ended_by(story, state),
            "parameters": story.started.get("parameters"),
            "precision": story.started.get("precision"),
            "device": story.started.get("device"),
            "threads": story.started.get("threads"),
            "source": story.started.get("source"),
            "resumes": list(story.resumes),
            "evaluation": None if running else _evaluation(run, recipe.get("task", {}).get("kind")),
        }


def _evaluation(run: Run, task: str | None) -> str | None:
    """Whether a run has an evaluation ("made"), could have one ("possible"), or neither."""
    if task not in TASKS or not (run.path / "model" / "jinjie.json").is_file():
        return None
    return "made" if (run.path / "evaluation" / "evaluation.json").is_file() else "possible"


def _ended_by(story: Story, state: str) -> str | None:
    """Why a failed run failed, in the viewer's language."""
    error = (story.end or {}).get("error")
    if state != "failed" or not isinstance(error, dict):
        return None
    return str(error.get(language()) or error.get("en"))


def row(story: Story) -> dict[str, Any]:
    """A summary with its loss curve as a small drawing."""
    with story.lock:
        return {**summary(story), "spark": sparkline(story.train.points())}


def pictures(story: Story) -> list[dict[str, Any]]:
    """The newest picture of each name: drawn into the page where that is safe, else shown as an image."""
    with story.lock:
        found = []
        for event in story.pictures.values():
            file = Path(str(event["file"])).name
            path = story.run.path / "pictures" / file
            try:
                drawn = inline(path.read_bytes()) if path.suffix == ".svg" else None
            except OSError:  # deleted meanwhile
                continue
            if path.is_file():
                shown = {"name": event["name"], "file": file, "step": event["step"], "time": event["time"]}
                found.append({**shown, "drawing": drawn})
        return found


def diagnosis(story: Story) -> Diagnosis | None:
    """What is unusual about a run that has ended; None while it trains. Its events are read once."""
    with story.lock:
        if story.end is None or story.state == "running":
            return None
        try:
            return _diagnosed(story.run, story.tail.offset, float(story.end["time"]))
        except JinjieError:  # a recipe that cannot be read: the page says so elsewhere
            return None


@lru_cache(maxsize=64)
def _diagnosed(run: Run, offset: int, ended: float) -> Diagnosis:
    """The diagnosis of a run whose diary has `offset` bytes and ended at `ended`."""
    return diagnose(run)


def checkpoints(story: Story) -> list[dict[str, Any]]:
    """The checkpoints that are still there, newest first, with their sizes in bytes."""
    found = []
    for folder in sorted((story.run.path / "checkpoints").glob("step-*"), reverse=True):
        digits = folder.name.removeprefix("step-")
        if digits.isdigit():
            try:
                size = sum(file.stat().st_size for file in folder.iterdir())
            except OSError:  # it was replaced by a newer one just now
                continue
            found.append({"name": folder.name, "step": int(digits), "bytes": size})
    return found


def console(run: Run) -> str:
    """The end of what the worker printed, from the beginning of a line."""
    try:
        with (run.path / "console.log").open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - CONSOLE_BYTES))
            content = file.read().decode(errors="replace")
    except OSError:
        return ""
    return content if size <= CONSOLE_BYTES else content.partition("\n")[2]


def takes(recipe: Recipe) -> dict[str, Any]:
    """What a run of the recipe takes on this machine: parameters, seconds and bytes, None where nobody can tell yet."""
    made = expectation(recipe, _cores(int(time.monotonic() / 2)))
    if made is None:  # sizes that only the user's own data will tell
        return {"parameters": None, "seconds": None, "memory": None, "measured": False}
    return {
        "parameters": made.parameters,
        "seconds": made.seconds,
        "memory": made.memory.total,
        "measured": made.measured,
    }


@lru_cache(maxsize=1)
def _cores(now: int) -> int:
    """The cores, asked every other second: a container's limits are in fifty files, and a list has twenty recipes."""
    return machine.cores()


def recipe_card(recipe: Recipe) -> dict[str, Any]:
    """What one should know before starting a recipe."""
    about = recipe.data.about()
    return {
        "name": recipe.name,
        "title": recipe.title.both(),
        "teaches": recipe.teaches.both(),
        "expect": recipe.expect.both(),
        "sizes": list(recipe.sizes),
        "size": recipe.size,
        "takes": takes(recipe),
        "data": {
            "title": about.title.both(),
            "real": about.real,
            "source": about.source,
            "licence": about.licence,
            "cached": about.cached,
            "download_bytes": about.download_bytes,
        },
    }


def moment(seconds: float) -> str:
    """A time of this machine's clock."""
    when = datetime.fromtimestamp(seconds)
    return say(
        "studio.time.moment",
        month=when.month,
        name=when.strftime("%b"),
        day=when.day,
        clock=when.strftime("%H:%M"),
    )


def number(value: float | int | None) -> str:
    """A number in four figures, whole ones with their thousands apart."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        return f"{value:.2e}"
    return f"{value:.4g}"


METRICS = {
    "loss": "studio.metric.loss",
    "accuracy": "studio.metric.accuracy",
    "f1": "studio.metric.f1",
    "auc": "studio.metric.auc",
    "masked_loss": "studio.metric.masked_loss",
    "next_loss": "studio.metric.next_loss",
    "next_accuracy": "studio.metric.next_accuracy",
    "r2": "studio.metric.r2",
    "perplexity": "studio.metric.perplexity",
    "bits_per_character": "studio.metric.bits_per_character",
    "bits_per_byte": "studio.metric.bits_per_byte",
    "in_form": "studio.metric.in_form",
    "margin": "studio.metric.margin",
    "kept": "studio.metric.kept",
    "kept_before": "studio.metric.kept_before",
    "perplexity_before": "studio.metric.perplexity_before",
    "kl": "studio.metric.kl",
}


def metric(name: str) -> str:
    """A metric's name as people say it; one that is not known is shown as the task wrote it."""
    return say(METRICS[name]) if name in METRICS else name.replace("_", " ")


PICTURES = {
    "fit": "studio.picture.fit",
    "confusion": "studio.picture.confusion",
    "examples": "studio.picture.examples",
}


def picture(name: str) -> str:
    """A picture's name as people say it; one that is not known is shown as the task wrote it."""
    return say(PICTURES[name]) if name in PICTURES else name.replace("_", " ")
