"""The pages on which a table is cleaned: choose it and the rules, watch, read the report, take the file home."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from jinjie.base.amounts import size
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.data.cleaning.pages import section
from jinjie.data.reading import existing_file
from jinjie.studio import cleaning_form, train_on
from jinjie.studio.cleanings import Cleanings, Table, new_folder, recent, table
from jinjie.studio.render import SANDBOX, Filled, leave, page
from jinjie.studio.upload import receive

router = APIRouter(include_in_schema=False)
LARGEST = 2_000_000_000
"""Bytes of a file that is sent; a larger one is named by its path, and read where it is."""


@router.get("/clean")
def form(request: Request) -> Response:
    """What to clean, and how."""
    return page(request, "clean.html", **_form({}, None))


@router.post("/clean")
async def begin(request: Request) -> Response:
    """Take a file, or the path of one, and begin."""
    folder = new_folder()
    received = await receive(request, folder, LARGEST)
    filled = received.fields
    path = filled.pop("path", "").strip()
    try:
        cleaning_form.plan(filled)
        if received.file is None and not path:
            raise JinjieError("studio.clean.no_file")
        source = received.file or existing_file(path, "path").absolute()
        made = _cleanings(request).begin(folder, source.name, source, filled)
    except JinjieError as error:
        _discard(received.file)
        return _wrong(request, {**filled, "path": path}, error)
    return leave(request, f"/clean/{made.id}")


@router.get("/clean/{name}")
def one(request: Request, name: str) -> Response:
    """A table being cleaned, or its report."""
    piece_asked = "hx-request" in request.headers
    return page(
        request, "_cleaning.html" if piece_asked else "cleaning.html", **_values(request, table(name))
    )


@router.post("/clean/{name}")
async def again(request: Request, name: str) -> Response:
    """Clean the same table by other rules."""
    known = table(name)
    filled = {key: str(value) for key, value in (await request.form()).items()}
    try:
        _cleanings(request).begin(known.folder, known.asked["name"], Path(known.asked["source"]), filled)
    except JinjieError as error:
        return _wrong(request, filled, error)
    return leave(request, f"/clean/{known.id}")


@router.post("/clean/{name}/stop")
def stop(request: Request, name: str) -> Response:
    """Give up a cleaning; nothing half-written is left."""
    known = table(name)
    if work := _cleanings(request).work(known):
        work.stop.set()
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/clean/{known.id}", 303)
    return page(request, "_cleaning.html", **_values(request, known))


@router.post("/clean/{name}/train")
def train(request: Request, name: str, filled: Filled) -> Response:
    """The form that starts a run on the cleaned table, as it is now."""
    known = table(name)
    try:
        asked = train_on.asked(known, filled.get("target", ""), filled.get("holds", ""))
    except InvalidInput as error:
        values = {
            **_values(request, known),
            "refused": [str(one) for one in error.problems],
            "chosen": filled,
        }
        return page(request, "cleaning.html", 422, **values)
    return leave(request, f"/runs?{urlencode(asked)}")


@router.get("/clean/{name}/{file}")
def file(name: str, file: str) -> Response:
    """The cleaned table or its report, to be kept."""
    known = table(name)
    stem = Path(known.asked["name"]).stem
    places = {
        "cleaned.csv": (known.cleaned, f"{stem}-cleaned.csv", "text/csv"),
        "report.html": (known.report_folder / "report.html", f"{stem}-report.html", "text/html"),
        "report.json": (known.report_folder / "report.json", f"{stem}-report.json", "application/json"),
    }
    if file not in places or not places[file][0].is_file():
        raise HTTPException(404)
    path, kept, kind = places[file]
    headers = {**SANDBOX, "cache-control": "no-store"}
    return FileResponse(path, headers=headers, media_type=kind, filename=kept)


def _cleanings(request: Request) -> Cleanings:
    kept: Cleanings = request.app.state.cleanings
    return kept


def _discard(sent: Path | None) -> None:
    if sent is not None:
        sent.unlink(missing_ok=True)
        sent.parent.rmdir()


def _wrong(request: Request, filled: dict[str, str], error: JinjieError) -> Response:
    """The rules again, with what is wrong beside them: the whole page, or only they, so that a chosen file stays."""
    values = _form(filled, error)
    if "hx-request" in request.headers:
        place = {"HX-Retarget": "#rules", "HX-Reswap": "outerHTML"}
        answer = page(request, "_rules.html", 422, **values)
        answer.headers.update(place)
        return answer
    return page(request, "clean.html", 422, **values)


def _form(filled: dict[str, str], error: JinjieError | None) -> dict[str, Any]:
    problems = error if isinstance(error, InvalidInput) else None
    made = cleaning_form.form(filled, problems)
    if error is not None and problems is None:
        made.errors.append(str(error))
    return {
        "form": made,
        "path": filled.get("path", ""),
        "most": size(LARGEST),
        "most_bytes": LARGEST,
        "recent": [{"id": t.id, "name": t.asked["name"]} for t in recent()],
    }


def _values(request: Request, known: Table) -> dict[str, Any]:
    going = _cleanings(request).work(known)
    work = going and copy(going)  # as it is now: it may end while the page is written
    report = None if work is not None and work.working else known.report()
    return {
        "id": known.id,
        "name": known.asked["name"],
        "work": work,
        "report": section(report, heading=False) if report is not None else None,
        "size": report and known.cleaned.is_file() and known.cleaned.stat().st_size,
        "targets": train_on.targets(known) if report is not None else [],
        "refused": [],
        "chosen": {},
        "form": cleaning_form.form(known.asked["filled"]),
    }
