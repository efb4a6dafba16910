import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices, integer_array_indices

from jinjie.scratch.autograd.shaping import (
    concatenate,
    embedding,
    index,
    index_backward,
    reshape,
    swap_axes,
    transpose,
)
from jinjie.scratch.autograd.tensor import Tensor
from scratch.autograd.against import agrees, draw

some = settings(max_examples=50, deadline=None)
X = draw((2, 3, 4))[0]


@pytest.mark.parametrize("shape", [(24,), (4, 6), (-1,), (6, -1), (2, 1, 3, 4), (-1, 2, 2)])
def test_reshape_is_pytorchs(shape):
    assert agrees(lambda x: reshape(x, *shape), lambda x: x.reshape(shape), X).operation == "reshape"


def test_reshape_to_another_number_of_elements_is_refused():
    with pytest.raises(ValueError, match=r"expected a shape for 24 elements, got \(5, 5\)"):
        reshape(X, 5, 5)
    assert reshape([5.0]).shape == ()


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (-1, 0, 1), (0, -1, -2)])
def test_transpose_is_pytorchs_permute(axes):
    assert agrees(lambda x: transpose(x, *axes), lambda x: x.permute(axes), X).operation == "transpose"


def test_transpose_without_axes_turns_all_round():
    agrees(transpose, lambda x: x.permute(2, 1, 0), X)
    agrees(transpose, lambda x: x.T, X[0])


@pytest.mark.parametrize("axes", [(0, 1), (0, 1, 1), (0, 1, 2, 2)])
def test_transpose_wants_each_axis_once(axes):
    with pytest.raises(ValueError, match="expected each of 3 axes once, got"):
        transpose(X, *axes)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (-1, -2), (0, 2), (1, 1)])
def test_swap_axes_is_pytorchs(one, other):
    assert (
        agrees(lambda x: swap_axes(x, one, other), lambda x: x.transpose(one, other), X).operation
        == "swap axes"
    )


INDICES = [
    1,
    -1,
    slice(1, 3),
    (slice(None), 1),
    (slice(None), slice(None, None, 2), 0),
    (..., 2),
    (1, None, ..., slice(0, 2)),
    np.array([1, 0, 1, 1]),
    np.array([[0, 1], [1, 1]]),
    (np.array([0, 1, 0]), np.array([2, 2, 2])),
    (slice(None), np.array([2, 0, 2])),
    (np.array([0, 1]), slice(None), np.array([3, 3])),
    X > 0,
    np.array([True, False]),
]


@pytest.mark.parametrize("at", INDICES, ids=lambda at: str(at)[:20])
def test_indexing_is_pytorchs(at):
    parts = at if isinstance(at, tuple) else (at,)
    theirs = tuple(torch.tensor(part) if isinstance(part, np.ndarray) else part for part in parts)
    assert agrees(lambda x: index(x, at), lambda x: x[theirs], X).operation == "index"


@some
@given(st.data())
def test_indexing_backward_is_the_transpose_of_indexing(data):
    """⟨x[at], u⟩ = ⟨x, back⟩ for any basic or integer-array index, repeated places and all."""
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    at = data.draw(st.one_of(basic_indices(shape, allow_newaxis=True), integer_array_indices(shape)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.normal(size=shape)
    u = rng.normal(size=np.shape(x[at]))
    back = index_backward(u, shape, at)
    assert back.shape == shape
    assert (x[at] * u).sum() == pytest.approx((x * back).sum(), rel=1e-9, abs=1e-12)


def test_adding_in_place_keeps_only_the_last_of_repeated_indices():
    """The word that occurs three times in a sentence learns a third of what it should."""
    at, upstream = np.array([2, 0, 2, 2]), np.array([1.0, 10.0, 100.0, 1000.0])
    printed = np.zeros(3)
    printed[at] += upstream
    assert printed.tolist() == [10.0, 0.0, 1000.0]
    assert index_backward(upstream, (3,), at).tolist() == [10.0, 0.0, 1101.0]


def test_embedding_is_pytorchs_and_rows_used_often_learn_often():
    ids = np.array([[1, 0, 1], [1, 4, 4]])
    theirs = torch.tensor(ids)
    table = draw((5, 2))[0]
    agrees(lambda t: embedding(t, ids), lambda t: torch.nn.functional.embedding(theirs, t), table)


def test_embedding_wants_whole_numbers_within_the_table():
    table = np.zeros((5, 2))
    assert embedding(table, np.array([0, 4])).shape == (2, 2)
    assert embedding(table, np.array([3], dtype=np.uint8)).shape == (1, 2)
    assert embedding(table, np.zeros((0, 3), dtype=np.int64)).shape == (0, 3, 2)
    with pytest.raises(ValueError, match="expected whole numbers as ids, got float64"):
        embedding(table, np.array([1.0]))
    with pytest.raises(ValueError, match="expected whole numbers as ids, got bool"):
        embedding(table, np.array([True]))
    with pytest.raises(ValueError, match="expected ids from 0 to 4, got 1 to 5"):
        embedding(table, np.array([1, 5]))
    with pytest.raises(ValueError, match="expected ids from 0 to 4, got -1 to 2"):
        embedding(table, np.array([2, -1]))


@pytest.mark.parametrize(
    ("shapes", "axis"),
    [
        (((1, 3), (2, 3), (4, 3)), 0),
        (((2, 1, 2), (2, 3, 2)), 1),
        (((2, 1), (2, 2), (2, 3)), -1),
        (((3,),), 0),
    ],
)
def test_concatenate_is_pytorchs(shapes, axis):
    arrays = draw(*shapes)
    y = agrees(lambda *parts: concatenate(parts, axis), lambda *parts: torch.cat(parts, dim=axis), *arrays)
    assert y.operation == "concatenate"


def test_concatenate_goes_along_the_first_axis_unless_told_and_takes_one_twice():
    agrees(lambda x: concatenate([x, x * 2, x]), lambda x: torch.cat([x, x * 2, x]), draw((2, 3))[0])
    x = Tensor([1.0], requires_grad=True)
    concatenate([np.zeros(2), x]).backward([1.0, 2.0, 3.0])
    assert x.grad.tolist() == [3.0]


def test_concatenate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one tensor to concatenate, got none"):
        concatenate([])
