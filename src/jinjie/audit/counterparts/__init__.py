"""What of Jinjie stands for the five articles that the course grew from, section by section and program by program.

The articles are not ours: a section is told in our own words, and a program by what it did when it was run. One file
an article.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from jinjie.base.words import Text


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Section(_Entry):
    """One section of an article, and what stands for it."""

    about: Text
    lessons: tuple[str, ...] = ()
    formulas: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    corrected: tuple[Text, ...] = ()
    """What is wrong there, and what is right."""


class Program(_Entry):
    """A program that an article prints."""

    id: str
    """D1 to D8."""
    about: Text
    ran: Text
    """What it did when it was run, with which versions."""
    why: Text
    command: str
    """Ours, which does what it meant to do."""
    result: Text


class Counterpart(_Entry):
    """An article."""

    id: str
    title: Text
    sections: tuple[Section, ...]
    programs: tuple[Program, ...]


@cache
def counterparts() -> tuple[Counterpart, ...]:
    """All of them, A0 to A4."""
    files = sorted(
        (file for file in resources.files(__name__).iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    return tuple(Counterpart.model_validate(yaml.safe_load(file.read_text("utf-8"))) for file in files)
