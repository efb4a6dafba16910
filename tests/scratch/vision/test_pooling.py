import numpy as np
import pytest
import torch

from jinjie.scratch.vision.pooling import (
    average_pool,
    average_pool_backward,
    global_average_pool,
    global_average_pool_backward,
    max_pool,
    max_pool_backward,
)
from scratch.gradients import check_gradient

F = torch.nn.functional
SETTINGS = [(2, None), (2, 1), (2, 3), (3, 2), (3, None)]
POOLS = [
    (max_pool, max_pool_backward, F.max_pool2d),
    (average_pool, average_pool_backward, F.avg_pool2d),
]
each = pytest.mark.parametrize(("pool", "backward", "torchs"), POOLS, ids=["max", "average"])


def drawn(seed=0):
    return np.random.default_rng(seed).normal(size=(2, 3, 7, 8))


@each
@pytest.mark.parametrize(("size", "stride"), SETTINGS)
def test_pooling_and_its_gradient_are_pytorchs(pool, backward, torchs, size, stride):
    x = torch.tensor(drawn(), requires_grad=True)
    theirs = torchs(x, size, stride)
    ours = pool(drawn(), size, stride)
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours, theirs.detach(), rtol=1e-9, atol=1e-12)
    upstream = np.random.default_rng(1).normal(size=ours.shape)
    theirs.backward(torch.tensor(upstream))
    np.testing.assert_allclose(backward(upstream, drawn(), size, stride), x.grad, rtol=1e-9, atol=1e-12)


@each
@pytest.mark.parametrize(("size", "stride"), SETTINGS)
def test_every_gradient_is_the_central_difference(pool, backward, torchs, size, stride):
    x = drawn(2)[:1]
    upstream = np.random.default_rng(3).normal(size=pool(x, size, stride).shape)
    gradient = backward(upstream, x, size, stride)
    check_gradient(lambda value: float((upstream * pool(value, size, stride)).sum()), x, gradient)


@each
def test_without_a_stride_windows_touch_and_do_not_overlap(pool, backward, torchs):
    x = drawn()
    np.testing.assert_array_equal(pool(x, 3), pool(x, 3, stride=3))
    upstream = np.random.default_rng(3).normal(size=(2, 3, 2, 2))
    np.testing.assert_array_equal(backward(upstream, x, 3), backward(upstream, x, 3, stride=3))


@pytest.mark.parametrize(("size", "stride"), SETTINGS)
def test_of_equal_maxima_the_first_gets_the_gradient_as_in_pytorch(size, stride):
    ties = np.random.default_rng(4).integers(0, 2, size=(2, 3, 7, 8)).astype(float)
    x = torch.tensor(ties, requires_grad=True)
    theirs = F.max_pool2d(x, size, stride)
    upstream = np.random.default_rng(5).normal(size=tuple(theirs.shape))
    theirs.backward(torch.tensor(upstream))
    np.testing.assert_allclose(max_pool_backward(upstream, ties, size, stride), x.grad, rtol=1e-9, atol=1e-12)
    even = np.zeros((1, 1, 2, 2))
    assert max_pool_backward(np.ones((1, 1, 1, 1)), even, 2).ravel().tolist() == [1, 0, 0, 0]


def test_only_the_maximum_has_a_say():
    """A gradient spread over the window moves pixels that change nothing: a step of 1 along it gains a quarter."""
    x, one = np.array([[[[1.0, 9.0], [3.0, 5.0]]]]), np.ones((1, 1, 1, 1))
    ours, shared = max_pool_backward(one, x, 2), average_pool_backward(one, x, 2)
    assert (max_pool(x + ours, 2) - max_pool(x, 2)).item() == 1.0
    assert (max_pool(x + shared, 2) - max_pool(x, 2)).item() == 0.25


def test_a_small_shift_changes_the_maxima_of_windows_less_than_the_pixels():
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 0, 0] = 1.0
    moved = np.roll(x, 1, axis=3)
    assert np.abs(x - moved).sum() == 2.0
    assert np.abs(max_pool(x, 2) - max_pool(moved, 2)).sum() == 0.0
    beyond = np.roll(x, 2, axis=3)  # past the window's edge it does show
    assert np.abs(max_pool(x, 2) - max_pool(beyond, 2)).sum() == 2.0


def test_global_average_is_pytorchs_and_its_gradient_the_central_difference():
    x = drawn(6)
    np.testing.assert_allclose(
        global_average_pool(x), F.adaptive_avg_pool2d(torch.tensor(x), 1)[:, :, 0, 0], rtol=1e-9, atol=1e-12
    )
    upstream = np.random.default_rng(7).normal(size=(2, 3))
    check_gradient(
        lambda value: float((upstream * global_average_pool(value)).sum()),
        x,
        global_average_pool_backward(upstream, x),
    )
