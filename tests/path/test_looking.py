"""What a topic stands for, in the real course and catalog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from jinjie.base.errors import NotFound
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.path.graph import Graph
from jinjie.path.looking import AHEAD, sought

LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Held:
    p: float


@pytest.mark.parametrize(
    ("topic", "concept"),
    [
        ("lora", "lora"),
        ("Self-Attention", "self-attention"),
        ("自注意力", "self-attention"),
        ("python", "python"),  # taken to be known, and still a topic
        ("knowledge distillation", "knowledge-distillation"),
    ],
)
def test_a_concept_by_any_of_its_names(topic: str, concept: str) -> None:
    looked = sought(LIBRARY, GRAPH, {}, [], topic)
    assert looked.concepts == (concept,) and looked.resources == LIBRARY.resources and looked.goal is None


def test_an_area_a_lesson_a_topic_of_the_catalog_a_title() -> None:
    area = sought(LIBRARY, GRAPH, {}, [], "注意力与大模型")
    assert "lora" in area.concepts and len(area.concepts) > 20
    lesson = sought(LIBRARY, GRAPH, {}, [], "measure-quality")
    assert lesson.concepts == LIBRARY.lessons["measure-quality"].entry.teaches
    tagged = sought(LIBRARY, GRAPH, {}, [], "Privacy")
    assert set(tagged.resources) == {s for s, w in LIBRARY.resources.items() if "privacy" in w.entry.topics}
    assert "differential-privacy" in tagged.concepts
    assert set(sought(LIBRARY, GRAPH, {}, [], "Illustrated Transformer").resources) == {
        "illustrated-transformer"
    }
    assert set(sought(LIBRARY, GRAPH, {}, [], "邱锡鹏").resources) == {"nndl-qiu"}


def test_without_a_topic_what_comes_next_for_the_goal_in_the_log() -> None:
    goal = Attempt("goal", "concept:lora", detail={"hours": 5}, time=NOW)
    looked = sought(LIBRARY, GRAPH, {}, [goal], "")
    ahead = GRAPH.closure(["lora"])
    assert looked.goal == "concept:lora" and looked.concepts == ahead[:AHEAD]
    known = {slug: Held(0.99) for slug in ahead[:-1]}
    assert sought(LIBRARY, GRAPH, known, [goal], " ").concepts == ("lora",)
    known["lora"] = Held(0.99)
    assert sought(LIBRARY, GRAPH, known, [goal], "").concepts == ahead  # all is there: to go deeper
    assert sought(LIBRARY, GRAPH, {}, [], "").goal == "spine:spine"


def test_a_misspelt_topic_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="quantization"):
        sought(LIBRARY, GRAPH, {}, [], "quantisaton")


def test_a_part_of_names_and_what_is_like_nothing() -> None:
    assert "data-protection-law" in sought(LIBRARY, GRAPH, {}, [], "法律").concepts
    with pytest.raises(NotFound) as error:
        sought(LIBRARY, GRAPH, {}, [], "wwwww")
    assert len(str(error.value)) < 200 and "jinjie find" in str(error.value)
