import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from jinjie.scratch.autograd.broadcasting import broadcast_shape, unbroadcast
from scratch.gradients import check_gradient

some = settings(max_examples=50, deadline=None)


@some
@given(mutually_broadcastable_shapes(num_shapes=3, max_dims=4, max_side=3))
def test_the_shape_is_numpys(shapes):
    assert broadcast_shape(*shapes.input_shapes) == shapes.result_shape


def test_shapes_that_do_not_stretch_are_named():
    with pytest.raises(ValueError, match=r"equal or 1 or missing, got \(2, 3\) and \(2,\)"):
        broadcast_shape((2, 3), (2,))


@some
@given(mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 3, 2), max_dims=3), st.integers(0, 99))
def test_backward_is_the_transpose_of_stretching(shapes, seed):
    """⟨stretched x, u⟩ = ⟨x, unbroadcast u⟩ for every x and u: the definition of the adjoint."""
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=shapes.input_shapes[0]), rng.normal(size=shapes.result_shape)
    back = unbroadcast(u, x.shape)
    assert back.shape == x.shape
    assert (np.broadcast_to(x, u.shape) * u).sum() == pytest.approx((x * back).sum(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "shape", [(), (4,), (1,), (3, 4), (1, 4), (3, 1), (1, 1), (2, 1, 4), (1, 3, 1), (2, 3, 4)]
)
def test_the_sum_over_copies_is_the_slope(shape):
    rng = np.random.default_rng(0)
    x, u = rng.normal(size=shape), rng.normal(size=(2, 3, 4))
    check_gradient(lambda x: float((u * x).sum()), x, unbroadcast(u, shape))


def test_the_mean_over_copies_is_too_small_by_their_number():
    """What a loss of five examples feels of a bias that all of them use is five times what one of them feels."""
    x, u = np.zeros((1, 2)), np.ones((5, 2))
    assert unbroadcast(u, (1, 2)) == pytest.approx(np.full((1, 2), 5.0))
    with pytest.raises(AssertionError):
        check_gradient(lambda x: float((u * x).sum()), x, u.mean(axis=0, keepdims=True))
    check_gradient(lambda x: float((u * x).sum()), x, unbroadcast(u, (1, 2)))


@pytest.mark.parametrize("shape", [(2,), (2, 3, 3), (4, 3)])
def test_an_upstream_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="expected"):
        unbroadcast(np.zeros((1, 3)), shape)


def test_an_upstream_smaller_than_what_was_stretched_is_refused():
    with pytest.raises(ValueError, match=r"an upstream that \(2, 3\) stretches to, got \(1, 3\)"):
        unbroadcast(np.zeros((1, 3)), (2, 3))
