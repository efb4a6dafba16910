import numpy as np
import pytest
import torch

from jinjie.scratch.vision.residual import gradient_through_depth, residual, residual_backward
from scratch.gradients import check_gradient


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 3))


def test_the_block_and_its_gradients_are_pytorchs():
    given = drawn()
    x, w1, w2 = (torch.tensor(value, requires_grad=True) for value in given)
    theirs = x + torch.relu(x @ w1) @ w2
    np.testing.assert_allclose(residual(*given), theirs.detach(), rtol=1e-9, atol=1e-12)
    upstream = np.random.default_rng(1).normal(size=(4, 3))
    theirs.backward(torch.tensor(upstream))
    for ours, leaf in zip(residual_backward(upstream, *given), (x, w1, w2), strict=True):
        np.testing.assert_allclose(ours, leaf.grad, rtol=1e-9, atol=1e-12)


def test_every_gradient_is_the_central_difference():
    given = drawn(2)
    upstream = np.random.default_rng(3).normal(size=(4, 3))
    for at, gradient in enumerate(residual_backward(upstream, *given)):

        def loss(value, at=at):
            return float((upstream * residual(*given[:at], value, *given[at + 1 :])).sum())

        check_gradient(loss, given[at], gradient)


def test_a_unit_at_zero_passes_no_gradient_to_the_branch():
    upstream = np.array([[2.0, 3.0]])
    grad_x, grad_w1, grad_w2 = residual_backward(upstream, np.zeros((1, 2)), np.ones((2, 2)), np.ones((2, 2)))
    np.testing.assert_array_equal(grad_x, upstream)  # and all of it still gets past
    assert not grad_w1.any() and not grad_w2.any()


def test_with_weights_at_zero_the_block_is_the_identity():
    x, w1, w2 = drawn()
    np.testing.assert_array_equal(residual(x, w1, 0 * w2), x)
    assert np.abs(np.maximum(0, x @ w1) @ (0 * w2) - x).max() > 1  # without the skip the signal is gone


def test_gradients_survive_fifty_layers_with_the_skip_and_vanish_without():
    rng = np.random.default_rng(0)
    jacobians = [0.1 * rng.normal(size=(4, 4)) for _ in range(50)]
    upstream = rng.normal(size=4)
    with_skip = gradient_through_depth(jacobians, upstream)
    without = gradient_through_depth(jacobians, upstream, skip=False)
    assert with_skip.shape == without.shape == (51,)
    assert with_skip[0] == without[0] == np.linalg.norm(upstream)
    assert 0.1 < with_skip[-1] / with_skip[0] < 100
    assert without[-1] / without[0] < 1e-30


@pytest.mark.parametrize("skip", [True, False])
def test_the_length_on_the_way_back_is_that_of_pytorchs_gradient(skip):
    """Of linear branches F(x) = J x, whose Jacobian is J."""
    rng = np.random.default_rng(1)
    jacobians = [rng.normal(size=(3, 3)) for _ in range(4)]
    upstream = rng.normal(size=3)
    states = [torch.tensor(rng.normal(size=3), requires_grad=True)]
    for jacobian in jacobians:
        branch = torch.tensor(jacobian) @ states[-1]
        states.append(states[-1] + branch if skip else branch)
        states[-1].retain_grad()
    states[-1].backward(torch.tensor(upstream))
    theirs = [float(state.grad.norm()) for state in reversed(states)]
    np.testing.assert_allclose(gradient_through_depth(jacobians, upstream, skip), theirs, rtol=1e-9)


def test_the_skip_is_there_unless_told():
    jacobians = [np.array([[0.0]])]
    assert gradient_through_depth(jacobians, np.ones(1)).tolist() == [1.0, 1.0]


def test_a_branch_of_another_shape_is_refused():
    x, w1, _ = drawn()
    with pytest.raises(ValueError, match=r"the input's shape \(4, 3\), but the branch gave \(4, 1\)"):
        residual(x, w1, np.ones((5, 1)))  # would be broadcast in silence
