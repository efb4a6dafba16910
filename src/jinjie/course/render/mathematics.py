"""LaTeX as MathML, which a page shows without any script, and what of it cannot be read."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from math_core import LatexToMathML

LONGEST = 10_000
"""Characters of one formula."""
MACROS = {"substack": r"\begin{subarray}{c}#1\end{subarray}"}
"""What KaTeX reads and the converter does not, in other words."""
_STYLE = re.compile(r' style="([^"]*)"')


RELATIONS = "=<>≤≥≈≠←→∈≪≫≡∝∼"
"""Signs that stand apart from what they compare."""
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Powers that have characters of their own."""


class NotMathematics(Exception):
    """LaTeX that does not parse; the text says why."""


@lru_cache(maxsize=4096)
def mathml(latex: str, display: bool = False) -> str:
    """The formula as MathML Core, without inline styles. Raises NotMathematics."""
    if len(latex) > LONGEST:
        raise NotMathematics(f"more than {LONGEST} characters")
    from math_core import LatexError

    try:
        made = _converter().convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        raise NotMathematics(str(error).partition(":")[2].strip().rstrip(".") or str(error)) from None
    return _STYLE.sub(_as_class, made)


def why_not(latex: str) -> str | None:
    """What is wrong with a formula's LaTeX, or None."""
    if not latex.strip():
        return "nothing is there"
    try:
        mathml(latex)
    except NotMathematics as error:
        return str(error)
    return None


def as_plain(latex: str) -> str:
    """In plain characters on one line, for a terminal. What does not parse stays as it was written."""
    from jinjie.course.formula.plain import plain

    if why_not(latex) is not None:
        return f"${latex}$"
    text, depth = "", 0
    for character in " ".join(plain(latex).split()):
        depth += (character in "{(") - (character in "})")
        # the converter swallows the space after a name: \\eta = 1 became η= 1
        text += f" {character} " if character in RELATIONS and not depth else character
    text = re.sub(r"√\((\w)\)", r"√\1", text)
    text = re.sub(r"(?<=[\w)\]])([-+]) ", r" \1 ", text)
    text = re.sub(r"\s+(?=[⌉⌋)\]},])", "", text)
    text = re.sub(
        r"\^(?:\{(-?\d+)\}|(\d))(?!\w)", lambda power: (power[1] or power[2]).translate(RAISED), text
    )
    text = re.sub(r" ×(?=\S)", " × ", text)
    return " ".join(text.split())


@cache
def _converter() -> LatexToMathML:
    from math_core import LatexToMathML

    return LatexToMathML(macros=MACROS, fancy_error=False, max_expansions=200)


def _as_class(found: re.Match[str]) -> str:
    """The sides of a cell as a class: a strict content security policy forbids styles in the page."""
    side = re.search(r"text-align:\s*(left|right)", found[1])
    return f' class="to-{side[1]}"' if side else ""
