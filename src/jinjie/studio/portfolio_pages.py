"""One's portfolio: chosen from one's runs, made by the press of a button, looked at, and taken along as one file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from jinjie.base.errors import JinjieError
from jinjie.base.paths import studio_home
from jinjie.base.words import say
from jinjie.path.portfolio import manifest
from jinjie.path.portfolio.choice import LeftOut, chosen, has_model
from jinjie.path.portfolio.folder import INDEX, make
from jinjie.studio.course import course
from jinjie.studio.render import SANDBOX, page
from jinjie.studio.standing import Standing, standing
from jinjie.training.runs import all_runs

router = APIRouter(include_in_schema=False)
LONGEST = 120
"""Characters of a name or a title."""


def place() -> Path:
    """Where the studio keeps the portfolio."""
    return studio_home() / "portfolio"


@router.get("/path/portfolio")
def portfolio(request: Request) -> Response:
    """What can be shown, and the portfolio that was made last."""
    return _page(request, standing(course(request).library))


@router.post("/path/portfolio")
async def written(request: Request) -> Response:
    """Make it anew from the runs that are ticked."""
    form = await request.form()
    fields = {name: str(form.get(name, "")).strip()[:LONGEST] for name in ("name", "title")}
    runs = [str(one) for one in form.getlist("run")]
    examples = bool(form.get("own_examples"))
    return await run_in_threadpool(_write, request, runs, fields, examples)


def _write(request: Request, runs: list[str], fields: dict[str, str], examples: bool) -> Response:
    stands = standing(course(request).library)
    try:
        make(
            place(),
            stands.library,
            stands.events,
            runs,
            fields["name"] or None,
            fields["title"] or None,
            examples,
        )
    except JinjieError as error:
        return _page(request, stands, 422, error=str(error), fields=fields, ticked=runs)
    return RedirectResponse("/path/portfolio", 303)


@router.get("/path/portfolio.zip")
def as_one_file() -> Response:
    """The whole folder as one file, to be unpacked on any web server or sent."""
    if not manifest.is_portfolio(place()):
        raise HTTPException(404)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for name in [manifest.NAME, *manifest.read(place())["files"]]:
            into.write(place() / name, f"portfolio/{name}")
    headers = {"content-disposition": 'attachment; filename="portfolio.zip"', "cache-control": "no-store"}
    return Response(packed.getvalue(), headers=headers, media_type="application/zip")


@router.get("/path/portfolio/{file:path}")
def file(file: str) -> Response:
    """A file of the portfolio: one that its manifest names, and no other."""
    if not manifest.is_portfolio(place()) or file not in manifest.read(place())["files"]:
        raise HTTPException(404)
    kind = "text/html" if file == INDEX else "application/json"
    return FileResponse(place() / file, headers={**SANDBOX, "cache-control": "no-store"}, media_type=kind)


def _page(
    request: Request,
    stands: Standing,
    status: int = 200,
    error: str = "",
    fields: dict[str, str] | None = None,
    ticked: list[str] | None = None,
) -> Response:
    shown, left = chosen()
    proposed = [run.name for run in shown] if ticked is None else ticked
    return page(
        request,
        "portfolio.html",
        status,
        runs=_runs(proposed),
        left=[_left(one) for one in left if one.reason != "another"],
        fields=fields or {"name": "", "title": ""},
        error=error,
        trouble=stands.trouble,
        made=_made(),
    )


def _runs(ticked: list[str]) -> list[dict[str, Any]]:
    """Every finished run with a model, and whether it is ticked."""
    found = []
    for run in all_runs():
        try:
            if run.state() != "finished" or not has_model(run):
                continue
            recipe = run.file["recipe"]
            title = recipe.get("title") or recipe["name"]
        except (JinjieError, OSError, LookupError, AttributeError):
            continue
        found.append({"name": run.name, "title": title, "ticked": run.name in ticked})
    return found


def _left(one: LeftOut) -> dict[str, str]:
    reasons = {
        "running": say("cli.portfolio.running"),
        "unfinished": say("cli.portfolio.unfinished"),
        "no_model": say("cli.portfolio.no_model"),
        "unreadable": say("cli.portfolio.unreadable"),
    }
    return {"run": one.run, "reason": reasons[one.reason]}


def _made() -> dict[str, Any] | None:
    """What stands in the folder, and whether it is still as it was made; None where nothing is."""
    if not manifest.is_portfolio(place()):
        return None
    found = manifest.check(place())
    return {
        "day": found.made[:10],
        "files": found.files,
        "changed": [one.file for one in found.differences],
        "folder": str(place()),
    }
