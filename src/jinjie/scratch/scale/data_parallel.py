"""Data-parallel training: K replicas of one model, each with its own examples, that must remain one model.

Replicas stand on the first axis: `theta` and `grad` (K, P), one row a worker.
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.networks.optimizers import adam
from jinjie.scratch.scale.all_reduce import all_gather, reduce_scatter, ring_all_reduce


def average_gradient(grad: Array, examples: Integers) -> Array:
    """The gradient of the whole batch from those of its parts: the mean weighted by each part's examples.

    `grad` (K, P) holds for each part its *mean* gradient, `examples` (K,) how many it is the mean of. The same
    formula serves workers side by side and micro-batches one after another (gradient accumulation).

    Formula `gradient-average`: ḡ = Σₖ nₖ gₖ / Σₖ nₖ

    >>> average_gradient(np.array([[1.0, 0.0], [4.0, 3.0]]), examples=np.array([2, 1]))
    array([2., 1.])
    """
    share = _shares(grad, examples)
    return np.tensordot(share, grad, axes=1)


def data_parallel_step(theta: Array, grad: Array, examples: Integers, lr: float = 0.01) -> Array:
    """One step of gradient descent on K workers: all-reduce the gradients' weighted mean, then each steps alone.

    It is the step of one worker on the whole batch, and replicas that began equal remain equal, bit for bit (Li et
    al., PyTorch Distributed, 2020). Plain descent on each worker, without the mean, is K models that drift apart.

    Formula `data-parallel-step`: θₖ ← θₖ − η Σⱼ nⱼ gⱼ / Σⱼ nⱼ

    >>> theta, grad = np.array([[1.0], [1.0]]), np.array([[2.0], [8.0]])
    >>> data_parallel_step(theta, grad, examples=np.array([1, 3]), lr=0.1)
    array([[0.35],
           [0.35]])
    """
    share = _shares(grad, examples)
    means, _ = ring_all_reduce([share[k] * grad[k] for k in range(len(grad))])
    return theta - lr * np.array(means)


def sharded_adam_step(
    theta: Array, grad: Sequence[Array], m: Sequence[Array], v: Sequence[Array], t: int, lr: float = 1e-3
) -> tuple[Array, list[Array], list[Array]]:
    """Adam with its states divided among the workers: the first stage of ZeRO (Rajbhandari et al. 2020, §5.1).

    `theta` (P,) is what every worker holds; `grad` one (P,) a worker, from equally many examples; worker k keeps only
    its own chunk of m and v. Reduce-scatter in, all-gather out: no more traffic than an all-reduce.

    >>> theta, zeros = np.array([1.0, 2.0, 3.0]), [np.zeros(2), np.zeros(1)]
    >>> theta, m, v = sharded_adam_step(theta, [np.ones(3), np.ones(3)], zeros, zeros, t=1, lr=0.1)
    >>> theta.round(4), m
    (array([0.9, 1.9, 2.9]), [array([0.1, 0.1]), array([0.1])])
    """
    workers = len(grad)
    sums, _ = reduce_scatter(grad)
    shards = np.array_split(theta, workers)
    stepped = [adam(shards[k], sums[k] / workers, m[k], v[k], t, lr) for k in range(workers)]
    wholes, _ = all_gather([shard for shard, _, _ in stepped])
    return wholes[0], [m for _, m, _ in stepped], [v for _, _, v in stepped]


def zero_bytes(
    workers: int, stage: int, weights: float = 2.0, gradients: float = 2.0, optimizer: float = 12.0
) -> float:
    """Bytes that one worker keeps for each parameter when ZeRO divides optimiser states, gradients, weights.

    Stage 0 divides nothing, 1 the optimiser's states, 2 the gradients too, 3 the weights too. By default 16-bit
    weights and gradients, and a 32-bit copy of the weights beside Adam's m and v: 2 + 2 + 12 (Rajbhandari et al.
    2020, figure 1).

    Formula `zero-memory`: b = w / N^[stage ≥ 3] + g / N^[stage ≥ 2] + o / N^[stage ≥ 1]

    >>> [round(zero_bytes(workers=64, stage=stage), 2) for stage in (0, 1, 2, 3)]
    [16.0, 4.19, 2.22, 0.25]
    """
    if stage not in (0, 1, 2, 3):
        raise ValueError(f"expected a stage of ZeRO from 0 to 3, got {stage}")
    divided = [workers if stage >= first else 1 for first in (3, 2, 1)]
    return weights / divided[0] + gradients / divided[1] + optimizer / divided[2]


def _shares(grad: Array, examples: Integers) -> Array:
    if len(grad) != len(examples):
        raise ValueError(
            f"expected a count of examples for each of {len(grad)} gradients, got {len(examples)}"
        )
    return examples / np.sum(examples)
