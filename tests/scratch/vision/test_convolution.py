import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal
from sklearn.datasets import load_digits

from jinjie.scratch.vision.convolution import (
    convolution,
    convolution_backward,
    convolution_output_size,
    cross_correlation,
    cross_correlation_backward,
    toeplitz,
    unfold,
    windows,
)
from scratch.gradients import check_gradient

F = torch.nn.functional
SETTINGS = [(1, 0, 1), (2, 0, 1), (1, 2, 1), (3, 1, 1), (1, 0, 2), (2, 3, 2)]  # stride, padding, dilation


def drawn(seed=0, height=7, width=8, kernel=(2, 3)):
    """A batch of 2 pictures with 3 channels, a kernel with 4 output channels that is not square."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(2, 3, height, width)),
        rng.normal(size=(4, 3, *kernel)),
        rng.normal(size=4),
    )


def plain(picture, kernel, padding=0):
    """Convolution of one picture with one kernel."""
    return convolution(picture[None, None], kernel[None, None], np.zeros(1), padding=padding)[0, 0]


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
def test_cross_correlation_is_pytorchs(stride, padding, dilation):
    x, weight, bias = drawn()
    ours = cross_correlation(x, weight, bias, stride, padding, dilation)
    theirs = F.conv2d(*map(torch.tensor, (x, weight, bias)), stride, padding, dilation)
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def test_cross_correlation_by_default_moves_by_one_without_padding():
    x, weight, bias = drawn()
    np.testing.assert_array_equal(
        cross_correlation(x, weight, bias),
        cross_correlation(x, weight, bias, stride=1, padding=0, dilation=1),
    )
    np.testing.assert_array_equal(unfold(x, 2, 3), unfold(x, 2, 3, stride=1, padding=0, dilation=1))
    np.testing.assert_array_equal(windows(x, 2, 3), windows(x, 2, 3, stride=1, padding=0, dilation=1))


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
def test_every_gradient_is_the_central_difference_and_pytorchs(stride, padding, dilation):
    x, weight, bias = drawn(1)
    upstream = np.random.default_rng(2).normal(
        size=cross_correlation(x, weight, bias, stride, padding, dilation).shape
    )
    grads = cross_correlation_backward(upstream, x, weight, bias, stride, padding, dilation)

    def loss(x, weight, bias):
        return float((upstream * cross_correlation(x, weight, bias, stride, padding, dilation)).sum())

    check_gradient(lambda value: loss(value, weight, bias), x, grads[0])
    check_gradient(lambda value: loss(x, value, bias), weight, grads[1])
    check_gradient(lambda value: loss(x, weight, value), bias, grads[2])
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, weight, bias)]
    F.conv2d(*leaves, stride, padding, dilation).backward(torch.tensor(upstream))
    for ours, leaf in zip(grads, leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, rtol=1e-9, atol=1e-9)


def test_gradients_by_default_are_those_of_the_defaults():
    x, weight, bias = drawn(1)
    upstream = np.random.default_rng(2).normal(size=(2, 4, 6, 6))
    for backward in (cross_correlation_backward, convolution_backward):
        for one, other in zip(
            backward(upstream, x, weight, bias),
            backward(upstream, x, weight, bias, stride=1, padding=0),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
    one = cross_correlation_backward(upstream, x, weight, bias)
    other = cross_correlation_backward(upstream, x, weight, bias, dilation=1)
    np.testing.assert_array_equal(one[0], other[0])


def test_the_gradient_for_the_picture_is_a_true_convolution():
    x, weight, bias = drawn(1, kernel=(3, 3))
    upstream = np.random.default_rng(2).normal(size=(2, 4, 5, 6))
    grad_x, _, _ = cross_correlation_backward(upstream, x, weight, bias)
    full = convolution(upstream, weight.transpose(1, 0, 2, 3), np.zeros(3), padding=2)
    np.testing.assert_allclose(grad_x, full, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 2), (3, 1)])
def test_convolution_turns_the_kernel_by_180_degrees(stride, padding):
    x, weight, bias = drawn(3)
    ours = convolution(x, weight, bias, stride, padding)
    for b in range(2):
        for o in range(4):
            bordered = np.pad(x[b], ((0, 0), (padding, padding), (padding, padding)))
            theirs = (
                sum(signal.convolve2d(bordered[c], weight[o, c], mode="valid") for c in range(3)) + bias[o]
            )
            np.testing.assert_allclose(ours[b, o], theirs[::stride, ::stride], rtol=1e-9, atol=1e-9)


def test_convolution_by_default_moves_by_one_without_padding():
    x, weight, bias = drawn(3)
    np.testing.assert_array_equal(
        convolution(x, weight, bias), convolution(x, weight, bias, stride=1, padding=0)
    )


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 2), (3, 1)])
def test_every_gradient_of_convolution_is_the_central_difference(stride, padding):
    x, weight, bias = drawn(4, height=5, width=6)
    upstream = np.random.default_rng(2).normal(size=convolution(x, weight, bias, stride, padding).shape)
    grads = convolution_backward(upstream, x, weight, bias, stride, padding)

    def loss(x, weight, bias):
        return float((upstream * convolution(x, weight, bias, stride, padding)).sum())

    check_gradient(lambda value: loss(value, weight, bias), x, grads[0])
    check_gradient(lambda value: loss(x, value, bias), weight, grads[1])
    check_gradient(lambda value: loss(x, weight, value), bias, grads[2])


def test_the_two_differ_by_the_turn_alone():
    """A kernel that looks for an edge finds it with the sign turned round: the same size, another answer."""
    x = np.zeros((1, 1, 3, 6))
    x[..., 3:] = 1.0
    edge = np.array([[[[-1.0, 1.0]]]])
    assert cross_correlation(x, edge, np.zeros(1))[0, 0, 0].tolist() == [0, 0, 1, 0, 0]
    assert convolution(x, edge, np.zeros(1))[0, 0, 0].tolist() == [0, 0, -1, 0, 0]
    symmetric = np.array([[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]])
    np.testing.assert_array_equal(
        cross_correlation(x, symmetric, np.zeros(1)), convolution(x, symmetric, np.zeros(1))
    )


def test_convolution_is_commutative_and_cross_correlation_is_not():
    """mission.md §4.6: the printed formula turns the kernel, frameworks do not. Only the turned one commutes."""
    picture = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [4.0, 0.0, 0.0]])
    kernel = np.array([[1.0, 2.0], [0.0, -1.0]])
    np.testing.assert_allclose(
        plain(picture, kernel, padding=1), plain(kernel, picture, padding=2), atol=1e-12
    )

    def slid(x, weight, padding):
        return cross_correlation(x[None, None], weight[None, None], np.zeros(1), padding=padding)[0, 0]

    one, other = slid(picture, kernel, 1), slid(kernel, picture, 2)
    assert np.abs(one - other).max() == 8.0
    np.testing.assert_allclose(one, other[::-1, ::-1], atol=1e-12)  # only after a turn


def test_convolution_is_associative_and_cross_correlation_is_not():
    rng = np.random.default_rng(0)
    picture, first, second = rng.normal(size=(5, 5)), rng.normal(size=(2, 2)), rng.normal(size=(3, 3))
    in_turn = plain(plain(picture, first, padding=1), second, padding=2)
    at_once = plain(picture, plain(first, second, padding=2), padding=3)
    np.testing.assert_allclose(in_turn, at_once, atol=1e-12)

    def slid(x, weight, padding):
        return cross_correlation(x[None, None], weight[None, None], np.zeros(1), padding=padding)[0, 0]

    in_turn = slid(slid(picture, first, 1), second, 2)
    at_once = slid(picture, slid(first, second, 2), 3)
    assert np.abs(in_turn - at_once).max() > 1


def test_a_matrix_product_of_picture_and_kernel_is_something_else():
    """mission.md §4.6: "the product of two matrices". It needs fitting shapes, it looks at whole rows, and a shift of
    the picture does not shift it; a cross-correlation shifts along."""
    digit = np.pad(load_digits().images[3], ((0, 0), (0, 2)))
    kernel = np.random.default_rng(0).normal(size=(10, 10))
    moved = np.roll(digit, 2, axis=1)  # the two columns at the right are empty

    def slid(x):
        return cross_correlation(x[None, None], kernel[None, None, :3, :3], np.zeros(1))[0, 0]

    np.testing.assert_allclose(slid(moved)[:, 2:], slid(digit)[:, :-2], atol=1e-12)
    product, product_moved = digit @ kernel, moved @ kernel
    assert np.abs(product_moved[:, 2:] - product[:, :-2]).max() > 50
    assert np.abs(slid(digit) - product[:6, :8]).max() > 50
    with pytest.raises(ValueError):  # and with the small kernel there is no such product
        digit @ kernel[:3, :3]


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
def test_unfold_is_pytorchs_and_makes_it_one_matrix_product(stride, padding, dilation):
    x, weight, bias = drawn(5)
    columns = unfold(x, 2, 3, stride, padding, dilation)
    theirs = F.unfold(torch.tensor(x), (2, 3), dilation, padding, stride)
    np.testing.assert_array_equal(columns, theirs)
    product = weight.reshape(4, -1) @ columns + bias[:, None]
    expected = cross_correlation(x, weight, bias, stride, padding, dilation)
    np.testing.assert_allclose(product.reshape(expected.shape), expected, rtol=1e-9, atol=1e-9)


def test_the_toeplitz_matrix_times_the_picture_is_the_cross_correlation():
    rng = np.random.default_rng(6)
    picture, kernel = rng.normal(size=(4, 6)), rng.normal(size=(2, 3))
    matrix = toeplitz(kernel, 4, 6)
    assert matrix.shape == (3 * 4, 24)
    assert (np.count_nonzero(matrix, axis=1) == 6).all() and len(
        np.unique(matrix)
    ) == 7  # six weights, shared
    slid = cross_correlation(picture[None, None], kernel[None, None], np.zeros(1))[0, 0]
    np.testing.assert_allclose(matrix @ picture.ravel(), slid.ravel(), rtol=1e-9, atol=1e-9)
    back, _, _ = cross_correlation_backward(
        slid[None, None], picture[None, None], kernel[None, None], np.zeros(1)
    )
    np.testing.assert_allclose(matrix.T @ slid.ravel(), back.ravel(), rtol=1e-9, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3))
def test_output_size_counts_the_places(size, kernel, stride, padding, dilation):
    places = [
        start
        for start in range(0, size + 2 * padding, stride)
        if start + dilation * (kernel - 1) < size + 2 * padding
    ]
    if not places:
        with pytest.raises(ValueError, match="does not fit"):
            convolution_output_size(size, kernel, stride, padding, dilation)
        return
    assert convolution_output_size(size, kernel, stride, padding, dilation) == len(places)
    x = np.zeros((1, 1, size, 20))
    assert windows(x, kernel, 1, stride, padding, dilation).shape[2] == len(places)


def test_output_size_by_default_moves_by_one_without_padding():
    assert convolution_output_size(9, 3) == 7
    assert convolution_output_size(3, 3) == 1


def test_errors_say_what_came():
    x, weight, bias = drawn()
    with pytest.raises(ValueError, match=r"looks at 3 channels, but the picture has 2: x \(2, 2, 7, 8\)"):
        cross_correlation(x[:, :2], weight, bias)
    with pytest.raises(ValueError, match=r"reaches over 5 does not fit into 3 \+ 2 · 0"):
        convolution_output_size(3, 3, dilation=2)
    with pytest.raises(ValueError, match=r"reaches over 9 does not fit into 7 \+ 2 · 0"):
        windows(x, 9, 2)
    with pytest.raises(ValueError, match=r"reaches over 9 does not fit into 8 \+ 2 · 0"):
        windows(x, 2, 9)
    with pytest.raises(ValueError, match=r"reaches over 5 does not fit into 4 \+ 2 · 0"):
        windows(x[:, :, :4], 3, 2, dilation=2)
    with pytest.raises(ValueError, match=r"reaches over 5 does not fit into 4 \+ 2 · 0"):
        windows(x[..., :4], 2, 3, dilation=2)
    assert windows(x[:, :, :3], 4, 2, padding=1).shape == (2, 3, 2, 9, 4, 2)
    with pytest.raises(ValueError, match="reaches over 5 does not fit into 4"):
        toeplitz(np.ones((5, 1)), 4, 6)
    with pytest.raises(ValueError, match="reaches over 7 does not fit into 6"):
        toeplitz(np.ones((1, 7)), 4, 6)


def test_nothing_is_changed_in_place():
    x, weight, bias = drawn()
    kept = x.copy(), weight.copy(), bias.copy()
    y = convolution(x, weight, bias, padding=1)
    convolution_backward(y, x, weight, bias, padding=1)
    for now, before in zip((x, weight, bias), kept, strict=True):
        np.testing.assert_array_equal(now, before)
