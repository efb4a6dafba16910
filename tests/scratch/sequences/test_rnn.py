import numpy as np
import pytest
import torch

from jinjie.scratch.sequences.rnn import gradient_through_time, rnn, rnn_backward, rnn_cell
from scratch.gradients import check_gradient

T, B, C, K = 5, 2, 3, 4


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(T, B, C), (B, K), (K, C), (K, K), (K,)]
    return [rng.normal(size=shape) for shape in shapes]


def pytorchs(x, h0, w_x, w_h, b):
    """PyTorch's RNN with our weights; its second bias is zero. Returns its states and the leaves in our order."""
    network = torch.nn.RNN(C, K, dtype=torch.float64)
    with torch.no_grad():
        network.weight_ih_l0.copy_(torch.tensor(w_x))
        network.weight_hh_l0.copy_(torch.tensor(w_h))
        network.bias_ih_l0.copy_(torch.tensor(b))
        network.bias_hh_l0.zero_()
    x, h0 = torch.tensor(x, requires_grad=True), torch.tensor(h0, requires_grad=True)
    states, _ = network(x, h0[None])
    return states, (x, h0, network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0)


def test_the_states_and_every_gradient_are_pytorchs():
    given = drawn()
    states, leaves = pytorchs(*given)
    np.testing.assert_allclose(rnn(*given), states.detach(), rtol=1e-9, atol=1e-12)
    upstream = np.random.default_rng(1).normal(size=(T, B, K))
    states.backward(torch.tensor(upstream))
    for ours, leaf in zip(rnn_backward(upstream, *given), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, rtol=1e-9, atol=1e-12)


def test_a_cell_is_pytorchs():
    x, h, *weights = drawn(2)
    cell = torch.nn.RNNCell(C, K, dtype=torch.float64)
    with torch.no_grad():
        for parameter, value in zip((cell.weight_ih, cell.weight_hh, cell.bias_ih), weights, strict=True):
            parameter.copy_(torch.tensor(value))
        cell.bias_hh.zero_()
        theirs = cell(torch.tensor(x[0]), torch.tensor(h))
    np.testing.assert_allclose(rnn_cell(x[0], h, *weights), theirs, rtol=1e-9, atol=1e-12)


def test_every_gradient_is_the_central_difference():
    given = drawn(3)
    upstream = np.random.default_rng(4).normal(size=(T, B, K))
    for at, gradient in enumerate(rnn_backward(upstream, *given)):

        def loss(value, at=at):
            return float((upstream * rnn(*given[:at], value, *given[at + 1 :])).sum())

        check_gradient(loss, given[at], gradient)


def test_gradients_do_not_stop_after_one_step():
    """Back-propagation that takes the state before as a constant gets the last step right and the rest wrong."""
    given = drawn(5)
    upstream = np.zeros((T, B, K))
    upstream[-1] = 1.0
    grad_x, *_ = rnn_backward(upstream, *given)
    assert all(np.abs(grad_x[t]).max() > 1e-3 for t in range(T))
    hidden = rnn(*given)
    truncated = (upstream * (1 - hidden**2)) @ given[2]
    np.testing.assert_allclose(truncated[-1], grad_x[-1])
    assert not truncated[:-1].any()


def test_a_wrong_number_of_channels_is_refused():
    x, *rest = drawn()
    with pytest.raises(ValueError, match=r"W_x takes 3 channels, but x \(T, B, C\) is \(5, 2, 2\)"):
        rnn(x[..., :2], *rest)


def test_through_time_the_norms_are_those_of_pytorchs_jacobians():
    rng = np.random.default_rng(6)
    w_h = rng.normal(size=(3, 3))
    inputs = rng.normal(size=(4, 3))
    states = [torch.tensor(rng.normal(size=3))]
    for x in inputs:
        states.append(torch.tanh(torch.tensor(x) + torch.tensor(w_h) @ states[-1]))
    hidden = np.array([state.numpy() for state in states[1:]])

    def last_from(state, t):
        for x in inputs[t + 1 :]:
            state = torch.tanh(torch.tensor(x) + torch.tensor(w_h) @ state)
        return state

    jacobians = [
        torch.autograd.functional.jacobian(lambda state, t=t: last_from(state, t), states[t + 1])
        for t in range(4)
    ]
    expected = [float(torch.linalg.matrix_norm(jacobian, ord=2)) for jacobian in jacobians]
    np.testing.assert_allclose(gradient_through_time(hidden, w_h), expected, rtol=1e-9)


def test_gradients_vanish_below_and_explode_above_one():
    quarter_turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    at_rest = np.zeros((51, 2))
    assert gradient_through_time(at_rest, 0.5 * quarter_turn)[0] == pytest.approx(0.5**50)
    assert gradient_through_time(at_rest, 1.5 * quarter_turn)[0] == pytest.approx(1.5**50)
    assert 1.5**50 > 6e8 and 0.5**50 < 1e-15
