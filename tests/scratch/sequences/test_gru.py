import numpy as np
import pytest
import torch

from jinjie.scratch.sequences.gru import gru, gru_backward, gru_cell, gru_cell_backward, gru_gates
from scratch.gradients import check_gradient

T, B, C, K = 5, 2, 3, 4


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(T, B, C), (B, K), (3 * K, C), (3 * K, K), (3 * K,), (3 * K,)]
    return [rng.normal(size=shape) for shape in shapes]


def weigh(module, weights, suffix):
    with torch.no_grad():
        for name, value in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), weights, strict=True):
            getattr(module, name + suffix).copy_(torch.tensor(value))
    return module


def test_the_states_and_every_gradient_are_pytorchs():
    x, h0, *weights = drawn()
    network = weigh(torch.nn.GRU(C, K, dtype=torch.float64), weights, "_l0")
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, h0)]
    states, _ = network(leaves[0], leaves[1][None])
    np.testing.assert_allclose(gru(x, h0, *weights), states.detach(), rtol=1e-9, atol=1e-12)
    upstream = np.random.default_rng(1).normal(size=(T, B, K))
    states.backward(torch.tensor(upstream))
    leaves += [network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, network.bias_hh_l0]
    for ours, leaf in zip(gru_backward(upstream, x, h0, *weights), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, rtol=1e-9, atol=1e-12)


def test_a_cell_is_pytorchs():
    x, h, *weights = drawn(2)
    cell = weigh(torch.nn.GRUCell(C, K, dtype=torch.float64), weights, "")
    with torch.no_grad():
        theirs = cell(torch.tensor(x[0]), torch.tensor(h))
    np.testing.assert_allclose(gru_cell(x[0], h, *weights), theirs, rtol=1e-9, atol=1e-12)


def test_the_gates_are_layers_and_the_reset_gate_acts_on_the_states_part():
    x, h, w_x, w_h, b_x, b_h = drawn(3)
    from_x = np.einsum("bc,gc->bg", x[0], w_x) + b_x
    from_h = np.einsum("bk,gk->bg", h, w_h) + b_h
    r, z, n, a = gru_gates(x[0], h, w_x, w_h, b_x, b_h)
    np.testing.assert_allclose(r, 1 / (1 + np.exp(-(from_x + from_h)[:, :K])), rtol=1e-9)
    np.testing.assert_allclose(z, 1 / (1 + np.exp(-(from_x + from_h)[:, K : 2 * K])), rtol=1e-9)
    np.testing.assert_allclose(a, from_h[:, 2 * K :], rtol=1e-9)
    np.testing.assert_allclose(n, np.tanh(from_x[:, 2 * K :] + r * from_h[:, 2 * K :]), rtol=1e-9)


def test_every_gradient_of_a_cell_is_the_central_difference():
    x, *rest = drawn(4)
    given = [x[0], *rest]
    upstream = np.random.default_rng(5).normal(size=(B, K))
    for at, gradient in enumerate(gru_cell_backward(upstream, *given)):

        def loss(value, at=at):
            return float((upstream * gru_cell(*given[:at], value, *given[at + 1 :])).sum())

        check_gradient(loss, given[at], gradient)


def test_every_gradient_is_the_central_difference():
    given = drawn(6)
    upstream = np.random.default_rng(7).normal(size=(T, B, K))
    for at, gradient in enumerate(gru_backward(upstream, *given)):

        def loss(value, at=at):
            return float((upstream * gru(*given[:at], value, *given[at + 1 :])).sum())

        check_gradient(loss, given[at], gradient)


def test_the_update_gate_keeps_the_state_as_it_is():
    """Papers differ in the sign; here z = 1 keeps. Weights that add up to 1 keep the state within [−1, 1]."""
    x, h, w_x, w_h, _, b_h = drawn(8)
    b_x = np.concatenate([np.zeros(K), np.full(K, 50.0), np.zeros(K)])
    np.testing.assert_allclose(gru_cell(x[0], h, 0 * w_x, 0 * w_h, b_x, 0 * b_h), h, atol=1e-12)
    states = gru(100 * x, np.clip(h, -1, 1), w_x, w_h, 0 * b_x, b_h)
    assert np.abs(states).max() <= 1.0


def test_without_one_minus_z_the_state_runs_away():
    """h′ = n + z ⊙ h adds without making room: kept and written in full, fifty steps make fifty."""
    zero, b = np.zeros((1, 1)), np.array([0.0, 20.0, 20.0])
    h = ours = zero
    for _ in range(50):
        _, z, n, _ = gru_gates(zero, h, np.zeros((3, 1)), np.zeros((3, 1)), b, np.zeros(3))
        h = n + z * h
        ours = gru_cell(zero, ours, np.zeros((3, 1)), np.zeros((3, 1)), b, np.zeros(3))
    assert h.item() == pytest.approx(50.0, abs=1e-5)
    assert ours.item() < 1e-6


def test_wrong_shapes_are_refused():
    x, h0, w_x, *rest = drawn()
    with pytest.raises(
        ValueError, match=r"W_x must be \(12, 2\) for 4 units and x \(5, 2, 2\), but is \(12, 3\)"
    ):
        gru(x[..., :2], h0, w_x, *rest)
    with pytest.raises(ValueError, match=r"W_x must be \(12, 3\) .* but is \(9, 3\)"):
        gru(x, h0, w_x[:9], *rest)
