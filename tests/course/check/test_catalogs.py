"""C080 to C082: each fault of a role, a system or a question, planted once and found at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.course.check.catalogs import catalogs
from jinjie.course.content.library import load, own

SYSTEM = """systems:
  - id: reader
    name: {en: A reader, zh: 读者}
    concepts: {gpt: 2}
    recipes: [gpt-poems]
"""
QUESTION = """theme: {en: Models, zh: 模型}
questions:
  - id: what
    question: {en: "What is it?", zh: "这是什么？"}
    answer:
      en: "See [there](lesson:attention)."
      zh: "见[那里](lesson:attention)。"
    concepts: [gpt]
"""


def found(tmp_path: Path, folder: str, text: str) -> list[tuple[str, int]]:
    file = tmp_path / "course" / folder / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    library = load([own(), tmp_path / "course"])
    assert not library.findings
    return [(one.code, one.line) for one in catalogs(library) if one.file == file]


def test_what_is_sound_has_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path / "one", "systems", SYSTEM) == []
    assert found(tmp_path / "other", "faq", QUESTION) == []


@pytest.mark.parametrize(
    ("folder", "old", "new", "code", "line"),
    [
        ("systems", "{gpt: 2}", "{gptt: 2}", "C080", 4),
        ("systems", "[gpt-poems]", "[gpt-poem]", "C080", 5),
        ("faq", "[gpt]", "[gptt]", "C080", 8),
        ("faq", "See [there](lesson:attention).", "See [there](lesson:atention).", "C080", 6),
        ("faq", "See [there](lesson:attention).", "See [there](formula:softmax).", "C081", 5),
        ("faq", "](lesson:attention)", "]", "C081", 5),
        ("faq", "See [there]", r"$\\fra{a}{b}$ [there]", "C041", 6),
        ("faq", "见[那里]", r"$\\fra{a}{b}$ [那里]", "C041", 7),
    ],
)
def test_each_fault_is_found_at_its_line(
    tmp_path: Path, folder: str, old: str, new: str, code: str, line: int
) -> None:
    text = SYSTEM if folder == "systems" else QUESTION
    assert old in text
    assert (code, line) in found(tmp_path, folder, text.replace(old, new))


def test_the_same_question_twice(tmp_path: Path) -> None:
    second = (
        QUESTION.partition("questions:\n")[2]
        .replace("id: what", "id: again")
        .replace("What is it?", "What  IS it")
    )
    assert ("C082", 10) in found(tmp_path, "faq", QUESTION + second)


def test_ours_have_no_finding() -> None:
    assert list(catalogs(load())) == []
