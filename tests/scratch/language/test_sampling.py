import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.generation import logits_process as theirs

from jinjie.decoding import sampling as engine
from jinjie.scratch.language.sampling import (
    among,
    draw,
    greedy,
    min_p,
    ranks,
    repetition_penalty,
    temperature,
    top_k,
    top_p,
)

RNG = np.random.default_rng(7)
LOGITS = 3 * RNG.normal(size=(5, 17))
PROBABILITIES = temperature(LOGITS)
MANY = temperature(3 * RNG.normal(size=(2, 3, 7)))
"""Two batch axes, none of the same size."""


def softmax_of(processor, logits=LOGITS):
    return processor(None, torch.tensor(logits)).softmax(-1).numpy()


def by_rows(f, rows):
    return np.array([[f(row) for row in block] for block in rows])


def entropy(p):
    return float(-(p[p > 0] * np.log(p[p > 0])).sum())


def test_greedy_is_the_first_of_the_likeliest():
    assert greedy(LOGITS).tolist() == torch.tensor(LOGITS).argmax(-1).tolist()
    assert greedy(np.array([[0.0, 2.0, 2.0], [5.0, 5.0, 5.0]])).tolist() == [1, 0]
    assert greedy(MANY).shape == (2, 3)
    assert greedy(LOGITS).dtype == np.int64
    cold = engine.choose(torch.tensor(LOGITS), engine.Sampling(temperature=0), torch.Generator())
    assert greedy(LOGITS).tolist() == cold.tolist()


@pytest.mark.parametrize("T", [0.3, 1.0, 4.0])
def test_temperature_is_that_of_transformers(T):
    assert temperature(LOGITS, T) == pytest.approx(softmax_of(theirs.TemperatureLogitsWarper(T)), abs=1e-9)
    ours = engine.filtered(torch.tensor(LOGITS), engine.Sampling(temperature=T)).softmax(-1).numpy()
    assert temperature(LOGITS, T) == pytest.approx(ours, abs=1e-9)


def test_temperature_is_one_unless_said_and_works_row_by_row():
    assert temperature(LOGITS) == pytest.approx(torch.tensor(LOGITS).softmax(-1).numpy(), abs=1e-12)
    logits = 3 * RNG.normal(size=(2, 3, 7))
    assert temperature(logits, 2.0) == pytest.approx(by_rows(lambda row: temperature(row, 2.0), logits))
    assert temperature(logits, 2.0).sum(-1) == pytest.approx(np.ones((2, 3)))


def test_temperature_near_its_ends():
    logits = np.array([1e4, 1e4 - 1, -1e4])
    assert temperature(logits, 1e-300).tolist() == [1.0, 0.0, 0.0]
    assert temperature(logits, 1e300) == pytest.approx(np.full(3, 1 / 3))
    assert temperature(np.array([0.0, -np.inf])).tolist() == [1.0, 0.0]
    for cold in (0, -1.0):
        with pytest.raises(ValueError, match=f"temperature above 0 .*, came {cold}"):
            temperature(logits, cold)


def test_a_higher_temperature_gives_more_entropy():
    """Ours rises with T; multiplied by T it falls; with T after the softmax it does not move."""
    temperatures = [0.25, 0.5, 1.0, 2.0, 4.0]
    ours = [entropy(temperature(LOGITS[0], T)) for T in temperatures]
    multiplied = [entropy(temperature(LOGITS[0], 1 / T)) for T in temperatures]
    after = [entropy(among(temperature(LOGITS[0]) / T, np.ones(17, bool))) for T in temperatures]
    assert all(np.diff(ours) > 0.1)
    assert all(np.diff(multiplied) < -0.1)
    assert max(after) - min(after) < 1e-12


@pytest.mark.parametrize("k", [1, 2, 5, 17, 30])
def test_top_k_is_that_of_transformers(k):
    assert top_k(PROBABILITIES, k) == pytest.approx(softmax_of(theirs.TopKLogitsWarper(k)), abs=1e-9)
    ours = engine.filtered(torch.tensor(LOGITS), engine.Sampling(top_k=k)).softmax(-1).numpy()
    assert top_k(PROBABILITIES, k) == pytest.approx(ours, abs=1e-9)
    assert ((top_k(PROBABILITIES, k) > 0).sum(-1) == min(k, 17)).all()


