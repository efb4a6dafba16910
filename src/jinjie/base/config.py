"""Configs: frozen pydantic models that say what to build, resolved by their `kind`.

The kind *is* the name of a module: a model config of kind "gpt" is `jinjie.models.gpt.Config`, a data config of
kind "poems" is `jinjie.data.poems.Config`. There is no registry and no union to keep by hand; a new kind is a
new file. Importing a config never imports torch, so the command line and the studio stay quick.

The same fields give the command line's `key=value`, the studio's form, the errors and `recipe.json`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import pkgutil
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.words import Text

C = TypeVar("C", bound="Config")


class Config(BaseModel):
    """What to build, checked when it is made; unknown fields are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, protected_namespaces=(), allow_inf_nan=False
    )


class Wrong(ValueError):
    """Raised by a config's own validators: the key of a sentence in `words`, and what fills it in."""

    def __init__(self, key: str, /, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


def option(default: Any, en: str, zh: str, **limits: Any) -> Any:
    """A field with its hint in both languages; `limits` are pydantic's (gt, ge, lt, le, …)."""
    return Field(default=default, description=en, json_schema_extra={"zh": zh}, **limits)


class OfKind:
    """Marks a field whose config class is found by its `kind` on one floor.

    `Annotated[SerializeAsAny[ModelConfig], OfKind("models")]` takes the config of any model.
    """

    def __init__(self, floor: str) -> None:
        self.floor = floor

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return BeforeValidator(self.resolve).__get_pydantic_core_schema__(source, handler)

    def resolve(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return self.config_class(str(value.get("kind")))(**value)

    def config_class(self, kind: str) -> type[Config]:
        """The config class of `kind`. Raises KeyError when there is no such kind."""
        found = _config_class(self.floor, kind)
        if found is None:
            raise KeyError(kind)
        return found


def kinds(floor: str) -> list[str]:
    """The kinds a floor offers: its modules that define a `Config` whose `kind` is the module's name.

    Modules without a config (which may import torch) are told by their source and not imported.
    """
    package = importlib.import_module(f"jinjie.{floor}")
    home = Path(package.__path__[0])
    names = [m.name for m in pkgutil.iter_modules(package.__path__)]
    sources = {n: (home / n / "config.py" if (home / n).is_dir() else home / f"{n}.py") for n in names}
    stated = [
        n
        for n, source in sources.items()
        if source.is_file() and f'kind: Literal["{n}"]' in source.read_text("utf-8")
    ]
    return [n for n in stated if _config_class(floor, n) is not None]


def _config_class(floor: str, kind: str) -> type[Config] | None:
    """The config class of `kind`, or None; imports that one module."""
    if not kind.isidentifier() or importlib.util.find_spec(f"jinjie.{floor}.{kind}") is None:
        return None
    found = getattr(importlib.import_module(f"jinjie.{floor}.{kind}"), "Config", None)
    field = found.model_fields.get("kind") if isinstance(found, type) and issubclass(found, Config) else None
    return found if field is not None and field.default == kind else None


def build(cls: type[C], value: Mapping[str, Any]) -> C:
    """`cls` made from plain values, or InvalidInput naming everything that is wrong, each by its dotted path."""
    problems: list[Problem] = []
    made = _build(cls, value, "", problems)
    if problems or made is None:
        raise InvalidInput(problems)
    return made


def override(config: C, changes: Mapping[str, Any]) -> C:
    """`config` with dotted paths changed, all problems reported at once.

    Changing a `kind` keeps those old settings that the new kind knows too and drops the others.
    """
    values = config.model_dump(mode="json")
    problems: list[Problem] = []
    for path in sorted(changes, key=lambda p: not p.endswith("kind")):
        _set(config, values, path, changes[path], problems)
    made = _build(type(config), values, "", problems)
    if problems or made is None:
        raise InvalidInput(problems)
    return made


def parse_changes(words: list[str]) -> dict[str, Any]:
    """`["model.layers=4", "optimizer.lr=3e-4"]` as a dict; values are read as JSON, else as plain text."""
    changes: dict[str, Any] = {}
    problems = []
    for word in words:
        path, equals, value = word.partition("=")
        if not equals or not path:
            problems.append(Problem(word, "problem.not_an_override"))
            continue
        changes[path] = spelled(value)
    if problems:
        raise InvalidInput(problems)
    return changes


def spelled(value: str) -> Any:
    """A setting's value as it is written on the command line: JSON where it is JSON, else plain text."""
    try:
        return json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return value


def _no_number(name: str) -> float:
    """NaN and Infinity are words here: no setting takes them."""
    raise ValueError(name)


@dataclass(frozen=True)
class Setting:
    """One setting of a config: what a form shows and what the command line takes."""

    path: str
    value: Any
    annotation: Any
    hint: Text
    limits: dict[str, float]

    @property
    def choices(self) -> list[Any]:
        """The allowed values where there are but a few."""
        found: list[Any] = []
        for part in _union(self.annotation):
            if typing.get_origin(part) is typing.Literal:
                found += typing.get_args(part)
        return found


def settings(config: Config, prefix: str = "") -> Iterator[Setting]:
    """Every setting of a config and the configs in it, by dotted path."""
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Config):
            yield from settings(value, f"{prefix}{name}.")
        else:
            extra = field.json_schema_extra
            zh = str(extra.get("zh", "")) if isinstance(extra, dict) else ""
            limits = {
                k: getattr(m, k) for m in field.metadata for k in ("gt", "ge", "lt", "le") if hasattr(m, k)
            }
            yield Setting(
                prefix + name, value, field.annotation, Text(en=field.description or "", zh=zh), limits
            )


def _set(config: Config, values: dict[str, Any], path: str, value: Any, problems: list[Problem]) -> None:
    *parents, leaf = path.split(".")
    place: Any = values
    inside: type[Config] | None = type(config)
    for name in parents:
        field = inside.model_fields.get(name) if inside is not None else None
        if isinstance(place, dict) and place.get(name) is None and field is not None and _members(field):
            place[name] = {"kind": None}  # empty so far: what is set in it makes a config of it
        place = place.get(name) if isinstance(place, dict) else None
        if place is None:
            break
        kind = place.get("kind") if isinstance(place, dict) else None
        inside = _inner_class(field, kind) if field is not None else None
    if not isinstance(place, dict) or leaf not in place:
        # A field that the present kind lacks may belong to a kind chosen in the same call: let `_build` judge.
        if isinstance(place, dict) and "kind" in place and parents:
            place[leaf] = value
            return
        known = [s.path for s in settings(config)]
        problems.append(Problem(path, "problem.unknown_setting", suggestion=_suggest(path, known)))
        return
    if leaf == "kind" and place["kind"] not in (None, value):
        chosen = _class_of_kind(type(config), parents, str(value))
        if chosen is not None:
            known = list(chosen.model_fields)
            for name in [n for n in place if n not in known]:
                del place[name]
    place[leaf] = value


def _suggest(path: str, known: list[str]) -> str:
    by_leaf = {k.split(".")[-1]: k for k in known}
    leaf = path.split(".")[-1]
    if leaf in by_leaf:
        return did_you_mean(by_leaf[leaf], [by_leaf[leaf]])
    return did_you_mean(path, known)


def _class_of_kind(cls: type[Config], parents: list[str], kind: str) -> type[Config] | None:
    """The class that `kind` means for the field at `parents`: a module of a floor, or a member of a small union."""
    field = cls.model_fields.get(parents[0]) if len(parents) == 1 else None
    return _inner_class(field, kind) if field is not None else None


def _inner_class(field: FieldInfo, kind: str | None) -> type[Config] | None:
    """The config class of one field whose value says `kind`; None when the field has no such kind."""
    floor = next((m for m in field.metadata if isinstance(m, OfKind)), None)
    if floor is not None:
        return _config_class(floor.floor, str(kind))
    members = _members(field)
    if len(members) == 1:
        return members[0]
    return next((m for m in members if m.model_fields["kind"].default == kind), None)


def _members(field: FieldInfo) -> list[type[Config]]:
    """The config classes among which a field chooses; none when it holds a plain value."""
    return [m for m in _union(field.annotation) if isinstance(m, type) and issubclass(m, Config)]


def _known_kinds(field: FieldInfo) -> list[str]:
    floor = next((m for m in field.metadata if isinstance(m, OfKind)), None)
    return (
        kinds(floor.floor) if floor is not None else [m.model_fields["kind"].default for m in _members(field)]
    )


def _build(cls: type[C], value: Mapping[str, Any], where: str, problems: list[Problem]) -> C | None:
    """Inner configs first, so that every problem is found and named by its whole path."""
    values = dict(value)
    before = len(problems)
    broken = set()
    for name, field in cls.model_fields.items():
        inner = values.get(name)
        if not isinstance(inner, Mapping) or not _members(field):
            continue
        kind = inner.get("kind")
        found = _inner_class(field, kind)
        if found is None:
            suggestion = did_you_mean(str(kind), _known_kinds(field))
            problems.append(
                Problem(f"{where}{name}.kind", "problem.unknown_kind", came=kind, suggestion=suggestion)
            )
            made = None
        else:
            first = len(problems)
            made = _build(found, inner, f"{where}{name}.", problems)
            problems[first:] = [_of_other_kinds(p, field, kind, f"{where}{name}.") for p in problems[first:]]
        if made is None:
            broken.add(name)
            del values[name]
        else:
            values[name] = made
    try:
        whole = cls.model_validate(values)
    except ValidationError as error:
        for one in error.errors():
            if not (one["loc"] and one["loc"][0] in broken):
                problems.append(_problem(cls, where, dict(one)))
        return None
    return whole if len(problems) == before else None


def _of_other_kinds(problem: Problem, field: FieldInfo, kind: Any, where: str) -> Problem:
    """The problem of a setting that this kind lacks; the three kinds most like it that have it are named."""
    leaf, here = problem.where.removeprefix(where), _inner_class(field, kind)
    if problem.key != "problem.unknown_setting" or "." in leaf or here is None:
        return problem
    alike: dict[str, int] = {}
    for other in _known_kinds(field):
        found = _inner_class(field, other)
        if found is not None and leaf in found.model_fields:
            alike[other] = len(found.model_fields.keys() & here.model_fields.keys())
    if not alike:
        return problem
    others = sorted(alike, key=lambda other: -alike[other])[:3]
    params = {"kind": kind, "others": ", ".join(others), "name": f"{where}kind", "other": others[0]}
    return Problem(problem.where, "problem.setting_of_other_kind", **params)


def _problem(cls: type[Config], where: str, error: dict[str, Any]) -> Problem:
    loc = [str(part) for part in error["loc"]]
    path = where + ".".join(loc)
    context = error.get("ctx") or {}
    came = error.get("input")
    cause = context.get("error")
    if isinstance(cause, Wrong):
        return Problem(path.rstrip("."), cause.key, **cause.params)
    match error["type"]:
        case "missing":
            return Problem(path, "problem.missing")
        case "extra_forbidden":
            return Problem(
                path,
                "problem.unknown_setting",
                suggestion=_suggest(path, [where + name for name in cls.model_fields]),
            )
        case "literal_error" | "union_tag_invalid":
            allowed = str(context.get("expected") or context.get("expected_tags"))
            names = [part.strip(" '") for part in allowed.replace(" or ", ",").split(",")]
            return Problem(
                path,
                "problem.not_a_choice",
                came=came,
                allowed=allowed,
                suggestion=did_you_mean(str(came), names),
            )
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal" as limit:
            bound = context.get("gt", context.get("ge", context.get("lt", context.get("le"))))
            sign = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}[
                limit
            ]
            return Problem(path, "problem.out_of_range", came=came, sign=sign, bound=bound)
        case kind if kind.startswith(("int_", "float_", "bool_", "string_", "path_", "finite_")):
            return Problem(
                path,
                "problem.not_of_type",
                came=json.dumps(came, ensure_ascii=False, default=str),
                wanted="number" if kind.startswith("finite_") else kind.split("_")[0],
            )
    return Problem(path, "problem.other", message=error["msg"], came=came)


def _union(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(annotation) for inner in _union(part)]
    return [annotation]
