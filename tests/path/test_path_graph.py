"""The prerequisite graph: everything after what it stands on, and whole even where the content is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.course.content.faults import made
from jinjie.course.content.library import Library, load
from jinjie.course.content.schema import Concept
from jinjie.path.graph import Graph, _ordered


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def test_each_concept_stands_behind_all_that_it_requires(library: Library) -> None:
    graph = Graph.of(library)
    assert set(graph.concepts) == set(library.concepts)
    for slug, concept in graph.concepts.items():
        assert set(graph.requires[slug]) == set(
            concept.requires
        )  # our course has no circle: no edge is left out
        assert all(graph.place[one] < graph.place[slug] for one in graph.needs[slug])
        assert all(graph.place[one] < graph.place[slug] for one in concept.soft_requires)


def test_what_it_stands_on_and_what_stands_on_it_are_each_other_turned(library: Library) -> None:
    graph = Graph.of(library)
    assert "gradient-descent" in graph.needs["backpropagation"] | graph.needs["training-loop"]
    for slug in graph.concepts:
        assert all(slug in graph.leads_to[one] for one in graph.needs[slug])
        assert all(slug in graph.needs[one] for one in graph.leads_to[slug])


def test_a_closure_holds_all_that_is_needed_in_order_and_nothing_prior(library: Library) -> None:
    graph = Graph.of(library)
    found = graph.closure(["gpt", "no-such-concept"])
    assert found[-1] == "gpt"
    assert list(found) == sorted(found, key=graph.place.__getitem__)
    assert set(found) == {"gpt", *(s for s in graph.needs["gpt"] if not graph.concepts[s].prior)}


def test_only_written_lessons_teach(library: Library) -> None:
    graph = Graph.of(library)
    assert graph.lessons["backpropagation"] == "backpropagation"
    assert not [slug for slug in graph.lessons if library.concepts[slug].entry.planned]
    assert set(graph.lessons.values()) == set(library.lessons)


def test_a_circle_and_a_slug_that_stands_for_nothing_leave_a_graph(tmp_path: Path) -> None:
    (tmp_path / "concepts").mkdir()
    (tmp_path / "concepts" / "odd.yaml").write_text(
        "stage: 1\nname: {en: Odd, zh: 怪}\nconcepts:\n"
        + "".join(
            f"  - {{id: {one}, name: {{en: {one}, zh: {one}}}, requires: [{needs}], minutes: 5, level: 1,"
            " lesson: none, planned: true}\n"
            for one, needs in (("a", "b"), ("b", "a, nowhere"), ("c", "a"))
        ),
        encoding="utf-8",
    )
    graph = Graph.of(load([tmp_path]))
    assert set(graph.concepts) == {"a", "b", "c"}
    assert graph.needs["c"] >= {"a"}
    assert sum(len(edges) for edges in graph.requires.values()) == 2  # c → a, and one of the circle's two


edges = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40)


@given(edges, st.permutations(range(12)))
def test_any_graph_without_a_circle_is_ordered(pairs: list[tuple[int, int]], given_order: list[int]) -> None:
    known = {
        str(i): made(
            Concept,
            {
                "id": f"c{i}",
                "name": {"en": "x", "zh": "x"},
                "minutes": 1,
                "level": 1,
                "lesson": "x",
                "requires": sorted({f"c{a}" for a, b in pairs if b == i and a < b}),
            },
        )
        for i in range(12)
    }
    known = {concept.id: concept for concept in known.values()}
    order = _ordered(known, [f"c{i}" for i in given_order])
    assert sorted(order) == sorted(known)
    assert all(order.index(a) < order.index(slug) for slug, one in known.items() for a in one.requires)
