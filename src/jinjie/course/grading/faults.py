"""What is wrong with a submission, each thing once: the cases that show it, the first of them, and the learner's line.

Of a case that everyone sees, values are told. Of a hidden one nothing is that holds any of its data: neither a value,
nor the message of an exception, which the learner's code may write itself.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import nearest
from jinjie.base.words import Text, text
from jinjie.course.grading.behaviour import is_right
from jinjie.course.grading.comparison import compare, type_name
from jinjie.course.grading.handed_in import HandedIn
from jinjie.course.grading.parts import Parts
from jinjie.course.grading.reference import Answer, Case

if TYPE_CHECKING:
    from jinjie.course.sandbox import Fault as Raised
    from jinjie.course.sandbox import Result

_KNOWN = {name for name in vars(builtins) if isinstance(getattr(builtins, name), type)} | {
    "LinAlgError",
    "AxisError",
    "UFuncTypeError",
    "OutOfMemoryError",
}
"""Exceptions whose names hold nothing that a learner's code put there."""


@dataclass(frozen=True)
class Judged:
    """One case, what came of it, and whether it is right."""

    case: Case
    visible: bool
    right: Answer
    came: Answer
    raised: Raised | None
    passed: bool
    seconds: float
    like: str | None = None
    """The wrong solution that answers it in the same way."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: its kind, what to say, the numbers of its cases in the grade, the learner's line."""

    kind: str
    says: Text
    entry: str | None = None
    cases: tuple[int, ...] = ()
    like: str | None = None
    line: int | None = None
    source: str = ""

    def for_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "says": self.says.both(),
            "entry": self.entry,
            "cases": list(self.cases),
            "like": self.like,
            "line": self.line,
            "source": self.source,
        }


def judged(
    parts: Parts,
    cases: Sequence[tuple[Case, bool, Answer]],
    came: Sequence[Answer],
    results: Sequence[Result],
) -> list[Judged]:
    """Every case with its verdict."""
    return [
        Judged(
            case,
            visible,
            right,
            answer,
            result.fault,
            is_right(answer, right, parts.rtol, parts.atol),
            result.seconds,
        )
        for (case, visible, right), answer, result in zip(cases, came, results, strict=True)
    ]


def faults(parts: Parts, handed_in: HandedIn, all_cases: Sequence[Judged]) -> list[Fault]:
    """All that is wrong, in the order of the first case that shows it; those seen in visible cases come first."""
    found: dict[tuple[Any, ...], Fault] = {}
    for number, one in enumerate(all_cases):
        if one.passed:
            continue
        for key, fault in _of_case(parts, handed_in, one):
            before = found.get(key)
            if before is None:
                found[key] = replace(fault, cases=(number,))
            elif number not in before.cases:
                found[key] = replace(before, cases=(*before.cases, number))
    return list(found.values())


def _of_case(parts: Parts, handed_in: HandedIn, one: Judged) -> list[tuple[tuple[Any, ...], Fault]]:
    """The faults that a case shows, each under what makes two of them the same."""
    entry = one.case.entry
    if one.came.raised:
        fault = _raised(parts, handed_in, one)
        key = (entry, fault.kind, fault.line, _name(handed_in, one.came.raised))
        return [(key if fault.entry else key[1:], replace(fault, like=one.like))]
    made: list[tuple[tuple[Any, ...], Fault]] = []
    if one.came.mutated and not one.right.mutated:
        made.append(((entry, "mutates"), Fault("mutates", text("grading.mutates"), entry, like=one.like)))
    for difference in compare(one.right.value, one.came.value, parts.rtol, parts.atol):
        says = difference.says if one.visible else difference.quietly
        kind = difference.kind
        made.append(((entry, kind, difference.place, one.like), Fault(kind, says, entry, like=one.like)))
    return made


def _raised(parts: Parts, handed_in: HandedIn, one: Judged) -> Fault:
    """A call that gave nothing back: why not."""
    entry, raised = one.case.entry, one.raised
    if raised is None:
        return Fault(one.came.raised or "", _ended(one.came.raised or "", parts))
    if raised.during == "return":
        return _not_taken(one, raised)
    if raised.type == "NotDefined":
        known = [name for name in handed_in.signatures if not name.startswith("_")]
        near = nearest(entry, known)
        if near:
            return Fault("missing", text("grading.missing_near", entry=entry, near=near), entry)
        return Fault("missing", text("grading.missing", entry=entry), entry)
    line = _line(raised)
    source = handed_in.line(line)
    name = raised.type if one.visible else _name(handed_in, raised.type)
    if raised.type == "TypeError" and line is None and (fault := _signature(parts, handed_in, one)):
        return fault
    if raised.type == "NotImplementedError":
        return Fault("unwritten", text("grading.unwritten"), entry, line=line, source=source)
    if raised.type in ("MemoryError", "_ArrayMemoryError"):
        return Fault("memory", _ended("memory", parts), entry, line=line, source=source)
    if raised.type in ("SystemExit", "KeyboardInterrupt"):
        return Fault("exit", text("grading.exit"), entry, line=line, source=source)
    if one.visible:
        says = text("grading.exception", type=_cut(name, 80), message=_cut(raised.message, 300))
    else:
        says = text("grading.exception_quiet", type=name)
    return Fault("exception", says, entry, line=line, source=source)


