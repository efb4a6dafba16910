import numpy as np
import pytest
import torch

from jinjie.scratch.networks.activations import sigmoid
from jinjie.scratch.sequences.lstm import gates, lstm, lstm_backward, lstm_cell, lstm_cell_backward
from jinjie.scratch.sequences.rnn import rnn_backward
from scratch.gradients import check_gradient

T, B, C, K = 5, 2, 3, 4


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(T, B, C), (B, K), (B, K), (4 * K, C), (4 * K, K), (4 * K,)]
    return [rng.normal(size=shape) for shape in shapes]


def pytorchs(x, h0, c0, w_x, w_h, b):
    """PyTorch's LSTM with our weights; its second bias is zero."""
    network = torch.nn.LSTM(C, K, dtype=torch.float64)
    with torch.no_grad():
        network.weight_ih_l0.copy_(torch.tensor(w_x))
        network.weight_hh_l0.copy_(torch.tensor(w_h))
        network.bias_ih_l0.copy_(torch.tensor(b))
        network.bias_hh_l0.zero_()
    x, h0, c0 = (torch.tensor(value, requires_grad=True) for value in (x, h0, c0))
    states, (_, last_memory) = network(x, (h0[None], c0[None]))
    return (
        states,
        last_memory[0],
        (x, h0, c0, network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0),
    )


