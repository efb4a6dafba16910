"""The questions of the benchmark: a context, the right continuation, and one to three wrong ones.

Those of `en.toml` and `zh.toml` were written for it. Those about verse are made by program from the test split of the
Tang poems that travels in the package, which the models of the recipes have not learned from: see `poems.py`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinjie.base.words import LANGUAGES, Language

__all__ = ["LANGUAGES", "Item", "items"]


@dataclass(frozen=True)
class Item:
    """One question. A blank between the two, where the language writes one, begins the continuation."""

    kind: str
    context: str
    right: str
    wrong: tuple[str, ...]

    @property
    def continuations(self) -> tuple[str, ...]:
        """All, the right one first."""
        return (self.right, *self.wrong)


@cache
def items(language: Language) -> tuple[Item, ...]:
    """All questions in one language, kind by kind in the order of their names."""
    with resources.files(__package__).joinpath(f"{language}.toml").open("rb") as file:
        written = tomllib.load(file)
    found = [
        Item(kind, context, right, tuple(wrong))
        for kind, rows in written.items()
        for context, right, *wrong in rows["items"]
    ]
    if language == "zh":
        from jinjie.analyse.benchmark.poems import made

        found += made()
    return tuple(sorted(found, key=lambda item: item.kind))
