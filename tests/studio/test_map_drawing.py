"""The map's layout and drawing: nothing overlaps, nothing is missing, edges end at stones, the SVG is well-formed."""

from __future__ import annotations

import math
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from jinjie.base.svg import text_width
from jinjie.base.words import LANGUAGES, Language
from jinjie.course.content.library import load
from jinjie.path.graph import Graph
from jinjie.studio.map_drawing import Drawing, Mark, stone
from jinjie.studio.map_layout import Layout, descent, mountain
from jinjie.studio.map_pages import MIDDLE, NARROW, WIDE, on_map
from jinjie.studio.map_rows import RADIUS, SIGN, Stone, grouped, in_rows, needed, wrapped

SVG = "{http://www.w3.org/2000/svg}"
LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
REQUIRES = [(one, slug) for slug, needs in GRAPH.requires.items() for one in needs]


def layouts(lang: Language) -> list[Layout]:
    stages, stones = on_map(LIBRARY, GRAPH, lang)
    return [
        mountain(stages, stones, REQUIRES, WIDE),
        mountain(stages, stones, REQUIRES, MIDDLE),
        descent(stages, stones, REQUIRES, NARROW),
    ]


EVERY = [(lang, layout) for lang in LANGUAGES for layout in layouts(lang)]
every = pytest.mark.parametrize(
    ("lang", "layout"), EVERY, ids=[f"{lang}-{one.shape}-{one.width:.0f}" for lang, one in EVERY]
)


def marks(layout: Layout) -> dict[str, Mark]:
    return {
        one.stone.slug: Mark("written", "new", one.stone.name, f"/learn/{one.stone.slug}")
        for one in layout.points
    }


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)


@every
def test_every_concept_once_and_none_on_another(lang: Language, layout: Layout) -> None:
    assert sorted(one.stone.slug for one in layout.points) == sorted(GRAPH.concepts)
    places = [(one.x, one.y) for one in layout.points]
    nearest = min(
        math.dist(a, b) for i, a in enumerate(places) for b in places[i + 1 :] if abs(a[1] - b[1]) < 40
    )
    assert nearest >= 2 * RADIUS + 10, (
        "each can be hit by itself: no circle of 12 pixels covers another's middle"
    )
    edge = RADIUS + 2
    assert all(edge <= x <= layout.width - edge and edge <= y <= layout.height - edge for x, y in places)


@every
def test_edges_end_at_stones(lang: Language, layout: Layout) -> None:
    assert [(a.stone.slug, b.stone.slug) for a, b in layout.edges] == REQUIRES
    root = read(Drawing(layout, "map").painted(marks(layout)))
    places = {one.stone.slug: f"{one.x:g} {one.y:g}" for one in layout.points}
    edges = [one for one in root.iter(f"{SVG}path") if "edge" in one.get("class", "").split()]
    assert len(edges) == len(REQUIRES)
    for one in edges:
        drawn = one.get("d", "")
        assert drawn.startswith(f"M{places[one.get('data-from', '')]}Q")
        assert drawn.endswith(f" {places[one.get('data-to', '')]}")


@every
def test_words_stay_in_the_drawing_and_off_the_stones(lang: Language, layout: Layout) -> None:
    for words in layout.signs:
        for i, line in enumerate(words.lines):
            wide = text_width(line, SIGN)
            left = words.x - {"start": 0, "middle": wide / 2, "end": wide}[words.anchor]
            base = words.y + i * SIGN * 1.18
            assert left >= 0 and left + wide <= layout.width, line
            for one in layout.points:
                inside = left - RADIUS < one.x < left + wide + RADIUS
                assert not (inside and base - SIGN * 0.8 - RADIUS < one.y < base + RADIUS), (line, one.stone)
    assert [one.stage for one in layout.camps] == sorted(set(GRAPH.stages.values()))
    for camp in layout.camps:
        assert 0 <= camp.words.x <= layout.width and 0 <= camp.words.y <= layout.height
        assert all(camp.words.lines) and not any("…" in line for line in camp.words.lines)


@every
def test_the_path_climbs_stage_by_stage(lang: Language, layout: Layout) -> None:
    up = 1 if layout.shape == "mountain" else -1
    stages: dict[int, list[float]] = {}
    for one in layout.points:
        stages.setdefault(one.stone.stage, []).append(up * one.y)
    for below, above in pairwise(sorted(stages)):
        assert min(stages[below]) > max(stages[above]), "a stage lies wholly above the one before"


