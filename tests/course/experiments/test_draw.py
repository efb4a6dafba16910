"""The pictures of what an experiment shows: text in one language, the page's colours, words and a table behind."""

from __future__ import annotations

import math
import time
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from jinjie.base.words import LANGUAGES, Language, Text
from jinjie.course.experiments.draw import pictures, whole
from jinjie.course.experiments.heat import shade
from jinjie.course.experiments.shown import (
    Bars,
    Curves,
    Graph,
    Group,
    Heat,
    Line,
    Mark,
    Node,
    Numbers,
    Plane,
    Shown,
    Surface,
    Table,
    Value,
    Words,
)
from jinjie.course.experiments.tell import MOST_ROWS, figure

LOSS = Text("loss", "损失")
STEP = Text("step", "步")


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter() if element.tag.endswith("text")]


def crosses(svg: bytes) -> int:
    """Marks in the colour of the first line; the ticks of the axes are in another one."""
    marks = [element for element in ET.fromstring(svg).iter() if element.tag.endswith("use")]
    return sum("series-1" in " ".join(mark.attrib.values()) for mark in marks)


def panels() -> dict[str, Shown]:
    axis = np.linspace(-1, 1, 5)
    made = [
        Curves([Line(LOSS, [0, 1, 2], [3, 2, 1]), Line("b", [0, 1], [1, 2])], title=LOSS, x_label=STEP),
        Heat(np.eye(3), ["a", "b", "c"], ["x", "y", "z"], title=LOSS, signed=True),
        Plane([Line(LOSS, [0, 1], [0, 1])], Surface(axis, axis, np.outer(axis**2, axis**2)), title=LOSS),
        Bars(["a", "b"], [Group(LOSS, [1, 2])], title=LOSS),
        Graph([Node("x", 2, 4, "leaf"), Node(LOSS, 4, 1, "result")], [(0, 1), (0, 1)], title=LOSS),
        Table([LOSS, "n"], [["a", 1]], title=LOSS),
        Numbers([Value(LOSS, 0.5, "nats")], title=LOSS),
        Words(LOSS, title=LOSS),
    ]
    return {panel.kind: Shown(panel) for panel in made}


@pytest.mark.parametrize("kind", list(panels()))
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_panel_speaks_one_language_and_takes_the_colours_of_the_page(kind: str, lang: Language) -> None:
    (picture,) = pictures(panels()[kind], lang)
    said = " ".join(texts(picture.svg))
    assert LOSS.in_(lang) in said
    assert LOSS.in_("en" if lang == "zh" else "zh") not in said.replace(picture.alt, "")
    assert b"style" not in picture.svg, "a strict content security policy forbids styles in a page"
    assert b"var(--ink, " in picture.svg
    root = ET.fromstring(picture.svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == picture.alt
    assert LOSS.in_(lang) in picture.alt
    assert (picture.grid is None) == (kind == "words")
    assert pictures(panels()[kind], lang)[0] == picture, "the same values give the same bytes"


def test_a_curve_that_diverges_ends_in_a_cross_and_says_where() -> None:
    values = [10.0**i if i < 40 else math.inf for i in range(50)]
    (picture,) = pictures(Shown(Curves([Line(LOSS, range(50), values)], log_y=True)), "en")
    assert "no longer finite from 40 on" in picture.alt
    finite = pictures(Shown(Curves([Line(LOSS, range(50), [1.0] * 50)], log_y=True)), "en")[0]
    assert "finite" not in finite.alt
    assert [crosses(one.svg) for one in (picture, finite)] == [1, 0]
    assert picture.grid is not None
    assert picture.grid.rows[-1] == ("49", "∞")


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "values", [[math.nan] * 3, [math.inf, -math.inf, 0], [0, 0, 0], [1e308, -1e308, 5e-324], [-1, -2, -3], []]
)
def test_any_numbers_can_be_drawn(values: list[float], log: bool) -> None:
    x = list(range(len(values)))
    line = Line("a", x, values)
    shown = [Curves([line], log_x=log, log_y=log), Plane([line], square=log, marks=[Mark(math.nan, 1, "m")])]
    if values:
        shown += [Heat([values], signed=log), Bars(["a"] * len(values), [Group("g", values)])]
        shown.append(Plane([], Surface([0, 1, 2], [0, 1], [values, values])))
    for picture in pictures(Shown(*shown), "zh"):
        root = ET.fromstring(picture.svg)
        assert picture.alt
        places = [
            element.attrib.get(name, "") for element in root.iter() for name in ("d", "x", "y", "transform")
        ]
        assert not any(word in place for place in places for word in ("nan", "inf"))


