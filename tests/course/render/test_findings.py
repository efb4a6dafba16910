"""What needs the rest of the course: slugs, formulas, knobs, pictures, and the other language."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.course.content.library import Library
from jinjie.course.formula.registry import formulas
from jinjie.course.render.findings import differences, findings, of_line
from jinjie.course.render.mathematics import mathml, why_not
from jinjie.course.render.reading import parse

from .conftest import CHINESE, ENGLISH, Shelf


def found(library: Library) -> list[tuple[str, str, int, str]]:
    lesson = library.lesson("slopes")
    return [(one.code, one.file.name, one.line, one.problem.key) for one in findings(lesson, library)]


def with_line(text: str, wrong: str) -> tuple[str, int]:
    """The text with a paragraph at its end, and that paragraph's line."""
    return f"{text}\n{wrong}\n", text.count("\n") + 2


@pytest.mark.parametrize(
    ("wrong", "code", "key"),
    [
        ("$\\frac{1}$ is it", "C041", "lesson.not_mathematics"),
        ("and $\\unknwon$", "C041", "lesson.not_mathematics"),
        ("[a](lesson:slope)", "C005", "lesson.no_target"),
        ("[a](concept:slopes)", "C005", "lesson.no_target"),
        ("[a](formula:sofmax)", "C005", "lesson.no_target"),
        ("[a](resource:none)", "C005", "lesson.no_target"),
        ("[a](recipe:none)", "C005", "lesson.no_target"),
        ("[a](#section-9)", "C005", "lesson.no_heading"),
        ("[a](https://example.org/x)", "C050", "lesson.web_link"),
        ("![](none.svg)", "C060", "lesson.picture_alt"),
        ("![a](none.svg)", "C005", "lesson.no_picture"),
        ("![a](../slopes/lesson.yaml)", "C005", "lesson.no_picture"),
    ],
)
def test_what_a_text_names_is_looked_up(shelf: Shelf, wrong: str, code: str, key: str) -> None:
    text, line = with_line(ENGLISH, wrong)
    assert (code, "en.md", line, key) in found(shelf(en=text))


@pytest.mark.parametrize(
    ("before", "after", "code", "key", "line_of"),
    [
        ("batch-gradient-descent", "batch-gradient", "C005", "lesson.no_target", "batch-gradient"),
        ("experiment: valley", "experiment: vallay", "C005", "lesson.no_target", "experiment: vallay"),
        ("knobs: {rate: 0.2}", "knobs: {rata: 0.2}", "C005", "lesson.no_knob", "knobs: {rata"),
        ("knobs: {rate: 0.2}", "knobs: {rate: 7}", "C001", "lesson.knob_value", "knobs: {rate"),
        ("knobs: {rate: 0.2}", "knobs: {batch: 2}", "C001", "lesson.knob_value", "knobs: {batch"),
        ("```exercise double", "```exercise tripel", "C005", "lesson.no_target", "```exercise"),
    ],
)
def test_fences_are_looked_up(
    shelf: Shelf, before: str, after: str, code: str, key: str, line_of: str
) -> None:
    text = ENGLISH.replace(before, after)
    line = text[: text.index(line_of)].count("\n") + 1
    assert (code, "en.md", line, key) in found(shelf(en=text))


def test_a_misspelt_slug_is_told_the_right_one(shelf: Shelf) -> None:
    library = shelf(en=ENGLISH.replace("lesson:slopes", "lesson:slops"))
    (one,) = [one for one in findings(library.lesson("slopes"), library) if one.code == "C005"]
    assert "slopes" in one.says()


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("# 第一个数", "# 另一个注释", True),
        ('print("第一个", first)', 'print("完全不同的话", first)', True),
        ("first = 2 * 21", "first = 2 * 22", False),
        ("print(first + 1)", "print(first + 1, end='')", False),
        ("batch-gradient-descent", "softmax", False),
        ("```quiz\n```\n", "", False),
        (":::idea", ":::try", False),
        ("knobs: {rate: 0.2}", "knobs: {rate: 0.3}", False),
        ("### 还有", "## 还有", False),
    ],
)
def test_both_languages_hold_the_same_but_for_what_is_said(before: str, after: str, same: bool) -> None:
    assert before in CHINESE
    told = differences(parse(ENGLISH), parse(CHINESE.replace(before, after), Path("zh.md")))
    assert [one.code for one in told] == ([] if same else ["C043"])


def test_texts_inside_an_f_string_may_differ_and_its_numbers_may_not() -> None:
    fence = "```python\nprint(f{})\n```\n"
    one, other = fence.format('"rate {x:.2f}"'), fence.format('"学习率 {x:.2f}"')
    assert differences(parse(one), parse(other)) == []
    assert differences(parse(one), parse(fence.format('"学习率 {y:.2f}"'))) != []


def test_a_line_of_a_yaml_file_is_looked_at_as_well() -> None:
    (one,) = of_line("Is $\\frac{1}$ right?", Path("quiz.yaml"), 7)
    assert (one.code, one.line) == ("C041", 7)
    assert of_line("Is $1 < 2$?", Path("quiz.yaml"), 7) == []


def test_every_formula_of_the_registry_is_mathml_without_styles() -> None:
    """332 formulas with their symbols and wrong versions, when this was written; the converter of the first attempt
    failed on one and took two seconds."""
    for formula in formulas().values():
        wrong = [variant.latex for variant in formula.wrong if variant.latex]
        for latex in (formula.latex, *(symbol.latex for symbol in formula.symbols), *wrong):
            assert why_not(latex) is None, f"{formula.id}: {latex}"
            assert " style=" not in mathml(latex, display=True)


@pytest.mark.parametrize(
    "latex",
    ["", "\\frac{1}", "x^", "{", "}", "\\left( a", "a & b", "\\href{javascript:1}{a}", "\\def\\x{\\x\\x}\\x"],
)
def test_latex_that_does_not_parse_is_told(latex: str) -> None:
    assert why_not(latex)
