"""Normalisation: mean 0 and variance 1 inside the network, then a scale γ and a shift β that are learned.

x is (..., C). Batch norm takes mean and variance of each channel over all examples, and so needs a batch; layer norm
and RMS norm take them over the channels of each example alone. ε only keeps a division away from zero.
"""

import numpy as np

from jinjie.scratch import Array


def batch_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Batch norm while training: each channel by the mean and variance of this batch (Ioffe & Szegedy 2015, alg. 1).

    Formula `batch-norm`: y = γ (x − μ) / √(σ² + ε) + β,  μ and σ² of each channel over the batch

    >>> x = np.array([[1.0, 10.0], [3.0, 50.0]])
    >>> batch_norm(x, gamma=np.array([1.0, 2.0]), beta=np.array([0.0, 5.0])).round(4)
    array([[-1.,  3.],
           [ 1.,  7.]])
    """
    mu, var = _batch_statistics(x)
    x_hat = (x - mu) / np.sqrt(var + eps)
    return gamma * x_hat + beta


def running_statistics(
    x: Array, running_mean: Array, running_var: Array, momentum: float = 0.1
) -> tuple[Array, Array]:
    """What batch norm remembers of its batches: moving averages of mean and variance, for use when there is no batch.

    The variance is the unbiased one here (n − 1), as it is to stand for data that were not seen.

    Formula `batch-norm-running`: μ̄ ← (1 − α) μ̄ + α μ;  σ̄² ← (1 − α) σ̄² + α σ² n / (n − 1)

    >>> x = np.array([[1.0, 10.0], [3.0, 50.0]])
    >>> running_statistics(x, running_mean=np.zeros(2), running_var=np.ones(2), momentum=0.5)
    (array([ 1., 15.]), array([  1.5, 400.5]))
    """
    mu, var = _batch_statistics(x)
    n = x.size // x.shape[-1]
    running_mean = (1 - momentum) * running_mean + momentum * mu
    running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)
    return running_mean, running_var


def batch_norm_evaluation(
    x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, eps: float = 1e-5
) -> Array:
    """Batch norm in use: what was remembered takes the batch's place, so one example's result needs no others.

    Formula `batch-norm-evaluation`: y = γ (x − μ̄) / √(σ̄² + ε) + β

    >>> mean, var = np.array([1.0, 15.0]), np.array([4.0, 400.0])
    >>> batch_norm_evaluation(np.array([[3.0, 50.0]]), np.ones(2), np.zeros(2), mean, var).round(4)
    array([[1.  , 1.75]])
    """
    x_hat = (x - running_mean) / np.sqrt(running_var + eps)
    return gamma * x_hat + beta


def batch_norm_backward(
    upstream: Array, x: Array, gamma: Array, beta: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """The gradients of x, γ and β. Each example moves the batch's mean and variance, and through them all the others.

    Formula `batch-norm-backward`: ∂L/∂x = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε),  g = γ u;
    ∂L/∂γ = Σ u x̂;  ∂L/∂β = Σ u

    >>> x, one, zero = np.array([[1.0], [2.0], [6.0]]), np.ones(1), np.zeros(1)
    >>> dx, dgamma, dbeta = batch_norm_backward(np.array([[1.0], [0.0], [0.0]]), x, one, zero)
    >>> dx.ravel().round(4), dgamma.round(4), dbeta
    (array([ 0.1763, -0.2204,  0.0441]), array([-0.9258]), array([1.]))
    """
    batch = tuple(range(x.ndim - 1))
    mu, var = _batch_statistics(x)
    x_hat = (x - mu) / np.sqrt(var + eps)
    g = gamma * upstream
    dx = (g - g.mean(axis=batch) - x_hat * (g * x_hat).mean(axis=batch)) / np.sqrt(var + eps)
    dgamma = (upstream * x_hat).sum(axis=batch)
    dbeta = upstream.sum(axis=batch)
    return dx, dgamma, dbeta


def _batch_statistics(x: Array) -> tuple[Array, Array]:
    """Mean and variance of each channel over all axes but the last."""
    batch = tuple(range(x.ndim - 1))
    if x.size <= x.shape[-1]:
        raise ValueError(f"expected a batch of at least two examples (..., C), got the shape {x.shape}")
    return x.mean(axis=batch), x.var(axis=batch)


def layer_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Each example by the mean and variance of its own channels (Ba, Kiros & Hinton 2016).

    Formula `layer-norm`: y = γ (x − μ) / √(σ² + ε) + β,  μ and σ² of each example over its channels

    >>> layer_norm(np.array([1.0, 3.0, 8.0]), gamma=np.ones(3), beta=np.array([0.0, 0.0, 10.0])).round(4)
    array([-1.019 , -0.3397, 11.3587])
    """
    mu = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    x_hat: Array = (x - mu) / np.sqrt(var + eps)
    return gamma * x_hat + beta


def layer_norm_backward(
    upstream: Array, x: Array, gamma: Array, beta: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """The gradients of x, γ and β; those of γ and β add up over all examples.

    Formula `layer-norm-backward`: ∂L/∂x = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε),  g = γ u;
    ∂L/∂γ = Σ u x̂;  ∂L/∂β = Σ u

    >>> upstream, x = np.array([1.0, 0.0, 0.0]), np.array([1.0, 3.0, 8.0])
    >>> dx, dgamma, dbeta = layer_norm_backward(upstream, x, np.ones(3), np.zeros(3))
    >>> dx.round(4), dgamma.round(4)
    (array([ 0.1089, -0.1524,  0.0435]), array([-1.019,  0.   ,  0.   ]))
    """
    mu = x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    x_hat = (x - mu) / sigma
    g = gamma * upstream
    dx = (g - g.mean(axis=-1, keepdims=True) - x_hat * (g * x_hat).mean(axis=-1, keepdims=True)) / sigma
    examples = tuple(range(x.ndim - 1))
    dgamma = (upstream * x_hat).sum(axis=examples)
    dbeta = upstream.sum(axis=examples)
    return dx, dgamma, dbeta


def rms_norm(x: Array, gamma: Array, eps: float = 1e-5) -> Array:
    """Layer norm without mean and shift: only the size is brought to 1 (Zhang & Sennrich 2019, eq. 4).

    Formula `rms-norm`: y = γ x / √(mean(x²) + ε)

    >>> rms_norm(np.array([3.0, 4.0, 0.0, 0.0]), gamma=np.ones(4)).round(4)
    array([1.2, 1.6, 0. , 0. ])
    """
    rms: Array = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    return gamma * x / rms


def rms_norm_backward(upstream: Array, x: Array, gamma: Array, eps: float = 1e-5) -> tuple[Array, Array]:
    """The gradients of x and γ.

    Formula `rms-norm-backward`: ∂L/∂x = (g − x̂ mean(g x̂)) / r,  g = γ u,  x̂ = x / r,  r = √(mean(x²) + ε);
    ∂L/∂γ = Σ u x̂

    >>> dx, dgamma = rms_norm_backward(np.array([1.0, 0.0]), np.array([3.0, 4.0]), np.ones(2))
    >>> dx.round(4), dgamma.round(4)
    (array([ 0.181 , -0.1358]), array([0.8485, 0.    ]))
    """
    rms: Array = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    x_hat = x / rms
    g = gamma * upstream
    dx = (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True)) / rms
    dgamma = (upstream * x_hat).sum(axis=tuple(range(x.ndim - 1)))
    return dx, dgamma
