import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from jinjie.scratch.transformers.positions import (
    frequencies,
    learned_positions,
    learned_positions_backward,
    position_shift,
    rotary,
    rotary_backward,
    rotary_half_split,
    sinusoidal_positions,
    to_half_split,
)
from scratch.gradients import check_gradient


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# Sinusoidal ------------------------------------------------------------------------------------------------


def test_sinusoidal_positions_are_the_papers_entry_by_entry():
    T, C = 7, 6
    PE = sinusoidal_positions(T, C)
    for t in range(T):
        for i in range(C // 2):
            assert PE[t, 2 * i] == pytest.approx(np.sin(t / 10000 ** (2 * i / C)), rel=1e-12)
            assert PE[t, 2 * i + 1] == pytest.approx(np.cos(t / 10000 ** (2 * i / C)), rel=1e-12)
    assert sinusoidal_positions(2, 4, base=100.0)[1, 2] == pytest.approx(np.sin(0.1), rel=1e-12)


def test_the_speeds_fall_geometrically_from_one():
    omega = frequencies(10)
    assert omega[0] == 1 and omega.shape == (5,)
    same(omega[1:] / omega[:-1], np.full(4, 10000 ** (-1 / 5)))
    same(frequencies(4, base=16.0), [1, 0.25])
    with pytest.raises(ValueError, match="even number of channels, which go in pairs, got 5"):
        frequencies(5)


@settings(max_examples=50, deadline=None)
@given(k=st.integers(-20, 20), C=st.sampled_from([2, 4, 10]), base=st.sampled_from([100.0, 10_000.0]))
def test_a_step_of_k_tokens_is_one_rotation_wherever_it_is_made(k, C, base):
    PE, M = sinusoidal_positions(60, C, base), position_shift(k, C, base)
    same(M @ M.T, np.eye(C))
    assert np.linalg.det(M) == pytest.approx(1)
    for t in (20, 33, 39):
        np.testing.assert_allclose(M @ PE[t], PE[t + k], atol=1e-12)


def test_the_default_shift_is_that_of_the_default_positions():
    np.testing.assert_allclose(
        position_shift(3, 8) @ sinusoidal_positions(9, 8)[4], sinusoidal_positions(9, 8)[7], atol=1e-12
    )


def test_their_products_depend_on_the_distance_alone():
    PE = sinusoidal_positions(50, 8)
    products = PE @ PE.T
    for k in (0, 1, 9):
        assert np.ptp(np.diagonal(products, k)) < 1e-12
    assert products[0, 0] == pytest.approx(4)


def test_sine_and_cosine_of_different_angles_have_no_such_rotation():
    """With each channel's own exponent no linear map takes every t to t + 1, and products depend on the place."""
    T, C = 200, 8
    channel = np.arange(C)
    angles = np.arange(T)[:, None] * 10_000.0 ** (-channel / C)
    printed = np.where(channel % 2 == 0, np.sin(angles), np.cos(angles))

    def misfit(PE):
        """What the best linear map from PE_t to PE_{t+1} leaves over, in the worst case."""
        M, *_ = np.linalg.lstsq(PE[:-1], PE[1:], rcond=None)
        return np.abs(PE[:-1] @ M - PE[1:]).max()

    ours = sinusoidal_positions(T, C)
    assert misfit(ours) < 1e-10 and misfit(printed) > 0.05
    assert np.ptp(np.diagonal(ours @ ours.T)) < 1e-12 and np.ptp(np.diagonal(printed @ printed.T)) > 1


# Learned ---------------------------------------------------------------------------------------------------


def test_learned_positions_are_pytorchs_embedding():
    x, P, upstream = draw(2, 3, 4, 5), draw(7, 5, seed=1), draw(2, 3, 4, 5, seed=2)
    table = torch.nn.Embedding.from_pretrained(torch.tensor(P), freeze=False)
    tx = torch.tensor(x, requires_grad=True)
    y = tx + table(torch.arange(4))
    y.backward(torch.tensor(upstream))
    same(learned_positions(x, P), y.detach().numpy())
    dx, dP = learned_positions_backward(upstream, x, P)
    same(dx, tx.grad.numpy())
    same(dP, table.weight.grad.numpy())
    assert np.all(dP[4:] == 0)
    check_gradient(lambda P: float(np.sum(upstream * learned_positions(x, P))), P, dP)
    check_gradient(lambda x: float(np.sum(upstream * learned_positions(x, P))), x, dx)


def test_beyond_the_table_there_are_no_learned_positions():
    P = draw(3, 2)
    assert learned_positions(draw(3, 2), P).shape == (3, 2)
    with pytest.raises(ValueError, match="at most 3 tokens, one for each learned position, got 4"):
        learned_positions(draw(4, 2), P)


# Rotary ----------------------------------------------------------------------------------------------------


def test_rotary_is_multiplication_of_complex_numbers():
    """Neighbours as one complex number, times e^{itω}: equation 12 of the paper, and the first Llama's code."""
    x, positions = draw(2, 3, 5, 6), np.array([0, 1, 4, 9, 2])
    z = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * positions[:, None] * frequencies(6))
    y = rotary(x, positions)
    same(y[..., 0::2], z.real)
    same(y[..., 1::2], z.imag)
    same(
        rotary(np.array([[0.0, 0.0, 1.0, 0.0]]), np.array([1]), base=4.0), [[0, 0, np.cos(0.5), np.sin(0.5)]]
    )


