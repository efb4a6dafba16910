"""What stands for the five articles: everything that is named there exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from jinjie import recipes
from jinjie.audit.counterparts import counterparts
from jinjie.cli.main import build
from jinjie.course.content.library import load
from jinjie.course.formula.headings import headings

ARTICLES = Path(__file__).parents[3] / "shared" / "articles"
CHINESE = re.compile(r"[\u4e00-\u9fff]{12,}")


def test_five_articles_and_eight_programs() -> None:
    assert [one.id for one in counterparts()] == ["A0", "A1", "A2", "A3", "A4"]
    programs = [program.id for one in counterparts() for program in one.programs]
    assert programs == [f"D{number}" for number in range(1, 9)]


def test_every_lesson_formula_and_question_exists() -> None:
    library, formulas = load(), headings()
    for one in counterparts():
        for section in one.sections:
            assert set(section.lessons) <= set(library.lessons), section.about.en
            assert set(section.formulas) <= set(formulas), section.about.en
            assert set(section.questions) <= set(library.questions), section.about.en
            assert section.lessons or section.formulas or section.questions, section.about.en


def test_every_command_exists_and_takes_what_is_named() -> None:
    known = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
    library = load()
    for one in counterparts():
        commands = [command for section in one.sections for command in section.commands]
        for command in [*commands, *(program.command for program in one.programs)]:
            name, *rest = command.removeprefix("jinjie ").split()
            assert command.startswith("jinjie ") and name in known, command
            if name == "run":
                recipes.find(rest[0]).changed(dict(pair.split("=", 1) for pair in rest[1:]))
            elif name == "experiment":
                assert rest[0] in library.experiments, command
            elif name == "formula":
                assert rest[0] in headings(), command
            elif name == "show":
                recipes.find(rest[0])


@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the articles are not ours and not in the repository")
def test_nothing_is_copied_from_the_articles() -> None:
    """No twelve Chinese characters in a row of ours stand in an article."""
    articles = [file.read_text("utf-8") for file in sorted(ARTICLES.glob("A*.txt"))]
    assert len(articles) == 5
    for one in counterparts():
        ours = [section.about.zh for section in one.sections]
        ours += [text.zh for section in one.sections for text in section.corrected]
        ours += [text.zh for p in one.programs for text in (p.about, p.ran, p.why, p.result)]
        for run in (run for text in ours for run in CHINESE.findall(text)):
            for at in range(len(run) - 11):
                assert not any(run[at : at + 12] in article for article in articles), run
