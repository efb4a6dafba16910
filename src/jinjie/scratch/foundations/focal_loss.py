"""Focal loss: cross-entropy that turns away from the many easy examples, towards the few hard ones."""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.foundations.encoding import check_labels
from jinjie.scratch.networks.activations import sigmoid


def focal_loss(z: Array, y: Integers, gamma: float = 2.0, alpha: float = 0.25) -> float:
    """Binary cross-entropy weighted by (1 − p_t)^γ, the doubt about the truth, and by α for class 1.

    z: logits of any shape; y: labels 0 and 1 of the same. γ = 0 and α = 0.5 give half the cross-entropy. The
    mean over all examples (the paper divides the sum by the number of positive boxes).
    Source: Lin, Goyal, Girshick, He & Dollár 2017, Focal Loss for Dense Object Detection, equation 5.

    Formula `focal-loss`: L = −1/N Σ_n α_t (1 − p_t)^γ log p_t;  p_t = σ(z) where y = 1, 1 − σ(z) where y = 0

    >>> round(focal_loss(np.array([3.0, 0.0, -3.0]), y=np.array([1, 1, 1])), 4)  # easy, unsure, wrong
    0.245
    """
    x, alpha_t = signed_logits(z, y, alpha)
    log_p_t = -np.logaddexp(0, -x)
    one_minus_p_t = sigmoid(-x)
    return float(-np.mean(alpha_t * one_minus_p_t**gamma * log_p_t))


def focal_loss_gradient(z: Array, y: Integers, gamma: float = 2.0, alpha: float = 0.25) -> Array:
    """∂L/∂z. Source: Lin et al. 2017, appendix B, equation 11 (there with respect to x = (2y − 1) z).

    Formula `focal-loss-gradient`: ∂L/∂z_n = (2y_n − 1) α_t (1 − p_t)^γ (γ p_t log p_t + p_t − 1) / N

    >>> focal_loss_gradient(np.array([3.0, 0.0, -3.0]), y=np.array([1, 1, 1])).round(4)
    array([-0.    , -0.0249, -0.0939])
    """
    x, alpha_t = signed_logits(z, y, alpha)
    N = y.size
    p_t = sigmoid(x)
    log_p_t = -np.logaddexp(0, -x)
    one_minus_p_t = sigmoid(-x)
    dx = alpha_t * one_minus_p_t**gamma * (gamma * p_t * log_p_t - one_minus_p_t)
    return (2 * y - 1) * dx / N


def signed_logits(z: Array, y: Integers, alpha: float) -> tuple[Array, Array]:
    """x = (2y − 1) z, so that p_t = σ(x) for both classes, and α_t: α for class 1, 1 − α for class 0.

    >>> signed_logits(np.array([3.0, 3.0]), y=np.array([1, 0]), alpha=0.25)
    (array([ 3., -3.]), array([0.25, 0.75]))
    """
    if z.shape != y.shape:
        raise ValueError(f"expected one label a logit, got logits {z.shape} and labels {y.shape}")
    check_labels(y, 2)
    x = (2 * y - 1) * z
    alpha_t = np.where(y == 1, alpha, 1 - alpha)
    return x, alpha_t