@pytest.mark.parametrize("p", [1e-9, 0.1, 0.5, 0.9, 0.999, 1.0])
def test_top_p_is_that_of_transformers(p):
    assert top_p(PROBABILITIES, p) == pytest.approx(softmax_of(theirs.TopPLogitsWarper(p)), abs=1e-9)
    ours = engine.filtered(torch.tensor(LOGITS), engine.Sampling(top_p=p)).softmax(-1).numpy()
    assert top_p(PROBABILITIES, p) == pytest.approx(ours, abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 1.0])
def test_min_p_is_that_of_transformers(share):
    assert min_p(PROBABILITIES, share) == pytest.approx(softmax_of(theirs.MinPLogitsWarper(share)), abs=1e-9)


@pytest.mark.parametrize("penalty", [1.3, 2.0, 0.5])
def test_repetition_penalty_is_that_of_transformers(penalty):
    written = RNG.integers(0, 17, size=(5, 4))
    mask = np.zeros((5, 17), bool)
    np.put_along_axis(mask, written, True, axis=-1)
    processor = theirs.RepetitionPenaltyLogitsProcessor(penalty)
    reference = processor(torch.tensor(written), torch.tensor(LOGITS)).numpy()
    assert repetition_penalty(LOGITS, mask, penalty) == pytest.approx(reference, abs=1e-9)


def test_repetition_penalty_leaves_zero_and_defaults_to_a_fifth():
    logits, written = np.array([0.0, 1.2, -1.0]), np.array([True, True, True])
    assert repetition_penalty(logits, written) == pytest.approx([0.0, 1.0, -1.2])
    for penalty in (0, -1.0):
        with pytest.raises(ValueError, match=f"penalty above 0, came {penalty}"):
            repetition_penalty(logits, written, penalty)


def test_dividing_a_negative_logit_would_reward_repetition():
    """All logits 5 lower are the same model. Ours makes the token rarer either way; dividing makes it likelier."""
    written = np.array([True, False, False])
    for logits in (np.array([2.0, 1.0, 0.0]), np.array([-3.0, -4.0, -5.0])):
        before = temperature(logits)[0]
        assert before == pytest.approx(0.6652, abs=1e-4)
        assert temperature(repetition_penalty(logits, written, 1.5))[0] < before - 0.1
    printed = np.where(written, np.array([-3.0, -4.0, -5.0]) / 1.5, np.array([-3.0, -4.0, -5.0]))
    assert temperature(printed)[0] == pytest.approx(0.8438, abs=1e-4)


def test_what_is_left_is_a_distribution():
    for f in (lambda q: top_k(q, 2), lambda q: top_p(q, 0.7), lambda q: min_p(q, 0.4)):
        assert f(MANY).shape == (2, 3, 7)
        assert f(MANY).sum(-1) == pytest.approx(np.ones((2, 3)), abs=1e-12)
        assert f(MANY) == pytest.approx(by_rows(f, MANY), abs=1e-15)
        kept = f(MANY) > 0
        assert kept.sum() < kept.size
        # Those that stay keep their proportions.
        assert (f(MANY) / MANY)[kept].min() >= 1.0
    not_renormalised = np.where(top_k(MANY, 2) > 0, MANY, 0.0)
    assert not_renormalised.sum(-1).min() < 0.65


@settings(max_examples=50, deadline=None)
@given(
    logits=st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    p=st.floats(0.01, 0.99),
)
def test_the_nucleus_is_the_smallest_set_that_reaches_p(logits, p):
    probabilities = temperature(np.array(logits))
    kept = top_p(probabilities, p) > 0
    assert probabilities[kept].sum() >= p - 1e-12
    assert probabilities[kept].sum() - probabilities[kept].min() < p + 1e-12
    assert probabilities[kept].min() >= probabilities[~kept].max(initial=0.0)
    # The version that stops below p keeps less than p, and nothing where the first has more.
    falling = np.sort(probabilities)[::-1]
    below = falling[np.cumsum(falling) <= p]
    assert below.sum() <= p
    assert len(below) == 0 or falling[0] <= p


def test_the_nucleus_that_stops_below_p_may_be_empty():
    probabilities = np.array([0.6, 0.3, 0.1])
    assert (np.cumsum(probabilities) <= 0.5).sum() == 0
    assert top_p(probabilities, 0.5).tolist() == [1.0, 0.0, 0.0]
    assert top_p(np.array([0.5, 0.25, 0.25]), 0.5).tolist() == [1.0, 0.0, 0.0]
    assert top_p(np.array([0.5, 0.25, 0.25]), 0.51) == pytest.approx([2 / 3, 1 / 3, 0.0])


