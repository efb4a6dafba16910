"""What to do with a table, as a form: the same rules, defaults and errors as behind `jinjie clean`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jinjie.base.config import settings
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import say
from jinjie.data.cleaning.plan import Cleaning, parse
from jinjie.studio.forms import Field, Group, as_text, field_of

FIRST = ("missing", "duplicates", "outliers", "scale", "encode", "types", "target")
FILLS = ("keep", "drop", "mean", "median", "mode", "predict", "constant:0")
LINES = "lines"
"""The field with rules for single columns, one a line, as `missing.age=median`."""


@dataclass
class CleaningForm:
    """The rules, ready to be shown; `errors` belong to no field of their own."""

    groups: list[Group]
    lines: str
    errors: list[str] = field(default_factory=list)


def plan(filled: Mapping[str, str]) -> Cleaning:
    """The rules of a filled-in form. Raises InvalidInput with everything that is wrong."""
    plain = _defaults()
    words = [
        f"{name}={value}"
        for name, value in ((name, filled[name].strip()) for name in plain if name in filled)
        if value != plain[name]
    ]
    return parse([*words, *_lines(filled)])


def form(filled: Mapping[str, str] | None = None, error: InvalidInput | None = None) -> CleaningForm:
    """The form with what was typed kept, and each problem beside the field it is about."""
    filled = filled or {}
    problems = error.problems if error else ()
    fields = [_field(name, value, filled, problems) for name, value in _defaults().items()]
    first = sorted((f for f in fields if f.path in FIRST), key=lambda f: FIRST.index(f.path))
    rest = [f for f in fields if f.path not in FIRST]
    groups = [
        Group("first", say("studio.clean.first"), first),
        Group("rest", say("studio.clean.rest"), rest),
    ]
    known = {f.path for f in fields}
    others = [f"{p.where}: {p.in_()}" if p.where else p.in_() for p in problems if p.where not in known]
    return CleaningForm(groups, filled.get(LINES, ""), others)


def _lines(filled: Mapping[str, str]) -> list[str]:
    return [line.strip() for line in filled.get(LINES, "").splitlines() if line.strip()]


def _defaults() -> dict[str, str]:
    """Every setting with its default as the form shows it, in the order of the plan."""
    return {s.path: _shown(s.value) for s in settings(Cleaning()) if not isinstance(s.value, dict)}


def _shown(value: object) -> str:
    if isinstance(value, tuple):  # an empty cell cannot be written down, and is always missing
        return ",".join(filter(None, value))
    return as_text(value)


def _field(name: str, default: str, filled: Mapping[str, str], problems: tuple[Problem, ...]) -> Field:
    setting = next(s for s in settings(Cleaning()) if s.path == name)
    made = field_of(setting, filled.get(name, default))
    made.errors = [p.in_() for p in problems if p.where == name]
    if name == "missing":
        made.choices = list(FILLS)
    if name == "delimiter":
        made.choices = ["auto", "comma", "semicolon", "tab", "pipe"]
        made.words = {
            "comma": say("clean.comma"),
            "semicolon": say("clean.semicolon"),
            "tab": say("clean.tab"),
            "pipe": say("clean.pipe"),
        }
    return made
