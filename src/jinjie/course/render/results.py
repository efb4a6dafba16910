"""What a lesson's code printed and its experiments drew: asked for while a text is written out, made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from jinjie.course.render.tree import Figure, Python


@dataclass(frozen=True)
class Printed:
    """What a fence printed; `failed` when it ended with an error, which is then the text's end."""

    text: str
    failed: bool = False


class Results(Protocol):
    """Answers at once with what there is, and None where there is nothing yet."""

    def printed(self, code: Python) -> Printed | None: ...

    def drawing(self, figure: Figure) -> bytes | None:
        """The figure as SVG in the manner of `base.svg`."""
        ...


class AsWritten:
    """Nothing has run: outputs are those of the text."""

    def printed(self, code: Python) -> Printed | None:
        return None

    def drawing(self, figure: Figure) -> bytes | None:
        return None


def shown(code: Python, results: Results) -> Printed | None:
    """What to show under a fence: what it printed, else what it printed when it was written."""
    if (ran := results.printed(code)) is not None:
        return ran if ran.text else None
    return Printed(code.output.text) if code.output is not None and code.output.text else None
