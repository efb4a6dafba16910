"""The page of an evaluation: the button that asks for it, and what it found, from the run's folder.

An evaluation that was made in a terminal is shown as well, and one that was asked for here goes on when the studio
ends: the folder is the only tie.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

from jinjie.analyse import evaluation as sentences
from jinjie.analyse.evaluation import TASKS, Evaluation
from jinjie.analyse.evaluation_page import folder_of, found, mistake_file, older
from jinjie.analyse.texts import sentences as texts
from jinjie.analyse.texts.page import legend
from jinjie.analyse.texts.values import Shown, Texts
from jinjie.base.errors import JinjieError
from jinjie.base.svg import embedded
from jinjie.base.words import Text, say, text
from jinjie.studio import views
from jinjie.studio.drawing import inline
from jinjie.studio.refusals import REFUSALS
from jinjie.studio.render import SANDBOX, drawing, leave, page
from jinjie.training.runs import Run

router = APIRouter()
Split = Literal["test", "validation"]
FILES = {"evaluation.json": "application/json", "evaluation.html": "text/html", "predictions.csv": "text/csv"}


class Evaluations:
    """The evaluations that were asked for here: at work, or ended with an error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Path, subprocess.Popen[str]] = {}
        self._errors: dict[Path, Text] = {}

    def ask(self, run: Run, split: Split) -> None:
        """Begin, unless this very evaluation is being made. Raises JinjieError when the run cannot be evaluated."""
        if problem := obstacle(run):
            raise problem
        folder = folder_of(run, split)
        with self._lock:
            if self._working(folder):
                return
            self._errors.pop(folder, None)
            self._asked[folder] = subprocess.Popen(
                [sys.executable, "-m", "jinjie.studio.evaluator", str(run.path), split],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C in the studio's terminal is not meant for it
            )
            threading.Thread(target=self._wait, args=(folder, self._asked[folder]), daemon=True).start()

    def working(self, run: Run, split: Split) -> bool:
        """Whether the evaluation is being made."""
        with self._lock:
            return self._working(folder_of(run, split))

    def error(self, run: Run, split: Split) -> Text | None:
        """Why the last one that was asked for failed."""
        with self._lock:
            return self._errors.get(folder_of(run, split))

    def _working(self, folder: Path) -> bool:
        return folder in self._asked

    def _wait(self, folder: Path, process: subprocess.Popen[str]) -> None:
        """Collect the process when it ends, with its last words."""
        said, _ = process.communicate()
        with self._lock:
            del self._asked[folder]
            if process.returncode:
                self._errors[folder] = _last_words(said)


def _last_words(said: str) -> Text:
    lines = said.strip().splitlines()
    try:
        return Text(**json.loads(lines[-1]))
    except (IndexError, ValueError, TypeError):
        return text("studio.evaluation.broke", reason=lines[-1] if lines else "–")


def obstacle(run: Run) -> JinjieError | None:
    """Why a run cannot be evaluated: a task that is scored otherwise, or no model yet."""
    kind = run.file["recipe"].get("task", {}).get("kind")
    if kind not in TASKS:
        return JinjieError("evaluate.other_task", run=run.name, task=kind)
    if not (run.path / "model" / "jinjie.json").is_file():
        return JinjieError("studio.evaluation.no_model", run=run.name)
    return None


@router.get("/runs/{name}/evaluation", include_in_schema=False)
def evaluation(request: Request, name: str, split: Split = "test") -> Response:
    """The page; the part of it that changes where htmx asks."""
    run = views.run_named(name)
    piece_asked = "hx-request" in request.headers
    return page(
        request, "_evaluation.html" if piece_asked else "evaluation.html", **_values(request, run, split)
    )


@router.post("/runs/{name}/evaluation", include_in_schema=False)
def ask(request: Request, name: str, split: Split = "test") -> Response:
    """Begin an evaluation; the page then looks until it is there."""
    run = views.run_named(name)
    _evaluations(request).ask(run, split)
    return leave(request, _address(run, split))


@router.get("/runs/{name}/evaluation/{file}", include_in_schema=False)
def evaluation_file(name: str, file: str, split: Split = "test") -> Response:
    """A picture of an evaluation, its page that can be sent on, or its data."""
    folder = folder_of(views.run_named(name), split)
    if file not in FILES:
        return drawing(folder, file)
    if not (folder / file).is_file():
        raise HTTPException(404)
    kept = f"{name}-{split}-{file}"
    headers = {**SANDBOX, "cache-control": "no-store"}
    return FileResponse(folder / file, headers=headers, media_type=FILES[file], filename=kept)


@router.get("/api/runs/{name}/evaluation", responses=REFUSALS)
def one_evaluation(request: Request, name: str, split: Split = "test") -> dict[str, Any]:
    """What is known of a run's evaluation: its state, why it failed, and what it found."""
    run = views.run_named(name)
    working, error, made = _known(request, run, split)
    return {
        "state": _state(working, error, made),
        "error": error.both() if error else None,
        "evaluation": made.model_dump(mode="json") if made else None,
    }


