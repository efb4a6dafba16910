"""The table of claims: what a tutorial may say in words that can be told right from wrong.

`subjects.yaml` names who is spoken of, in both languages; the other files hold the claims, one entry each. Patterns
are regular expressions over what `plain` in `matching.py` makes of a sentence: lower case, ASCII punctuation, no
dollars, a space for a hyphen between letters, none beside a Chinese character. `<gpt>` in them is any name of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from jinjie.audit.finding import Severity
from jinjie.base.words import Language, Text

FILES = ("models", "training", "functions", "measuring", "facts")
_PLACEHOLDER = re.compile(r"<([a-z0-9-]+)>")


def _compiles(pattern: str) -> str:
    re.compile(_PLACEHOLDER.sub("x", pattern))
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]
Groups = tuple[Pattern, ...]
"""Patterns that must all be found in what is said of the subject, in any order."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Subject(_Strict):
    """Who or what a claim is about."""

    family: str
    """Subjects of one family are told apart: what is said of one ends where the next is named."""
    en: tuple[Pattern, ...]
    zh: tuple[Pattern, ...] = ()
    """Names beside the English ones, which Chinese texts use as well."""

    def names(self, lang: Language) -> str:
        """One pattern for every name, whole words only where they are Latin."""
        latin = "|".join(self.en)
        found = rf"(?<![a-z0-9])(?:{latin})(?![a-z0-9])"
        return rf"(?:{found}|{'|'.join(self.zh)})" if lang == "zh" and self.zh else rf"(?:{found})"


class Sayings(_Strict):
    """Ways to say a thing, each a tuple of groups."""

    en: tuple[Groups, ...] = ()
    zh: tuple[Groups, ...] = ()

    def in_(self, lang: Language) -> tuple[Groups, ...]:
        return self.zh if lang == "zh" else self.en


class Either(_Strict):
    """Patterns of which one is enough."""

    en: tuple[Pattern, ...] = ()
    zh: tuple[Pattern, ...] = ()

    def in_(self, lang: Language) -> tuple[Pattern, ...]:
        return self.zh if lang == "zh" else self.en


class Beside(_Strict):
    """What else has to stand in the section for the words to be wrong."""

    formula: Pattern | None = None
    """The next formula has this in its LaTeX."""
    lacks: Pattern | None = None
    """and not this."""
    says: Pattern | None = None
    """Some sentence, heading or program of the section has this."""


class Run(_Strict):
    """A command of ours that shows it, with what it prints."""

    says: Text
    command: str


class Claim(_Strict):
    """Something tutorials say, the wrong way and the right."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    subject: tuple[str, ...] = ()
    """Who it is about; where empty, the patterns name it themselves."""
    carried: bool = True
    """Whether the subject may stand in the sentence before or in the heading."""
    anywhere: bool = False
    """Whether what is said may stand before the subject, where no rival is named: "At test time, dropout…"."""
    wrong: Sayings
    right: Sayings = Sayings()
    unless: Either = Either()
    """Words in the sentence that make the wrong saying right."""
    beside: Beside | None = None
    says: Text
    instead: Text
    source: str
    """Where it is written: a paper, a documentation, or a lesson."""
    run: Run | None = None
    formula: str | None = None
    lessons: tuple[str, ...] = ()
    severity: Severity = "medium"


class Table(_Strict):
    """All subjects and claims."""

    __hash__ = object.__hash__  # a cache's key; there is one table

    subjects: dict[str, Subject]
    claims: tuple[Claim, ...]

    @model_validator(mode="after")
    def _holds_together(self) -> Table:
        ids = [claim.id for claim in self.claims]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"more than once: {', '.join(twice)}")
        for claim in self.claims:
            named = set(claim.subject)
            for lang in ("en", "zh"):
                for groups in (*claim.wrong.in_(lang), *claim.right.in_(lang)):
                    named |= {name for group in groups for name in _PLACEHOLDER.findall(group)}
            if unknown := sorted(named - self.subjects.keys()):
                raise ValueError(f"{claim.id}: no subject is called {', '.join(unknown)}")
        return self

    def filled(self, pattern: str, lang: Language) -> str:
        """A pattern with the names of subjects in place of `<slug>`."""
        return _PLACEHOLDER.sub(lambda found: self.subjects[found[1]].names(lang), pattern)


@cache
def table() -> Table:
    """The table that comes with the program."""
    subjects = _load("subjects")
    claims = [entry for name in FILES for entry in _load(name)]
    return Table.model_validate({"subjects": subjects, "claims": claims})


def _load(name: str) -> Any:
    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] | list[Any] = yaml.load(text, yaml.CSafeLoader)
    return found
