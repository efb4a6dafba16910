"""Schedules: the learning rate as a function of the step t alone, counted from 0.

A schedule adapts to nothing: it gives the same rates whatever the gradients are. And it only works when it is
asked anew before every step.
"""

import math


def step_decay(t: int, lr: float, period: int, gamma: float = 0.1) -> float:
    """The rate falls by a factor γ at the end of every `period` steps.

    Formula `step-decay`: η_t = η γ^⌊t / period⌋

    >>> [round(step_decay(t, lr=0.1, period=2, gamma=0.5), 4) for t in range(6)]
    [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]
    """
    drops = t // period
    return lr * gamma**drops


def exponential_decay(t: int, lr: float, gamma: float) -> float:
    """The rate falls by the same factor γ at each step.

    Formula `exponential-decay`: η_t = η γᵗ

    >>> exponential_decay(3, lr=0.8, gamma=0.5)
    0.1
    """
    return lr * gamma**t


def linear_decay(t: int, lr: float, steps: int, final: float = 0) -> float:
    """A straight line from η down to `final`, reached after `steps` steps and kept from there on.

    Formula `linear-decay`: η_t = η + (η_end − η) · min(t / T, 1)

    >>> [round(linear_decay(t, lr=0.4, steps=4), 4) for t in range(6)]
    [0.4, 0.3, 0.2, 0.1, 0.0, 0.0]
    """
    progress = min(t / steps, 1.0)
    return lr + (final - lr) * progress


def inverse_square_root(t: int, lr: float, warmup: int) -> float:
    """Up in a line to η, then down as 1/√t: the first Transformer's schedule (Vaswani et al. 2017, eq. 3).

    Formula `inverse-square-root`: η_t = η · min((t+1) / w, √(w / (t+1)))

    >>> [round(inverse_square_root(t, lr=0.1, warmup=4), 4) for t in (0, 1, 3, 15)]
    [0.025, 0.05, 0.1, 0.05]
    """
    step = t + 1
    return lr * min(step / warmup, math.sqrt(warmup / step))


def warmup_cosine(t: int, lr: float, warmup: int, steps: int, final: float = 0) -> float:
    """Up in a line over `warmup` steps, then down along half a cosine to `final` (Loshchilov & Hutter 2017, eq. 5).

    The line ends at η and starts above 0: a first step with rate 0 would be a step for nothing.

    Formula `warmup-cosine`: η_t = η (t+1) / w for t < w;
    else η_end + ½ (η − η_end) (1 + cos(π · min((t−w) / (T−w), 1)))

    >>> [round(warmup_cosine(t, lr=0.1, warmup=2, steps=6), 4) for t in range(7)]
    [0.05, 0.1, 0.1, 0.0854, 0.05, 0.0146, 0.0]
    """
    if not 0 <= warmup < steps:
        raise ValueError(f"expected 0 <= warmup < steps, got warmup {warmup} and steps {steps}")
    if t < warmup:
        return lr * (t + 1) / warmup
    progress = min((t - warmup) / (steps - warmup), 1.0)
    return final + 0.5 * (lr - final) * (1 + math.cos(math.pi * progress))
