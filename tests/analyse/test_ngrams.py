"""The n-gram model against its definition, counted in the plainest way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jinjie.analyse.ngrams import KneserNey, unigram_nats


def by_definition(train, order, vocabulary, history, token, discount=0.75):
    """Chen & Goodman (1998), section 3: counts at the longest order, kinds of what stands before at all others."""
    p = 1 / vocabulary
    for n in range(1, order + 1):
        context = tuple(history[len(history) - n + 1 :]) if n > 1 else ()
        if len(context) < n - 1:
            break
        grams = [tuple(train[i : i + n]) for i in range(len(train) - n + 1)]
        if n == order:
            counts = {gram: grams.count(gram) for gram in set(grams)}
        else:
            before = {(train[i - 1], *train[i : i + n]) for i in range(1, len(train) - n + 1)}
            counts = {gram: sum(one[1:] == gram for one in before) for gram in set(grams)}
        follow = {gram[-1]: count for gram, count in counts.items() if gram[:-1] == context and count}
        total = sum(follow.values())
        if not total:
            break
        p = max(follow.get(token, 0) - discount, 0) / total + discount * len(follow) / total * p
    return p


@pytest.mark.parametrize(
    ("order", "vocabulary", "length"), [(1, 4, 30), (2, 4, 40), (3, 6, 60), (5, 3, 80), (4, 3, 3)]
)
def test_every_probability_is_the_definitions(order: int, vocabulary: int, length: int) -> None:
    draw = np.random.default_rng(order)
    train, text = draw.integers(0, vocabulary, length), draw.integers(0, vocabulary, 60)
    found = np.exp(-KneserNey(train, order, vocabulary).nats(text))
    for place, token in enumerate(text.tolist()):
        history = text[:place].tolist()
        wanted = by_definition(
            train.tolist(), order, vocabulary, history[-(order - 1) :] if order > 1 else [], token
        )
        assert found[place] == pytest.approx(wanted, rel=1e-12), place


def test_it_is_a_distribution_and_knows_what_it_counted() -> None:
    """It adds up to 1 after every context, seen or not; and on a text that repeats it is sure of what comes next."""
    text = np.array([0, 1, 2, 0, 1, 3, 0, 1, 2, 4] * 20)
    model = KneserNey(text, order=3, vocabulary=6)
    for context in ((0, 1), (5, 5), (3, 0), (2,), ()):
        assert math.isclose(sum(model.probability(context, token) for token in range(6)), 1, abs_tol=1e-9)
    assert model.probability((2, 0), 1) > 0.95
    assert 0.6 < model.probability((0, 1), 2) < 0.7  # two of three times
    assert model.probability((0, 1), 5) < 0.01
    assert model.bits(text) < 1


def test_a_unigram_has_shares_of_training_and_nothing_is_impossible() -> None:
    nats = unigram_nats(np.array([0, 0, 0, 1]), np.array([0, 1, 2]), 3)
    assert np.exp(-nats) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
