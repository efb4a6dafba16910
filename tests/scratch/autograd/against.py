"""One operation on our tensors and on PyTorch's: equal values, equal gradients, and the slopes that are measured."""

import numpy as np
import pytest
import torch

from jinjie.scratch.autograd.tensor import Tensor
from scratch.gradients import check_gradient

EXACT = {"rel": 1e-9, "abs": 1e-12}


def draw(*shapes, seed=0, low=-2.0, high=2.0):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.uniform(low, high, size=shape)) for shape in shapes]


def agrees(ours, theirs, *arrays, measured=True):
    """`ours` on Tensors and `theirs` on torch tensors are the same function of `arrays`, forward and backward.

    The upstream gradient is drawn, so that no two elements of the result are felt alike.
    """
    arrays = [np.asarray(array) for array in arrays]
    mine = [Tensor(array, requires_grad=True) for array in arrays]
    torchs = [torch.tensor(array, requires_grad=True) for array in arrays]
    before = [array.copy() for array in arrays]
    y, expected = ours(*mine), theirs(*torchs)
    assert isinstance(y, Tensor) and y.requires_grad and y.operation and y.parents
    assert y.shape == tuple(expected.shape)
    assert y.data == pytest.approx(expected.detach().numpy(), **EXACT)

    upstream = np.random.default_rng(1).normal(size=y.shape)
    y.backward(upstream)
    expected.backward(torch.tensor(upstream))
    for i, array in enumerate(arrays):
        assert mine[i].grad.shape == array.shape
        assert mine[i].grad == pytest.approx(torchs[i].grad.numpy(), **EXACT)
        assert np.array_equal(array, before[i]), "the arguments are left as they were"
        if measured:

            def loss(x, i=i):
                others = [x if j == i else other for j, other in enumerate(arrays)]
                return float((ours(*(Tensor(other) for other in others)).data * upstream).sum())

            check_gradient(loss, array, mine[i].grad)
    return y
