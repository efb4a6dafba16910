import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from jinjie.scratch.autograd.products import matmul, matmul_backward
from scratch.autograd.against import EXACT, draw
from scratch.gradients import check_gradient


def compare(a, b):
    theirs_a, theirs_b = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    theirs = torch.matmul(theirs_a, theirs_b)
    assert matmul(a, b) == pytest.approx(theirs.detach().numpy(), **EXACT)
    upstream = np.random.default_rng(1).normal(size=theirs.shape)
    theirs.backward(torch.tensor(upstream))
    da, db = matmul_backward(upstream, a, b)
    assert da.shape == a.shape and db.shape == b.shape
    assert da == pytest.approx(theirs_a.grad.numpy(), **EXACT)
    assert db == pytest.approx(theirs_b.grad.numpy(), **EXACT)
    return upstream, da, db


SHAPES = [
    ((2, 3), (3, 4)),
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (6, 3, 4)),
    ((1, 2, 3), (5, 3, 1)),
]


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_product_and_gradients_are_pytorchs_and_the_slopes(left, right):
    a, b = draw(left, right)
    upstream, da, db = compare(a, b)
    check_gradient(lambda a: float((matmul(a, b) * upstream).sum()), a, da)
    check_gradient(lambda b: float((matmul(a, b) * upstream).sum()), b, db)


@settings(max_examples=50, deadline=None)
@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    st.tuples(*[st.integers(1, 4)] * 3),
    st.integers(0, 99),
)
def test_any_batch_axes_stretch_as_pytorchs(batches, sizes, seed):
    N, K, M = sizes
    left, right = batches.input_shapes
    compare(*draw((*left, N, K), (*right, K, M), seed=seed))


def test_factors_in_the_wrong_order_fit_only_square_matrices():
    """With square matrices the shapes do not tell: aᵀ ȳ has the shape of ā too, and is not its gradient."""
    a, b = draw((3, 3), (3, 3))
    upstream, da, db = compare(a, b)
    loss = lambda a: float((matmul(a, b) * upstream).sum())  # noqa: E731
    with pytest.raises(AssertionError):
        check_gradient(loss, a, b.T @ upstream)
    with pytest.raises(AssertionError):
        check_gradient(loss, a, upstream @ b)
    check_gradient(loss, a, da)


@pytest.mark.parametrize(
    ("left", "right"),
    [((2, 3), (4, 3)), ((3,), (4,)), ((2, 4), (4, 3, 2)), ((), (3,)), ((3,), ()), ((3, 3), ())],
)
def test_sizes_that_do_not_meet_are_named(left, right):
    with pytest.raises(ValueError, match=r"expected a \(\.\.\., N, K\) and b \(\.\.\., K, M\), got \("):
        matmul(np.zeros(left), np.zeros(right))


def test_batches_that_do_not_stretch_are_named():
    with pytest.raises(ValueError, match=r"equal or 1 or missing, got \(2,\) and \(3,\)"):
        matmul(np.zeros((2, 3, 4)), np.zeros((3, 4, 5)))