@pytest.mark.parametrize("base", [10_000.0, 500.0])
def test_the_half_split_layout_is_the_llama_of_transformers(base):
    """Theirs has angles in fp32, off by about 1e-7 of up to 9: hence 1e-5; with angles in fp64 the same to 1e-9."""
    D, T = 8, 10
    config = LlamaConfig(hidden_size=2 * D, num_attention_heads=2, rope_theta=base)
    embedding = LlamaRotaryEmbedding(config)
    q, k, positions = draw(2, 2, T, D), draw(2, 2, T, D, seed=1), np.arange(T)
    cos, sin = embedding(torch.tensor(q), torch.tensor(positions)[None])
    theirs_q, theirs_k = apply_rotary_pos_emb(torch.tensor(q), torch.tensor(k), cos, sin)
    np.testing.assert_allclose(rotary_half_split(q, positions, base), theirs_q.numpy(), atol=1e-5)
    np.testing.assert_allclose(rotary_half_split(k, positions, base), theirs_k.numpy(), atol=1e-5)
    # With angles in fp64 theirs is ours to the last digits.
    theta = torch.tensor(positions[:, None] * frequencies(D, base))
    theta = torch.cat([theta, theta], dim=-1)[None]
    theirs_q, _ = apply_rotary_pos_emb(torch.tensor(q), torch.tensor(k), theta.cos(), theta.sin())
    same(rotary_half_split(q, positions, base), theirs_q.numpy())


def test_the_two_layouts_are_one_rotation_with_the_channels_in_another_order():
    x, positions = draw(2, 5, 8), np.arange(3, 8)
    same(rotary_half_split(to_half_split(x), positions), to_half_split(rotary(x, positions)))
    assert to_half_split(np.arange(6.0)).tolist() == [0, 2, 4, 1, 3, 5]
    assert to_half_split(x).shape == x.shape
    # Weights whose columns are reordered so give the same scores; weights that are not, do not.
    h, W_q, W_k = draw(5, 6), draw(6, 8, seed=1), draw(6, 8, seed=2)
    scores = rotary(h @ W_q, positions) @ rotary(h @ W_k, positions).T
    q, k = h @ to_half_split(W_q), h @ to_half_split(W_k)
    same(rotary_half_split(q, positions) @ rotary_half_split(k, positions).T, scores)
    wrong = rotary_half_split(h @ W_q, positions) @ rotary_half_split(h @ W_k, positions).T
    assert np.abs(wrong - scores).max() > 1


@pytest.mark.parametrize("turn", [rotary, rotary_half_split])
@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), t=st.integers(0, 50), s=st.integers(0, 50), k=st.integers(0, 1000))
def test_scores_depend_on_the_difference_of_positions_only(turn, seed, t, s, k):
    q, k_ = draw(2, 1, 8, seed=seed)
    here = turn(q, np.array([t])) @ turn(k_, np.array([s])).T
    there = turn(q, np.array([t + k])) @ turn(k_, np.array([s + k])).T
    np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-9)
    assert np.linalg.norm(turn(q, np.array([t]))) == pytest.approx(np.linalg.norm(q), rel=1e-9)


def test_pairs_of_one_layout_with_angles_of_the_other_depend_on_the_place():
    """Half-split pairs with each angle written twice in a row: the two channels of a pair turn by different angles."""
    (q, k), base = draw(2, 1, 8), np.arange(1)

    def printed(x, positions):
        theta = np.repeat(positions[:, None] * frequencies(8), 2, axis=-1)
        first, second = np.split(x, 2, axis=-1)
        return x * np.cos(theta) + np.concatenate([-second, first], axis=-1) * np.sin(theta)

    def drift(turn):
        """How much the score at distance 3 changes as both move on by up to 40."""
        scores = [(turn(q, base + 3 + n) @ turn(k, base + n).T).item() for n in range(40)]
        return np.ptp(scores)

    assert drift(rotary_half_split) < 1e-12 and drift(rotary) < 1e-12 and drift(printed) > 1


def test_position_zero_is_not_turned_and_other_positions_are():
    x = draw(1, 4)
    assert np.array_equal(rotary(x, np.array([0])), x)
    assert np.array_equal(rotary_half_split(x, np.array([0])), x)
    assert not np.allclose(rotary(x, np.array([1])), x)


@pytest.mark.parametrize("base", [10_000.0, 50.0])
def test_the_gradient_turns_back(base):
    x, positions, upstream = draw(2, 3, 4), np.array([0, 2, 7]), draw(2, 3, 4, seed=1)
    dx = rotary_backward(upstream, x, positions, base)
    check_gradient(lambda x: float(np.sum(upstream * rotary(x, positions, base))), x, dx)
    same(rotary(dx, positions, base), upstream)
    same(rotary_backward(upstream, x, positions), rotary_backward(upstream, x, positions, 10_000.0))
    same(rotary_half_split(x, positions), rotary_half_split(x, positions, 10_000.0))
