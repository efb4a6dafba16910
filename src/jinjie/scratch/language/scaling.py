"""Scaling laws: what a training costs, how its loss falls with size, and how to spend a budget."""

from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array


class PowerLaw(NamedTuple):
    """L(N) = E + A / N^α."""

    E: float
    A: float
    alpha: float


def training_compute(parameters: float, tokens: float) -> float:
    """The floating-point operations of a training: 2 a parameter and token forwards, 4 backwards (Kaplan et al. 2020).

    A multiplication and an addition for each weight; backwards once for the inputs' gradient, once for the weights'.
    Attention over long contexts comes on top: `attention_compute`.

    Formula `training-compute`: C = 6 N D

    >>> f"{training_compute(parameters=70e9, tokens=1.4e12):.2e}"  # Chinchilla
    '5.88e+23'
    """
    return 6 * parameters * tokens


def attention_compute(layers: int, context: int, width: int, tokens: float) -> float:
    """What the scores and their weighted sum add, which hold no parameters: forwards and backwards, no mask counted.

    2 · 2 operations for each of T keys and C channels, three times as in 6 N D (Chowdhery et al. 2022, appendix B).

    Formula `attention-compute`: C_attn = 12 · layers · T · C · D

    >>> f"{attention_compute(layers=12, context=1024, width=768, tokens=1e9):.3e}"
    '1.132e+17'
    """
    return 12 * layers * context * width * tokens


def power_law(sizes: Array, E: float, A: float, alpha: float) -> Array:
    """The loss that falls with size toward a floor E that no size goes below. sizes (...) → (...).

    Formula `scaling-law`: L(N) = E + A / N^α

    >>> power_law(np.array([1e6, 1e8]), E=1.7, A=400.0, alpha=0.34).round(4)
    array([5.348 , 2.4622])
    """
    return E + A / sizes**alpha


def fit_power_law(sizes: Array, losses: Array) -> PowerLaw:
    """The power law nearest to measured losses by least squares: for a given α, L is a line in N^−α.

    So only α is looked for, between 0.01 and 4, twelve times ever closer around the best of 19 values: that is as
    exact as a double. sizes, losses (K), K ≥ 3. An E below 0 says that the points show no floor yet.

    Formula `scaling-law-fit`: min over E, A, α of Σ_k (L_k − E − A N_k^−α)²

    >>> sizes = np.array([1e5, 3e5, 1e6, 3e6, 1e7])
    >>> fitted = fit_power_law(sizes, losses=power_law(sizes, E=1.7, A=400.0, alpha=0.34))
    >>> [round(value, 4) for value in fitted]
    [1.7, 400.0, 0.34]
    """
    if sizes.shape != losses.shape or sizes.ndim != 1 or len(sizes) < 3:
        raise ValueError(
            f"expected at least 3 sizes and as many losses, came {sizes.shape} and {losses.shape}"
        )
    if np.any(sizes <= 0):
        raise ValueError(f"expected sizes above 0, came {sizes.min()}")
    low, high = 0.01, 4.0
    for _ in range(12):
        alphas = np.linspace(low, high, 21)
        errors = [line(sizes**-alpha, losses)[2] for alpha in alphas[1:-1]]
        best = 1 + int(np.argmin(errors))
        low, high = alphas[best - 1], alphas[best + 1]
    E, A, _ = line(sizes ** -alphas[best], losses)
    return PowerLaw(E, A, float(alphas[best]))


def line(x: Array, y: Array) -> tuple[float, float, float]:
    """The line nearest to points by least squares: its height at 0, its slope, the sum of squared errors.

    >>> line(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
    (1.0, 2.0, 0.0)
    """
    dx, dy = x - x.mean(), y - y.mean()
    slope = (dx * dy).sum() / (dx**2).sum()
    height = y.mean() - slope * x.mean()
    error = ((dy - slope * dx) ** 2).sum()
    return float(height), float(slope), float(error)


def chinchilla_loss(
    parameters: float,
    tokens: float,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> float:
    """The loss of a model of N parameters after D tokens (Hoffmann et al. 2022, equations 2 and 10).

    Formula `chinchilla-loss`: L(N, D) = E + A / N^α + B / D^β

    >>> round(chinchilla_loss(parameters=70e9, tokens=1.4e12), 4)
    1.9366
    """
    return float(E + A / parameters**alpha + B / tokens**beta)


def compute_optimal(
    compute: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    """The N and D of the lowest `chinchilla_loss` with 6 N D = compute (Hoffmann et al. 2022, equation 4).

    Formula `compute-optimal`: N = G (C/6)^(β/(α+β));  D = (C/6)^(α/(α+β)) / G;  G = (α A / (β B))^(1/(α+β))

    >>> N, D = compute_optimal(compute=1e21)
    >>> f"{N:.3g} parameters, {D:.3g} tokens"
    '1.82e+09 parameters, 9.14e+10 tokens'
    """
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N = G * (compute / 6) ** (beta / (alpha + beta))
    D = (compute / 6) ** (alpha / (alpha + beta)) / G
    return float(N), float(D)
