"""Activations: the bend between two linear layers, without which the layers would be one.

Each works element by element on an array z of any shape; softmax and log-softmax work along its last axis.
"""

import math
from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array


def relu(z: Array) -> Array:
    """Let what is positive pass and stop the rest (Nair & Hinton 2010).

    Formula `relu`: max(0, z)

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(z, 0)


def relu_derivative(z: Array) -> Array:
    """1 where ReLU lets pass, else 0; at z = 0, where there is no derivative, 0 as everybody takes it.

    Formula `relu-derivative`: 1 if z > 0, else 0

    >>> relu_derivative(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    return np.where(z > 0, 1.0, 0)


def leaky_relu(z: Array, alpha: float = 0.01) -> Array:
    """ReLU with a small slope α where it would stop, so that no unit dies (Maas, Hannun & Ng 2013).

    Formula `leaky-relu`: max(0, z) + α min(0, z)

    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]), alpha=0.1)
    array([-0.2,  0. ,  3. ])
    """
    return np.maximum(z, 0) + alpha * np.minimum(z, 0)


def leaky_relu_derivative(z: Array, alpha: float = 0.01) -> Array:
    """1 on the right, α on the left and at 0.

    Formula `leaky-relu-derivative`: 1 if z > 0, else α

    >>> leaky_relu_derivative(np.array([-2.0, 0.0, 3.0]), alpha=0.1)
    array([0.1, 0.1, 1. ])
    """
    return np.where(z > 0, 1.0, alpha)


def sigmoid(z: Array) -> Array:
    """A number squeezed between 0 and 1: a probability from log-odds.

    Formula `sigmoid`: σ(z) = 1 / (1 + e⁻ᶻ)

    >>> sigmoid(np.array([-2.0, 0.0, 2.0])).round(4)
    array([0.1192, 0.5   , 0.8808])
    """
    with np.errstate(over="ignore"):  # below −709 the exponential is infinite, and 1/∞ is the right 0
        exponential = np.exp(-z)
    return 1 / (1 + exponential)


def sigmoid_derivative(z: Array) -> Array:
    """At most ¼, and almost 0 far from 0: why gradients vanish through many sigmoids.

    Formula `sigmoid-derivative`: σ′(z) = σ(z) (1 − σ(z))

    >>> sigmoid_derivative(np.array([-2.0, 0.0, 2.0])).round(4)
    array([0.105, 0.25 , 0.105])
    """
    s = sigmoid(z)
    return s * (1 - s)


def tanh(z: Array) -> Array:
    """A number squeezed between −1 and 1, with the mean of its outputs near 0.

    Formula `tanh`: (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)

    >>> tanh(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.7616,  0.    ,  0.7616])
    """
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """1 at 0 and falling on both sides.

    Formula `tanh-derivative`: 1 − tanh²(z)

    >>> tanh_derivative(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.42, 1.  , 0.42])
    """
    return 1 - np.tanh(z) ** 2


def softmax(z: Array) -> Array:
    """Probabilities from scores, along the last axis (..., K): all positive, their sum 1 (Bridle 1990).

    Only differences of scores count. The largest is taken off first: the result stays and no exponential overflows.

    Formula `softmax`: pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)

    >>> softmax(np.array([1.0, 2.0, 3.0])).round(4)
    array([0.09  , 0.2447, 0.6652])
    """
    weights: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    total: Array = weights.sum(axis=-1, keepdims=True)
    return weights / total


def softmax_backward(upstream: Array, z: Array) -> Array:
    """The gradient through softmax: its Jacobian (diag p − p pᵀ) times `upstream`, without ever making the Jacobian.

    Formula `softmax-backward`: ∂L/∂zᵢ = pᵢ (uᵢ − Σⱼ uⱼ pⱼ)

    >>> softmax_backward(np.array([1.0, 0.0, 0.0]), z=np.array([1.0, 2.0, 3.0])).round(4)
    array([ 0.0819, -0.022 , -0.0599])
    """
    p = softmax(z)
    mean: Array = (upstream * p).sum(axis=-1, keepdims=True)
    return p * (upstream - mean)


def log_softmax(z: Array) -> Array:
    """The logarithms of softmax's probabilities, finite even where the probability itself is too small for a float.

    Formula `log-softmax`: zᵢ − log Σⱼ exp(zⱼ)

    >>> log_softmax(np.array([1.0, 2.0, 3.0])).round(4)
    array([-2.4076, -1.4076, -0.4076])
    """
    shifted: Array = z - z.max(axis=-1, keepdims=True)
    total: Array = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(total)


def log_softmax_backward(upstream: Array, z: Array) -> Array:
    """The gradient through log-softmax; with `upstream` = −1 at the right class it is p − 1 there and p elsewhere.

    Formula `log-softmax-backward`: ∂L/∂zᵢ = uᵢ − pᵢ Σⱼ uⱼ

    >>> log_softmax_backward(np.array([-1.0, 0.0, 0.0]), z=np.array([1.0, 2.0, 3.0])).round(4)
    array([-0.91  ,  0.2447,  0.6652])
    """
    total: Array = upstream.sum(axis=-1, keepdims=True)
    return upstream - softmax(z) * total


def normal_cdf(z: Array) -> Array:
    """The chance that a standard normal number is below z, by the error function.

    Formula `normal-cdf`: Φ(z) = ½ (1 + erf(z / √2))

    >>> normal_cdf(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.1587, 0.5   , 0.8413])
    """
    erf: Callable[[Array], Array] = np.vectorize(math.erf, otypes=[float])  # NumPy has none of its own
    return 0.5 * (1 + erf(z / math.sqrt(2)))


def gelu(z: Array) -> Array:
    """z times the chance that a normal number is below it: a smooth ReLU (Hendrycks & Gimpel 2016).

    Formula `gelu`: z Φ(z)

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    return z * normal_cdf(z)


def gelu_derivative(z: Array) -> Array:
    """Φ and z times its slope, the normal density.

    Formula `gelu-derivative`: Φ(z) + z exp(−z²/2) / √(2π)

    >>> gelu_derivative(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.0833,  0.5   ,  1.0833])
    """
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return normal_cdf(z) + z * density


def gelu_tanh(z: Array) -> Array:
    """GELU with tanh in place of the error function, as GPT-2 and BERT's first code have it; off by 5·10⁻⁴ at most.

    Formula `gelu-tanh`: ½ z (1 + tanh(√(2/π) (z + 0.044715 z³)))

    >>> gelu_tanh(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1588,  0.    ,  0.8412])
    """
    inner: Array = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
    return 0.5 * z * (1 + tanh(inner))


def gelu_tanh_derivative(z: Array) -> Array:
    """The product rule, then the chain rule through tanh.

    Formula `gelu-tanh-derivative`: ½ (1 + tanh a) + ½ z (1 − tanh² a) a′,  a = √(2/π) (z + 0.044715 z³)

    >>> gelu_tanh_derivative(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.083,  0.5  ,  1.083])
    """
    inner: Array = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
    slope: Array = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    return 0.5 * (1 + tanh(inner)) + 0.5 * z * tanh_derivative(inner) * slope


def silu(z: Array) -> Array:
    """z times its own sigmoid, also called swish (Elfwing, Uchibe & Doya 2018); the gate of today's language models.

    Formula `silu`: z σ(z)

    >>> silu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.2689,  0.    ,  0.7311])
    """
    return z * sigmoid(z)


def silu_derivative(z: Array) -> Array:
    """The product rule on z σ(z).

    Formula `silu-derivative`: σ(z) + z σ(z) (1 − σ(z))

    >>> silu_derivative(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.0723, 0.5   , 0.9277])
    """
    return sigmoid(z) + z * sigmoid_derivative(z)
