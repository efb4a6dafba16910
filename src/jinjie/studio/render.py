"""How the studio's pages are made: templates, whole pages, pieces of them, and errors in either form."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from jinjie.base import amounts
from jinjie.base.svg import standalone
from jinjie.base.words import Text, say
from jinjie.studio import views
from jinjie.studio.places import places
from jinjie.studio.viewer import THEMES, Viewer


async def _filled(request: Request) -> dict[str, str]:
    """A posted form as plain texts."""
    return {name: str(value) for name, value in (await request.form()).items()}


Filled = Annotated[dict[str, str], Depends(_filled)]


@cache
def templates() -> Jinja2Templates:
    env = Environment(
        loader=PackageLoader("jinjie.studio"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {"say": say, "version": _version}
    env.filters |= {
        "duration": amounts.duration,
        "moment": views.moment,
        "number": views.number,
        "bytes": amounts.size,
    }
    env.filters |= {"metric": views.metric, "picture": views.picture, "said": _said}
    return Jinja2Templates(env=env)


def _said(text: Mapping[str, str] | Text | None) -> str:
    """A text in both languages, in the viewer's."""
    return str(Text(**text)) if isinstance(text, Mapping) else str(text or "")


@cache
def _version(file: str) -> str:
    """A few letters that change when a built file does: part of its address."""
    try:
        content = resources.files("jinjie.studio").joinpath("static", "built", file).read_bytes()
    except FileNotFoundError:
        return "0"
    return hashlib.sha256(content).hexdigest()[:10]


def page(request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
    """A template as the viewer wants it: language, theme, and the address to come back to."""
    viewer: Viewer = request.state.viewer
    here = request.url.path
    context = {
        "lang": viewer.lang,
        "theme": viewer.theme,
        "themes": THEMES,
        "here": here,
        "places": places(here),
    }
    return templates().TemplateResponse(request, template, {**context, **values}, status_code=status)


def piece(template: str, /, **values: Any) -> str:
    """A template as a part of a page."""
    return templates().get_template(template).render(**values)


def problem(request: Request, message: str, status: int) -> Response:
    """An error as a page, or as the page's notice when a part of it asked."""
    if "hx-request" not in request.headers:
        return page(request, "problem.html", status, message=message)
    place = {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"}
    return Response(piece("_notice.html", message=message), status, place, media_type="text/html")


def leave(request: Request, to: str) -> Response:
    """Go to another page, from htmx or from a plain form."""
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": to})
    return RedirectResponse(to, 303)


SANDBOX = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "cache-control": "private, max-age=3600",
}
"""Headers of a file that comes from data: it may run and load nothing of its own."""


def download_of(file: Path, folder: Path, kind: str) -> Response:
    """A file that was made for this answer alone, in a folder that goes when it is sent."""
    return FileResponse(
        file,
        headers={**SANDBOX, "cache-control": "no-store"},
        media_type=kind,
        filename=file.name,
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )


def drawing(folder: Path, file: str) -> Response:
    """A picture in a folder, SVG or PNG. A name that leads elsewhere, or to another kind of file, leads nowhere."""
    path = folder / file
    if Path(file).name != file or path.suffix not in (".svg", ".png") or not path.is_file():
        raise HTTPException(404)
    if path.suffix == ".svg":
        content = path.read_bytes()
        dark = content if b"<style>" in content[:2000] else standalone(content)
        return Response(dark, headers=SANDBOX, media_type="image/svg+xml")
    return FileResponse(path, headers=SANDBOX)