def _name(handed_in: HandedIn, name: str) -> str:
    """The name of an exception, unless a learner's code may have made it of what it was called with."""
    known = name in _KNOWN or re.search(rf"\b{re.escape(name)}\b", handed_in.text)
    return name if known else "Exception"


def _not_taken(one: Judged, raised: Raised) -> Fault:
    """What was given back is of no kind that can be judged."""
    entry = one.case.entry
    if raised.type != "CannotCross":
        return Fault("return", text("grading.broken_return"), entry)
    if raised.message in ("large", "many", "nested"):
        return Fault("large", text("grading.large_return"), entry)
    wanted_en, wanted_zh = type_name(one.right.value, "en"), type_name(one.right.value, "zh")
    came = _cut(raised.message, 60) if one.visible else "…"
    says = Text(
        text("grading.type", wanted=wanted_en, came=came, at="").en,
        text("grading.type", wanted=wanted_zh, came=came, at="").zh,
    )
    return Fault("type", says, entry)


def at_import(parts: Parts, handed_in: HandedIn, raised: Raised) -> Fault:
    """What the file itself raises before any function is called; no case was in the sandbox by then."""
    line = _line(raised)
    source = handed_in.line(line)
    if raised.type in ("SystemExit", "KeyboardInterrupt"):
        return Fault("import", text("grading.exit"), line=line, source=source)
    if raised.type == "ModuleNotFoundError":
        there = "NumPy" if parts.entry.library == "numpy" else "NumPy, PyTorch"
        says = text("grading.no_module", message=_cut(raised.message, 200), there=there)
        return Fault("import", says, line=line, source=source)
    says = text("grading.at_import", type=_cut(raised.type, 80), message=_cut(raised.message, 300))
    return Fault("import", says, line=line, source=source)


def _signature(parts: Parts, handed_in: HandedIn, one: Judged) -> Fault | None:
    """A TypeError that came from no line of the learner's: the function takes other arguments, or is none."""
    from jinjie.course.grading import handed_in as reading

    entry = one.case.entry
    mine = handed_in.signatures.get(entry)
    asked = reading.read(parts.starter).signatures.get(entry) or reading.read(parts.solution).signatures.get(
        entry
    )
    if mine is None or asked is None:
        return None
    if mine == "":
        return Fault("signature", text("grading.no_function", entry=entry), entry)
    if mine == asked:
        return None
    says = text("grading.signature", entry=entry, mine=mine, asked=asked)
    return Fault("signature", says, entry)


def _ended(why: str, parts: Parts) -> Text:
    """Why the process ended before a call was answered."""
    limits = parts.entry.limits
    match why:
        case "timeout":
            return text("grading.timeout", seconds=f"{limits.seconds:g}")
        case "memory":
            return text("grading.memory", megabytes=limits.memory_mb)
        case "output":
            return text("grading.output", kilobytes=64)
        case "disk":
            return text("grading.disk")
        case "threads":
            return text("grading.threads")
        case "killed":
            return text("grading.killed")
    return text("grading.no_result")


def unfit(handed_in: HandedIn) -> Fault:
    """The fault of a text that cannot be run."""
    assert handed_in.unfit is not None
    one = handed_in.unfit
    source = handed_in.line(one.line)
    return Fault(one.kind, one.says, line=one.line, source=source)


def _line(raised: Raised) -> int | None:
    """The innermost line of the learner's own file."""
    own = [line.line for line in raised.lines if line.file == "submission.py" and line.line > 0]
    return own[-1] if own else None


def _cut(words: str, most: int) -> str:
    """Words that came out of the sandbox, fit to be shown: of bounded length, without control characters."""
    words = words if len(words) <= most else f"{words[: most - 1]}…"
    return printable(words)


def printable(words: str) -> str:
    """A text without what could steer a terminal or cannot be encoded."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else repr(sign)[1:-1] for sign in words)
