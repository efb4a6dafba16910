"""A recipe's settings as a form, and a filled-in form as changes to the recipe.

The form is the recipe's own schema: each field's hint, limits and choices are those the command line knows too.
Only what the user really changed becomes a change, so that turning the size dial keeps their edits and moves the rest.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jinjie.base.config import Setting, settings
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import say
from jinjie.training.optim import AnyOptimizer
from jinjie.training.recipe import Recipe
from jinjie.training.schedule import AnySchedule

HIDDEN = ("name", "title", "teaches", "expect", "size", "sizes")
FIRST = ("budget.steps", "budget.epochs", "budget.batch", "optimizer.lr", "seed")
"""What most people want to change first; of steps and epochs, the one that the recipe uses."""
FAMILIES = {"optimizer.kind": AnyOptimizer, "schedule.kind": AnySchedule}
"""Settings whose choices are the kinds of a closed family."""

HEADINGS = {
    "first": "studio.group.first",
    "budget": "studio.group.budget",
    "optimizer": "studio.group.optimizer",
    "schedule": "studio.group.schedule",
    "model": "studio.group.model",
    "data": "studio.group.data",
    "task": "studio.group.task",
    "tuning": "studio.group.tuning",
    "machine": "studio.group.machine",
}


@dataclass
class Field:
    """One input of the form."""

    path: str
    label: str
    value: str
    kind: Literal["number", "text", "choice", "switch"]
    choices: list[str] = field(default_factory=list)
    limits: str = ""
    optional: bool = False
    words: dict[str, str] = field(default_factory=dict)
    """What choices are called where their values say too little."""
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return "set-" + self.path.replace(".", "-")


@dataclass
class Group:
    """Fields under one heading."""

    key: str
    title: str
    fields: list[Field]

    @property
    def wrong(self) -> bool:
        return any(f.errors for f in self.fields)


@dataclass
class Form:
    """A recipe as it would be started, ready to be shown. `wrong` says whether it can be."""

    recipe: Recipe
    groups: list[Group]
    errors: list[str]
    """Problems that belong to no single field."""

    @property
    def wrong(self) -> bool:
        return bool(self.errors) or any(group.wrong for group in self.groups)


def changes(recipe: Recipe, filled: Mapping[str, str]) -> dict[str, Any]:
    """What a filled-in form changes in `recipe`: `size` where the dial stands elsewhere, and each edited setting.

    `filled["shown"]` is the size that the fields were shown for; a field that still says what that size sets is not
    an edit. Fields of a kind that is no longer chosen are passed over.
    """
    found: dict[str, Any] = {}
    if filled.get("size") and filled["size"] != recipe.size:
        found["size"] = filled["size"]
    shown = recipe.changed({"size": filled["shown"]}) if filled.get("shown") in recipe.sizes else recipe
    kinds = {path: filled[path] for path in FAMILIES if path in filled and filled[path] != _kind(shown, path)}
    shown = shown.changed({path: kind for path, kind in kinds.items() if kind in _family(path)})
    found |= kinds
    for setting in settings(shown):
        text = filled.get(setting.path)
        if text is not None and setting.path not in FAMILIES and text.strip() != as_text(setting.value):
            found[setting.path] = _read(setting, text.strip())
    return found


def form(recipe: Recipe, filled: Mapping[str, str] | None = None, problems: tuple[Problem, ...] = ()) -> Form:
    """The form for `recipe` with what was typed kept, and each problem beside the field it is about."""
    filled = filled or {}
    grouped: dict[str, list[Field]] = {key: [] for key in HEADINGS}
    for setting in settings(recipe):
        if setting.path in HIDDEN or not _shown(setting):
            continue
        made = field_of(setting, filled.get(setting.path))
        made.errors = [p.in_() for p in problems if p.where == setting.path]
        grouped[_heading(recipe, setting.path)].append(made)
    for path, family in FAMILIES.items():
        head = path.split(".")[0]
        value = filled.get(path) or _kind(recipe, path)
        wrong = [p.in_() for p in problems if p.where == path]
        kind = Field(path, say("studio.kind"), value, "choice", _names(family), errors=wrong)
        grouped[head].insert(0, kind)
    grouped["first"].sort(key=lambda f: FIRST.index(f.path))
    known = {f.path for fields in grouped.values() for f in fields}
    rest = [f"{p.where}: {p.in_()}" if p.where else p.in_() for p in problems if p.where not in known]
    groups = [Group(key, say(HEADINGS[key]), fields) for key, fields in grouped.items() if fields]
    return Form(recipe, groups, rest)


def considered(recipe: Recipe, filled: Mapping[str, str]) -> Form:
    """The form with everything typed so far taken in; what is wrong stays as it was typed, its problem beside it."""
    found = changes(recipe, filled)
    try:
        return form(recipe.changed(found))
    except InvalidInput as error:
        wrong = {problem.where for problem in error.problems}
        for kept in (
            {path: value for path, value in found.items() if path not in wrong},
            {
                path: value
                for path, value in found.items()
                if path in ("size", *FAMILIES) and path not in wrong
            },
            {},
        ):
            try:
                base = recipe.changed(kept)
            except InvalidInput:  # wrong only together, as steps and epochs are
                continue
            typed = {path: filled[path] for path in found if path not in kept and path in filled}
            return form(base, typed, error.problems)
        raise


def as_text(value: Any) -> str:
    """A setting's value as the form shows it: empty for None, JSON for numbers and lists."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _heading(recipe: Recipe, path: str) -> str:
    other_length = "budget.epochs" if recipe.budget.steps is not None else "budget.steps"
    if path in FIRST and path != other_length:
        return "first"
    head = path.split(".")[0]
    if path == "start":
        return "tuning"
    return head if head in HEADINGS and "." in path else "machine"


def _shown(setting: Setting) -> bool:
    return not (setting.path.endswith("kind") or isinstance(setting.value, dict))


def field_of(setting: Setting, typed: str | None) -> Field:
    """The input for one setting, with what was typed into it."""
    parts = _parts(setting.annotation)
    choices = [as_text(choice) for choice in setting.choices]
    kind: Literal["number", "text", "choice", "switch"] = "text"
    if choices:
        kind = "choice"
    elif bool in parts:
        kind, choices = "switch", ["true", "false"]
    elif int in parts or float in parts:
        kind = "number"
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    limits = "  ".join(f"{signs[name]} {bound:g}" for name, bound in setting.limits.items())
    label = str(setting.hint) or setting.path
    value = as_text(setting.value) if typed is None else typed
    return Field(setting.path, label, value, kind, choices, limits, type(None) in parts)


def _read(setting: Setting, text: str) -> Any:
    """What was typed, as the value that the schema then judges."""
    parts = _parts(setting.annotation)
    if not text and (type(None) in parts or str not in parts):
        return None
    for choice in setting.choices:
        if as_text(choice) == text:
            return choice
    if str in parts:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _parts(annotation: Any) -> list[Any]:
    """The alternatives of an annotation: `int | None` is [int, NoneType]."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _parts(typing.get_args(annotation)[0])
    inner = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) not in (tuple, list, dict, Literal)
        else ()
    )
    return [part for one in inner for part in _parts(one)] if inner else [annotation]


def _family(path: str) -> list[str]:
    return _names(FAMILIES[path])


def _names(family: Any) -> list[str]:
    """The kinds in a discriminated union."""
    return [member.model_fields["kind"].default for member in typing.get_args(typing.get_args(family)[0])]


def _kind(recipe: Recipe, path: str) -> str:
    return str(getattr(recipe, path.split(".")[0]).kind)
