"""Texts become trees, and whatever is wrong with one is a finding at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.course.content.library import Library
from jinjie.course.render import tree as nodes
from jinjie.course.render.findings import findings
from jinjie.course.render.reading import parse
from jinjie.course.render.tree import Tree, said


def kinds(text: Tree) -> list[str]:
    return [type(block).__name__ for block in text.blocks]


def strong(text: str) -> list[str]:
    return [said(node.parts) for node in parse(text).walk() if isinstance(node, nodes.Strong)]


def faults(text: str) -> list[tuple[str, int, str]]:
    return [(one.code, one.line, one.problem.key) for one in parse(text).findings]


def test_the_lesson_with_everything_has_no_fault(library: Library) -> None:
    lesson = library.lesson("slopes")
    assert library.findings == []
    assert findings(lesson, library) == []


def test_blocks_know_their_lines() -> None:
    text = parse("One\n\n## Two\n\n```python\nx = 1\n```\n\n```output\n1\n```\n\n:::try Now\nA\n\n- b\n:::\n")
    assert kinds(text) == ["Paragraph", "Heading", "Python", "Box"]
    assert [block.line for block in text.blocks] == [1, 3, 5, 13]
    code, box = text.blocks[2], text.blocks[3]
    assert isinstance(code, nodes.Python) and code.output == nodes.Output("1", 9)
    assert isinstance(box, nodes.Box) and box.kind == "try" and said(box.title) == "Now"
    assert [block.line for block in box.blocks] == [14, 16]


def test_headings_are_numbered_alike_in_both_languages() -> None:
    names = [heading.id for heading in parse("## a\n\n### b\n\n### c\n\n## d\n\n### e\n").headings()]
    assert names == ["section-1", "section-1-1", "section-1-2", "section-2", "section-2-1"]
    assert names == [h.id for h in parse("## 甲\n\n### 乙\n\n### 丙\n\n## 丁\n\n### 戊\n").headings()]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "这是**重点。**然后",
            "重点。",
        ),  # CommonMark alone shows the stars: a mark before them, a letter after
        ("**“引号”**后面", "“引号”"),
        ("前面**（括号）**后面", "（括号）"),
        ("前**a。**b", "a。"),
        ("**a** b", "a"),
        ("一**b**二", "b"),
    ],
)
def test_chinese_emphasis_needs_no_spaces(text: str, meant: str) -> None:
    assert strong(text) == [meant]


@pytest.mark.parametrize("text", ["2 ** 3 ** 4", "snake_case_name", "a ** b", "**open", "\\*\\*no\\*\\*"])
def test_what_is_no_emphasis_stays_as_it_is(text: str) -> None:
    (paragraph,) = parse(text).blocks
    assert isinstance(paragraph, nodes.Paragraph)
    assert all(isinstance(part, nodes.Plain) for part in paragraph.parts)


def test_a_line_that_ends_in_chinese_joins_the_next_without_a_space() -> None:
    (paragraph,) = parse("第一行\n第二行\nword\nword").blocks
    assert isinstance(paragraph, nodes.Paragraph)
    assert said(paragraph.parts) == "第一行第二行 word word"


def test_html_is_text() -> None:
    (first, second) = parse("<script>alert(1)</script>\n\na <b>c</b>").blocks
    assert isinstance(first, nodes.Paragraph) and said(first.parts) == "<script>alert(1)</script>"
    assert isinstance(second, nodes.Paragraph) and said(second.parts) == "a <b>c</b>"


def test_dollars_beside_spaces_and_digits_are_money() -> None:
    (paragraph,) = parse("From $5 to $10, and $x$ too.").blocks
    assert isinstance(paragraph, nodes.Paragraph)
    latex = [part.latex for part in paragraph.parts if isinstance(part, nodes.Mathematics)]
    assert latex == ["x"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a\n\n:::idea\nb\n", ("C001", 3, "lesson.box_open")),
        ("a\n\n:::\n", ("C001", 3, "lesson.closes_nothing")),
        (":::ides\nb\n:::\n", ("C001", 1, "lesson.no_such_box")),
        (":::idea\n:::\n", ("C001", 1, "lesson.box_empty")),
        ("# Title\n", ("C001", 1, "lesson.first_heading")),
        ("## a\n\n#### b\n", ("C001", 3, "lesson.heading_skips")),
        ("##\n", ("C001", 1, "lesson.empty_heading")),
        ("a\n\n$$\nx\n$$\n", ("C042", 3, "lesson.displayed")),
        ("a\n\nb $$x$$ c\n", ("C042", 3, "lesson.displayed")),
        ("a\n\n$x = 1$\n", ("C042", 3, "lesson.displayed")),
        ("a\n\n\\[ x = 1 \\]\n", ("C042", 3, "lesson.displayed")),
        ("\\begin{equation}\nx\n\\end{equation}\n", ("C042", 1, "lesson.displayed")),
        ("```pythn\nx\n```\n", ("C001", 1, "lesson.no_such_fence")),
        ("```\nx\n```\n", ("C001", 1, "lesson.no_such_fence")),
        ("```math\nx\n```\n", ("C001", 1, "lesson.no_such_fence")),
        ("a\n\n```python\nx = 1\n", ("C001", 3, "lesson.fence_open")),
        ("    x = 1\n", ("C001", 1, "lesson.indented_code")),
        ("a\n\n```output\n1\n```\n", ("C001", 3, "lesson.lonely_output")),
        ("```python\n1\n```\n\n```output rtol=x\n1\n```\n", ("C001", 5, "lesson.output_option")),
        ("a\n\n```python\nx = 1\ny = (\n```\n", ("C040", 5, "lesson.not_python")),
        ("```python numpy\nx\n```\n", ("C001", 1, "lesson.fence_options")),
        ("```formula\n```\n", ("C042", 1, "lesson.no_formula")),
        ("```exercise\n```\n", ("C005", 1, "lesson.fence_slug")),
        ("```exercise a b\n```\n", ("C005", 1, "lesson.fence_slug")),
        ("```quiz\nx: 1\n```\n", ("C001", 2, "lesson.fence_filled")),
        ("```figure\nexperiment: a\nalt: b\ncaptoin: c\n```\n", ("C001", 4, "lesson.figure_unknown")),
        ("```figure\nexperiment: a\n```\n", ("C060", 1, "lesson.figure_alt")),
        ("```figure\nexperiment: a\nalt: '  '\n```\n", ("C060", 3, "lesson.figure_alt")),
        ("```figure\nalt: b\n```\n", ("C005", 1, "lesson.figure_experiment")),
        ("```figure\na: [\n```\n", ("C001", 3, "lesson.figure_yaml")),
        ("```figure\njust words\n```\n", ("C001", 1, "lesson.figure_yaml")),
        ("a\n[b](attention)\n", ("C005", 2, "lesson.no_such_link")),
        ("[b](javascript:alert(1))\n", ("C005", 1, "lesson.no_such_link")),
        ("[](lesson:a)\n", ("C005", 1, "lesson.empty_link")),
    ],
)
def test_every_fault_is_named_at_its_line(text: str, fault: tuple[str, int, str]) -> None:
    assert fault in faults(text)


ODD = ["> " * 60 + "a", "- " * 200 + "a", "[" * 3000, "*" * 5000, "`" * 4000, "\0", ":::" * 999]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_read(text: str) -> None:
    parse(text)


PARTS = [
    ":::idea",
    ":::",
    "::::try a",
    "```python",
    "```",
    "```figure",
    "a: {",
    "$$",
    "$x$",
    "> ",
    "- a",
    "  - b",
    "# t",
    "## h",
    "**重。**点",
    "[a](b)",
    "![](c)",
    "",
    "    x",
    "1.",
]
TABLE = ["| a | b |", "| - | - |", "```output"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PARTS + TABLE), max_size=14))
def test_no_text_raises(rows: list[str]) -> None:
    text = parse("\n".join(rows), Path("en.md"))
    assert all(1 <= one.line <= len(rows) + 1 for one in text.findings)
    text.for_json()
