"""The one family of errors that a user may see.

Each says what was expected, what came and what to do next, in the user's language. Anything else that is
raised is a fault of Jinjie's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from jinjie.base.words import Language, Text, say


class JinjieError(Exception):
    """An error with a key in `words`; `exit_code` is what the command line ends with."""

    exit_code = 1

    def __init__(self, key: str, /, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params

    def in_(self, lang: Language | None = None) -> str:
        return say(self.key, lang, **self.params)

    def text(self) -> Text:
        return Text(en=self.in_("en"), zh=self.in_("zh"))

    def __str__(self) -> str:
        return self.in_()


class NotFound(JinjieError):
    """A name that stands for nothing; its sentence may suggest the nearest one that does."""

    exit_code = 2


class Problem:
    """One thing wrong with an input: where it is, and the sentence that says what to do."""

    def __init__(self, where: str, key: str, /, **params: Any) -> None:
        self.where = where
        self.key = key
        self.params = params

    def in_(self, lang: Language | None = None) -> str:
        return say(self.key, lang, **self.params)

    def __str__(self) -> str:
        return f"{self.where}: {self.in_()}" if self.where else self.in_()


class InvalidInput(JinjieError):
    """Everything that is wrong with an input, at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("error.invalid")
        self.problems = tuple(problems)

    def in_(self, lang: Language | None = None) -> str:
        lines = [f"{p.where}: {p.in_(lang)}" if p.where else p.in_(lang) for p in self.problems]
        return "\n".join(lines)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` is most likely a misspelling of, or None."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str], lang: Language | None = None) -> str:
    """' Did you mean X?' where there is a near name, else the list of what there is."""
    known = sorted(known)
    near = nearest(name, known)
    if near:
        return say("error.did_you_mean", lang, name=near)
    return say("error.there_is", lang, names=", ".join(known)) if known else ""
