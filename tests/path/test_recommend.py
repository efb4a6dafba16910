"""Recommendations: nothing above the learner without saying so, nothing but what was asked for, each for a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.words import say
from jinjie.course.content.library import load
from jinjie.path.graph import Graph
from jinjie.path.recommend import COSTS, LEVELS, Level, ground, recommend

LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
SLUGS = sorted(GRAPH.concepts)
FOUNDATIONS = {slug for slug in GRAPH.lessons if GRAPH.stages[slug] <= 2}


@dataclass(frozen=True)
class Held:
    p: float


def knows(slugs: set[str], p: float = 0.97) -> dict[str, Held]:
    return {slug: Held(p) for slug in slugs}


beliefs = st.one_of(
    st.dictionaries(st.sampled_from(SLUGS), st.floats(0, 1).map(Held), max_size=40),
    # Whole stages known, as learners have them: some dozens of single draws would never reach the higher levels.
    st.integers(0, 7).map(lambda stage: knows({slug for slug in SLUGS if GRAPH.stages[slug] <= stage})),
)
asked = st.lists(st.sampled_from([*SLUGS, "gone-from-the-course"]), max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    beliefs,
    asked,
    st.sampled_from([None, *LEVELS]),
    st.sampled_from([None, "en", "zh"]),
    st.sampled_from([None, *COSTS]),
    st.integers(0, 8),
)
def test_whoever_asks_for_whatever(
    held: dict[str, Held], concepts: list[str], level: Level | None, language: Any, cost: Any, most: int
) -> None:
    found = recommend(LIBRARY, GRAPH, held, concepts, level, language, cost, most)
    assert len(found) <= most
    assert len({one.resource.id for one in found}) == len(found)
    for one in found:
        entry = one.resource
        assert set(one.concepts) == set(entry.concepts) & set(concepts) != set()
        assert language is None or language in entry.language
        assert cost is None or COSTS.index(entry.cost) <= COSTS.index(cost)
        mine = level or ground(GRAPH, held, one.concepts).level
        assert one.above == (LEVELS.index(entry.level) > LEVELS.index(mine))
        assert one.above == ("Above" in one.reason.en) == ("高于" in one.reason.zh)
        missing = [slug for slug in one.concepts if slug not in held or held[slug].p < 0.95]
        named = [*missing, *(slug for slug in one.concepts if slug not in missing)][:1]
        assert all(GRAPH.concepts[slug].name.zh in one.reason.zh for slug in named)
        assert "{" not in one.reason.en + one.reason.zh
    again = recommend(LIBRARY, GRAPH, held, concepts[::-1], level, language, cost, most)
    assert [one.resource.id for one in again] == [one.resource.id for one in found]


@settings(max_examples=60, deadline=None)
@given(beliefs, st.sets(st.sampled_from(SLUGS)), st.lists(st.sampled_from(SLUGS), min_size=1, max_size=4))
def test_to_know_more_never_makes_anything_harder(
    held: dict[str, Held], learned: set[str], concepts: list[str]
) -> None:
    before, after = ground(GRAPH, held, concepts), ground(GRAPH, held | knows(learned, 1.0), concepts)
    assert before.concepts == after.concepts and before.known <= after.known
    assert LEVELS.index(after.level) >= LEVELS.index(before.level)


def test_a_newcomer_is_sent_to_what_is_theirs_first_and_told_where_it_is_not() -> None:
    found = recommend(LIBRARY, GRAPH, {}, ["sharded-training"], language="en", cost="free")
    assert found and all(one.above for one in found if one.resource.level != "beginner")
    harder = next(one for one in found if one.above)
    under = ground(GRAPH, {}, ["sharded-training"])
    assert under.level == "beginner" and not under.known
    assert say(
        "path.resources.above", "en", level=harder.resource.level, known=0, count=len(under.concepts)
    ) in (harder.reason.en)
    assert not recommend(LIBRARY, GRAPH, {}, ["backpropagation"], language="en")[0].above


def test_who_knows_the_ground_gets_the_paper_and_from_where_it_goes_on() -> None:
    held = knows({*GRAPH.needs["tensor-parallelism"], *FOUNDATIONS})
    found = recommend(LIBRARY, GRAPH, held, ["tensor-parallelism"], language="en", most=8)
    papers = [one for one in found if one.resource.id == "megatron-2019"]
    assert papers and not papers[0].above
    for slug in GRAPH.requires["tensor-parallelism"]:
        assert GRAPH.concepts[slug].name.en in papers[0].reason.en


def test_what_is_mastered_gives_way_to_what_is_missing() -> None:
    asked = ["lora", "quantization"]
    held = knows({"lora", *GRAPH.needs["lora"], *GRAPH.needs["quantization"], *FOUNDATIONS})
    found = recommend(LIBRARY, GRAPH, held, asked, most=3)
    assert all("quantization" in one.concepts for one in found)
    assert found[0].concepts[0] == "quantization"
    assert "lora" in recommend(LIBRARY, GRAPH, held, ["lora"])[0].concepts


def test_half_of_the_ground_and_four_fifths_of_it() -> None:
    under = ground(GRAPH, {}, ["lora"]).concepts
    assert "transfer-learning" in under and "lora" not in under and set(under) >= FOUNDATIONS
    for share, level in (
        (0.49, "beginner"),
        (0.51, "intermediate"),
        (0.79, "intermediate"),
        (0.81, "advanced"),
    ):
        held = {slug: Held(0.8 if i < share * len(under) else 0.79) for i, slug in enumerate(under)}
        some = ground(GRAPH, held, ["lora"])
        came = len(some.known) / len(under)
        if all(
            (came >= bound) == (share >= bound) for bound in (0.5, 0.8)
        ):  # else it lies between two concepts
            assert some.level == level, share


def test_a_law_stands_on_no_gradients() -> None:
    law = ground(GRAPH, {}, ["data-protection-law"])
    assert set(law.concepts) == {s for s in GRAPH.needs["data-protection-law"] if not GRAPH.concepts[s].prior}
    assert not FOUNDATIONS & set(law.concepts)
    assert set(ground(GRAPH, {}, ["artificial-intelligence"]).concepts) == FOUNDATIONS


def test_the_second_is_for_what_the_first_leaves() -> None:
    """Of ten that teach the one thing and few the other, two are enough for both."""
    for pair in (["self-attention", "quantization"], ["convolutional-network", "differential-privacy"]):
        held = knows({slug for slug in SLUGS if GRAPH.stages[slug] <= 5} - set(pair))
        found = recommend(LIBRARY, GRAPH, held, pair, language="en", most=2)
        assert {slug for one in found for slug in one.concepts} == set(pair)


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_that_was_named_is_held_to(level: Level) -> None:
    everything = recommend(LIBRARY, GRAPH, {}, SLUGS, level, most=999)
    assert {one.resource.level for one in everything} == set(LEVELS)
    assert {one.resource.level for one in everything if not one.above} == set(
        LEVELS[: LEVELS.index(level) + 1]
    )


def test_nothing_asked_nothing_found() -> None:
    assert recommend(LIBRARY, GRAPH, {}, []) == []
    assert recommend(LIBRARY, GRAPH, {}, ["gone-from-the-course"]) == []
    assert ground(GRAPH, {}, ["gone-from-the-course"]).level == "beginner"
