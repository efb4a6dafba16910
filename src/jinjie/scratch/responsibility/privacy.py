"""Differentially private training: no example can move the model by more than noise hides.

`grads` (N, P) holds one gradient per *example*. What ε this costs is counted in accounting.py.
"""

import numpy as np

from jinjie.scratch import Array, Booleans


def clip_per_example(grads: Array, clip: float) -> Array:
    """Shorten every example's gradient to a length of at most `clip`; shorter ones stay (Abadi et al. 2016, alg. 1).

    Clipping the mean instead would bound nothing: one example may still have pulled it anywhere within the ball.

    Formula `per-example-clipping`: ḡᵢ = gᵢ / max(1, ‖gᵢ‖₂ / C)

    >>> clip_per_example(np.array([[4.0, 8.0, 8.0], [0.1, 0.2, 0.2]]), clip=3.0)
    array([[1. , 2. , 2. ],
           [0.1, 0.2, 0.2]])
    """
    if clip <= 0:
        raise ValueError(f"expected a clipping length above 0, got {clip}")
    length = np.sqrt(np.sum(grads**2, axis=1, keepdims=True))
    clipped: Array = grads / np.maximum(1, length / clip)
    return clipped


def private_gradient(
    grads: Array, clip: float, noise: float, batch: float, rng: np.random.Generator
) -> Array:
    """The noisy mean of clipped gradients: noise of deviation σ C on their sum, whatever the data.

    `batch` is the *expected* size of a Poisson sample, not its size: that would tell who is in it. The sample may be
    empty, grads (0, P).

    Formula `private-gradient`: g̃ = (Σᵢ ḡᵢ + C σ ξ) / B,  ξ ~ N(0, I)

    >>> private_gradient(np.array([[3.0, 4.0], [0.3, 0.4]]), 1.0, noise=0.0, batch=2, rng=np.random.default_rng(0))
    array([0.45, 0.6 ])
    """
    total = np.sum(clip_per_example(grads, clip), axis=0)
    xi = rng.standard_normal(total.shape)
    noisy: Array = (total + clip * noise * xi) / batch
    return noisy


def dp_sgd_step(
    theta: Array, grads: Array, clip: float, noise: float, batch: float, lr: float, rng: np.random.Generator
) -> Array:
    """One step of DP-SGD: gradient descent along the private gradient. θ (P,).

    Formula `dp-sgd`: θ ← θ − η (Σᵢ gᵢ / max(1, ‖gᵢ‖/C) + C σ ξ) / B

    >>> theta, grads, rng = np.array([1.0, 1.0]), np.array([[3.0, 4.0], [0.3, 0.4]]), np.random.default_rng(0)
    >>> dp_sgd_step(theta, grads, clip=1.0, noise=0.5, batch=2, lr=0.1, rng=rng).round(4)
    array([0.9519, 0.9433])
    """
    g = private_gradient(grads, clip, noise, batch, rng)
    return theta - lr * g


def poisson_sample(examples: int, rate: float, rng: np.random.Generator) -> Booleans:
    """Who is in this step's batch: each example by its own toss, with probability `rate`, as the accounting assumes.

    >>> poisson_sample(6, rate=0.5, rng=np.random.default_rng(0))
    array([False,  True,  True,  True, False, False])
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a sampling rate from 0 to 1, got {rate}")
    return rng.random(examples) < rate


def gaussian_deviation(sensitivity: float, epsilon: float, delta: float) -> float:
    """How much noise makes one answer (ε, δ)-private: the classical bound, for 0 < ε < 1 only.

    `sensitivity` is how far one example can move the answer (Dwork & Roth 2014, theorem A.1).

    Formula `gaussian-mechanism`: σ = Δ √(2 ln(1.25 / δ)) / ε

    >>> round(gaussian_deviation(sensitivity=1.0, epsilon=0.5, delta=1e-5), 4)
    9.6896
    """
    if not 0 < epsilon < 1:
        raise ValueError(f"expected ε between 0 and 1, where this bound holds, got {epsilon}")
    if not 0 < delta < 1:
        raise ValueError(f"expected δ between 0 and 1, got {delta}")
    return float(sensitivity * np.sqrt(2 * np.log(1.25 / delta)) / epsilon)


def gaussian_mechanism(
    answer: Array, sensitivity: float, epsilon: float, delta: float, rng: np.random.Generator
) -> Array:
    """The answer with just that noise on each of its numbers.

    >>> gaussian_mechanism(np.array([10.0]), 1.0, epsilon=0.5, delta=1e-5, rng=np.random.default_rng(0)).round(4)
    array([11.2183])
    """
    return answer + gaussian_deviation(sensitivity, epsilon, delta) * rng.standard_normal(np.shape(answer))
