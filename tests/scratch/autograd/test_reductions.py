import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.autograd import reductions
from jinjie.scratch.autograd.reductions import every
from jinjie.scratch.autograd.tensor import Tensor
from scratch.autograd.against import agrees, draw

THEIRS = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}
AXES = [None, 0, 1, 2, -1, -3, (0, 1), (0, 2), (1, -1), (-3, 1), (0, 1, 2), ()]


def theirs(name, x, axis, keepdims):
    if axis == ():  # PyTorch takes no axes for all axes; NumPy takes them for none
        return x * 1
    axes = tuple(range(x.dim())) if axis is None else axis
    return THEIRS[name](x, dim=axes, keepdim=keepdims) if x.dim() else x * 1


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", THEIRS)
def test_each_is_pytorchs_over_any_axes(name, axis, keepdims):
    ours = getattr(reductions, name)
    x = draw((2, 3, 4))[0]
    y = agrees(lambda x: ours(x, axis, keepdims), lambda x: theirs(name, x, axis, keepdims), x)
    assert y.operation == name


@pytest.mark.parametrize("name", THEIRS)
def test_all_axes_and_none_kept_unless_said_otherwise(name):
    ours = getattr(reductions, name)
    assert agrees(ours, lambda x: theirs(name, x, None, False), draw((2, 3))[0]).shape == ()
    agrees(ours, lambda x: theirs(name, x, None, False), np.array(3.0))
    assert ours(np.zeros((2, 3)), axis=1).shape == (2,) and ours(
        np.zeros((2, 3)), axis=1, keepdims=True
    ).shape == (2, 1)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_shape_is_pytorchs(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4)))
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple))
    name, keepdims = data.draw(st.sampled_from(list(THEIRS))), data.draw(st.booleans())
    x = np.rint(
        draw(shape, seed=data.draw(st.integers(0, 99)))[0]
    )  # whole numbers: the largest is often not alone
    agrees(
        lambda x: getattr(reductions, name)(x, axes, keepdims),
        lambda x: theirs(name, x, axes, keepdims),
        x,
        measured=False,
    )


def test_equally_large_elements_share_the_gradient():
    x = Tensor([[2.0, 2.0, 2.0], [1.0, 3.0, 3.0]], requires_grad=True)
    reductions.max(x, axis=1).backward([3.0, 1.0])
    assert x.grad == pytest.approx(np.array([[1.0, 1.0, 1.0], [0.0, 0.5, 0.5]]))


def test_a_mean_or_a_largest_of_nothing_is_refused():
    empty = np.zeros((2, 0))
    with pytest.raises(ValueError, match=r"take the mean of, got the shape \(2, 0\)"):
        reductions.mean(empty, axis=1)
    with pytest.raises(ValueError, match=r"take the largest of, got the shape \(2, 0\)"):
        reductions.max(empty)
    assert reductions.sum(empty, axis=1).data.tolist() == [0.0, 0.0]
    assert reductions.max(empty, axis=0).shape == reductions.mean(empty, axis=0).shape == (0,)


def test_axes_are_counted_from_the_left_and_checked():
    assert every(None, 2) == (0, 1) and every(-1, 2) == (1,) and every((1, -2), 2) == (1, 0)
    assert every(-3, 3) == (0,) and every(2, 3) == (2,)
    for axis in (2, -3, (0, 2)):
        with pytest.raises(ValueError, match=r"expected an axis from -2 to 1, got -?[23]"):
            reductions.sum(np.zeros((2, 3)), axis=axis)
