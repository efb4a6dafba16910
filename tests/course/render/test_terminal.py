"""The lesson in a terminal: no line too long, Chinese broken where Chinese is broken."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from jinjie.base.words import Language
from jinjie.course.content.library import Library
from jinjie.course.render.mathematics import as_plain
from jinjie.course.render.reading import parse
from jinjie.course.render.terminal import terminal
from jinjie.course.render.wrap import NOT_FIRST, NOT_LAST, wrapped


def printed(library: Library, lang: Language, width: int) -> str:
    lesson = library.lesson("slopes")
    made = terminal(parse(lesson.words(lang), lesson.words_file(lang)), library, lang, quiz=lesson.entry.quiz)
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(made.body)
    return out.getvalue()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(library: Library, lang: Language, width: int) -> None:
    for row in printed(library, lang, width).splitlines():
        assert cell_len(row) <= width, row


def test_what_is_in_the_lesson_is_there_to_read(library: Library) -> None:
    text = printed(library, "en", 80)
    for part in (
        "The step",
        "θ ← θ − η 1/N Σ",  # the registry's own plain characters
        "The idea",
        "What a gradient knows",
        'print("first", first)',
        "→ first 42",
        "A path into a valley.",
        "jinjie experiment valley",
        "jinjie exercise start double",
        "jinjie quiz slopes",
        "jinjie formula softmax",
    ):
        assert part in text


def test_chinese_is_broken_between_characters_and_not_before_a_mark() -> None:
    rows = wrapped(Text("梯度下降，只有一行：它很短。然后是 gradient descent（梯度）的说明。"), 12)
    assert [row.plain for row in rows] == [
        "梯度下降，只",
        "有一行：它很",
        "短。然后是",
        "gradient",
        "descent（梯",
        "度）的说明。",
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab 中文，。（）“”、x-1\n", max_size=60), st.integers(8, 30))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    rows = [row.plain for row in wrapped(Text(text), width)]
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert all(cell_len(row) <= width for row in rows)


def test_styles_survive_the_wrapping() -> None:
    text = Text.assemble("plain ", ("strong words here", "bold"), " plain")
    rows = wrapped(text, 12)
    bold = "".join(row.plain[span.start : span.end] for row in rows for span in row.spans)
    assert "".join(bold.split()) == "strongwordshere"


def test_marks_keep_their_side() -> None:
    for row in wrapped(Text("一二三四五六七八九十“引用”（括号），结束。" * 3), 22)[1:]:
        assert row.plain[0] not in NOT_FIRST and row.plain[-1] not in NOT_LAST


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\eta = 1/a", "η = 1/a"),  # was "η= 1/a": the converter swallows the space after a name
        (r"\eta \lt 2/a", "η < 2/a"),  # was "η2/a"
        (r"\theta - \eta", "θ - η"),
        (r"\lceil N/n \rceil", "⌈N/n⌉"),
        (r"\frac{1}", r"$\frac{1}$"),
        (r"3.14 \times 10^{23}", "3.14 × 10²³"),  # was "3.14 ×10^{23}"
        (r"x^2 + 10^{-3}", "x² + 10⁻³"),
        (r"x^{2k}", "x^{2k}"),
    ],
)
def test_mathematics_in_plain_characters(latex: str, plain: str) -> None:
    assert as_plain(latex) == plain


@pytest.mark.parametrize("fence", ["```formula\nbpe-training\n```", "```text\n" + "long " * 30 + "end\n```"])
def test_long_lines_are_broken_and_nothing_of_them_is_cut_off(library: Library, fence: str) -> None:
    from jinjie.course.formula.registry import formulas

    said = formulas()["bpe-training"].plain() if "formula" in fence else "long " * 30 + "end"
    drawn = io.StringIO()
    Console(file=drawn, width=60).print(terminal(parse(fence), library, "en").body)
    assert "".join(said.split()) in "".join(drawn.getvalue().split())
