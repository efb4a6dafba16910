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
    """The power law nearest to measured losses: for a given E, log(L − E) is a line in log N, fitted by least squares.

    The E of the smallest error is looked for between 0 and the least loss, eight times ever closer around the best of
    99 values: that is as exact as a double. sizes, losses (K), K ≥ 3. Points that show no floor give E ≈ 0.

    Formula `scaling-law-fit`: min over E, A, α of Σ_k (log(L_k − E) − log A + α log N_k)²

    >>> sizes = np.array([1e5, 3e5, 1e6, 3e6, 1e7])
    >>> fitted = fit_power_law(sizes, losses=power_law(sizes, E=1.7, A=400.0, alpha=0.34))
    >>> [round(value, 4) for value in fitted]
    [1.7, 400.0, 0.34]
    """
    if sizes.shape != losses.shape or sizes.ndim != 1 or len(sizes) < 3:
        raise ValueError(
            f"expected at least 3 sizes and as many losses, came {sizes.shape} and {losses.shape}"
        )
    if np.any(sizes <= 0) or np.any(losses <= 0):
        raise ValueError("expected sizes and losses above 0")
    low, high = 0.0, float(losses.min())
    for _ in range(8):
        floors = np.linspace(low, high, 101)
        errors = [line_in_logs(sizes, losses - E)[2] for E in floors[1:-1]]
        best = 1 + int(np.argmin(errors))
        low, high = floors[best - 1], floors[best + 1]
    E = float(floors[best])
    alpha, A, _ = line_in_logs(sizes, losses - E)
    return PowerLaw(E, A, alpha)


def line_in_logs(sizes: Array, gaps: Array) -> tuple[float, float, float]:
    """The best A / N^α for losses above their floor: α, A, and the sum of squared errors of the logarithms.

    >>> alpha, A, error = line_in_logs(np.array([1.0, 10.0, 100.0]), np.array([5.0, 0.5, 0.05]))
    >>> round(alpha, 4), round(A, 4), error < 1e-20
    (1.0, 5.0, True)
    """
    x, y = np.log(sizes), np.log(gaps)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    intercept = y.mean() - slope * x.mean()
    error = ((y - intercept - slope * x) ** 2).sum()
    return float(-slope), float(np.exp(intercept)), float(error)


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
