"""The concept graph of the whole course: one piece, no circle, no edge that others imply, every subject on it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from graphlib import TopologicalSorter

import pytest

from jinjie.course.content import schema
from jinjie.course.content.library import load

LIBRARY = load()
CONCEPTS: dict[str, schema.Concept] = {slug: written.entry for slug, written in LIBRARY.concepts.items()}
TAUGHT = {slug: concept for slug, concept in CONCEPTS.items() if not concept.prior}
STAGE = {
    concept.id: written.entry.stage
    for written in LIBRARY.areas.values()
    for concept in written.entry.concepts
}
SUBJECTS = {
    "I1": "artificial-intelligence machine-learning deep-learning large-model neuron",
    "I2": "linear-model logistic-regression",
    "I3": "mean-squared-error cross-entropy binary-cross-entropy",
    "I4": "relu sigmoid-and-tanh softmax gelu-and-silu",
    "I5": "neuron linear-layer multilayer-perceptron",
    "I6": "gradient-descent mini-batch",
    "I7": "chain-rule backpropagation automatic-differentiation",
    "I8": "momentum adagrad rmsprop adam adamw",
    "I9": "learning-rate-schedule warmup-and-cosine",
    "I10": "weight-initialization l2-regularization dropout early-stopping batch-normalization",
    "I11": "convolution pooling convolutional-network",
    "I12": "recurrent-network lstm",
    "I13": "self-attention multi-head-attention transformer-layer causal-mask",
    "I14": "wordpiece masked-language-model next-sentence-prediction transfer-learning text-classification",
    "I15": "byte-pair-encoding gpt next-token-prediction autoregressive-generation temperature top-k-and-top-p",
    "I16": "data-parallelism tensor-parallelism pipeline-parallelism hybrid-parallelism",
    "I17": "confusion-matrix precision-and-recall perplexity",
    "I18": "overfitting data-split early-stopping l2-regularization dropout",
    "I19": "missing-values duplicate-rows feature-scaling data-augmentation",
    "I20": "class-imbalance resampling-and-weights focal-loss",
    "I21": "transfer-learning lora",
    "I22": "quantization pruning knowledge-distillation",
    "I23": "saliency integrated-gradients attention-maps faithfulness",
    "I24": "encryption-at-rest access-control differential-privacy dp-sgd membership-inference",
    "I25": "contrastive-learning image-text-embedding",
    "I26": "training-compute training-memory parameter-count model-selection compute-throughput",
    "I27": "reading-a-run overfit-one-batch gradient-clipping",
    "I28": "scaling-law compute-optimal-training data-filtering",
    "I29": "distribution-shift group-fairness adversarial-examples",
    "I30": "data-protection-law generative-ai-rules energy-of-training accelerators",
    "L15": "retrieval-augmented-generation tool-use agent-loop grpo mixture-of-experts context-extension",
}
"""What the course owes on paper, row by row, and the concepts that carry it."""


@cache
def _below(slug: str) -> frozenset[str]:
    """All that a concept stands on."""
    found: set[str] = set(CONCEPTS[slug].requires)
    for other in CONCEPTS[slug].requires:
        found |= _below(other)
    return frozenset(found)


def test_every_file_is_read_and_every_stage_is_there() -> None:
    assert [finding for finding in LIBRARY.findings if finding.path.parent.name == "concepts"] == []
    assert sorted(area.entry.stage for area in LIBRARY.areas.values()) == list(range(8))


def test_edges_lead_to_concepts_and_never_in_a_circle() -> None:
    edges = {slug: (*c.requires, *c.soft_requires) for slug, c in CONCEPTS.items()}
    assert {other for near in edges.values() for other in near} <= set(CONCEPTS)
    TopologicalSorter(edges).prepare()  # raises CycleError, with the circle


def test_no_edge_says_what_others_imply() -> None:
    hard = {
        (slug, other)
        for slug, c in CONCEPTS.items()
        for other in c.requires
        if any(other in _below(between) for between in c.requires if between != other)
    }
    soft = {
        (slug, other) for slug, c in CONCEPTS.items() for other in c.soft_requires if other in _below(slug)
    }
    assert (hard, soft) == (set(), set())


def test_nothing_needs_what_a_later_stage_teaches() -> None:
    late = {
        (slug, other) for slug, c in CONCEPTS.items() for other in c.requires if STAGE[other] > STAGE[slug]
    }
    assert late == set()


def test_nothing_needs_what_a_higher_level_teaches() -> None:
    high = {
        (slug, other)
        for slug, c in CONCEPTS.items()
        for other in c.requires
        if CONCEPTS[other].level > c.level
    }
    assert high == set()


def test_what_a_learner_brings_along_stands_on_its_like() -> None:
    prior = {slug for slug, concept in CONCEPTS.items() if concept.prior}
    assert 0 < len(prior) < 20
    assert {other for slug in prior for other in _below(slug)} <= prior


def test_a_lesson_that_is_written_needs_nothing_that_is_not() -> None:
    written = {slug for slug, c in TAUGHT.items() if not c.planned}
    assert {"gradient-descent", "self-attention"} <= written
    unwritten = {(slug, other) for slug in written for other in _below(slug) if CONCEPTS[other].planned}
    assert unwritten == set()


def test_the_concepts_of_a_lesson_are_all_written_or_none_and_of_no_later_stage() -> None:
    """A lesson may take a concept of an earlier stage along: cross-entropy is taught where it is first needed."""
    planned: dict[str, set[bool]] = defaultdict(set)
    stages: dict[str, set[int]] = defaultdict(set)
    for slug, concept in TAUGHT.items():
        planned[concept.lesson or ""].add(concept.planned)
        stages[concept.lesson or ""].add(STAGE[slug])
    assert [lesson for lesson, kinds in planned.items() if len(kinds) > 1] == []
    written = load().lessons
    assert {slug: stages[slug] for slug, one in written.items() if max(stages[slug]) != one.entry.stage} == {}
    assert [slug for slug, of in stages.items() if slug not in written and len(of) > 1] == []


def test_lessons_can_be_taken_one_after_another() -> None:
    """No two lessons need each other's concepts."""
    edges: dict[str, set[str]] = defaultdict(set)
    for concept in TAUGHT.values():
        for other in concept.requires:
            if (lesson := CONCEPTS[other].lesson) and lesson != concept.lesson:
                edges[concept.lesson or ""].add(lesson)
    TopologicalSorter(edges).prepare()


@pytest.mark.parametrize("row", SUBJECTS)
def test_every_subject_that_is_owed_has_its_concepts(row: str) -> None:
    assert set(SUBJECTS[row].split()) <= set(TAUGHT)


def test_a_name_stands_for_one_concept() -> None:
    claimed = Counter(
        name
        for c in CONCEPTS.values()
        for name in {
            n.casefold().replace("-", " ") for n in (c.name.en, c.name.zh, *c.aliases.en, *c.aliases.zh)
        }
    )
    assert [name for name, times in claimed.items() if times > 1] == []


def test_names_are_in_their_languages() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert [c.id for c in CONCEPTS.values() if any(map(han.search, (c.name.en, *c.aliases.en)))] == []
    # What Chinese papers call by its Latin name has Chinese among its other names, which is what people type.
    assert [c.id for c in CONCEPTS.values() if not any(map(han.search, (c.name.zh, *c.aliases.zh)))] == []
    assert [c.id for c in CONCEPTS.values() if not (c.aliases.en and c.aliases.zh)] == []
