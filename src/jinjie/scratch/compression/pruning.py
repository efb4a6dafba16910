"""Magnitude pruning: set the smallest weights to zero, and keep a mask of those that stay (True).

`amount` is the fraction that goes, rounded to whole weights. After pruning one trains on, and multiplies by the
mask after each step (Han et al. 2015).
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array, Booleans


def magnitude_mask(weights: Array, amount: float) -> Booleans:
    """Which weights of a layer stay: all but the k smallest in size, k = round(amount · n). Any shape.

    Formula `magnitude-pruning`: maskᵢ = [ |{j : |wⱼ| < |wᵢ|}| ≥ k ]

    >>> magnitude_mask(np.array([[0.1, -3.0], [-0.2, 0.5]]), amount=0.5)  # −3 is the least, and stays
    array([[False,  True],
           [False,  True]])
    """
    return _largest(np.abs(weights), amount)


def global_masks(layers: Sequence[Array], amount: float) -> list[Booleans]:
    """The masks of several layers pruned as one: those whose weights are small altogether lose more.

    >>> global_masks([np.array([0.1, -0.2, 0.3]), np.array([4.0, -5.0, 0.25])], amount=0.5)
    [array([False, False,  True]), array([ True,  True, False])]
    """
    mask = _largest(np.abs(np.concatenate([np.ravel(layer) for layer in layers])), amount)
    ends = np.cumsum([layer.size for layer in layers])
    parts = np.split(mask, ends[:-1])
    return [parts[i].reshape(layer.shape) for i, layer in enumerate(layers)]


def row_mask(weights: Array, amount: float) -> Booleans:
    """Which rows of a weight (rows, ...) stay: all but the shortest. Whole units go, so that the layer gets *faster*.

    Zeros scattered over a matrix cost an ordinary matrix product as much as any number (Li et al. 2017, there
    with the sum of sizes). The mask has
    the shape of the weights.

    Formula `row-pruning`: mask by ‖wᵢ‖₂ of each row i

    >>> row_mask(np.array([[3.0, 0.0], [2.0, 2.5], [0.1, 0.2]]), amount=0.67)
    array([[False, False],
           [ True,  True],
           [False, False]])
    """
    lengths = np.linalg.norm(weights.reshape(len(weights), -1), axis=1)
    mask = np.ones(weights.shape, dtype=np.bool_)
    mask[~_largest(lengths, amount)] = False
    return mask


def sparsity(masks: Sequence[Booleans]) -> float:
    """The fraction of weights that are gone, over all masks.

    Formula `sparsity`: sparsity = 1 − kept / all

    >>> sparsity([np.array([True, False]), np.array([True, True, False, False, False, False])])
    0.625
    """
    kept = sum(int(np.count_nonzero(mask)) for mask in masks)
    return 1 - kept / sum(mask.size for mask in masks)


def _largest(sizes: Array, amount: float) -> Booleans:
    if not 0 <= amount <= 1:
        raise ValueError(f"expected a fraction from 0 to 1 to prune, got {amount}")
    k = round(amount * sizes.size)
    order = np.argsort(sizes, axis=None, kind="stable")
    mask = np.ones(sizes.size, dtype=np.bool_)
    mask[order[:k]] = False
    return mask.reshape(sizes.shape)
