"""Everything Jinjie says, in English and Chinese: `say("run.finished", name=…)`.

The sentences live in `en.toml` and `zh.toml` beside this file, under dotted keys; a test finds keys that one
language misses and keys that no code uses. Content and data carry their two languages with them as `Text`.
"""

from __future__ import annotations

import json
import locale
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_chosen: Language | None = None
_speaking: ContextVar[Language | None] = ContextVar("speaking", default=None)


@dataclass(frozen=True)
class Text:
    """A text in both languages; `str(text)` is the one of the current language.

    A dataclass and no pydantic model, which configs take as well: `jinjie --help` is quicker without pydantic.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    en: str
    zh: str

    def both(self) -> dict[str, str]:
        """As plain values, for JSON."""
        return {"en": self.en, "zh": self.zh}

    def __str__(self) -> str:
        return self.in_(language())

    def in_(self, lang: Language) -> str:
        return self.zh if lang == "zh" else self.en


def language() -> Language:
    """The language to speak: what `speaking` or `use` chose, else JINJIE_LANG, else the locale, else English."""
    if (here := _speaking.get()) is not None:
        return here
    if _chosen is not None:
        return _chosen
    return _read(os.environ.get("JINJIE_LANG")) or _read(_locale_name()) or "en"


def use(lang: str | None) -> None:
    """Choose the language for this process; None goes back to the environment's."""
    global _chosen
    _chosen = _read(lang)


@contextmanager
def speaking(lang: Language) -> Iterator[None]:
    """Speak `lang` within this block alone: a server answers each viewer in their own language."""
    before = _speaking.set(lang)
    try:
        yield
    finally:
        _speaking.reset(before)


def say(key: str, /, lang: Language | None = None, **params: Any) -> str:
    """The sentence under `key`, in `lang` or the current language, with its `{params}` filled in.

    Raises KeyError when the key is in neither language: that is a fault of the program, not of its user.
    """
    return _table(lang or language(), key.rpartition(".")[0])[key].format(**params)


def text(key: str, /, **params: Any) -> Text:
    """The sentence under `key` in both languages, for what is stored and read by someone else."""
    return Text(en=say(key, "en", **params), zh=say(key, "zh", **params))


@cache
def _table(lang: Language, name: str) -> dict[str, str]:
    """The sentences of one table by their whole keys: of three thousand lines a command says a hundred."""
    return read(_tables(lang).get(name, ""))


@cache
def _tables(lang: Language) -> dict[str, str]:
    """The lines of each table, its heading first. In our files a line that begins with a bracket is a heading."""
    content = Path(__file__).with_name(f"{lang}.toml").read_text("utf-8")
    parts = [f"[{part}" for part in f"\n{content}".split("\n[")[1:]]
    return {part[1 : part.index("]")]: part for part in parts}


def read(content: str) -> dict[str, str]:
    """The sentences of a file by their dotted keys. Tables and strings on one line, as all of ours are, are read here,
    ten times as fast as by `tomllib`, which every command would wait for; a file with anything else is left to that."""
    flat: dict[str, str] = {}
    table = ""
    for line in content.split("\n"):
        if found := _SENTENCE.match(line):
            said = found[2]
            flat[table + found[1]] = json.loads(said) if "\\" in said and said[0] == '"' else said[1:-1]
        elif found := _TABLE.match(line):
            table = f"{found[1]}."
        elif line and not line.startswith("#"):
            import tomllib

            return flatten(tomllib.loads(content))
    return flat


_TABLE = re.compile(r"\[([\w.-]+)\]$", re.ASCII)
_SENTENCE = re.compile(
    r"""([\w-]+) = ("(?:[^"\\]|\\(?:["\\bfnrt]|u[0-9a-fA-F]{4}))*"|'[^'\x00-\x08\x0a-\x1f\x7f]*')$""",
    re.ASCII,
)
"""A key and a string: one whose escapes mean the same in JSON, or one in single quotes, which has none."""


def flatten(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested TOML tables as one table with dotted keys."""
    flat: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _read(name: str | None) -> Language | None:
    if not name:
        return None
    head = name.lower().replace("-", "_").split("_")[0].split(".")[0]
    if head in ("zh", "cn", "chinese"):
        return "zh"
    return "en" if head in ("en", "c", "posix", "english") else None


def _locale_name() -> str | None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return value
    return locale.getlocale()[0]
