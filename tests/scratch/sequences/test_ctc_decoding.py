import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.sequences.ctc import ctc_loss
from jinjie.scratch.sequences.ctc_decoding import collapse, greedy, prefix_beam_search


def drawn(frames, symbols, seed=0):
    logits = 2 * np.random.default_rng(seed).normal(size=(frames, symbols))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def said(path, blank):
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != blank)


def brute_force(log_probs, blank=0):
    """The probability of every text, summed over every path."""
    frames, symbols = log_probs.shape
    texts = {}
    for path in itertools.product(range(symbols), repeat=frames):
        text = said(path, blank)
        probability = np.exp(sum(log_probs[t, symbol] for t, symbol in enumerate(path)))
        texts[text] = texts.get(text, 0.0) + probability
    return texts


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=8), st.integers(0, 2))
def test_collapse_merges_repeats_and_then_drops_blanks(path, blank):
    assert tuple(collapse(np.array(path, dtype=np.int64), blank)) == said(path, blank)


def test_a_blank_keeps_a_double_letter_and_the_order_of_the_two_steps_matters():
    """Dropping blanks first would merge the two l of 'hel-lo' into one."""
    path = np.array([3, 2, 1, 0, 1, 4])
    assert collapse(path).tolist() == [3, 2, 1, 1, 4]
    assert [symbol for symbol, _ in itertools.groupby(path[path != 0])] == [3, 2, 1, 4]
    assert collapse(path, blank=4).tolist() == [3, 2, 1, 0, 1]
    assert collapse(path).tolist() == collapse(path, blank=0).tolist()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2), st.integers(0, 9999))
def test_a_wide_beam_finds_every_text_with_its_probability(frames, blank, seed):
    log_probs = drawn(frames, 3, seed)
    expected = brute_force(log_probs, blank)
    found = prefix_beam_search(log_probs, width=10**6, blank=blank)
    assert dict(found).keys() == expected.keys()
    for text, log_p in found:
        assert np.exp(log_p) == pytest.approx(expected[text], abs=1e-12)
        assert log_p == pytest.approx(-ctc_loss(log_probs, np.array(text, dtype=np.int64), blank), rel=1e-9)
    assert found[0][0] == max(expected, key=expected.get)
    assert [log_p for _, log_p in found] == sorted((log_p for _, log_p in found), reverse=True)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2), st.integers(0, 9999))
def test_greedy_says_the_most_probable_path(frames, blank, seed):
    log_probs = drawn(frames, 3, seed)
    best = max(
        itertools.product(range(3), repeat=frames),
        key=lambda path: sum(log_probs[t, symbol] for t, symbol in enumerate(path)),
    )
    assert tuple(greedy(log_probs, blank)) == said(best, blank)


def test_greedy_does_not_always_find_the_most_probable_text():
    """Two frames, each 0.6 blank: the best path says nothing (0.36), but "1" has three paths (0.64)."""
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    texts = brute_force(log_probs)
    assert (round(texts[()], 4), round(texts[(1,)], 4)) == (0.36, 0.64)
    assert greedy(log_probs).tolist() == []
    assert prefix_beam_search(log_probs)[0][0] == (1,)
    missed = 0
    for seed in range(200):
        texts = brute_force(drawn(5, 3, seed))
        missed += tuple(greedy(drawn(5, 3, seed))) != max(texts, key=texts.get)
    assert missed == 43  # of 200 drawn outputs, more than one in five


def narrow(log_probs, width, blank=0):
    """Prefix beam search from the definition: of the prefixes at each frame, the most probable ones are kept."""
    kept = {(): {"blank": 1.0, "symbol": 0.0}}
    for frame in np.exp(log_probs):
        after = {}
        for text, p in kept.items():
            for symbol, y in enumerate(frame):
                for end in ("blank", "symbol"):
                    if symbol == blank:
                        where = (text, "blank")
                    elif end == "symbol" and text and text[-1] == symbol:
                        where = (text, "symbol")
                    else:
                        where = ((*text, symbol), "symbol")
                    after.setdefault(where[0], {"blank": 0.0, "symbol": 0.0})[where[1]] += p[end] * y
        kept = dict(sorted(after.items(), key=lambda item: -sum(item[1].values()))[:width])
    return {text: sum(p.values()) for text, p in kept.items()}


@pytest.mark.parametrize("width", [1, 2, 3, 10])
@pytest.mark.parametrize("blank", [0, 3])
def test_a_narrow_beam_keeps_the_best_at_every_frame(width, blank):
    for seed in range(10):
        log_probs = drawn(6, 4, seed)
        found = prefix_beam_search(log_probs, width, blank)
        expected = narrow(log_probs, width, blank)
        assert [text for text, _ in found] == list(expected)
        np.testing.assert_allclose(np.exp([p for _, p in found]), list(expected.values()), rtol=1e-9)


def test_ten_texts_and_blank_0_unless_told():
    log_probs = drawn(6, 4, 1)
    assert prefix_beam_search(log_probs) == prefix_beam_search(log_probs, width=10, blank=0)
    assert len(prefix_beam_search(log_probs)) == 10
    assert greedy(log_probs).tolist() == greedy(log_probs, blank=0).tolist()
    assert prefix_beam_search(np.zeros((0, 3))) == [((), 0.0)]
    with pytest.raises(ValueError, match="at least one text, not 0"):
        prefix_beam_search(log_probs, width=0)
    assert len(prefix_beam_search(log_probs, width=1)) == 1
