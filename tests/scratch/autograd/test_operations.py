import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from jinjie.scratch.autograd import operations
from jinjie.scratch.autograd.operations import elementwise, masked, where
from jinjie.scratch.autograd.tensor import Tensor
from scratch.autograd.against import agrees, draw

ANYWHERE = {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "gelu": torch.nn.functional.gelu,
}
POSITIVE = {"log": torch.log, "sqrt": torch.sqrt}


@pytest.mark.parametrize("name", [*ANYWHERE, *POSITIVE])
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3)])
def test_each_is_pytorchs(name, shape):
    x = draw(shape, low=0.3 if name in POSITIVE else -2.0)[0]
    y = agrees(getattr(operations, name), (ANYWHERE | POSITIVE)[name], x)
    assert y.operation == name


@pytest.mark.parametrize("name", [*ANYWHERE, *POSITIVE])
def test_each_takes_plain_arrays_and_then_remembers_nothing(name):
    x = draw((2, 3), low=0.5)[0]
    y = getattr(operations, name)(x)
    assert isinstance(y, Tensor) and not y.requires_grad and y.parents == ()
    assert y.data == pytest.approx((ANYWHERE | POSITIVE)[name](torch.tensor(x)).numpy(), rel=1e-12)


def test_large_values_do_not_break_the_saturated_ones():
    x = np.array([-800.0, -30.0, 0.0, 30.0, 800.0])
    for name in ("tanh", "sigmoid", "relu", "gelu"):
        agrees(getattr(operations, name), ANYWHERE[name], x, measured=False)


def test_a_slope_is_only_worked_out_when_a_gradient_comes_back():
    asked = []
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = elementwise("double", x, 2 * x.data, lambda: asked.append(1) or np.array([2.0, 3.0]))
    assert y.operation == "double" and not asked
    y.backward([1.0, 10.0])
    assert asked == [1] and x.grad == pytest.approx(np.array([2.0, 30.0]))


@settings(max_examples=50, deadline=None)
@given(mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), st.integers(0, 99))
def test_where_over_any_shapes_is_pytorchs(shapes, seed):
    of_condition, *of_values = shapes.input_shapes
    condition = np.asarray(draw(of_condition, seed=seed)[0] > 0)
    theirs = torch.tensor(condition)
    agrees(
        lambda a, b: where(condition, a, b),
        lambda a, b: torch.where(theirs, a, b),
        *draw(*of_values, seed=seed + 1),
        measured=False,
    )


def test_where_has_the_slopes_that_are_measured():
    condition = np.array([[True, False, True], [False, False, True]])
    theirs = torch.tensor(condition)
    y = agrees(
        lambda a, b: where(condition, a, b), lambda a, b: torch.where(theirs, a, b), *draw((2, 3), (1, 3))
    )
    assert y.operation == "where"


def test_where_wants_booleans_and_shapes_that_stretch():
    with pytest.raises(ValueError, match="expected a condition of booleans, got int64"):
        where(np.array([1, 0]), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match=r"got \(3,\) and \(2,\) and \(2,\)"):
        where(np.array([True, False, True]), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match=r"got \(2,\) and \(3,\)"):
        where(np.array([True]), np.zeros(2), np.zeros(3))


def test_masked_is_pytorchs_masked_fill():
    seen = np.array([[True, False, True], [False, True, True]])
    hidden = torch.tensor(~seen)
    x = draw((2, 2, 3))[0]
    agrees(lambda x: masked(x, seen, -5.0), lambda x: x.masked_fill(hidden, -5.0), x)
    assert np.array_equal(masked(x, seen).data == -np.inf, np.broadcast_to(~seen, x.shape))
