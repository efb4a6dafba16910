"""Everything is said in both languages, and nothing is said that no code says."""

from __future__ import annotations

import re
import string
import sys
import tomllib
from pathlib import Path

import pytest

import jinjie
from jinjie.base import words
from jinjie.base.words import flatten, say

SOURCE = Path(jinjie.__file__).parent
SENTENCES = {
    lang: flatten(tomllib.loads((SOURCE / "base" / "words" / f"{lang}.toml").read_text("utf-8")))
    for lang in words.LANGUAGES
}
CODE = {
    path: path.read_text("utf-8")
    for suffix in ("py", "html", "js")
    for path in SOURCE.rglob(f"*.{suffix}")
    if "built" not in path.parts and path.parent.name != "words"  # whose docstrings give examples
}
LITERALS = {
    literal
    for text in CODE.values()
    for literal in re.findall(r"""["']([a-z][\w-]*(?:\.[\w-]+)+)["']""", text)
}
DATES = {"studio.time.moment"}
"""Sentences that name a day, which each language puts together from other parts."""
SAYS = re.compile(
    r"""\b(?:say|t|text|Wrong|JinjieError|NotFound|RunGone|DiskFull|AlreadyRunning|words\.text)\(\s*"""
    r"""["']([a-z_]+(?:\.[a-z0-9_]+)+)["']"""
)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_quick_reader_finds_what_toml_says(lang: words.Language) -> None:
    content = (SOURCE / "base" / "words" / f"{lang}.toml").read_text("utf-8")
    assert words.read(content) == SENTENCES[lang]


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_table_alone_says_what_the_file_says(lang: words.Language) -> None:
    found = {key: words._table(lang, key.rpartition(".")[0])[key] for key in SENTENCES[lang]}
    assert found == SENTENCES[lang]


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_none_of_our_sentences_needs_toml(lang: words.Language, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regression test: six sentences in single quotes had every command wait for the slow reader."""
    monkeypatch.setattr(
        tomllib, "loads", lambda content: pytest.fail("some line is none the quick reader knows")
    )
    words.read((SOURCE / "base" / "words" / f"{lang}.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    "content",
    [
        '[a.b]\nc = "\\\\ \\" \\n \\u00e9 # \u2028 = []"\n# d\n[e]\nf-g = ""',
        "[a]\nb = 'c \\n \\ \"'",
        "[a]\nb = '''c'''",
        "[a]\nb = ''",
        '[a]\nb = "c" # d',
        '[a]\nb = "\\U0001F600 \\e"' if sys.version_info >= (3, 14) else '[a]\nb = "\\U0001F600"',
        '[a]\nb = """c\nd = "e""""',
        'a.b = "c"',
        '"a" = "b"',
    ],
)
def test_the_quick_reader_leaves_what_it_does_not_know_to_toml(content: str) -> None:
    assert words.read(content) == flatten(tomllib.loads(content))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert set(SENTENCES["en"]) == set(SENTENCES["zh"])


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_no_sentence_is_empty_or_broken(lang: words.Language) -> None:
    for key, sentence in SENTENCES[lang].items():
        assert sentence.strip(), key
        assert all(name.isidentifier() for name in placeholders(sentence)), key


def test_placeholders_are_the_same_in_both_languages() -> None:
    differ = {
        key: (en, SENTENCES["zh"][key])
        for key, en in SENTENCES["en"].items()
        if key not in DATES and placeholders(en) != placeholders(SENTENCES["zh"][key])
    }
    assert differ == {}


def test_every_key_is_used_by_code_as_a_literal() -> None:
    assert sorted(set(SENTENCES["en"]) - LITERALS) == []


def test_every_key_that_code_says_exists() -> None:
    said = {key: path.name for path, text in CODE.items() for key in SAYS.findall(text)}
    assert len(said) > 50, "the pattern no longer finds what code says"
    assert {key: where for key, where in said.items() if key not in SENTENCES["en"]} == {}


def test_chinese_sentences_are_chinese() -> None:
    """A sentence copied over from English would pass the other tests; names and units alone may stay."""
    same = {
        k
        for k, en in SENTENCES["en"].items()
        if en == SENTENCES["zh"][k] and re.search(r"[a-z]{4,} [a-z]{3,}", en)
    }
    assert same == set()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("JINJIE_LANG", "zh", "zh"),
        ("JINJIE_LANG", "en", "en"),
        ("LC_ALL", "zh_CN.UTF-8", "zh"),
        ("LC_ALL", "C.UTF-8", "en"),
        ("LC_ALL", "fr_FR.UTF-8", "en"),
    ],
)
def test_the_language_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    for name in ("JINJIE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    monkeypatch.setenv(variable, value)
    assert words.language() == expected


def test_what_is_chosen_beats_the_environment_and_a_block_beats_both() -> None:
    words.use("zh")
    assert say("error.invalid") == SENTENCES["zh"]["error.invalid"]
    with words.speaking("en"):
        assert say("error.invalid") == SENTENCES["en"]["error.invalid"]
    assert say("error.invalid", "en") == SENTENCES["en"]["error.invalid"]
    assert words.language() == "zh"


def test_an_unknown_key_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        say("no.such.key")
