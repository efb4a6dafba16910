"""Learning from what people prefer: direct preference optimisation, and GRPO's advantage of each answer in a group."""

import numpy as np

from jinjie.scratch import Array


def dpo_loss(
    chosen: Array, rejected: Array, reference_chosen: Array, reference_rejected: Array, beta: float = 0.1
) -> float:
    """Make the chosen answer likelier than the rejected one, against a reference (Rafailov et al. 2023, equation 7).

    chosen, rejected (N): log-probability of each whole answer by the model in training; reference_…: by the model it
    began as. β says how dear it is to move away from that.

    Formula `dpo`: L = −1/N · Σ_n log σ( β (log π(y_w)/π_ref(y_w) − log π(y_l)/π_ref(y_l)) )

    >>> chosen, rejected = np.array([-10.0, -8.0]), np.array([-12.0, -6.0])
    >>> round(dpo_loss(chosen, rejected, np.array([-11.0, -8.0]), np.array([-11.0, -7.0]), beta=0.5), 4)
    0.6437
    """
    margin = reward_margin(chosen, rejected, reference_chosen, reference_rejected, beta)
    # log(1 + e⁻ᵐ) is −log σ(m), and no margin makes it overflow.
    return float(np.logaddexp(0, -margin).mean())


def dpo_loss_gradient(
    chosen: Array, rejected: Array, reference_chosen: Array, reference_rejected: Array, beta: float = 0.1
) -> tuple[Array, Array]:
    """The gradient of `dpo_loss` with respect to chosen (N) and rejected (N): large where the order is still wrong.

    Formula `dpo-gradient`: ∂L/∂log π(y_w) = −β σ(−m) / N;  ∂L/∂log π(y_l) = β σ(−m) / N

    >>> chosen, rejected = np.array([-10.0, -8.0]), np.array([-12.0, -6.0])
    >>> references = np.array([-11.0, -8.0]), np.array([-11.0, -7.0])
    >>> up, down = dpo_loss_gradient(chosen, rejected, *references, beta=0.5)
    >>> up.round(4), down.round(4)
    (array([-0.0672, -0.1556]), array([0.0672, 0.1556]))
    """
    margin = reward_margin(chosen, rejected, reference_chosen, reference_rejected, beta)
    wrong = np.exp(-np.logaddexp(0, margin))
    d_margin = -wrong / len(margin)
    return beta * d_margin, -beta * d_margin


def reward_margin(
    chosen: Array, rejected: Array, reference_chosen: Array, reference_rejected: Array, beta: float
) -> Array:
    """By how much the implicit reward β log(π / π_ref) of the chosen answer exceeds the rejected one's. (N) → (N).

    >>> reward_margin(np.array([-10.0]), np.array([-12.0]), np.array([-11.0]), np.array([-11.0]), beta=0.5)
    array([1.])
    """
    shapes = {a.shape for a in (chosen, rejected, reference_chosen, reference_rejected)}
    if len(shapes) > 1:
        raise ValueError(f"expected four arrays of one shape (N), came {sorted(shapes)}")
    return beta * ((chosen - reference_chosen) - (rejected - reference_rejected))


def grpo_advantage(rewards: Array, eps: float = 1e-8) -> Array:
    """How much better each answer is than the others to the same question (Shao et al. 2024, section 4.1.2).

    The group's mean is the baseline, so no second network has to learn one. rewards (..., G) → (..., G). ε keeps a
    group of equal rewards, which teaches nothing, at zero. The deviation is the population's (divided by G).

    Formula `grpo-advantage`: A_g = (r_g − mean(r)) / (std(r) + ε)

    >>> grpo_advantage(np.array([1.0, 0.0, 0.0, 1.0, 1.0])).round(4)
    array([ 0.8165, -1.2247, -1.2247,  0.8165,  0.8165])
    """
    if rewards.shape[-1] < 2:
        raise ValueError(f"expected a group of at least 2 answers, came {rewards.shape[-1]}")
    mean = rewards.mean(axis=-1, keepdims=True)
    std = rewards.std(axis=-1, keepdims=True)
    return np.asarray((rewards - mean) / (std + eps))