@router.post("/api/runs/{name}/evaluation", status_code=202, responses=REFUSALS)
def ask_for_one(request: Request, name: str, split: Split = "test") -> dict[str, str]:
    """Begin an evaluation, unless it is being made already."""
    run = views.run_named(name)
    _evaluations(request).ask(run, split)
    return {"state": _state(*_known(request, run, split))}


def _evaluations(request: Request) -> Evaluations:
    kept: Evaluations = request.app.state.evaluations
    return kept


def _address(run: Run, split: Split) -> str:
    return f"/runs/{run.name}/evaluation" + ("" if split == "test" else f"?split={split}")


def _known(request: Request, run: Run, split: Split) -> tuple[bool, Text | None, Evaluation | None]:
    """Whether it is being made, why it failed, what it found: in this order, so that an end in between is seen."""
    evaluations = _evaluations(request)
    return evaluations.working(run, split), evaluations.error(run, split), found(run, split)


def _state(working: bool, error: Text | None, made: Evaluation | None) -> str:
    if working:
        return "working"
    if error:
        return "failed"
    return "made" if made else "none"


def _values(request: Request, run: Run, split: Split) -> dict[str, Any]:
    working, error, made = _known(request, run, split)
    obstructed = obstacle(run)
    return {
        "run": {"name": run.name, "title": run.file["recipe"].get("title")},
        "split": split,
        "splits": [(one, sentences.split_name(one), _address(run, one)) for one in ("test", "validation")],
        "address": _address(run, split),
        "obstacle": str(obstructed) if obstructed else None,
        "working": working,
        "error": str(error) if error else None,
        "made": shown(run, made) if made else None,
    }


def shown(run: Run, made: Evaluation) -> dict[str, Any]:
    """An evaluation in the viewer's language, with its drawings."""
    folder = folder_of(run, made.split)
    time = (folder / "evaluation.json").stat().st_mtime
    query = f"?split={made.split}&at={time:.0f}"
    files = f"/runs/{run.name}/evaluation/"
    hardest = 2 < len(made.roc) < len(made.classes)
    return {
        "headline": sentences.headline(made),
        "notes": [
            *sentences.notes(made),
            *([say("studio.evaluation.older")] if older(run, made) else []),
        ],
        "scores": {"head": sentences.score_head(made), "rows": sentences.score_rows(made)},
        "how": sentences.how(made),
        "threshold": sentences.threshold_line(made.threshold) if made.threshold else None,
        "classes": {"head": sentences.class_head(), "rows": sentences.class_rows(made)}
        if made.classes
        else None,
        "drawings": [
            {
                "name": sentences.picture_name(name),
                "drawing": _drawing(folder / name),
                "address": f"{files}{name}{query}",
                "note": sentences.hardest(made) if name == "roc.svg" and hardest else None,
            }
            for name in made.pictures
            if name.endswith(".svg")
        ],
        "mistakes": {
            "heading": sentences.mistakes_heading(made),
            "each": [
                {
                    "line": sentences.mistake_line(mistake),
                    "words": mistake.words,
                    "true": mistake.true,
                    "picture": f"{files}{mistake_file(i)}{query}"
                    if (folder / mistake_file(i)).is_file()
                    else None,
                }
                for i, mistake in enumerate(made.mistakes)
            ],
        },
        "texts": of_texts(made.texts) if made.texts else None,
        "time": time,
        "files": [(file, f"{files}{file}{query}") for file in FILES if (folder / file).is_file()],
    }


def of_texts(made: Texts) -> dict[str, Any]:
    """What a model of text has beside its scores, in the viewer's language."""
    return {
        "legend": legend(),
        "shown": [
            (title, [_coloured(one, made.documents) for one in each])
            for title, each in (
                (say("evaluate.text.best"), made.best),
                (say("evaluate.text.worst"), made.worst),
            )
            if each
        ],
        "written": [{"heading": texts.written_heading(one), **one.model_dump()} for one in made.written],
        "benchmarks": [
            {
                "name": texts.benchmark_name(one),
                "table": {"head": texts.benchmark_head(), "rows": texts.benchmark_rows(one)},
                "missed": [texts.missed_line(question) for question in one.missed],
            }
            for one in made.benchmarks
        ],
        "speed": texts.speed_lines(made.speed) if made.speed else [],
    }


def _coloured(one: Shown, documents: bool) -> dict[str, Any]:
    return {
        "heading": texts.shown_heading(one, documents),
        "pieces": [
            (piece, texts.level(nats), f"{nats / texts.LN2:.1f}") for piece, nats in texts.visible(one)
        ],
        "whole": one.whole,
    }


def _drawing(path: Path) -> str | None:
    try:
        return inline(embedded(path.read_bytes()))
    except OSError:  # replaced by a newer evaluation just now
        return None
