"""An article's code run, where that was asked for: in the sandbox, block after block in one namespace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinjie.audit.article import Code, Place
from jinjie.course.render import running

SECONDS = 60.0
"""For all blocks together."""
MEMORY = 2048
"""MiB on top of what Python and its libraries take."""


@dataclass(frozen=True)
class Ran:
    """What came of one block."""

    place: Place
    """Of the block."""
    printed: str
    error: str = ""
    """What it raised, or how it ended; empty where all went well."""
    at: Place | None = None
    """The line that raised it."""
    missing: bool = False
    """It did not come to run: one before it ended the process, or took the time of all."""


def run(codes: Sequence[Code]) -> tuple[Ran, ...]:
    """Run the blocks. Never raises for what they do."""
    came = running.run([code.text for code in codes], memory_mb=MEMORY, seconds=SECONDS)
    return tuple(
        Ran(code.place, one.text, one.error, code.at(one.line) if one.line else None, one.missing)
        for code, one in zip(codes, came, strict=True)
    )