def test_the_states_and_every_gradient_are_pytorchs():
    given = drawn()
    states, last_memory, leaves = pytorchs(*given)
    hidden, memory = lstm(*given)
    np.testing.assert_allclose(hidden, states.detach(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(memory[-1], last_memory.detach(), rtol=1e-9, atol=1e-12)
    upstream = np.random.default_rng(1).normal(size=(T, B, K))
    states.backward(torch.tensor(upstream))
    for ours, leaf in zip(lstm_backward(upstream, *given), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, rtol=1e-9, atol=1e-12)


def test_a_cell_is_pytorchs():
    x, *rest = drawn(2)
    cell = torch.nn.LSTMCell(C, K, dtype=torch.float64)
    with torch.no_grad():
        for parameter, value in zip((cell.weight_ih, cell.weight_hh, cell.bias_ih), rest[2:], strict=True):
            parameter.copy_(torch.tensor(value))
        cell.bias_hh.zero_()
        theirs = cell(torch.tensor(x[0]), (torch.tensor(rest[0]), torch.tensor(rest[1])))
    for ours, expected in zip(lstm_cell(x[0], *rest), theirs, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


def test_the_gates_are_four_layers():
    x, h, _, w_x, w_h, b = drawn(3)
    z = np.einsum("bc,gc->bg", x[0], w_x) + np.einsum("bk,gk->bg", h, w_h) + b
    for n, (gate, squash) in enumerate(
        zip(
            gates(x[0], h, w_x, w_h, b),
            (torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid),
            strict=True,
        )
    ):
        np.testing.assert_allclose(
            gate, squash(torch.tensor(z[:, n * K : (n + 1) * K])), rtol=1e-9, atol=1e-12
        )


def test_every_gradient_of_a_cell_is_the_central_difference():
    """Of the hidden state and the memory, each with a gradient of its own coming in."""
    x, *rest = drawn(4)
    given = [x[0], *rest]
    rng = np.random.default_rng(5)
    upstream = (rng.normal(size=(B, K)), rng.normal(size=(B, K)))
    for at, gradient in enumerate(lstm_cell_backward(upstream, *given)):

        def loss(value, at=at):
            h, c = lstm_cell(*given[:at], value, *given[at + 1 :])
            return float((upstream[0] * h).sum() + (upstream[1] * c).sum())

        check_gradient(loss, given[at], gradient)


def test_every_gradient_is_the_central_difference():
    given = drawn(6)
    upstream = np.random.default_rng(7).normal(size=(T, B, K))
    for at, gradient in enumerate(lstm_backward(upstream, *given)):

        def loss(value, at=at):
            hidden, _ = lstm(*given[:at], value, *given[at + 1 :])
            return float((upstream * hidden).sum())

        check_gradient(loss, given[at], gradient)


def kept_for(steps):
    """One unit whose forget gate is open and whose input gate is shut, over zeros: c₀'s rest and c₀'s gradient."""
    zero = np.zeros((1, 1))
    b = np.array([-20.0, 20.0, 0.0, 0.0])
    given = (np.zeros((steps, 1, 1)), zero, zero + 0.5, np.zeros((4, 1)), np.zeros((4, 1)), b)
    upstream = np.zeros((steps, 1, 1))
    upstream[-1] = 1.0
    _, memory = lstm(*given)
    return memory[-1].item(), lstm_backward(upstream, *given)[2].item()


def test_the_memory_and_its_gradient_last_a_hundred_steps_where_a_plain_network_forgets():
    memory, gradient = kept_for(100)
    assert memory == pytest.approx(0.5, abs=1e-5)
    assert gradient == pytest.approx(
        0.5 * (1 - np.tanh(0.5) ** 2), abs=1e-5
    )  # the output gate's half, tanh's slope
    upstream = np.zeros((100, 1, 1))
    upstream[-1] = 1.0
    _, grad_h0, *_ = rnn_backward(
        upstream,
        np.zeros((100, 1, 1)),
        np.full((1, 1), 0.5),
        np.ones((1, 1)),
        np.full((1, 1), 0.9),
        np.zeros(1),
    )
    assert abs(grad_h0.item()) < 1e-4


def test_squashing_the_memory_itself_loses_it():
    """Some print c = tanh(f ⊙ c + i ⊙ g): its path is then a plain network's, and a hundred steps end it."""
    memory = 0.5
    for _ in range(100):
        memory = np.tanh(memory)
    assert memory < 0.13
    assert kept_for(100)[0] == pytest.approx(0.5, abs=1e-5)


def test_a_tied_forget_gate_cannot_keep_and_add():
    """With c = (1 − i) ⊙ c + i ⊙ g what is let in drives out what was there; an LSTM can count."""
    zero, b = np.zeros((1, 1)), np.array([20.0, 20.0, 20.0, 0.0])
    _, memory = lstm(np.zeros((7, 1, 1)), zero, zero, np.zeros((4, 1)), np.zeros((4, 1)), b)
    assert memory.ravel() == pytest.approx(np.arange(1, 8), abs=1e-6)
    i, tied = sigmoid(np.array([20.0])), np.zeros(1)
    for _ in range(7):
        tied = (1 - i) * tied + i * np.tanh(20.0)
    assert tied == pytest.approx(1.0)


def test_what_is_shown_stays_below_one_however_much_is_remembered():
    """Without the second tanh, h = o ⊙ c, the hidden state grows with the count and swamps the next layer."""
    zero, b = np.zeros((1, 1)), np.array([20.0, 20.0, 20.0, 20.0])
    hidden, memory = lstm(np.zeros((50, 1, 1)), zero, zero, np.zeros((4, 1)), np.zeros((4, 1)), b)
    assert np.abs(hidden).max() <= 1.0
    shown_raw = sigmoid(np.array([20.0])) * memory
    assert shown_raw.max() == pytest.approx(50.0, abs=1e-5)


def test_wrong_shapes_are_refused():
    x, h0, c0, w_x, w_h, b = drawn()
    with pytest.raises(
        ValueError, match=r"W_x must be \(16, 2\) for 4 units and x \(5, 2, 2\), but is \(16, 3\)"
    ):
        lstm(x[..., :2], h0, c0, w_x, w_h, b)
    with pytest.raises(ValueError, match=r"W_x must be \(16, 3\) .* but is \(12, 3\)"):
        lstm(x, h0, c0, w_x[:12], w_h, b)
