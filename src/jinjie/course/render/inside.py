"""Runs in the sandbox: the fences of a lesson, one after another in one namespace. Imports nothing of Jinjie."""

from __future__ import annotations

import contextlib
import io
import linecache
import traceback
from typing import Any

LONGEST = 64 * 1024
"""Characters of what one fence printed."""
_names: dict[str, Any] = {"__name__": "lesson"}
_ran = 0


def run(source: str) -> list[Any]:
    """What a fence printed, and what it raised: [text, error or "", line of the fence or 0]."""
    global _ran
    _ran += 1
    file = f"<fence {_ran}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(source, file, "exec"), _names)
    except BaseException as error:
        lines = [
            frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file
        ]
        line = (
            getattr(error, "lineno", None) or 0
            if isinstance(error, SyntaxError)
            else (lines[-1] if lines else 0)
        )
        return [printed.getvalue()[:LONGEST], f"{type(error).__name__}: {error}", line]
    return [printed.getvalue()[:LONGEST], "", 0]
