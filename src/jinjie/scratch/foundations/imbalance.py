"""Rare classes: examples drawn again or left out, or errors weighted, so that the rare class is not ignored.

Resample the training examples only, after the split: a copy in both halves would be tested on itself.
"""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.foundations.encoding import check_labels, one_hot
from jinjie.scratch.foundations.losses import check_labels_of
from jinjie.scratch.networks.activations import log_softmax, softmax


def oversample(y: Integers, rng: np.random.Generator) -> Integers:
    """Indices under which every class is as frequent as the most frequent: all examples, and copies drawn at random.

    Formula `random-oversampling`: N'_k = max_j N_j for every class k

    >>> oversample(np.array([0, 0, 0, 1]), rng=np.random.default_rng(0))
    array([0, 1, 2, 3, 3, 3])
    """
    members = members_of_classes(y)
    largest = max(len(indices) for indices in members)
    copies = [rng.choice(indices, largest - len(indices)) for indices in members]
    return np.concatenate([np.arange(len(y)), *copies])


def undersample(y: Integers, rng: np.random.Generator) -> Integers:
    """Indices under which every class is as frequent as the rarest: the others lose examples at random.

    Formula `random-undersampling`: N'_k = min_j N_j for every class k

    >>> undersample(np.array([0, 0, 0, 1, 0]), rng=np.random.default_rng(0))
    array([3, 4])
    """
    members = members_of_classes(y)
    smallest = min(len(indices) for indices in members)
    kept = [rng.choice(indices, smallest, replace=False) for indices in members]
    return np.sort(np.concatenate(kept))


def class_weights(y: Integers, K: int) -> Array:
    """A weight for each class, inverse to its frequency: (K,). Over the examples the weights average 1.

    Source: King & Zeng 2001, Logistic Regression in Rare Events Data.

    Formula `class-weights`: w_k = N / (K N_k)

    >>> class_weights(np.array([0, 0, 0, 1]), K=2)
    array([0.66666667, 2.        ])
    """
    check_labels(y, K)
    N = y.size
    N_k = np.bincount(y, minlength=K)
    if N_k.min() == 0:
        raise ValueError(f"expected examples of all {K} classes, got none of class {N_k.argmin()}")
    return N / (K * N_k)


def weighted_cross_entropy(z: Array, y: Integers, weights: Array) -> float:
    """Cross-entropy in which an error on class k counts weights[k] times: (N, K), (N,), (K,).

    Formula `weighted-cross-entropy`: L = −Σ_n w_{y_n} log p_{n, y_n} / Σ_n w_{y_n};  p = softmax(z)

    >>> z = np.array([[2.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    >>> round(weighted_cross_entropy(z, y=np.array([0, 0, 1]), weights=np.array([0.75, 1.5])), 4)
    0.7667
    """
    w = weights_of(z, y, weights)
    log_p = log_softmax(z)
    log_p_true = np.take_along_axis(log_p, y[..., None], axis=-1)[..., 0]
    return float(-np.sum(w * log_p_true) / np.sum(w))


def weighted_cross_entropy_gradient(z: Array, y: Integers, weights: Array) -> Array:
    """∂L/∂z: the gradient of cross-entropy, each row by its class's weight.

    Formula `weighted-cross-entropy-gradient`: ∂L/∂z_nk = w_{y_n} (p_nk − 1[k = y_n]) / Σ_m w_{y_m}

    >>> z = np.array([[2.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    >>> weighted_cross_entropy_gradient(z, y=np.array([0, 0, 1]), weights=np.array([0.75, 1.5])).round(4)
    array([[-0.0298,  0.0298],
           [-0.0672,  0.0672],
           [ 0.3655, -0.3655]])
    """
    w = weights_of(z, y, weights)
    p = softmax(z)
    return w[..., None] * (p - one_hot(y, z.shape[-1])) / np.sum(w)


def members_of_classes(y: Integers) -> list[Integers]:
    """For each class that occurs, the indices of its examples.

    >>> members_of_classes(np.array([1, 0, 1]))
    [array([1]), array([0, 2])]
    """
    if y.size == 0:
        raise ValueError("expected at least one label, got none")
    return [np.flatnonzero(y == k) for k in np.unique(y)]


def weights_of(z: Array, y: Integers, weights: Array) -> Array:
    """The weight of each example, its class's: (N,)."""
    check_labels_of(z, y)
    if weights.shape != z.shape[-1:]:
        raise ValueError(f"expected one weight a class, got logits {z.shape} and weights {weights.shape}")
    return weights[y]
