"""Losses: how wrong a prediction is, as one number to go down on, and its gradient.

Each is the mean over all examples. The cross-entropies work on logits z, the numbers before sigmoid or softmax:
there the logarithm of a probability stays finite, and the gradient is simply p − y. A loss that takes logits
must never be given probabilities: softmax would be applied twice.
"""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.foundations.encoding import check_labels, one_hot
from jinjie.scratch.networks.activations import log_softmax, sigmoid, softmax


def mean_squared_error(y_hat: Array, y: Array) -> float:
    """The mean square of the errors: for numbers, where an error twice as large is four times as bad.

    ŷ and y: any shape, the same (broadcasting (N, 1) against (N,) would compare everything with everything).
    Source: Bishop, Pattern Recognition and Machine Learning (2006), §1.1 (there half the sum).

    Formula `mean-squared-error`: L = 1/N Σ_n (ŷ_n − y_n)²

    >>> mean_squared_error(np.array([2.0, 0.5, 3.0]), y=np.array([1.0, 0.5, 5.0]))
    1.6666666666666667
    """
    check_same_shape(y_hat, y)
    errors = y_hat - y
    return float(np.mean(errors**2))


def mean_squared_error_gradient(y_hat: Array, y: Array) -> Array:
    """∂L/∂ŷ: each prediction is pulled towards its target, the harder the farther it is.

    Formula `mean-squared-error-gradient`: ∂L/∂ŷ_n = 2 (ŷ_n − y_n) / N

    >>> mean_squared_error_gradient(np.array([2.0, 0.5, 3.0, 0.0]), y=np.array([1.0, 0.5, 5.0, 0.0]))
    array([ 0.5,  0. , -1. ,  0. ])
    """
    check_same_shape(y_hat, y)
    N = y.size
    return 2 * (y_hat - y) / N


def binary_cross_entropy(p: Array, y: Array, eps: float = 1e-15) -> float:
    """The surprise at the truth y ∈ {0, 1} of one who gave class 1 the probability p.

    p is kept ε away from 0 and 1: a wrong certainty then costs −log ε ≈ 34.5 and not infinity.
    Source: Bishop (2006), equation 4.90.

    Formula `binary-cross-entropy`: L = −1/N Σ_n [y_n log p_n + (1 − y_n) log(1 − p_n)]

    >>> round(binary_cross_entropy(np.array([0.9, 0.2, 0.6]), y=np.array([1.0, 0.0, 0.0])), 4)
    0.4149
    """
    check_probabilities(p, y)
    p = np.clip(p, eps, 1 - eps)
    surprise = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return float(np.mean(surprise))


def binary_cross_entropy_gradient(p: Array, y: Array, eps: float = 1e-15) -> Array:
    """∂L/∂p: without bound as p goes to the wrong end, which is why one works on logits instead.

    Formula `binary-cross-entropy-gradient`: ∂L/∂p_n = (p_n − y_n) / (N p_n (1 − p_n))

    >>> binary_cross_entropy_gradient(np.array([0.9, 0.2, 0.6]), y=np.array([1.0, 0.0, 0.0])).round(4)
    array([-0.3704,  0.4167,  0.8333])
    """
    check_probabilities(p, y)
    N = y.size
    p = np.clip(p, eps, 1 - eps)
    return (p - y) / (N * p * (1 - p))


def binary_cross_entropy_from_logits(z: Array, y: Array) -> float:
    """`binary_cross_entropy` of p = sigmoid(z), exact for every finite z.

    log(1 + e^z) overflows at z = 710; with e taken to the power −|z| nothing can.

    Formula `binary-cross-entropy-from-logits`: L = 1/N Σ_n [max(z_n, 0) − z_n y_n + log(1 + e^(−|z_n|))]

    >>> round(binary_cross_entropy_from_logits(np.array([2.0, -1.0, 1000.0]), y=np.array([1.0, 0.0, 0.0])), 4)
    333.4801
    """
    check_same_shape(z, y)
    surprise = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return float(np.mean(surprise))


def binary_cross_entropy_from_logits_gradient(z: Array, y: Array) -> Array:
    """∂L/∂z: the predicted probability less the true one, bounded by 1/N however wrong the logit.

    Formula `binary-cross-entropy-from-logits-gradient`: ∂L/∂z_n = (σ(z_n) − y_n) / N

    >>> binary_cross_entropy_from_logits_gradient(np.array([0.0, -1.0]), y=np.array([1.0, 0.0])).round(4)
    array([-0.25  ,  0.1345])
    """
    check_same_shape(z, y)
    N = y.size
    p = sigmoid(z)
    return (p - y) / N


