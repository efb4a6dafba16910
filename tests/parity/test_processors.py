"""What our filters leave against what transformers' processors leave, in its own order, for the same settings."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.decoding.sampling import History, Sampling, distribution

transformers = pytest.importorskip("transformers")
from transformers.generation import logits_process  # noqa: E402

CLOSE = 1e-6
"""fp32 probabilities: our scores have the maximum taken off before the division, theirs after it."""

rows = st.one_of(
    st.lists(st.floats(-20, 20, width=16), min_size=1, max_size=30),
    st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0, float("-inf")]), min_size=1, max_size=30),  # equals
).filter(lambda row: max(row) > float("-inf"))


def theirs(logits: torch.Tensor, sampling: Sampling, seen: list[int]) -> torch.Tensor:
    """As `generate` puts them together: penalties, then temperature, top-k, top-p, min-p."""
    made: list[Any] = []
    if sampling.logit_bias:
        bias = {(token,): float(value) for token, value in sampling.logit_bias.items()}
        made.append(logits_process.SequenceBiasLogitsProcessor(bias))
    if sampling.repetition_penalty != 1:
        made.append(logits_process.RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty))
    made.append(logits_process.TemperatureLogitsWarper(float(sampling.temperature)))
    if sampling.top_k is not None:
        made.append(logits_process.TopKLogitsWarper(sampling.top_k))
    if sampling.top_p is not None:
        made.append(logits_process.TopPLogitsWarper(sampling.top_p))
    if sampling.min_p is not None:
        made.append(logits_process.MinPLogitsWarper(sampling.min_p))
    ids = torch.tensor([seen])
    for change in made:
        logits = change(ids, logits)
    return logits.softmax(-1)


def agree(logits: torch.Tensor, sampling: Sampling, seen: list[int]) -> None:
    """The same probabilities; of equal scores at top-p's border either may be the one that stays."""
    expected = theirs(logits.clone(), sampling, seen)
    ours = distribution(logits, sampling, [History(seen[:1], seen[1:])]).after
    torch.testing.assert_close(ours.sort(-1).values, expected.sort(-1).values, atol=CLOSE, rtol=0)
    differ = ((ours - expected).abs() > CLOSE)[0]
    if differ.any():
        assert sampling.top_p is not None
        assert (
            len(
                set(
                    distribution(logits, sampling_of(sampling), [History(seen, [])]).after[0, differ].tolist()
                )
            )
            == 1
        )


def sampling_of(sampling: Sampling) -> Sampling:
    """The same settings without what shuts tokens out."""
    return sampling.model_copy(update={"top_k": None, "top_p": None, "min_p": None})


@settings(max_examples=300, deadline=None)
@given(
    rows,
    st.sampled_from([0.25, 0.7, 1.0, 1.5]),
    st.none() | st.integers(1, 35),
    st.none() | st.floats(0.01, 0.995),
    st.none() | st.floats(0, 1),
    st.sampled_from([1.0, 1.3, 0.8]),
    st.data(),
)
def test_what_is_left_is_what_transformers_leaves(
    row: list[float],
    temperature: float,
    k: int | None,
    p: float | None,
    share: float | None,
    penalty: float,
    data: st.DataObject,
) -> None:
    seen = data.draw(st.lists(st.integers(0, len(row) - 1), min_size=1, max_size=6))
    sampling = Sampling(temperature=temperature, top_k=k, top_p=p, min_p=share, repetition_penalty=penalty)
    agree(torch.tensor([row]), sampling, seen)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(top_p=0.9),
        Sampling(top_p=0.999, temperature=1.3),
        Sampling(top_k=50, top_p=0.95),
        Sampling(min_p=0.02, repetition_penalty=1.2, temperature=0.6),
        Sampling(top_k=2000, top_p=0.5, min_p=0.01, logit_bias={3: 4.5, 40_000: -100}),
    ],
    ids=str,
)
@pytest.mark.parametrize("spread", [0.05, 1.0, 4.0])
def test_with_the_vocabulary_of_gpt2(sampling: Sampling, spread: float) -> None:
    """Flat, as an untrained model's, to peaked: where the likeliest 512 decide top-p, and where they do not."""
    logits = torch.randn(1, 50_257, generator=torch.Generator().manual_seed(2)) * spread
    agree(logits, sampling, list(range(0, 4000, 7)))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 16, 600])
@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_equals_at_the_border(count: int, p: float) -> None:
    """All tokens equal, and p a whole number of them: rounding decides, and has to decide alike."""
    agree(torch.zeros(1, count), Sampling(top_p=p), [0])
    agree(torch.zeros(1, count), Sampling(top_k=max(1, count // 2)), [0])
    agree(torch.zeros(1, count), Sampling(min_p=1.0), [0])


@pytest.mark.parametrize("base", [2.0, 3.0, 5.0, 1.7])
def test_a_sum_that_is_p_but_for_rounding(base: float) -> None:
    """Probabilities that fall by one ratio, and p a sum of the first few of them: the order of adding up decides."""
    scores = -torch.arange(24) * torch.tensor(base).log()
    likely = scores.double().softmax(-1)
    for count in range(1, 12):
        agree(scores[None], Sampling(top_p=float(likely[:count].sum())), [0])
    agree(scores[None], Sampling(top_p=1e-9), [0])
    agree(scores[None], Sampling(top_p=1 - 1e-9), [0])


def test_bf16_scores_are_widened_first() -> None:
    """A vocabulary in bf16 is full of equals; theirs are widened by `generate` before any processor sees them."""
    logits = torch.randn(1, 5000, generator=torch.Generator().manual_seed(0)).bfloat16()
    sampling = Sampling(top_k=100, top_p=0.8)
    expected = theirs(logits.float(), sampling, [0])
    ours = distribution(logits, sampling, [History([0], [])]).after
    torch.testing.assert_close(ours.sort(-1).values, expected.sort(-1).values, atol=CLOSE, rtol=0)
