"""What runs beside an experiment's own file in the sandbox: it calls the function and takes the result apart."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

MODULE = "experiment"
"""Under this name the experiment's file is imported: slugs have hyphens."""


def show(function: str, knobs: dict[str, Any]) -> dict[str, Any]:
    """The plain values of what the function shows, or `refused` in both languages where that cannot be shown."""
    from jinjie.course.experiments.shown import Shown
    from jinjie.course.experiments.values import NotShown

    call = getattr(importlib.import_module(MODULE), function)
    try:
        made = call(**knobs)
        if not isinstance(made, Shown):
            raise NotShown("experiment.no_shown", came=type(made).__name__)
        return made.plain()
    except NotShown as error:
        return {"refused": error.text().both(), "line": _line(error)}


def _line(error: BaseException) -> int:
    """The innermost line of the experiment's own file, or 0."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == MODULE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def takes(function: str, names: list[str]) -> str:
    """Why the function does not take arguments of these names; empty where it does."""
    found = getattr(importlib.import_module(MODULE), function, None)
    if not callable(found):
        return "missing"
    try:
        inspect.signature(found).bind(**dict.fromkeys(names))
    except TypeError as error:
        return str(error)
    return ""
