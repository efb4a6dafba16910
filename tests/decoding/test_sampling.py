"""Filters on scores, and draws from what they leave."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.decoding.sampling import (
    History,
    Sampling,
    choose,
    distribution,
    filtered,
    penalised,
    scored,
    top_k,
    top_p,
)

scores = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=40).map(lambda row: torch.tensor([row]))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(deadline=None)
@given(scores, st.integers(1, 50))
def test_top_k_keeps_the_k_highest_and_their_equals(logits: torch.Tensor, k: int) -> None:
    kept = top_k(logits, k).isfinite()
    lowest = logits[0].sort(descending=True).values[min(k, logits.shape[1]) - 1]
    assert torch.equal(kept, logits >= lowest)
    assert torch.equal(top_k(logits, k)[kept], logits[kept])


@settings(deadline=None)
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


@settings(deadline=None)
@given(scores, st.floats(0.05, 5))
def test_temperature_divides(logits: torch.Tensor, temperature: float) -> None:
    got = filtered(logits, Sampling(temperature=temperature)).double().softmax(-1)
    # Scores up to 60 apart over 0.05 round to 7e-5 in fp32, and so, relatively, do the probabilities.
    torch.testing.assert_close(got, (logits.double() / temperature).softmax(-1), rtol=2e-4, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(scores, st.integers(1, 50), st.floats(0.01, 1), st.floats(0.01, 3), st.integers(0, 1000))
def test_a_draw_is_one_of_those_left(
    logits: torch.Tensor, k: int, p: float, temperature: float, seed: int
) -> None:
    sampling = Sampling(temperature=temperature, top_k=k, top_p=p)
    token = choose(logits, sampling, generator(seed))
    assert token.shape == (1,)
    assert filtered(logits, sampling)[0, token[0]].isfinite()


@settings(deadline=None)
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
    wrong = {
        "temperature": -1,
        "top_k": 0,
        "top_p": 1.5,
        "min_p": 1.1,
        "repetition_penalty": 0,
        "frequency_penalty": 2.1,
        "presence_penalty": math.nan,
        "max_tokens": 0,
        "stop": ["", "x"],
        "seed": -1,
        "beams": 0,
    }
    with pytest.raises(InvalidInput) as caught:
        build(Sampling, wrong)
    assert sorted(problem.where for problem in caught.value.problems) == sorted(wrong)
    assert all(str(problem) for problem in caught.value.problems)
    assert build(Sampling, {"stop": ["a", "b"]}).stop == ("a", "b")


VOCABULARY = 50_257
MANY = [
    Sampling(),
    Sampling(temperature=0),
    Sampling(temperature=0, repetition_penalty=1.4),
    Sampling(top_k=40),
    Sampling(top_p=0.9),
    Sampling(min_p=0.05, temperature=1.7),
    Sampling(top_k=100, top_p=0.95, frequency_penalty=0.7, presence_penalty=0.3),
    Sampling(top_p=0.9, logit_bias={17: 100}),
    Sampling(top_p=0.9),
]


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    """Nine asks with settings of their own, GPT-2's vocabulary: each is given the token that it gets alone."""
    logits = torch.randn(len(MANY), VOCABULARY, generator=generator()) * 3
    histories = [History(range(row, 50), [row, row, 7]) for row in range(len(MANY))]
    for turn in range(5):
        together = choose(logits, MANY, [generator(turn * 100 + row) for row in range(len(MANY))], histories)
        alone = [
            int(choose(logits[row : row + 1], [one], [generator(turn * 100 + row)], [histories[row]]))
            for row, one in enumerate(MANY)
        ]
        assert together.tolist() == alone
        assert together[7] == 17, "a bias of 100 is as good as an order"


def test_a_draw_takes_one_number_of_its_own_generator() -> None:
    """So that a row's text does not change when a filter does not, and a greedy row takes none."""
    logits = torch.randn(2, 50, generator=generator())
    first, second = generator(1), generator(2)
    choose(logits, [Sampling(), Sampling(temperature=0)], [first, second])
    expected = generator(1)
    torch.rand((), generator=expected, dtype=torch.float64)
    assert torch.equal(first.get_state(), expected.get_state())
    assert torch.equal(second.get_state(), generator(2).get_state())


def test_the_border_of_top_p_beyond_the_candidates() -> None:
    """A flat distribution: the quick look at the 512 likeliest does not reach p, equals are kept from the first on."""
    flat = torch.zeros(2, 4000)
    flat[1] = torch.randn(4000, generator=generator()) * 0.1
    kept = top_p(flat, 0.5).isfinite()
    assert kept.sum(-1)[0] == pytest.approx(2000, abs=1)
    assert kept[0, : int(kept[0].sum())].all()
    order = flat[1].double().sort(descending=True).values
    assert kept[1].sum() == int((order.softmax(-1).cumsum(-1) < 0.5).sum()) + 1


def test_penalties_as_they_are_defined() -> None:
    scores = torch.tensor([2.0, -2.0, 0.5, 1.0, float("-inf")])
    history = History(prompt=[0, 4], written=[1, 3, 3])
    got = penalised(scores, Sampling(repetition_penalty=2.0), history)
    assert got.tolist() == [1.0, -4.0, 0.5, 0.5, float("-inf")]
    got = penalised(scores, Sampling(frequency_penalty=0.25, presence_penalty=1.0), history)
    assert got.tolist() == [2.0, -3.25, 0.5, -0.5, float("-inf")], "the prompt is not counted"
    assert penalised(scores, Sampling(logit_bias={2: -0.5, 5: 9, -1: 9}), history).tolist()[1:4] == [
        -2.0,
        0.0,
        1.0,
    ]
    assert scores[0] == 2.0, "the model's scores are left as they were"


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0), Sampling(top_p=0.5, top_k=3)])
@pytest.mark.parametrize(
    "row", [[math.nan, 0.0, 1.0], [-math.inf] * 3, [math.nan] * 3], ids=["nan", "nothing", "nans"]
)
def test_scores_that_are_no_numbers_are_refused(sampling: Sampling, row: list[float]) -> None:
    with pytest.raises(JinjieError, match="no numbers"):
        choose(torch.tensor([[1.0, 2.0, 3.0], row]), sampling, generator())


def test_distribution_before_and_after() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0]])
    before, after = distribution(logits, Sampling(temperature=0))
    torch.testing.assert_close(before, logits.softmax(-1))
    assert after.tolist() == [[0, 1, 0]]
    _, after = distribution(logits, Sampling(top_k=2, temperature=0.5))
    torch.testing.assert_close(after[0, 1:], torch.tensor([6.0, 4.0]).softmax(-1))


def test_scored_is_the_model_s_own_opinion() -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0]])
    first, second = scored(logits, [2, 0], [3, 0])
    likely = logits.log_softmax(-1)
    assert first.log_probability == pytest.approx(float(likely[0, 2]))
    assert [token for token, _ in first.likeliest] == [1, 3, 2]
    assert second == (pytest.approx(-math.log(4)), [])


def test_zero_probability_is_never_drawn() -> None:
    """The smallest and the largest number that a generator gives fall on tokens that may be drawn."""
    from jinjie.decoding.sampling import _at

    likely = torch.tensor([0.0, 0.25, 0.0, 0.75, 0.0])
    assert [_at(likely, number) for number in (0.0, 0.25, 1 - 2**-53)] == [1, 3, 3]
