"""Filters on scores, and draws from what they leave."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput
from jinjie.decoding.sampling import Sampling, choose, filtered, top_k, top_p

scores = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=40).map(lambda row: torch.tensor([row]))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(scores, st.integers(1, 50))
def test_top_k_keeps_the_k_highest(logits: torch.Tensor, k: int) -> None:
    kept = top_k(logits, k).isfinite()
    assert kept.sum() == min(k, logits.shape[1])
    if not kept.all():
        assert logits[kept].min() >= logits[~kept].max()
    assert torch.equal(top_k(logits, k)[kept], logits[kept])


@given(scores, st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_p(logits: torch.Tensor, p: float) -> None:
    """Compared with sums in fp64: fp32 sums of up to 40 probabilities may fall on the other side of p by 1e-5."""
    kept = top_p(logits, p).isfinite()[0]
    probabilities = logits[0].double().softmax(-1)
    assert kept[logits[0].argmax()]
    assert float(probabilities[kept].sum()) >= p - 1e-5
    if kept.sum() > 1:
        without_last = float(probabilities[kept].sum() - probabilities[kept].min())
        assert without_last < p + 1e-5
    if not kept.all():
        assert logits[0][kept].min() >= logits[0][~kept].max()


@given(scores, st.floats(0.05, 5))
def test_temperature_divides(logits: torch.Tensor, temperature: float) -> None:
    got = filtered(logits, Sampling(temperature=temperature)).double().softmax(-1)
    # Scores up to 60 apart over 0.05 round to 7e-5 in fp32, and so, relatively, do the probabilities.
    torch.testing.assert_close(got, (logits.double() / temperature).softmax(-1), rtol=2e-4, atol=1e-6)


@settings(max_examples=50)
@given(scores, st.integers(1, 50), st.floats(0.01, 1), st.floats(0.01, 3), st.integers(0, 1000))
def test_a_draw_is_one_of_those_left(
    logits: torch.Tensor, k: int, p: float, temperature: float, seed: int
) -> None:
    sampling = Sampling(temperature=temperature, top_k=k, top_p=p)
    token = choose(logits, sampling, generator(seed))
    assert token.shape == (1,)
    assert filtered(logits, sampling)[0, token[0]].isfinite()


@given(scores, st.integers(0, 1000))
def test_temperature_zero_and_top_1_are_greedy(logits: torch.Tensor, seed: int) -> None:
    assert choose(logits, Sampling(temperature=0), generator(seed)) == logits.argmax(-1)
    highest = logits[0, choose(logits, Sampling(top_k=1), generator(seed))[0]]
    assert highest == logits.max()


def test_draws_follow_the_probabilities() -> None:
    """20,000 draws of p = 0.6 and 0.1 spread by 0.0035 and 0.0021: five of these is a false alarm in a million."""
    logits = torch.tensor([[0.6, 0.3, 0.1]]).log().expand(20_000, 3)
    counts = choose(logits, Sampling(), generator()).bincount(minlength=3) / 20_000
    assert counts[0] == pytest.approx(0.6, abs=0.0175)
    assert counts[2] == pytest.approx(0.1, abs=0.0105)
    warm = choose(logits, Sampling(temperature=0.5), generator()).bincount(minlength=3) / 20_000
    assert warm[0] == pytest.approx(0.36 / 0.46, abs=0.0175)
    cut = choose(logits, Sampling(top_p=0.8), generator()).bincount(minlength=3)
    assert cut[2] == 0 < cut[1]


def test_rows_are_drawn_apart() -> None:
    logits = torch.full((4, 1000), 0.0)
    assert len(set(choose(logits, Sampling(), generator()).tolist())) > 1
    assert torch.equal(choose(logits, Sampling(), generator(5)), choose(logits, Sampling(), generator(5)))


@pytest.mark.parametrize("temperature", [1e-30, 1e-6, 100.0])
def test_extreme_temperatures_stay_finite(temperature: float) -> None:
    logits = torch.tensor([[1e4, -1e4, 9.9e3]], dtype=torch.bfloat16)
    assert choose(logits, Sampling(temperature=temperature), generator()) in (0, 1, 2)
    if temperature < 1:
        assert choose(logits, Sampling(temperature=temperature), generator()) == 0


def test_wrong_settings_come_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        build(Sampling, {"temperature": -1, "top_k": 0, "top_p": 1.5, "max_tokens": 0, "seed": -1})
    assert len(caught.value.problems) == 5
    assert math.isclose(Sampling().temperature, 1)
