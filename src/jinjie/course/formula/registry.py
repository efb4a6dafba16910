"""Every formula of the course, read from the files beside the functions of `jinjie.scratch`.

`scratch/networks/optimizers.toml` holds the formulas of `scratch/networks/optimizers.py`: one table a formula, its name
the id that lessons cite. Nothing of a formula stands anywhere else: not its LaTeX, not the meaning of its symbols.
"""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

import jinjie
from jinjie.base.errors import NotFound, nearest
from jinjie.base.words import Text, say
from jinjie.course.formula.headings import files, headings

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Entry(BaseModel):
    """What is read from a file: strict about its keys, so that a misspelt one is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Symbol(Entry):
    """One symbol of a formula: how it is written, what it is called in the function, its shape and its meaning."""

    latex: str
    en: str
    zh: str
    code: str | None = None
    """The parameter or returned name that stands for it; None for a dimension or an index."""
    shape: str | None = None
    """`()`, `(N, C)`, `(..., V)`, `(...)`; None for what is no array: a text, a list, a generator."""

    @property
    def meaning(self) -> Text:
        return Text(self.en, self.zh)


class Variant(Entry):
    """A wrong version of a formula that is really printed, and what follows from it."""

    id: str = Field(pattern=SLUG)
    en: str
    zh: str
    latex: str | None = None
    printed: tuple[str, ...] = ()
    """The same error as other books print it."""
    canonical: tuple[str, ...] = ()
    test: str | None = None
    """The test, in the formula's own test file, with the property that tells the two apart."""

    @property
    def says(self) -> Text:
        return Text(self.en, self.zh)


class Formula(Entry):
    """A formula: LaTeX for the eye, a function and its test for the machine, a symbolic form for comparing."""

    id: str = Field(pattern=SLUG)
    subject: str
    """Group and file within `jinjie.scratch`: `networks.optimizers`."""
    name: Text
    latex: str
    function: str
    test: str
    source: str
    symbols: tuple[Symbol, ...]
    printed: tuple[str, ...] = ()
    """Further LaTeX in which books print it, also by another convention; for telling it in an article."""
    canonical: tuple[str, ...] = ()
    """Assignments in SymPy's syntax over the symbols' `code` names; read by `jinjie.course.formula.symbolic`."""
    returns: tuple[str, ...] = ()
    """What the function returns, by name."""
    wrong: tuple[Variant, ...] = ()

    @property
    def module(self) -> str:
        return f"jinjie.scratch.{self.subject}"

    @property
    def test_file(self) -> str:
        """Where the test stands in the checkout."""
        return f"tests/scratch/{self.subject.replace('.', '/test_')}.py"

    def callable(self) -> Callable[..., Any]:
        """The function that stands for the formula (or a class's method)."""
        found: Any = importlib.import_module(self.module)
        for name in self.function.split("."):
            found = getattr(found, name)
        assert callable(found)
        return found  # type: ignore[no-any-return]

    def plain(self) -> str:
        """The formula in plain text, as the function's docstring has it; empty where it has none."""
        found = re.search(
            rf"Formula `{re.escape(self.id)}`:(.*?)(?=\n\s*\n|\n\s*Formula `|\Z)", self.doc(), re.DOTALL
        )
        return re.sub(r"\s*\n\s*", "\n", found.group(1).strip()) if found else ""

    def doc(self) -> str:
        """The docstring of what stands for it, read in its source where it stands there: to show a formula takes no
        NumPy."""
        file = Path(jinjie.__file__).parent / "scratch" / f"{self.subject.replace('.', '/')}.py"
        found: ast.AST = ast.parse(file.read_bytes())
        for name in self.function.split("."):
            inside = [
                one
                for one in getattr(found, "body", ())
                if isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == name
            ]
            if not inside:
                return self.callable().__doc__ or ""
            found = inside[-1]
        return ast.get_docstring(cast(ast.FunctionDef, found), clean=False) or ""

    def for_json(self) -> dict[str, Any]:
        """As plain values, with what the registry derives."""
        return {**self.model_dump(), "module": self.module, "test_file": self.test_file}


def formulas() -> dict[str, Formula]:
    """All formulas by id, whole, in the order of `headings`.

    Raises ValueError, naming the file, when an entry does not hold what it must.
    """
    return {formula.id: formula for subject, _ in files() for formula in _read(subject)}


def find(id_: str) -> Formula:
    """The formula called `id_`. Raises NotFound with the nearest id."""
    known = headings()
    if id_ not in known:
        near = nearest(id_, known)
        suggestion = say("error.did_you_mean", name=near) if near else say("formula.see_list")
        raise NotFound("formula.not_found", name=id_, suggestion=suggestion)
    return next(formula for formula in _read(known[id_].subject) if formula.id == id_)


def get(id_: str) -> Formula | None:
    """The formula called `id_`, whose file alone is read, or None: a lesson has five of three hundred."""
    return find(id_) if id_ in headings() else None


@cache
def _read(subject: str) -> tuple[Formula, ...]:
    file = dict(files())[subject]
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
        return tuple(Formula(id=id_, subject=subject, **entry) for id_, entry in entries.items())
    except ValueError as error:
        raise ValueError(f"{subject.replace('.', '/')}.toml: {error}") from error