def test_a_graph_shows_each_value_with_its_gradient_and_every_edge() -> None:
    nodes = [
        Node("x", 3, 6, "leaf"),
        Node("c", 1, None, "constant"),
        Node("x²", 9, 1),
        Node(LOSS, 10, 1, "result"),
    ]
    (picture,) = pictures(Shown(Graph(nodes, [(0, 2), (0, 2), (2, 3), (1, 3)])), "en")
    assert texts(picture.svg) == [
        "x",
        "= 3",
        "∂L = 6",
        "c",
        "= 1",
        "x²",
        "= 9",
        "∂L = 1",
        "loss",
        "= 10",
        "∂L = 1",
    ]
    assert picture.svg.count(b'fill="none"') == 4
    assert picture.grid is not None and picture.grid.rows[:2] == (("x", "3", "6"), ("c", "1", ""))
    assert "x 3 (∂L 6)" in picture.alt


def test_labels_are_text_and_no_markup() -> None:
    evil = "<script>alert(1)</script>\x00\n$x$"
    (picture,) = pictures(Shown(Heat([[1]], [evil], [evil], title=evil)), "en")
    assert b"<script" not in picture.svg
    assert whole(Shown(Words(evil)), "en", evil)


def test_the_table_behind_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    (picture,) = pictures(Shown(Curves([Line("a", range(1000), range(1000))])), "en")
    assert picture.grid is not None
    assert len(picture.grid.rows) == MOST_ROWS
    assert picture.grid.rows[0] == ("0", "0")
    assert picture.grid.rows[-1] == ("999", "999")


def test_the_words_of_a_heat_map_name_its_largest_cell() -> None:
    (picture,) = pictures(Shown(Heat([[0.1, 0.9], [0.5, math.nan]], ["the", "cat"], ["sat", "on"])), "en")
    assert "from 0.1 to 0.9, the largest in row the, column on" in picture.alt


def test_shades_grow_with_the_number_and_the_sign_has_its_own_colour() -> None:
    assert [shade(v, 2.0, True) for v in (-9, -2, -1, 0, 1, 2, 9)] == [-40, -40, -20, 0, 20, 40, 40]
    assert shade(-1, 2.0, False) == 0
    assert shade(math.nan, 2.0, True) == 0
    assert shade(math.inf, 2.0, True) == 40


def test_a_file_holds_all_panels_and_its_title() -> None:
    shown = Shown(*(shown.panels[0] for shown in panels().values()))
    svg = whole(shown, "zh", "山谷")
    root = ET.fromstring(svg)
    inner = [child for child in root if child.tag.endswith("svg")]
    assert len(inner) == len(shown.panels) + 1
    ends = [float(c.attrib["y"]) + float(c.attrib["height"]) for c in inner]
    starts = [float(c.attrib["y"]) for c in inner]
    assert all(start >= end for start, end in zip(starts[1:], ends, strict=False)), "none lies on another"
    assert "山谷" in texts(svg)


def test_numbers_are_written_the_same_in_both_languages() -> None:
    assert [figure(v) for v in (0.012345, -3.0, 1e-7, 12345678, True, math.nan, -math.inf)] == [
        "0.01235",
        "−3",
        "1e-07",
        "12345678",
        "✓",
        "NaN",
        "−∞",
    ]


def test_a_large_matrix_is_drawn_at_once() -> None:
    """Through the drawing library 64 by 100 cells took 0.9 s; a slider has 0.3. Ours takes 0.02."""
    shown = Shown(Heat(np.random.default_rng(0).random((64, 100))))
    pictures(shown, "en")
    begun = time.perf_counter()
    (picture,) = pictures(shown, "en")
    assert time.perf_counter() - begun < 0.2
    assert len(picture.svg) < 300_000
