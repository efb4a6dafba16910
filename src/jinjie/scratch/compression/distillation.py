"""Distillation: a small student learns from a large teacher's probabilities, not from labels alone.

Logits are (..., K), the mean is over all axes but the last. Source: Hinton, Vinyals & Dean 2015.
"""

import numpy as np

from jinjie.scratch import Array, Integers


def softened_softmax(logits: Array, temperature: float = 1.0) -> Array:
    """Probabilities at a temperature: the higher T, the more a teacher's small probabilities say.

    Formula `softened-softmax`: pᵢ = exp(zᵢ / T) / Σⱼ exp(zⱼ / T)

    >>> softened_softmax(np.array([6.0, 2.0, 0.0]), temperature=4.0).round(3)
    array([0.629, 0.231, 0.14 ])
    """
    return np.exp(_log_softmax(logits, temperature))


def distillation_loss(student: Array, teacher: Array, temperature: float) -> float:
    """T² times the divergence of the student's softened probabilities q from the teacher's p, mean over examples.

    Without T² the gradient shrinks as 1/T²: once for the division of the logits, once because softened p and q are
    closer. With it the temperature can be tuned while the balance with another loss stays (Hinton et al. 2015, §2.1).

    Formula `distillation-loss`: L = T² Σᵢ pᵢ (ln pᵢ − ln qᵢ),  p, q at temperature T

    >>> round(distillation_loss(np.array([[1.0, 0.0]]), teacher=np.array([[3.0, 0.0]]), temperature=2.0), 4)
    0.361
    """
    _check_shapes(student, teacher)
    log_p = _log_softmax(teacher, temperature)
    log_q = _log_softmax(student, temperature)
    divergence = np.sum(np.exp(log_p) * (log_p - log_q), axis=-1)
    return float(temperature**2 * np.mean(divergence))


def distillation_loss_gradient(student: Array, teacher: Array, temperature: float) -> Array:
    """The gradient of `distillation_loss` for the student's logits. For large T it is (z − v)/K, both centred.

    Formula `distillation-gradient`: ∂L/∂zᵢ = T (qᵢ − pᵢ) / N

    >>> distillation_loss_gradient(np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]]), temperature=2.0).round(4)
    array([[-0.3902,  0.3902]])
    """
    _check_shapes(student, teacher)
    p = softened_softmax(teacher, temperature)
    q = softened_softmax(student, temperature)
    examples = student.size // student.shape[-1]
    gradient: Array = temperature * (q - p) / examples
    return gradient


def mixed_loss(student: Array, teacher: Array, labels: Integers, temperature: float, alpha: float) -> float:
    """The student's two lessons: α of the teacher's softened answers, 1 − α of the labels, the latter at T = 1.

    `labels` (...) are classes from 0 to K − 1.

    Formula `mixed-distillation`: L = α T² KL(p ‖ q) + (1 − α) (−ln q_y at T = 1)

    >>> student, teacher = np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]])
    >>> round(mixed_loss(student, teacher, labels=np.array([0]), temperature=2.0, alpha=0.5), 4)
    0.3371
    """
    soft = distillation_loss(student, teacher, temperature)
    hard = float(-np.mean(_chosen(_log_softmax(student, 1), labels)))
    return alpha * soft + (1 - alpha) * hard


def mixed_loss_gradient(
    student: Array, teacher: Array, labels: Integers, temperature: float, alpha: float
) -> Array:
    """The gradient of `mixed_loss` for the student's logits.

    Formula `mixed-distillation-gradient`: ∂L/∂zᵢ = (α T (qᵢ − pᵢ) + (1 − α) (q¹ᵢ − [i = y])) / N,  q¹ at T = 1

    >>> student, teacher = np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]])
    >>> mixed_loss_gradient(student, teacher, labels=np.array([0]), temperature=2.0, alpha=0.5).round(4)
    array([[-0.3296,  0.3296]])
    """
    soft = distillation_loss_gradient(student, teacher, temperature)
    target = np.eye(student.shape[-1])[labels]
    hard = (softened_softmax(student) - target) / labels.size
    gradient: Array = alpha * soft + (1 - alpha) * hard
    return gradient


def _log_softmax(logits: Array, temperature: float) -> Array:
    if temperature <= 0:
        raise ValueError(f"expected a temperature above 0, got {temperature}")
    z: Array = logits / temperature
    z = z - np.max(z, axis=-1, keepdims=True)
    log_p: Array = z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))
    return log_p


def _chosen(values: Array, labels: Integers) -> Array:
    if labels.min() < 0 or labels.max() >= values.shape[-1]:
        raise ValueError(
            f"expected labels from 0 to {values.shape[-1] - 1}, got {labels.min()} to {labels.max()}"
        )
    return np.take_along_axis(values, labels[..., None], axis=-1)


def _check_shapes(student: Array, teacher: Array) -> None:
    if student.shape != teacher.shape:
        raise ValueError(
            f"expected student and teacher of one shape, got {student.shape} and {teacher.shape}"
        )
