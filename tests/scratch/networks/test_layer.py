"""The layer against PyTorch's, its gradients over all elements, and why the bend between two layers is needed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.networks.activations import gelu, gelu_derivative, relu, sigmoid, tanh, tanh_derivative
from jinjie.scratch.networks.layer import (
    layer,
    layer_backward,
    linear,
    linear_backward,
    multilayer_perceptron,
    multilayer_perceptron_backward,
    neuron,
)
from scratch.gradients import check_gradient

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))
W, B = RNG.normal(size=(5, 4)), RNG.normal(size=5)
UPSTREAM = RNG.normal(size=(2, 3, 5))
LAYERS = [
    (W, B),
    (RNG.normal(size=(3, 5)), RNG.normal(size=3)),
    (RNG.normal(size=(2, 3)), RNG.normal(size=2)),
]


def gradients_of_pytorch(f, *arguments):
    tensors = [torch.tensor(argument, requires_grad=True) for argument in arguments]
    f(*tensors).backward(torch.tensor(UPSTREAM))
    return [tensor.grad.numpy() for tensor in tensors]


def test_a_neuron_is_one_row_of_a_layer():
    assert neuron(X, W[2], B[2]) == pytest.approx(relu(linear(X, W, B))[..., 2], abs=1e-14)
    assert neuron(X, W[2], B[2], f=sigmoid) == pytest.approx(sigmoid(linear(X, W, B))[..., 2], abs=1e-14)
    assert neuron(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 0.5, f=lambda z: z) == 11.5


@pytest.mark.parametrize("shape", [(4,), (7, 4), (2, 3, 4)])
def test_linear_is_pytorchs_over_any_axes(shape):
    x = np.random.default_rng(1).normal(size=shape)
    theirs = torch.nn.functional.linear(torch.tensor(x), torch.tensor(W), torch.tensor(B))
    assert linear(x, W, B) == pytest.approx(theirs.numpy(), abs=1e-12)
    assert layer(x, W, B) == pytest.approx(torch.relu(theirs).numpy(), abs=1e-12)
    assert layer(x, W, B, f=tanh) == pytest.approx(torch.tanh(theirs).numpy(), abs=1e-12)


def test_the_gradients_of_linear():
    ours = linear_backward(UPSTREAM, X, W, B)
    for mine, theirs in zip(ours, gradients_of_pytorch(torch.nn.functional.linear, X, W, B), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-12)
    check_gradient(lambda x: (UPSTREAM * linear(x, W, B)).sum(), X, ours[0])
    check_gradient(lambda w: (UPSTREAM * linear(X, w, B)).sum(), W, ours[1])
    check_gradient(lambda b: (UPSTREAM * linear(X, W, b)).sum(), B, ours[2])


@pytest.mark.parametrize(
    ("f", "given"),
    [(relu, {}), (tanh, {"f_derivative": tanh_derivative}), (gelu, {"f_derivative": gelu_derivative})],
)
def test_the_gradients_of_a_layer(f, given):
    ours = layer_backward(UPSTREAM, X, W, B, **given)
    check_gradient(lambda x: (UPSTREAM * layer(x, W, B, f)).sum(), X, ours[0])
    check_gradient(lambda w: (UPSTREAM * layer(X, w, B, f)).sum(), W, ours[1])
    check_gradient(lambda b: (UPSTREAM * layer(X, W, b, f)).sum(), B, ours[2])


def test_the_bias_gathers_every_example():
    """A printed db = δ (or its mean) is right for one example alone: six examples with 1 give 6."""
    assert linear_backward(np.ones((2, 3, 5)), X, W, B)[2].tolist() == [6.0] * 5


def test_a_mean_for_the_bias_is_not_the_gradient():
    ours = linear_backward(UPSTREAM, X, W, B)[2]
    printed = UPSTREAM.mean(axis=(0, 1))
    assert ours == pytest.approx(6 * printed, abs=1e-12)
    check_gradient(lambda b: (UPSTREAM * linear(X, W, b)).sum(), B, ours)


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [
        ((2, 3), (5, 4), (5,)),
        ((2, 4), (5, 4), (4,)),
        ((2, 4), (4,), (5,)),
        ((2, 4), (5, 4), (1,)),
        ((), (5, 4), (5,)),
    ],
)
def test_shapes_that_do_not_fit_are_named(x, w, b):
    with pytest.raises(ValueError, match=r"expected x \(\.\.\., C_in\).* got") as caught:
        linear(np.zeros(x), np.zeros(w), np.zeros(b))
    assert all(str(shape) in str(caught.value) for shape in (x, w, b))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_perceptron_is_pytorchs(depth):
    layers = LAYERS[:depth]
    modules = []
    for w, b in layers:
        one = torch.nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
        one.weight.data, one.bias.data = torch.tensor(w), torch.tensor(b)
        modules += [one, torch.nn.ReLU()]
    theirs = torch.nn.Sequential(*modules[:-1])
    x = torch.tensor(X, requires_grad=True)
    y = theirs(x)
    assert multilayer_perceptron(X, layers) == pytest.approx(y.detach().numpy(), abs=1e-12)
    upstream = np.random.default_rng(3).normal(size=y.shape)
    y.backward(torch.tensor(upstream))
    dx, gradients = multilayer_perceptron_backward(upstream, X, layers)
    assert dx == pytest.approx(x.grad.numpy(), abs=1e-12)
    assert len(gradients) == depth
    for (dW, db), module in zip(gradients, modules[::2], strict=True):
        assert dW == pytest.approx(module.weight.grad.numpy(), abs=1e-12)
        assert db == pytest.approx(module.bias.grad.numpy(), abs=1e-12)


def test_the_gradients_of_the_perceptron_with_another_bend():
    upstream = np.random.default_rng(3).normal(size=(2, 3, 2))

    def f(x, layers=LAYERS):
        return (upstream * multilayer_perceptron(x, layers, tanh)).sum()

    dx, gradients = multilayer_perceptron_backward(upstream, X, LAYERS, tanh, tanh_derivative)
    check_gradient(f, X, dx)
    for i, (dW, db) in enumerate(gradients):
        w, b = LAYERS[i]
        check_gradient(lambda w, i=i, b=b: f(X, [*LAYERS[:i], (w, b), *LAYERS[i + 1 :]]), w, dW)
        check_gradient(lambda b, i=i, w=w: f(X, [*LAYERS[:i], (w, b), *LAYERS[i + 1 :]]), b, db)


def test_a_perceptron_has_a_layer():
    with pytest.raises(ValueError, match="at least one layer"):
        multilayer_perceptron(X, [])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_without_a_bend_the_layers_are_one(seed):
    """W₂ (W₁ x + b₁) + b₂ is the single layer W₂ W₁, W₂ b₁ + b₂; with ReLU it is not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(6, 4))
    (w1, b1), (w2, b2) = layers = [
        (rng.normal(size=(9, 4)), rng.normal(size=9)),
        (rng.normal(size=(2, 9)), np.ones(2)),
    ]
    one = linear(x, w2 @ w1, w2 @ b1 + b2)
    assert multilayer_perceptron(x, layers, f=lambda z: z) == pytest.approx(one, abs=1e-9)
    assert np.abs(multilayer_perceptron(x, layers) - one).max() > 0.01


def test_exclusive_or_needs_the_bend():
    """The best line through the four points of x₁ ≠ x₂ says ½ everywhere; one hidden layer is exact."""
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    best = np.linalg.lstsq(np.c_[x, np.ones(4)], y, rcond=None)[0]
    assert np.c_[x, np.ones(4)] @ best == pytest.approx(np.full(4, 0.5), abs=1e-12)
    layers = [(np.ones((2, 2)), np.array([0.0, -1.0])), (np.array([[1.0, -2.0]]), np.zeros(1))]
    assert multilayer_perceptron(x, layers).ravel().tolist() == y.tolist()