def cross_entropy(z: Array, y: Integers) -> float:
    """The surprise at the true classes y of one who believes softmax(z).

    z: logits (..., K), *not* probabilities; y: labels (...) from 0 to K − 1.
    Source: Bishop (2006), equation 4.108.

    Formula `cross-entropy`: L = −1/N Σ_n log p_{n, y_n};  p = softmax(z)

    >>> round(cross_entropy(np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]]), y=np.array([0, 2])), 4)
    1.7513
    """
    check_labels_of(z, y)
    log_p = log_softmax(z)
    log_p_true = np.take_along_axis(log_p, y[..., None], axis=-1)
    return float(-np.mean(log_p_true))


def cross_entropy_gradient(z: Array, y: Integers) -> Array:
    """∂L/∂z: what was predicted less what was true. Each row sums to zero: probability is only moved.

    Formula `cross-entropy-gradient`: ∂L/∂z_nk = (p_nk − 1[k = y_n]) / N;  p = softmax(z)

    >>> cross_entropy_gradient(np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]]), y=np.array([0, 2])).round(4)
    array([[-0.1674,  0.1224,  0.045 ],
           [ 0.0226,  0.4547, -0.4774]])
    """
    check_labels_of(z, y)
    N = y.size
    p = softmax(z)
    return (p - one_hot(y, z.shape[-1])) / N


def smooth_labels(y: Integers, K: int, smoothing: float = 0.1) -> Array:
    """Targets that leave a little doubt, so that logits need not grow for ever: (...) → (..., K).

    Source: Szegedy et al. 2016, Rethinking the Inception Architecture, §7.

    Formula `label-smoothing`: q_nk = (1 − ε) 1[k = y_n] + ε / K

    >>> smooth_labels(np.array([2, 0]), K=4, smoothing=0.2)
    array([[0.05, 0.05, 0.85, 0.05],
           [0.85, 0.05, 0.05, 0.05]])
    """
    if not 0 <= smoothing <= 1:
        raise ValueError(f"expected a smoothing from 0 to 1, got {smoothing}")
    q: Array = (1 - smoothing) * one_hot(y, K) + smoothing / K
    return q


def soft_cross_entropy(z: Array, q: Array) -> float:
    """Cross-entropy against whole distributions q (..., K): smoothed labels, or a teacher's answers.

    Formula `soft-cross-entropy`: L = −1/N Σ_n Σ_k q_nk log p_nk;  p = softmax(z)

    >>> round(soft_cross_entropy(np.array([[2.0, 1.0, 0.0]]), q=np.array([[0.9, 0.05, 0.05]])), 4)
    0.5576
    """
    check_distributions(z, q)
    log_p = log_softmax(z)
    return float(-np.mean(np.sum(q * log_p, axis=-1)))


def soft_cross_entropy_gradient(z: Array, q: Array) -> Array:
    """∂L/∂z: as with labels, what was predicted less what was wanted.

    Formula `soft-cross-entropy-gradient`: ∂L/∂z_nk = (p_nk − q_nk) / N;  p = softmax(z)

    >>> soft_cross_entropy_gradient(np.array([[2.0, 1.0, 0.0]]), q=np.array([[0.9, 0.05, 0.05]])).round(4)
    array([[-0.2348,  0.1947,  0.04  ]])
    """
    check_distributions(z, q)
    N = q[..., 0].size
    p = softmax(z)
    return (p - q) / N


def check_same_shape(prediction: Array, target: Array) -> None:
    """Raise ValueError unless prediction and target have one shape and are not empty."""
    if prediction.shape != target.shape or prediction.size == 0:
        raise ValueError(f"expected one shape, not empty, got {prediction.shape} and {target.shape}")


def check_probabilities(p: Array, y: Array) -> None:
    """Raise ValueError unless p has the shape of y and lies between 0 and 1."""
    check_same_shape(p, y)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"expected probabilities from 0 to 1, got {p.min()} to {p.max()}; are they logits?")


def check_distributions(z: Array, q: Array) -> None:
    """Raise ValueError unless q has the shape of the logits z and each row sums to one."""
    check_same_shape(z, q)
    sums = q.sum(axis=-1)
    if not np.allclose(sums, 1):
        raise ValueError(f"expected targets whose rows sum to 1, got sums from {sums.min()} to {sums.max()}")


def check_labels_of(z: Array, y: Integers) -> None:
    """Raise ValueError unless y (...) holds one label for each row of the logits z (..., K)."""
    if z.shape[:-1] != y.shape:
        raise ValueError(f"expected one label a row of the logits {z.shape}, got labels of shape {y.shape}")
    check_labels(y, z.shape[-1])
