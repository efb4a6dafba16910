"""Tensor parallelism: divided layers are the serial ones, forward and backward, with the traffic counted."""

import numpy as np
import pytest
import torch

from jinjie.scratch.scale.all_reduce import ring_bytes
from jinjie.scratch.scale.tensor_parallel import (
    column_parallel,
    parallel_attention,
    parallel_mlp,
    parallel_mlp_backward,
    row_parallel,
    split_columns,
    split_rows,
    tensor_parallel_bytes,
)
from scratch.gradients import check_gradient

B, T, C, F = 2, 3, 4, 12


def drawn(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def test_weights_come_apart_and_go_together_again():
    weight = drawn(4, 6)
    columns, rows = split_columns(weight, 3), split_rows(weight, 2)
    assert columns.shape == (3, 4, 2) and rows.shape == (2, 2, 6)
    np.testing.assert_array_equal(np.concatenate(columns, axis=1), weight)
    np.testing.assert_array_equal(np.concatenate(rows, axis=0), weight)
    with pytest.raises(ValueError, match="equal division"):
        split_columns(weight, 4)
    with pytest.raises(ValueError, match="equal division"):
        split_rows(weight, 3)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("batch", [(), (B, T), (2, B, T)])
def test_columns_and_rows_make_the_serial_layer(workers, batch):
    x, weight = drawn(*batch, C), drawn(C, F)
    parts = column_parallel(x, split_columns(weight, workers))
    assert parts.shape == (workers, *batch, F // workers)
    np.testing.assert_allclose(np.concatenate(parts, axis=-1), x @ weight, rtol=1e-12, atol=1e-12)
    back = drawn(F, C, seed=1)
    y, sent = row_parallel(parts, split_rows(back, workers))
    np.testing.assert_allclose(y, x @ weight @ back, rtol=1e-12, atol=1e-12)
    assert sent.sum() == workers * ring_bytes(y.nbytes, workers)


def serial_mlp(x, a, b):
    return torch.relu(x @ a) @ b


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_divided_mlp_is_the_serial_one_with_one_all_reduce(workers):
    x, a, b = drawn(B, T, C), drawn(C, F), drawn(F, C)
    y, sent = parallel_mlp(x, split_columns(a, workers), split_rows(b, workers))
    expected = serial_mlp(*map(torch.tensor, (x, a, b))).numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    assert (
        sent.tolist() == [ring_bytes(B * T * C * 8, workers)] * workers
    )  # one all-reduce of y, nothing else


def test_rows_first_is_another_function():
    """ReLU on each worker's part of a sum: wrong by a third of the right result's own size."""
    x, a, b = drawn(B, T, C), drawn(C, F), drawn(F, C)
    right, _ = parallel_mlp(x, split_columns(a, 2), split_rows(b, 2))
    parts = [xk @ ak for xk, ak in zip(np.split(x, 2, axis=-1), split_rows(a, 2), strict=True)]
    wrong = sum(np.maximum(part, 0) for part in parts) @ b
    assert (
        np.abs(np.maximum(sum(parts), 0) @ b - right).max() < 1e-12
    )  # with an all-reduce before ReLU it is right
    assert np.linalg.norm(wrong - right) / np.linalg.norm(right) > 0.3


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_divided_gradients_are_autograds(workers):
    x, a, b, upstream = drawn(B, T, C), drawn(C, F), drawn(F, C), drawn(B, T, C, seed=1)
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, a, b)]
    serial_mlp(*leaves).backward(torch.tensor(upstream))
    dx, da, db, sent = parallel_mlp_backward(upstream, x, split_columns(a, workers), split_rows(b, workers))
    np.testing.assert_allclose(dx, leaves[0].grad.numpy(), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(np.concatenate(da, axis=1), leaves[1].grad.numpy(), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(np.concatenate(db, axis=0), leaves[2].grad.numpy(), rtol=1e-11, atol=1e-12)
    assert sent.tolist() == [ring_bytes(B * T * C * 8, workers)] * workers


def test_the_divided_gradients_are_right_everywhere():
    x, a, b, upstream = drawn(T, C), drawn(2, C, 3), drawn(2, 3, C), drawn(T, C, seed=1)
    dx, da, db, _ = parallel_mlp_backward(upstream, x, a, b)
    check_gradient(lambda value: np.sum(upstream * parallel_mlp(value, a, b)[0]), x, dx)
    check_gradient(lambda value: np.sum(upstream * parallel_mlp(x, value, b)[0]), a, da)
    check_gradient(lambda value: np.sum(upstream * parallel_mlp(x, a, value)[0]), b, db)


def test_relu_has_slope_zero_at_zero_as_pytorch_has_it():
    x, a, b = np.zeros((1, 2)), np.ones((1, 2, 1)), np.ones((1, 1, 2))
    dx, _, _, _ = parallel_mlp_backward(np.ones((1, 2)), x, a, b)
    np.testing.assert_array_equal(dx, [[0.0, 0.0]])


@pytest.mark.parametrize("batch", [(), (B,)])
@pytest.mark.parametrize(("heads", "workers"), [(1, 1), (2, 1), (4, 2), (4, 4)])
def test_attention_by_heads_is_the_serial_one(heads, workers, batch):
    channels = 8
    x = drawn(*batch, 5, channels) * 3
    wq, wk, wv, wo = (drawn(channels, channels, seed=seed) for seed in range(4))
    split = [split_columns(weight, workers) for weight in (wq, wk, wv)]
    y, sent = parallel_attention(x, *split, split_rows(wo, workers), heads)
    q, k, v = (
        torch.tensor(x @ weight).unflatten(-1, (heads, channels // heads)).transpose(-2, -3)
        for weight in (wq, wk, wv)
    )
    said = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    expected = said.transpose(-2, -3).flatten(-2).numpy() @ wo
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-10)
    assert sent.sum() == workers * ring_bytes(y.nbytes, workers)


def test_attention_with_large_scores_does_not_overflow():
    x, eye = np.array([[1e3, 0.0], [0.0, 1e3]]), np.eye(2)[None]
    y, _ = parallel_attention(x, eye, eye, eye, eye, heads=1)
    np.testing.assert_allclose(y, x, atol=1e-12)


def test_heads_that_cannot_be_shared_are_refused():
    eye = split_columns(np.eye(6), 3)
    with pytest.raises(ValueError, match="3 workers can share equally, got 2"):
        parallel_attention(np.ones((2, 6)), eye, eye, eye, split_rows(np.eye(6), 3), heads=2)


def test_the_traffic_of_a_layer_is_four_all_reduces():
    """Forward and backward of the feed-forward half and of attention, as counted, in 8 bytes a number."""
    x, a, b = drawn(B, T, C), split_columns(drawn(C, F), 4), split_rows(drawn(F, C), 4)
    forward, backward = parallel_mlp(x, a, b)[1][0], parallel_mlp_backward(x, x, a, b)[3][0]
    columns, rows = split_columns(np.eye(C), 4), split_rows(np.eye(C), 4)
    attention = parallel_attention(x, columns, columns, columns, rows, heads=4)[1][0]
    assert forward == backward == attention
    assert tensor_parallel_bytes(4, B, T, C, layers=7, width=8) == 7 * (forward + backward + 2 * attention)
    assert tensor_parallel_bytes(4, B, T, C, layers=7) * 4 == tensor_parallel_bytes(
        4, B, T, C, layers=7, width=8
    )
