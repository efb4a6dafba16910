"""Roll-out: the sum over all paths through the layers, which is what a product of matrices is."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.responsibility.rollout import attention_rollout


def drawn(layers=3, heads=2, tokens=4, seed=0):
    scores = np.random.default_rng(seed).standard_normal((layers, heads, tokens, tokens)) * 2
    return torch.softmax(torch.tensor(scores), -1).numpy()


@pytest.mark.parametrize("residual", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("layers", "heads", "tokens"), [(1, 3, 2), (3, 2, 4), (2, 1, 3)])
def test_rollout_is_the_sum_over_all_paths(layers, heads, tokens, residual):
    """Every way from an input token up through the layers, its weights multiplied, one by one."""
    attention = drawn(layers, heads, tokens)
    expected = np.zeros((tokens, tokens))
    for path in itertools.product(range(tokens), repeat=layers + 1):
        weight = 1.0
        for layer, (source, target) in enumerate(itertools.pairwise(path)):
            mean = sum(attention[layer, head, target, source] for head in range(heads)) / heads
            weight *= (1 - residual) * mean + residual * (source == target)
        expected[path[-1], path[0]] += weight
    np.testing.assert_allclose(attention_rollout(attention, residual), expected, rtol=1e-12)


def test_rollout_is_a_product_of_pytorchs():
    attention = drawn()
    mixed = 0.5 * torch.tensor(attention).mean(1) + 0.5 * torch.eye(4)
    expected = torch.linalg.multi_dot([mixed[2], mixed[1], mixed[0]]).numpy()
    np.testing.assert_allclose(attention_rollout(attention), expected, rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_rows_stay_distributions_and_the_future_stays_dark(layers, heads, tokens, seed):
    attention = drawn(layers, heads, tokens, seed)
    rollout = attention_rollout(attention)
    np.testing.assert_allclose(rollout.sum(axis=1), 1, rtol=1e-12)
    causal = np.tril(attention) / np.tril(attention).sum(axis=-1, keepdims=True)
    assert np.all(np.triu(attention_rollout(causal), 1) == 0)


def test_without_the_residual_a_token_forgets_itself():
    """Two layers in which every token looks at the first alone: ours leaves each a quarter of itself."""
    attention = np.zeros((2, 1, 3, 3))
    attention[..., 0] = 1
    printed = attention[1, 0] @ attention[0, 0]
    assert printed[2].tolist() == [1, 0, 0]
    assert attention_rollout(attention)[2].tolist() == [0.75, 0, 0.25]


def test_the_order_of_the_layers_matters():
    """First token 1 hears 0, then 2 hears 1: so 2 has heard of 0. Multiplied backwards, it has not."""
    eye = np.eye(3)
    first, second = eye.copy(), eye.copy()
    first[1], second[2] = eye[0], eye[1]
    attention = np.stack([first, second])[:, None]
    printed = attention_rollout(attention[::-1])
    np.testing.assert_allclose(printed.sum(axis=1), 1)
    assert attention_rollout(attention)[2, 0] == 0.25 and printed[2, 0] == 0


def test_what_is_no_attention_is_refused():
    for shape in ((2, 3, 3), (1, 2, 3, 4)):
        with pytest.raises(
            ValueError, match=r"of shape \(L, H, T, T\), got " + str(shape).replace("(", r"\(")[:-1]
        ):
            attention_rollout(np.ones(shape))
    with pytest.raises(ValueError, match="add up to 1"):
        attention_rollout(np.ones((1, 1, 2, 2)))
