import gzip
import math
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.lm import Lidstone, WittenBellInterpolated
from nltk.lm.preprocessing import everygrams

from jinjie.scratch.language.ngram import (
    add_k,
    bits_per_token,
    count_ngrams,
    next_probabilities,
    witten_bell,
)

PLAYS = gzip.decompress(
    (resources.files("jinjie.data") / "packaged/shakespeare.txt.gz").read_bytes()
).decode()
LETTERS = sorted(set(PLAYS[:40_000]))
V = len(LETTERS)
IDS = np.array([LETTERS.index(c) for c in PLAYS[:30_000]])
HELD_OUT = np.array([LETTERS.index(c) for c in PLAYS[30_000:34_000]])
UNIFORM = np.full(V, 1 / V)


def nltk_model(model, order, tokens):
    text = [str(token) for token in tokens]
    model.fit([list(everygrams(text, max_len=order))], vocabulary_text=[str(v) for v in range(V)])
    return model


def test_counts_by_hand():
    counts = count_ngrams(np.array([0, 1, 2, 0, 1, 0]), order=3, V=4)
    assert set(counts) == {(), (0,), (1,), (2,), (0, 1), (1, 2), (2, 0)}
    assert counts[()].tolist() == [3, 2, 1, 0]
    assert counts[(0,)].tolist() == [0, 2, 0, 0]
    assert counts[(1,)].tolist() == [1, 0, 1, 0]
    assert counts[(0, 1)].tolist() == [1, 0, 1, 0]
    assert counts[(2, 0)].tolist() == [0, 1, 0, 0]
    assert set(count_ngrams(np.array([0, 1]), order=1, V=2)) == {()}


def test_what_cannot_be_counted():
    with pytest.raises(ValueError, match="order of at least 1, came 0"):
        count_ngrams(np.array([0, 1]), order=0, V=2)
    with pytest.raises(ValueError, match="from 0 to 1, came 0 to 2"):
        count_ngrams(np.array([0, 2]), order=1, V=2)
    with pytest.raises(ValueError, match="from 0 to 1, came -1 to 0"):
        count_ngrams(np.array([0, -1]), order=1, V=2)
    assert count_ngrams(np.array([], dtype=np.int64), order=2, V=2) == {}


def test_add_k_is_that_of_nltk():
    counts = count_ngrams(IDS[:5000], 2, V)
    for k in (0.1, 1.0):
        theirs = nltk_model(Lidstone(k, 2), 2, IDS[:5000])
        # nltk's vocabulary has a token for the unknown besides.
        for context in [(int(IDS[0]),), (int(IDS[7]),)]:
            ours = add_k(np.append(counts[context], 0.0), k)
            assert ours[:V] == pytest.approx(
                [theirs.score(str(v), [str(context[0])]) for v in range(V)], abs=1e-12
            )


def test_add_k_by_rows_and_its_default():
    counts = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert add_k(counts) == pytest.approx(np.array([[4 / 7, 2 / 7, 1 / 7], [1 / 3, 1 / 3, 1 / 3]]))
    assert add_k(counts, 2.0)[0] == pytest.approx([0.5, 0.3, 0.2])
    assert add_k(counts[:, :2], 1).sum(-1) == pytest.approx([1.0, 1.0])
    for k in (0, -1):
        with pytest.raises(ValueError, match=f"k above 0, came {k}"):
            add_k(counts, k)


def test_without_v_the_probabilities_add_to_more_than_one():
    counts = np.array([3.0, 1.0, 0.0, 0.0, 0.0])
    printed = (counts + 1) / (counts.sum() + 1)
    assert add_k(counts, 1.0).sum() == pytest.approx(1.0, abs=1e-15)
    assert printed.sum() == pytest.approx(1.8)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_interpolation_is_that_of_nltk(order):
    tokens = IDS[:4000]
    theirs = nltk_model(WittenBellInterpolated(order), order, tokens)
    counts = count_ngrams(tokens, order, V)
    # nltk ends at the frequencies of single tokens, so these are given as what is believed before.
    base = counts[()] / counts[()].sum()
    unigram = witten_bell(counts[()], base)
    assert unigram == pytest.approx(base, abs=1e-12)
    for t in (0, 1, 2, 3, 50, 999):
        context = tuple(int(token) for token in HELD_OUT[t : t + order - 1])
        ours = next_probabilities(context, counts, order, base)
        names = [str(token) for token in context]
        assert ours == pytest.approx([theirs.score(str(v), names) for v in range(V)], abs=1e-9)


def test_interpolation_by_hand():
    lower = np.array([0.5, 0.25, 0.25])
    assert witten_bell(np.array([2.0, 0.0, 1.0]), lower) == pytest.approx([3 / 5, 0.5 / 5, 1.5 / 5])
    assert witten_bell(np.zeros(3), lower) is lower
    counts = count_ngrams(np.array([0, 1, 0, 1, 1]), order=3, V=2)
    assert next_probabilities((), {}, 3, np.array([0.25, 0.75])).tolist() == [0.25, 0.75]
    # Only the last two tokens of the context count, and one that never occurred falls back.
    after = next_probabilities((1, 0), counts, 3, np.array([0.5, 0.5]))
    assert next_probabilities((0, 0, 1, 1, 0), counts, 3, np.array([0.5, 0.5])).tolist() == after.tolist()
    one = next_probabilities((0,), counts, 2, np.array([0.5, 0.5]))
    assert next_probabilities((0, 0), counts, 3, np.array([0.5, 0.5])).tolist() == one.tolist()
    # Of counts for three, only pairs are looked at where two is asked for.
    assert next_probabilities((1, 0), counts, 2, np.array([0.5, 0.5])).tolist() == one.tolist()
    assert one.tolist() != after.tolist()
    # (3, 4) after seven tokens; a context of one; two of them.
    assert one == pytest.approx([(3 / 7) / 3, (2 + 4 / 7) / 3])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=40), st.lists(st.integers(0, 4), max_size=6), st.integers(1, 4))
def test_predictions_are_distributions(tokens, context, order):
    counts = count_ngrams(np.array(tokens, dtype=np.int64), order, 5)
    p = next_probabilities(tuple(context), counts, order, np.full(5, 0.2))
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert p.min() > 0


def test_bits_are_those_counted_by_hand():
    counts = count_ngrams(np.array([0, 1, 0, 1, 1]), order=2, V=2)
    base = np.array([0.5, 0.5])
    p = [3 / 7, ((2 + 4 / 7) / 3), (1 + 2 * 3 / 7) / 4]
    text = np.array([0, 1, 0])
    assert bits_per_token(text, counts, 2, base) == pytest.approx(-sum(map(math.log2, p)) / 3, abs=1e-12)
    assert bits_per_token(text, {}, 2, base) == 1.0
    assert bits_per_token(np.array([1]), {}, 1, np.array([0.75, 0.25])) == 2.0
    with pytest.raises(ValueError, match="at least 1 token, came none"):
        bits_per_token(np.array([], dtype=np.int64), counts, 2, base)


def test_longer_contexts_predict_plays_better():
    """Bits of each of 4,000 held-out characters after counting 30,000; runs of five are too rare in so little text."""
    bits = {
        order: round(bits_per_token(HELD_OUT, count_ngrams(IDS, order, V), order, UNIFORM), 3)
        for order in (1, 2, 3, 4, 5)
    }
    assert bits == {1: 4.708, 2: 3.505, 3: 2.922, 4: 2.716, 5: 2.802}
    assert bits_per_token(HELD_OUT, {}, 1, UNIFORM) == pytest.approx(math.log2(65), abs=1e-12)
