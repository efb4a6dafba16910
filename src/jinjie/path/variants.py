"""A question that the learner has not seen: which item of a concept, and with which numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from jinjie.base.seeds import derive
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Item, Quiz
from jinjie.course.quizzes import Variant, variant
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import ASKED

SEEDS = 10**6
TRIES = 40
"""Seeds that are looked at for numbers not seen before; some questions have only a few."""


def fresh(library: Library, events: Iterable[Attempt], concepts: Sequence[str]) -> dict[str, Variant]:
    """One question for each of these concepts that has any.

    Of the concept's items the one that was asked longest ago, one never asked first of all, the easier ones before; its
    seed has not been seen, and where its numbers allow, neither has what it draws. A function of the log: a question
    that was not answered is asked again as it was.
    """
    seen: dict[tuple[str, str], list[int]] = {}
    last: dict[tuple[str, str], datetime] = {}
    for event in events:
        if event.kind in ASKED and event.item is not None:
            key = (event.slug, event.item)
            last[key] = max(last.get(key, event.time), event.time)
            if event.seed is not None:
                seen.setdefault(key, []).append(event.seed)
    wanted = set(concepts)
    items: dict[str, list[tuple[Written[Quiz], Item]]] = {}
    for quiz in library.quizzes.values():
        for item in quiz.entry.items:
            if item.concept in wanted:
                items.setdefault(item.concept, []).append((quiz, item))

    def longest_ago(pair: tuple[Written[Quiz], Item]) -> tuple[float, int]:
        asked = last.get((pair[0].slug, pair[1].id))
        return (asked.timestamp() if asked else -float("inf"), pair[1].difficulty)

    made: dict[str, Variant] = {}
    for concept in concepts:
        if concept in items:
            quiz, item = min(items[concept], key=longest_ago)
            made[concept] = unseen(quiz, item, seen.get((quiz.slug, item.id), []))
    return made


def unseen(quiz: Written[Quiz], item: Item, seen: list[int]) -> Variant:
    """The item with a seed that is not among those seen, and if possible with other numbers and another order."""
    used = set(seen)
    looks = {_looks(variant(quiz, item.id, seed)) for seed in used if 0 <= seed < 2**63}
    first: Variant | None = None
    tried = 0
    while tried < TRIES or first is None:
        seed = derive(0, "review", quiz.slug, item.id, len(seen), tried) % SEEDS
        tried += 1
        if seed in used:
            continue
        made = variant(quiz, item.id, seed)
        if _looks(made) not in looks:
            return made
        first = first or made
    return first


def _looks(one: Variant) -> tuple[object, ...]:
    return (tuple(one.given.items()), one.order)
