"""From a sheet to an entry of the schema, every fault named by the line of the value that it is about."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from jinjie.base.errors import did_you_mean, nearest
from jinjie.course.content.finding import Finding
from jinjie.course.content.schema import Entry
from jinjie.course.content.sheet import Sheet

E = TypeVar("E", bound=Entry)

_TYPES = {
    "dict": "mapping",
    "model": "mapping",
    "dataclass": "mapping",
    "tuple": "list",
    "list": "list",
    "int": "whole number",
    "float": "number",
    "finite": "number",
    "bool": "true or false",
    "string": "text",
    "date": "date",
}
"""How pydantic's error types begin, and what a writer of YAML calls what was wanted."""


@cache
def _judge(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def made(kind: type[E], data: Any) -> E:
    """An entry from plain values. Raises ValidationError."""
    found: E = _judge(cast(Any, kind)).validate_python(data)
    return found


def faults(sheet: Sheet, kind: type[E]) -> tuple[E | None, list[Finding]]:
    """The entry that a file holds, or None and all that is wrong with it."""
    if sheet.data is None:
        return None, [sheet.finding("C001", (), "content.empty_file")]
    try:
        return made(kind, sheet.data), []
    except ValidationError as error:
        errors = error.errors()
        # a list whose one item is wrong is not also too short
        deeper = {one["loc"][:end] for one in errors for end in range(len(one["loc"]))}
        told = [one for one in errors if one["type"] != "too_short" or one["loc"] not in deeper]
        found = [_finding(sheet, kind, dict(one)) for one in told]
        unique = {(one.line, one.problem.where, one.problem.key): one for one in found}
        return None, _without_misspelt(list(unique.values()))
    except RecursionError:
        return None, [sheet.finding("C001", (), "content.too_deep", most=20)]


def _without_misspelt(found: list[Finding]) -> list[Finding]:
    """A misspelt name is one fault: it is not said once more that the right one is missing."""
    meant = {one.problem.params["nearest"] for one in found if one.problem.key == "content.unknown"}
    return [one for one in found if one.problem.key != "content.missing" or one.problem.where not in meant]


def _finding(sheet: Sheet, kind: type[Entry], error: dict[str, Any]) -> Finding:
    place = tuple(part for part in error["loc"] if _is_real(sheet, error["loc"], part))
    came = _short(error.get("input"))
    match error["type"]:
        case "missing" if place and place[-1] in ("en", "zh"):
            return sheet.finding("C003", place, "content.language_missing", language=place[-1])
        case "missing":
            return sheet.finding("C001", place, "content.missing", name=place[-1] if place else "")
        case "extra_forbidden" | "unexpected_keyword_argument":
            known = _fields(kind, place[:-1])
            name = str(place[-1])
            near = ".".join(str(part) for part in (*place[:-1], nearest(name, known)))
            suggestion = did_you_mean(name, known) if known else ""
            params = {"name": name, "suggestion": suggestion, "nearest": near}
            return sheet.finding("C001", place, "content.unknown", **params)
        case "literal_error":
            allowed = str(error["ctx"]["expected"])
            return sheet.finding("C001", place, "content.not_a_choice", came=came, allowed=allowed)
        case "string_pattern_mismatch":
            pattern = error["ctx"]["pattern"]
            return sheet.finding("C001", place, "content.pattern", came=came, pattern=pattern)
        case "value_error":
            return sheet.finding("C001", place, "content.rule", rule=str(error["ctx"]["error"]))
        case kind_ if kind_.startswith(("greater_", "less_", "too_", "string_too_")):
            return sheet.finding("C001", place, "content.out_of_range", came=came, rule=error["msg"])
        case kind_ if kind_.split("_")[0] in _TYPES:
            wanted = _TYPES[kind_.split("_")[0]]
            return sheet.finding("C001", place, "content.other_type", came=came, wanted=wanted)
    return sheet.finding("C001", place, "content.rule", rule=error["msg"])


def _is_real(sheet: Sheet, loc: tuple[Any, ...], part: Any) -> bool:
    """Whether a part of pydantic's place is one of the file, and no name of a union's member."""
    return isinstance(part, int) or part == loc[-1] or any(part in known for known in sheet.lines)


def _fields(kind: type[Entry], place: tuple[Any, ...]) -> list[str]:
    """The names that may stand at a place, where they can be told."""
    here: Any = kind
    for part in place:
        if isinstance(part, int):
            continue
        annotation = get_type_hints(here).get(part) if is_dataclass(here) else None
        if annotation is None:
            return []
        here = _inner(annotation)
    return [one.name for one in fields(here)] if is_dataclass(here) else []


def _inner(annotation: Any) -> Any:
    """The entry type within tuple[X, ...], dict[str, X], X | None."""
    for part in getattr(annotation, "__args__", ()):
        if part not in (type(None), str, Ellipsis):
            return _inner(part)
    return annotation


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
