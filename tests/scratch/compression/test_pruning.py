"""Magnitude pruning against PyTorch's, and what pruning by value takes away, with figures on real data."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from torch.nn.utils import prune

from jinjie.scratch.compression.pruning import global_masks, magnitude_mask, row_mask, sparsity


def drawn(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def layer(weights):
    """A module with one parameter, for PyTorch to prune."""
    module = torch.nn.Module()
    module.weight = torch.nn.Parameter(torch.tensor(weights))
    return module


@pytest.mark.parametrize("shape", [(7,), (4, 5), (3, 2, 2, 3)])
@pytest.mark.parametrize("amount", [0.0, 0.1, 0.37, 0.5, 0.9, 1.0])
def test_masks_are_pytorchs(shape, amount):
    weights = drawn(*shape)
    expected = prune.l1_unstructured(layer(weights), "weight", amount).weight_mask.numpy()
    mask = magnitude_mask(weights, amount)
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, expected)
    assert np.count_nonzero(~mask) == round(amount * weights.size)


@pytest.mark.parametrize("amount", [0.0, 0.3, 0.75, 1.0])
def test_layers_pruned_as_one_are_pytorchs(amount):
    layers = [drawn(3, 4), drawn(5) * 10, drawn(2, 2, 2) / 1000]
    modules = [layer(weights) for weights in layers]
    prune.global_unstructured([(m, "weight") for m in modules], prune.L1Unstructured, amount=amount)
    masks = global_masks(layers, amount)
    for mask, module in zip(masks, modules, strict=True):
        np.testing.assert_array_equal(mask, module.weight_mask.numpy())
    assert sparsity(masks) == pytest.approx(round(amount * 25) / 25, rel=1e-12)
    if amount == 0.3:  # the small layer pays for all
        assert [np.count_nonzero(~mask) for mask in masks] == [0, 0, 8]


@pytest.mark.parametrize("shape", [(6, 3), (5, 2, 3, 3), (4,)])
@pytest.mark.parametrize("amount", [0.0, 0.2, 0.5, 1.0])
def test_whole_rows_go_as_pytorch_takes_them(shape, amount):
    weights = drawn(*shape)
    expected = prune.ln_structured(layer(weights.reshape(shape[0], -1)), "weight", amount, n=2, dim=0)
    mask = row_mask(weights, amount)
    np.testing.assert_array_equal(mask, expected.weight_mask.numpy().reshape(shape))
    assert mask.flags.writeable  # a mask of one's own, no window on one number a row
    gone = [not row.any() for row in mask.reshape(shape[0], -1)]
    assert sum(gone) == round(amount * shape[0]) == np.count_nonzero(~mask) // (weights.size // shape[0])


def test_sparsity_counts_over_all_layers():
    masks = [np.array([True, False, False]), np.array([[True], [True]])]
    assert sparsity(masks) == pytest.approx(0.4)
    assert sparsity([np.ones(3, bool)]) == 0 and sparsity([np.zeros(3, bool)]) == 1


def test_of_equal_weights_the_first_go():
    assert magnitude_mask(np.array([1.0, -1.0, 1.0, 1.0]), 0.5).tolist() == [False, False, True, True]
    ties = np.tile([2.0, 1.0], 50)  # long enough for an unstable sort to mix them
    np.testing.assert_array_equal(magnitude_mask(ties, 0.25), np.arange(100) % 2 * (np.arange(100) < 50) == 0)


def test_sorting_by_value_takes_away_what_matters():
    """Logistic regression on breast cancer, 20 of 30 weights gone: 0.933 by size, 0.454 by value, 0.954 with all."""
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    model = LogisticRegression().fit(x[::2], y[::2])
    weights = model.coef_[0]
    printed = np.argsort(np.argsort(weights)) >= 20
    ours = magnitude_mask(weights, 20 / 30)
    assert ours.sum() == printed.sum() == 10

    def accuracy(mask):
        return np.mean((x[1::2] @ (weights * mask) + model.intercept_[0] > 0) == y[1::2])

    figures = [accuracy(mask) for mask in (ours, printed, np.ones(30))]
    assert figures == pytest.approx([0.933, 0.454, 0.954], abs=0.01)


@pytest.mark.parametrize("amount", [-0.1, 1.1])
def test_a_fraction_that_is_none_is_refused(amount):
    for call in (magnitude_mask, row_mask, lambda weights, amount: global_masks([weights], amount)):
        with pytest.raises(ValueError, match=f"from 0 to 1 to prune, got {amount}"):
            call(np.ones((2, 2)), amount)
