"""The catalog: everything the articles name and more, each once, tied to concepts; what is not certain is null."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from jinjie.course.content.library import load

LIBRARY = load()
CATALOG = {slug: written.entry for slug, written in LIBRARY.resources.items()}
NAMED = [
    "Coursera",
    "Udacity",
    "Udemy",
    "arXiv",
    "Google Scholar",
    "IEEE Xplore",
    "Stack Overflow",
    "GitHub",
    "Reddit",
    "TensorFlow",
    "PyTorch",
    "Keras",
    "Transformers",
    "Hugging Face",
    "ImageNet",
    "CIFAR",
    "MNIST",
]
"""What articles on this road name as their resources."""


def test_every_file_is_read() -> None:
    assert [finding for finding in LIBRARY.findings if finding.path.parent.name == "resources"] == []
    assert len(CATALOG) >= 150


@pytest.mark.parametrize("name", NAMED)
def test_what_articles_name_is_there(name: str) -> None:
    assert any(name in f"{entry.title} {' '.join(entry.authors)}" for entry in CATALOG.values())


def test_every_entry_is_tied_to_concepts_that_there_are() -> None:
    assert [slug for slug, entry in CATALOG.items() if not entry.concepts] == []
    assert {c for entry in CATALOG.values() for c in entry.concepts} <= set(LIBRARY.concepts)


def test_no_address_twice() -> None:
    def bare(address: str) -> str:
        parts = urlsplit(address)
        return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}".casefold()

    addresses = [bare(entry.url) for entry in CATALOG.values()]
    assert sorted(addresses) == sorted(set(addresses))


def test_nothing_is_said_to_be_checked_that_was_not() -> None:
    assert [slug for slug, entry in CATALOG.items() if entry.checked is not None] == []


def test_each_file_holds_one_kind() -> None:
    kinds = {(written.file.stem, written.entry.kind) for written in LIBRARY.resources.values()}
    assert len(kinds) == len({stem for stem, _ in kinds}) == len({kind for _, kind in kinds}) == 9


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_there_is_something_free_for_beginners_in_each_language(lang: str) -> None:
    free = {
        e.kind for e in CATALOG.values() if lang in e.language and e.cost == "free" and e.level == "beginner"
    }
    assert {"book", "course", "tutorial", "tool", "community"} <= free


def test_most_of_what_is_taught_can_be_read_on() -> None:
    """Hardly a concept at its core has no resource at all."""
    taught = {slug for slug, written in LIBRARY.concepts.items() if not written.entry.prior}
    carried = {c for entry in CATALOG.values() for c in entry.concepts} & taught
    assert len(carried) >= 0.95 * len(taught)


NOTHING_IN_CHINESE = {"focal-loss", "gradient-accumulation", "membership-inference", "reproducibility"}
"""Planned concepts that nothing free in Chinese is certain for."""


def test_each_planned_concept_is_bridged_by_two_free_resources_and_one_in_chinese() -> None:
    free = [entry for entry in CATALOG.values() if entry.cost == "free"]
    planned = [slug for slug, written in LIBRARY.concepts.items() if written.entry.planned]
    for lang, least in (("en", 2), ("zh", 1)):
        carried = Counter(slug for entry in free if lang in entry.language for slug in entry.concepts)
        few = {slug for slug in planned if carried[slug] < least}
        assert few == (NOTHING_IN_CHINESE if lang == "zh" else set())


def test_no_concept_twice_in_one_resource() -> None:
    assert [slug for slug, entry in CATALOG.items() if len(set(entry.concepts)) < len(entry.concepts)] == []