def test_equal_values_give_equal_drawings() -> None:
    for first, second in zip(layouts("zh"), layouts("zh"), strict=True):
        assert Drawing(first, "图").painted(marks(first)) == Drawing(second, "图").painted(marks(second))


def test_all_camps_but_the_first_lie_on_the_same_slope() -> None:
    for layout in layouts("en")[:2]:
        middles = [one.x > layout.width / 2 for one in layout.camps]
        assert middles == [False] + [True] * (len(middles) - 1)


def test_words_of_the_content_stay_words() -> None:
    bad = '<script>alert("1")</script> & "more" \x07'
    stones = [
        Stone(
            "a",
            0,
            "l",
            bad,
            bad,
        ),
        Stone("b", 1, "m", "", bad),
    ]
    layout = mountain([(0, bad), (1, bad)], stones, [("a", "b")], WIDE)
    mark = {slug: Mark("planned", "held", bad, f'/learn/"{slug}"') for slug in "ab"}
    for drawn in (Drawing(layout, bad), Drawing(descent([(0, bad), (1, bad)], stones, [], NARROW), bad)):
        svg = drawn.painted(mark, "a", bad)
        root = read(svg)
        assert "<script" not in svg and not list(root.iter(f"{SVG}script"))
        links = list(root.iter(f"{SVG}a"))
        assert [one.get("href") for one in links] == ['/learn/"a"', '/learn/"b"']
        assert '<script>alert("1")</script> & "more"' in (links[0].findtext(f"{SVG}title") or "")


def test_a_state_shows_in_the_shape_and_not_in_colour_alone() -> None:
    shapes = {
        (kind, state, due): stone(kind, state, due)
        for kind in ("written", "prior")
        for state in ("new", "some", "held")
        for due in (False, True)
    }
    assert len(set(shapes.values())) == len(shapes)
    assert not any("style" in one or "#" in one for one in shapes.values())


def test_the_learner_stands_at_one_stone() -> None:
    layout = layouts("en")[0]
    drawn = Drawing(layout, "map")
    assert 'class="here"' not in drawn.painted(marks(layout))
    at = layout.points[40]
    root = read(drawn.painted(marks(layout), at.stone.slug, "You are here"))
    here = [one for one in root.iter(f"{SVG}g") if one.get("class") == "here"]
    assert [one.get("transform") for one in here] == [f"translate({at.x:g} {at.y:g})"]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_small_course_is_a_map_too(count: int) -> None:
    stones = [Stone(f"c{i}", i % 2, f"l{i}", "A lesson" * (i % 2), f"Concept {i}") for i in range(count)]
    stages = [(stage, f"Stage {stage}") for stage in sorted({one.stage for one in stones})]
    for layout in (mountain(stages, stones, [], WIDE), descent(stages, stones, [], NARROW)):
        assert len(layout.points) == count
        read(Drawing(layout, "map").painted(marks(layout)))


def test_rows_are_few_even_and_of_the_wanted_number() -> None:
    _, stones = on_map(LIBRARY, GRAPH, "en")
    groups = grouped([one for one in stones if one.stage == 4])
    for odd in (0, 1):
        rows = in_rows(groups, 700.0, odd)
        assert len(rows) % 2 == odd
        assert [one for row in rows for one in row] == groups
        assert max(map(needed, rows)) <= 700
    long = grouped([Stone(f"c{i}", 0, "long" if i else "short", "", "") for i in range(30)])
    assert [len(row) for row in in_rows(long, 300.0, None)] == [1, 1], "what is too long has a row of its own"


def test_lines_break_between_words_and_end_in_an_ellipsis() -> None:
    assert wrapped("Seeing, hearing, recommending", 10, 100, 3) == ("Seeing, hearing,", "recommending")
    assert wrapped("Responsibility", 10, 30, 2) == ("Resp…",)
    assert wrapped("注意力与大模型", 10, 40, 2) == ("注意力与", "大模型")
    assert wrapped("注意力，与大模型", 10, 30, 3) == ("注意", "力，与", "大模型")
    long = wrapped("one two three four five six seven", 10, 60, 2)
    assert len(long) == 2 and long[-1].endswith("…") and all(text_width(line, 10) <= 60 for line in long)
