"""Search over the course: lessons, concepts, formulas, exercises, quizzes, resources, recipes, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinjie.course.find.kinds import KINDS as KINDS
    from jinjie.course.find.search import Found as Found
    from jinjie.course.find.search import Hit as Hit
    from jinjie.course.find.search import find as find

__all__ = ["KINDS", "Found", "Hit", "find"]


def __getattr__(name: str) -> Any:
    # Those who only fold words, as answers to questions do, need neither search nor its index.
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'kinds' if name == 'KINDS' else 'search'}"), name)