def test_the_likeliest_stays_whatever_rounding_does():
    # 0.1 + 0.2 − 0.2 is a little above 0.1: so may the sum before the first token be a little above zero.
    tiny = np.array([[1e-3, 0.999], [0.999, 1e-3]])
    assert top_p(tiny, 5e-324).tolist() == [[0.0, 1.0], [1.0, 0.0]]
    for row in temperature(RNG.normal(size=(200, 9))):
        assert (top_p(row, 5e-324) > 0).sum() == 1


def test_an_absolute_bound_leaves_nothing_where_the_model_is_unsure():
    alike = np.full(1000, 1e-3)
    assert (alike >= 0.1).sum() == 0
    assert min_p(alike, 0.1) == pytest.approx(alike)
    sure = np.array([0.9, 0.08, 0.02])
    assert (min_p(sure, 0.1) > 0).tolist() == [True, False, False]
    assert (min_p(np.array([0.5, 0.25, 0.25]), 0.5) > 0).tolist() == [True, True, True]


def test_ties_go_to_the_first_for_top_k_and_top_p():
    ties = np.array([[0.125, 0.25, 0.25, 0.25, 0.125], [0.25, 0.125, 0.125, 0.25, 0.25]])
    assert ranks(ties).tolist() == [[3, 0, 1, 2, 4], [0, 3, 4, 1, 2]]
    assert top_k(ties, 2).tolist() == [[0, 0.5, 0.5, 0, 0], [0.5, 0, 0, 0.5, 0]]
    assert top_p(ties, 0.5).tolist() == [[0, 0.5, 0.5, 0, 0], [0.5, 0, 0, 0.5, 0]]
    assert top_k(np.full(40, 1 / 40), 3).nonzero()[0].tolist() == [0, 1, 2]


def test_bounds_of_the_filters():
    for k in (0, -3):
        with pytest.raises(ValueError, match=f"at least 1 token, came k = {k}"):
            top_k(PROBABILITIES, k)
    for p in (0, -0.1, 1.1):
        with pytest.raises(ValueError, match=f"0 < p ≤ 1, came p = {p}"):
            top_p(PROBABILITIES, p)
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match=f"share from 0 to 1, came {share}"):
            min_p(PROBABILITIES, share)
    assert top_p(PROBABILITIES, 1.0) == pytest.approx(PROBABILITIES)
    assert min_p(PROBABILITIES, 0) == pytest.approx(PROBABILITIES)
    assert (min_p(PROBABILITIES, 1) > 0).sum() == 5


class Fixed:
    """A generator whose uniform numbers are given."""

    def __init__(self, u):
        self.u = np.array(u)

    def random(self, size):
        assert size == self.u.shape
        return self.u


def test_a_draw_is_where_the_running_sum_passes():
    p = np.array([0.25, 0.0, 0.5, 0.25])
    u = [0.0, 0.2499, 0.25, 0.7499, 0.75, 1 - 2**-53]
    assert draw(np.tile(p, (6, 1)), Fixed(u)).tolist() == [0, 0, 2, 2, 3, 3]
    assert draw(np.array([0.0, 0.0, 1.0]), Fixed(0.0)).tolist() == 2
    assert draw(MANY, np.random.default_rng(0)).shape == (2, 3)
    assert draw(MANY, np.random.default_rng(0)).dtype == np.int64


def test_a_draw_never_passes_the_end():
    short = np.array([0.1] * 10)  # adds to a little less than 1
    assert np.cumsum(short)[-1] < 1
    assert draw(short, Fixed(1 - 2**-53)).tolist() == 9
    assert draw(np.array([0.2, 0.2, 0.0]), Fixed(0.999)).tolist() == 1


def test_draws_are_as_frequent_as_they_are_likely():
    p = np.array([0.5, 0.3, 0.0, 0.2])
    n = 20_000
    frequencies = np.bincount(draw(np.tile(p, (n, 1)), np.random.default_rng(0)), minlength=4) / n
    # Four standard deviations: a false alarm in one of some ten thousand seeds, and the seed is fixed.
    assert np.abs(frequencies - p).max() < 4 * np.sqrt(0.25 / n)
    assert frequencies[2] == 0


def test_all_in_a_row_as_the_engine_does_it():
    sampling = engine.Sampling(temperature=0.7, top_k=8, top_p=0.8)
    ours = engine.filtered(torch.tensor(LOGITS), sampling).softmax(-1).numpy()
    assert top_p(top_k(temperature(LOGITS, 0.7), 8), 0.8) == pytest.approx(ours, abs=1e-9)
