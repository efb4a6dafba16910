from functools import cache

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.data.text import packaged
from jinjie.scratch.sequences.edit_distance import (
    character_error_rate,
    edit_counts,
    edit_distance,
    edit_table,
    error_rate,
    word_error_rate,
)

SHORT = st.text(alphabet="abc", max_size=7)
LINES = [line for line in packaged().splitlines() if len(line.split()) > 3][:40]


def garbled(line, rng):
    """Words dropped, doubled and changed."""
    heard = []
    for word in line.split():
        chance = rng.random()
        if chance < 0.15:
            continue
        heard.append("uh" if chance > 0.85 else word)
        if 0.15 < chance < 0.25:
            heard.append(word)
    return " ".join(heard)


HEARD = [garbled(line, np.random.default_rng(n)) for n, line in enumerate(LINES)]


@cache
def by_definition(reference, hypothesis):
    """The fewest edits, by trying each kind of edit at the front."""
    if not reference or not hypothesis:
        return len(reference) + len(hypothesis)
    if reference[0] == hypothesis[0]:
        same = by_definition(reference[1:], hypothesis[1:])
    else:
        same = 1 + by_definition(reference[1:], hypothesis[1:])
    return min(
        same, 1 + by_definition(reference[1:], hypothesis), 1 + by_definition(reference, hypothesis[1:])
    )


@settings(max_examples=50, deadline=None)
@given(SHORT, SHORT)
def test_the_table_holds_the_distance_of_every_two_beginnings(reference, hypothesis):
    table = edit_table(reference, hypothesis)
    assert table.shape == (len(reference) + 1, len(hypothesis) + 1) and table.dtype == np.int64
    for i, j in np.ndindex(*table.shape):
        assert table[i, j] == by_definition(reference[:i], hypothesis[:j])
    assert edit_distance(reference, hypothesis) == by_definition(reference, hypothesis)


@settings(max_examples=50, deadline=None)
@given(SHORT, SHORT, SHORT)
def test_the_distance_is_a_metric(one, other, third):
    assert edit_distance(one, one) == 0
    assert (edit_distance(one, other) == 0) == (one == other)
    assert edit_distance(one, other) == edit_distance(other, one)
    assert edit_distance(one, third) <= edit_distance(one, other) + edit_distance(other, third)


@settings(max_examples=50, deadline=None)
@given(SHORT, SHORT)
def test_the_counts_are_a_cheapest_way(reference, hypothesis):
    substitutions, deletions, insertions = edit_counts(reference, hypothesis)
    assert min(substitutions, deletions, insertions) >= 0
    assert substitutions + deletions + insertions == edit_distance(reference, hypothesis)
    assert len(reference) - deletions + insertions == len(hypothesis)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts"),
    [
        ("abc", "abc", (0, 0, 0)),
        ("abc", "abd", (1, 0, 0)),
        ("abc", "ac", (0, 1, 0)),
        ("ac", "abc", (0, 0, 1)),
        ("", "ab", (0, 0, 2)),
        ("ab", "", (0, 2, 0)),
        ("ab", "ba", (2, 0, 0)),  # as cheap as one deletion and one insertion, and preferred
        ("abcd", "bcde", (0, 1, 1)),
        ("xaby", "zab", (1, 1, 0)),
    ],
)
def test_the_counts_of_single_edits(reference, hypothesis, counts):
    assert edit_counts(reference, hypothesis) == counts
    assert all(type(count) is int for count in edit_counts(reference, hypothesis))


def test_rates_are_jiwers_on_shakespeare():
    assert word_error_rate(LINES, HEARD) == pytest.approx(jiwer.wer(LINES, HEARD), abs=1e-12)
    assert character_error_rate(LINES, HEARD) == pytest.approx(jiwer.cer(LINES, HEARD), abs=1e-12)
    assert 0.2 < word_error_rate(LINES, HEARD) < 0.6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text("ab ", min_size=1), st.text("ab ")), min_size=1, max_size=3))
def test_rates_are_jiwers_on_anything(pairs):
    """jiwer wants at least a word in each reference, and for characters takes off the spaces at the ends."""
    pairs = [(f"b{reference}a", hypothesis.strip()) for reference, hypothesis in pairs]
    references, hypotheses = map(list, zip(*pairs, strict=True))
    assert word_error_rate(references, hypotheses) == pytest.approx(
        jiwer.wer(references, hypotheses), abs=1e-12
    )
    assert character_error_rate(references, hypotheses) == pytest.approx(
        jiwer.cer(references, hypotheses), abs=1e-12
    )


def test_the_rate_of_a_corpus_is_not_the_mean_of_its_sentences():
    """One word wrong of one, none wrong of nine: one error in ten words, where the mean of rates says a half."""
    references = ["stop", "the quick brown fox jumps over the lazy dog"]
    hypotheses = ["shop", "the quick brown fox jumps over the lazy dog"]
    assert word_error_rate(references, hypotheses) == 0.1 == jiwer.wer(references, hypotheses)
    mean = np.mean([word_error_rate([r], [h]) for r, h in zip(references, hypotheses, strict=True)])
    assert mean == 0.5


def test_errors_are_counted_against_the_reference():
    """Dividing by what was heard, one could do better by babbling on. The rate rises above 1 instead."""
    babble = "the cat sat on the mat and then it sat on the mat again"
    assert word_error_rate(["the cat"], [babble]) == 6.0 == jiwer.wer("the cat", babble)
    edits, heard = edit_distance(["the", "cat"], babble.split()), len(babble.split())
    assert edits / heard == pytest.approx(0.857, abs=1e-3)
    assert word_error_rate(["the cat sat on the mat"], [""]) == 1.0


def test_comparing_word_for_word_in_place_calls_one_lost_word_a_disaster():
    reference, heard = "turn the light in the kitchen on", "turn light in the kitchen on"
    in_place = sum(a != b for a, b in zip(reference.split(), heard.split(), strict=False)) + 1
    assert (in_place, edit_distance(reference.split(), heard.split())) == (6, 1)


@pytest.mark.parametrize(
    ("counts", "rate"), [((1, 0, 0, 4), 0.25), ((0, 1, 0, 4), 0.25), ((0, 0, 3, 2), 1.5), ((0, 0, 0, 1), 0.0)]
)
def test_the_rate_is_all_three_kinds_over_the_length(counts, rate):
    assert error_rate(*counts) == rate


def test_an_empty_reference_or_a_missing_sentence_is_refused():
    with pytest.raises(ValueError, match="the reference is empty"):
        word_error_rate([""], ["something"])
    with pytest.raises(ValueError, match="the reference is empty"):
        error_rate(0, 0, 1, 0)
    with pytest.raises(ValueError, match="the reference is empty"):
        character_error_rate([], [])
    with pytest.raises(ValueError, match="2 references cannot be compared with 1 hypotheses"):
        word_error_rate(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="1 references cannot be compared with 2 hypotheses"):
        character_error_rate(["a"], ["a", "b"])
