"""The fences of a lesson, run in the sandbox: what each printed, and whether that is what its text says."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinjie.base.errors import Problem
from jinjie.course.content import schema
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Written
from jinjie.course.render import tree
from jinjie.course.render.tree import Tree

SECONDS = 120.0
"""For all fences of a lesson; one that needs more belongs into an experiment that is recorded."""
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Ran:
    """What came of one fence. `error` is empty where all went well; `line` is the fence's own, from 1, 0 for none."""

    text: str
    error: str = ""
    line: int = 0
    missing: bool = False
    """It did not come to run: one before it ended the process, or took the time of all."""


def fences(text: Tree) -> list[tree.Python]:
    """The code of a text, in its order."""
    return [node for node in text.walk() if isinstance(node, tree.Python)]


def run(sources: list[str], memory_mb: int = 512, seconds: float = SECONDS) -> list[Ran]:
    """Run the fences in one namespace, in the sandbox. Never raises for what they do."""
    from jinjie.course.sandbox import Call, Job, Limits
    from jinjie.course.sandbox import run as run_job

    if not sources:
        return []
    torch = any(re.search(r"^\s*(?:import|from)\s+torch\b", source, re.MULTILINE) for source in sources)
    limits = Limits(seconds=seconds, memory_mb=max(memory_mb, 256))
    calls = [Call("run", (source,)) for source in sources]
    outcome = run_job(Job({"inside.py": _guest()}, "inside", calls, limits, "torch" if torch else "numpy"))
    made = []
    for result in outcome.results:
        if result.fault is not None:
            made.append(Ran("", f"{result.fault.type}: {result.fault.message}"))
        elif result.missing or not isinstance(result.value, list):
            made.append(Ran("", str(outcome.ended.value), missing=True))
        else:
            printed, error, line = result.value
            made.append(Ran(str(printed).rstrip("\n"), str(error), int(line)))
    return made


def findings(text: Tree, lesson: Written[schema.Lesson]) -> list[Finding]:
    """Fences that do not run, and those that print something else than their output says (C040)."""
    code = fences(text)
    return compared(text, run([fence.source for fence in code], lesson.entry.memory_mb))


def compared(text: Tree, results: list[Ran]) -> list[Finding]:
    """What these results say against a text: one finding a fence, none for fences that did not come to run."""
    found = []
    told = False
    for fence, ran in zip(fences(text), results, strict=True):
        if ran.missing:
            if not told:
                problem = Problem("", "lesson.fence_ended", reason=ran.error)
                found.append(Finding("C040", text.file, fence.line, problem))
            told = True
        elif ran.error:
            problem = Problem("", "lesson.fence_raised", error=ran.error)
            found.append(Finding("C040", text.file, fence.line + ran.line, problem))
        elif fence.output is None:
            if ran.text.strip():
                problem = Problem("", "lesson.fence_prints", came=_first(ran.text))
                found.append(Finding("C040", text.file, fence.line, problem))
        elif (line := differs(fence.output.text, ran.text, fence.output.rtol)) is not None:
            rows = ran.text.split("\n")
            came = rows[line] if line < len(rows) else "–"
            problem = Problem("", "lesson.fence_other", came=came.strip()[:100])
            found.append(Finding("C040", text.file, fence.output.line + 1 + line, problem))
    return found


def differs(written: str, printed: str, rtol: float) -> int | None:
    """The first line, from 0, where two outputs differ by more than room between words and `rtol` in numbers.

    A number may also be off by one in its last place as it was written: rounding is all that stands between.
    """
    ours, theirs = written.rstrip().split("\n"), printed.rstrip().split("\n")
    for i in range(max(len(ours), len(theirs))):
        if i >= len(ours) or i >= len(theirs) or not _same(ours[i], theirs[i], rtol):
            return i
    return None


def _same(one: str, other: str, rtol: float) -> bool:
    if [" ".join(part.split()) for part in _NUMBER.split(one)] != [
        " ".join(part.split()) for part in _NUMBER.split(other)
    ]:
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(
        math.isclose(_value(a), _value(b), rel_tol=rtol, abs_tol=_last_place(a) * 1.001) for a, b in pairs
    )


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("_", ""))


def _last_place(number: str) -> float:
    """What one in the last place of a number is worth, 0 for whole numbers: 0.001 for 1.234."""
    body, _, exponent = number.lower().partition("e")
    places = len(body.partition(".")[2])
    if not places and not exponent:
        return 0.0
    return 10.0 ** (int(exponent or 0) - places)


def _first(text: str) -> str:
    return text.strip().split("\n")[0][:100]


@cache
def _guest() -> str:
    return resources.files("jinjie.course.render").joinpath("inside.py").read_text("utf-8")
