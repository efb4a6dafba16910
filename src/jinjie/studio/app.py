"""The studio's application: the guard, the viewer's language, the pages, the API and the files of the pages."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from jinjie import __version__
from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.base.words import say
from jinjie.serve.guard import Guard
from jinjie.studio import (
    api,
    article_pages,
    ask_pages,
    audit_pages,
    checks,
    cleaning_pages,
    cleanings,
    compare_pages,
    component_pages,
    course,
    data_pages,
    draft_pages,
    evaluations,
    experiments,
    export_pages,
    home_pages,
    lesson_pages,
    log_pages,
    machine_api,
    machine_pages,
    map_pages,
    mastery_pages,
    pages,
    path_api,
    path_pages,
    plan_pages,
    play_pages,
    playing,
    portfolio_pages,
    question_pages,
    render,
    resource_pages,
    token_pages,
    use_pages,
    version_pages,
)
from jinjie.studio.story import Stories
from jinjie.studio.viewer import Speaks

BUILT = Path(__file__).parent / "static" / "built"


def make_app(
    token: str,
    cookie: str = "jinjie",
    closing: threading.Event | None = None,
    preview: tuple[Path, ...] = (),
) -> Guard:
    """The whole studio behind its guard; live streams end when `closing` is set.

    `preview` are folders of content that are being written: shown beside our own, and read again when they change.
    """
    app = FastAPI(
        title="Jinjie studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.stories = Stories()
    app.state.evaluations = evaluations.Evaluations()
    app.state.cleanings = cleanings.Cleanings()
    app.state.checks = checks.Checks()
    app.state.playing = playing.Playing()
    app.state.course = course.Course(preview)
    app.state.closing = closing or threading.Event()
    app.include_router(compare_pages.router)  # before /runs/{name}: no run is called compare
    app.include_router(api.router)
    app.include_router(path_api.router)
    app.include_router(machine_api.router)
    app.include_router(experiments.router)
    app.include_router(home_pages.router)
    app.include_router(pages.router)
    app.include_router(use_pages.router)
    app.include_router(export_pages.router)
    app.include_router(lesson_pages.router)
    app.include_router(draft_pages.router)
    app.include_router(version_pages.router)
    app.include_router(ask_pages.router)
    app.include_router(audit_pages.router)
    app.include_router(article_pages.router)
    app.include_router(path_pages.router)
    app.include_router(plan_pages.router)
    app.include_router(resource_pages.router)
    app.include_router(portfolio_pages.router)
    app.include_router(log_pages.router)
    app.include_router(map_pages.router)
    app.include_router(mastery_pages.router)
    app.include_router(question_pages.router)
    app.include_router(evaluations.router)
    app.include_router(cleaning_pages.router)
    app.include_router(data_pages.router)
    app.include_router(machine_pages.router)
    app.include_router(token_pages.router)
    app.include_router(play_pages.router)
    app.include_router(component_pages.router)
    app.add_api_route("/static/{file}", static, include_in_schema=False)
    app.add_exception_handler(JinjieError, refused)
    app.add_exception_handler(HTTPException, not_served)
    app.add_exception_handler(RequestValidationError, malformed)
    return Guard(Speaks(app), token, cookie, open_paths=("/static/",))


def static(file: str, v: str | None = None) -> Response:
    """A built script or style. One whose address carries its version may be kept for good."""
    path = BUILT / file
    if Path(file).name != file or not path.is_file():
        raise HTTPException(404)
    return FileResponse(
        path, headers={"cache-control": "public, max-age=31536000, immutable" if v else "no-cache"}
    )


async def refused(request: Request, error: Exception) -> Response:
    """An error of the user's kind, as the asker can read it: JSON, a piece of the page, or a page."""
    assert isinstance(error, JinjieError)
    status = 404 if isinstance(error, NotFound) else 422 if isinstance(error, InvalidInput) else 409
    if request.url.path.startswith("/api/"):
        content: dict[str, Any] = {"error": error.in_(), "key": error.key}
        if isinstance(error, InvalidInput):
            content["problems"] = [{"where": p.where, "message": p.in_()} for p in error.problems]
        return JSONResponse(content, status)
    return render.problem(request, error.in_(), status)


async def not_served(request: Request, error: Exception) -> Response:
    """An address that leads nowhere."""
    assert isinstance(error, HTTPException)
    message = say("studio.no_such_page") if error.status_code == 404 else str(error.detail)
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": message}, error.status_code)
    return render.problem(request, message, error.status_code)


async def malformed(request: Request, error: Exception) -> Response:
    """A request whose form or JSON does not fit the API."""
    assert isinstance(error, RequestValidationError)
    problems = [{"where": ".".join(map(str, e["loc"][1:])), "message": e["msg"]} for e in error.errors()]
    return JSONResponse({"error": say("error.invalid"), "problems": problems}, 422)
