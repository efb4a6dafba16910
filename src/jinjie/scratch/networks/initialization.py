"""Initialisation: how large the first weights must be for a signal to pass through many layers and stay its size.

The variance argument: a sum of fan_in independent terms has fan_in times the variance of one. So the weights'
variance has to be about 1 / fan_in. A uniform distribution on [−a, a] has the variance a²/3.
"""

import math
from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.networks.activations import relu

Initializer = Callable[[np.random.Generator, int, int], Array]


def preactivation_variance(fan_in: int, weight_variance: float, x_square: float) -> float:
    """The variance of z = Σⱼ wⱼ xⱼ for weights with mean 0, independent of x: the heart of the argument.

    `x_square` is E[x²]. With tanh near 0 it is Var(x); after ReLU half of the last layer's variance.

    Formula `preactivation-variance`: Var(z) = fan_in · Var(w) · E[x²]

    >>> preactivation_variance(fan_in=100, weight_variance=0.02, x_square=0.5)
    1.0
    """
    return fan_in * weight_variance * x_square


def xavier_std(fan_in: int, fan_out: int) -> float:
    """Between 1/fan_in, which keeps the signal, and 1/fan_out, which keeps the gradient (Glorot & Bengio 2010, eq. 12).

    Formula `xavier`: σ = √(2 / (fan_in + fan_out))

    >>> xavier_std(fan_in=300, fan_out=500)
    0.05
    """
    return math.sqrt(2 / (fan_in + fan_out))


def xavier_normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Weights (fan_out, fan_in) for tanh and sigmoid layers, drawn from a normal distribution.

    Formula `xavier-normal`: w ~ 𝒩(0, 2 / (fan_in + fan_out))

    >>> W = xavier_normal(np.random.default_rng(0), fan_in=300, fan_out=500)
    >>> W.shape, W.std().round(3)
    ((500, 300), np.float64(0.05))
    """
    return rng.normal(0, xavier_std(fan_in, fan_out), size=(fan_out, fan_in))


def xavier_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """The same variance from a uniform distribution (Glorot & Bengio 2010, eq. 16).

    Formula `xavier-uniform`: w ~ U(−a, a),  a = √(6 / (fan_in + fan_out))

    >>> W = xavier_uniform(np.random.default_rng(0), fan_in=300, fan_out=500)
    >>> W.std().round(3), np.abs(W).max().round(4)
    (np.float64(0.05), np.float64(0.0866))
    """
    a = math.sqrt(3) * xavier_std(fan_in, fan_out)
    return rng.uniform(-a, a, size=(fan_out, fan_in))


def he_std(fan_in: int) -> float:
    """√2 larger than 1/√fan_in, because ReLU throws half of the signal's power away (He et al. 2015, eq. 10).

    Formula `he`: σ = √(2 / fan_in)

    >>> he_std(fan_in=800)
    0.05
    """
    return math.sqrt(2 / fan_in)


def he_normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Weights (fan_out, fan_in) for ReLU layers, drawn from a normal distribution.

    Formula `he-normal`: w ~ 𝒩(0, 2 / fan_in)

    >>> W = he_normal(np.random.default_rng(0), fan_in=800, fan_out=100)
    >>> W.shape, W.std().round(3)
    ((100, 800), np.float64(0.05))
    """
    return rng.normal(0, he_std(fan_in), size=(fan_out, fan_in))


def he_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """The same variance from a uniform distribution.

    Formula `he-uniform`: w ~ U(−a, a),  a = √(6 / fan_in)

    >>> W = he_uniform(np.random.default_rng(0), fan_in=800, fan_out=100)
    >>> W.std().round(3), np.abs(W).max().round(4)
    (np.float64(0.05), np.float64(0.0866))
    """
    a = math.sqrt(3) * he_std(fan_in)
    return rng.uniform(-a, a, size=(fan_out, fan_in))


def signal_through_layers(
    rng: np.random.Generator,
    x: Array,
    depth: int,
    initialize: Initializer = he_normal,
    f: Callable[[Array], Array] = relu,
) -> Array:
    """The mean square of the signal after each of `depth` layers of x's width, (depth): does it live, die or explode?

    >>> rng = np.random.default_rng(0)
    >>> signal_through_layers(rng, rng.normal(size=(50, 400)), depth=3).round(1)
    array([1. , 1. , 1.1])
    """
    width = x.shape[-1]
    squares = []
    for _ in range(depth):
        x = f(x @ initialize(rng, width, width).T)
        squares.append(np.mean(x**2))
    return np.array(squares)
