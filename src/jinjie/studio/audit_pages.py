"""The page on which an article is put on trial: a file or a text in, every verdict with its line out."""

from __future__ import annotations

import ast
import asyncio
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.audit import article as articles
from jinjie.audit.finding import Finding, Verdict
from jinjie.audit.wording import counted, ended, in_html, kind, printed, severity, verdict
from jinjie.base.amounts import size
from jinjie.base.errors import JinjieError
from jinjie.base.words import say
from jinjie.course.formula.headings import headings
from jinjie.studio.course import course
from jinjie.studio.render import page
from jinjie.studio.upload import receive

if TYPE_CHECKING:
    from jinjie.audit.judge import Report

router = APIRouter(include_in_schema=False)
OTHERS: tuple[Verdict, ...] = ("right", "unknown")
"""What is listed below what is wrong."""


@router.get("/audit")
def form(request: Request) -> Response:
    """Which article."""
    return page(request, "audit.html", **_form())


@router.post("/audit")
async def trial(request: Request) -> Response:
    """The verdicts. The article is read here and kept nowhere."""
    folder = Path(mkdtemp(prefix="jinjie-audit-"))
    filled = ""
    try:
        received = await receive(request, folder / "article", articles.LARGEST)
        filled = received.fields.get("text", "")
        running = received.fields.get("run") == "yes"
        report = await asyncio.to_thread(_judged, received.file, filled, running)
    except JinjieError as error:
        if error.key == "studio.clean.too_large":  # which names a path that this page does not take
            error = JinjieError("studio.audit.too_large", most=size(articles.LARGEST))
        return page(request, "audit.html", 422, **(_form() | {"filled": filled, "wrong": str(error)}))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return page(request, "audit.html", **(_form() | {"filled": filled, **_shown(request, report)}))


def _form() -> dict[str, Any]:
    return {
        "filled": "",
        "wrong": "",
        "report": None,
        "suffixes": ",".join(articles.SUFFIXES),
        "most": size(articles.LARGEST),
        "most_bytes": articles.LARGEST,
    }


def _judged(file: Path | None, text: str, running: bool) -> Report:
    from jinjie.audit.judge import judge  # the judges and their tables, which no other page needs

    if file is not None:
        return judge(articles.read(file), running)
    if not text.strip():
        raise JinjieError("studio.audit.nothing")
    suffix = ".py" if _python(text) else ".md"
    return judge(articles.of_text(text, Path(say("studio.audit.pasted")).with_suffix(suffix)), running)


def _python(text: str) -> bool:
    """Whether a text that somebody put in is a program and no article with programs in it."""
    try:
        return any(not isinstance(node, ast.Expr) for node in ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _shown(request: Request, report: Report) -> dict[str, Any]:
    library = course(request).library
    titles = {slug: str(lesson.entry.title) for slug, lesson in library.lessons.items()}
    return {
        "report": report,
        "counted": counted(report),
        "ran": [(say("audit.at", place=str(one.place)), ended(one), one.printed) for one in report.ran],
        "found": [_values(finding, titles) for finding in report.of("wrong")],
        "others": [(verdict(name), [_values(one, titles) for one in report.of(name)]) for name in OTHERS],
    }


def _values(finding: Finding, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "finding": finding,
        "at": say("audit.at", place=str(finding.place)),
        "kind": kind(finding),
        "severity": severity(finding.severity),
        "title": in_html(str(finding.title)),
        "quote": printed(finding),
        "says": in_html(str(finding.says)),
        "instead": in_html(str(finding.instead)) if finding.instead else "",
        "shown": in_html(str(finding.shown.says)) if finding.shown else "",
        "formula": str(headings()[finding.formula].name) if finding.formula else "",
        "lessons": [(slug, titles[slug]) for slug in finding.lessons if slug in titles],
    }
