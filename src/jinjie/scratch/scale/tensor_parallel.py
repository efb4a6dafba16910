"""Tensor parallelism: one layer's matrices divided among N workers (Megatron-LM, Shoeybi et al. 2019, §3).

Weights come divided, worker first: `split_columns` makes of (C, F) an array (N, C, F/N), `split_rows` one of
(N, C/N, F). `sent` counts the bytes that each worker sends.
"""

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.scale.all_reduce import ring_all_reduce


def split_columns(weight: Array, workers: int) -> Array:
    """Each worker gets some of the outputs: (C, F) to (N, C, F/N). Raises ValueError where N does not divide F.

    >>> split_columns(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), workers=2).tolist()
    [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]
    """
    return np.stack(np.split(weight, workers, axis=1))


def split_rows(weight: Array, workers: int) -> Array:
    """Each worker gets some of the inputs: (C, F) to (N, C/N, F). Raises ValueError where N does not divide C.

    >>> split_rows(np.array([[1, 2], [3, 4], [5, 6], [7, 8]]), workers=2).tolist()
    [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    """
    return np.stack(np.split(weight, workers, axis=0))


def column_parallel(x: Array, a: Array) -> Array:
    """A linear layer by columns: every worker sees all of x and makes its own outputs. Nothing is sent.

    x (..., C) and a (N, C, F/N) give (N, ..., F/N).

    Formula `column-parallel`: Yₖ = X Aₖ,  Y = [Y₁ … Y_N]

    >>> column_parallel(np.array([[1.0, 2.0]]), split_columns(np.array([[1.0, 3.0], [2.0, 4.0]]), workers=2))
    array([[[ 5.]],
    <BLANKLINE>
           [[11.]]])
    """
    return np.stack([x @ a[k] for k in range(len(a))])


def row_parallel(x: Array, b: Array) -> tuple[Array, Integers]:
    """A linear layer by rows: every worker has some of the inputs, makes a part of *every* output, and all add up.

    x (N, ..., F/N), as a column-parallel layer leaves it, and b (N, F/N, C) give (..., C) on every worker, and `sent`.

    Formula `row-parallel`: Y = Σₖ Xₖ Bₖ

    >>> y, sent = row_parallel(np.array([[[5.0]], [[11.0]]]), split_rows(np.array([[1.0, 0.0], [2.0, 1.0]]), workers=2))
    >>> y, sent
    (array([[27., 11.]]), array([16, 16]))
    """
    parts = [x[k] @ b[k] for k in range(len(b))]
    y, sent = ring_all_reduce(parts)
    return y[0], sent


def parallel_mlp(x: Array, a: Array, b: Array) -> tuple[Array, Integers]:
    """Two linear layers with a ReLU between: the first by columns, the second by rows, one all-reduce in all.

    By columns first, because then a worker holds *whole* sums before the ReLU: ReLU(u + v) is not ReLU(u) + ReLU(v).
    x (..., C), a (N, C, F/N), b (N, F/N, C) give (..., C). Source: Shoeybi et al. 2019, §3, figure 3a, with GELU.

    Formula `tensor-parallel-mlp`: Y = Σₖ ReLU(X Aₖ) Bₖ

    >>> a = split_columns(np.array([[1.0, -1.0], [2.0, 1.0]]), workers=2)
    >>> b = split_rows(np.array([[1.0, 0.0], [3.0, 1.0]]), workers=2)
    >>> y, sent = parallel_mlp(np.array([[1.0, 2.0]]), a, b)
    >>> y, sent
    (array([[8., 1.]]), array([16, 16]))
    """
    hidden = np.maximum(column_parallel(x, a), 0)
    return row_parallel(hidden, b)


def parallel_mlp_backward(
    upstream: Array, x: Array, a: Array, b: Array
) -> tuple[Array, Array, Array, Integers]:
    """The gradients of `parallel_mlp` for x, a and b, and `sent`: one all-reduce again, now of x's gradient.

    Every worker's part of the weights has its gradient on the spot; only x was used by all of them.

    Formula `tensor-parallel-mlp-backward`: Zₖ = X Aₖ;  dZₖ = (dY Bₖᵀ) ⊙ [Zₖ > 0];
    dAₖ = Xᵀ dZₖ;  dBₖ = ReLU(Zₖ)ᵀ dY;  dX = Σₖ dZₖ Aₖᵀ

    >>> a = split_columns(np.array([[1.0, -1.0], [2.0, 1.0]]), workers=2)
    >>> b = split_rows(np.array([[1.0, 0.0], [3.0, 1.0]]), workers=2)
    >>> dx, da, db, sent = parallel_mlp_backward(np.array([[1.0, 0.0]]), np.array([[1.0, 2.0]]), a, b)
    >>> dx, da.tolist(), sent
    (array([[-2.,  5.]]), [[[1.0], [2.0]], [[3.0], [6.0]]], array([16, 16]))
    """
    workers = range(len(a))
    z = column_parallel(x, a)
    hidden = np.maximum(z, 0)
    dz = np.stack([upstream @ b[k].T for k in workers]) * (z > 0)
    da = np.stack([_rows(x).T @ _rows(dz[k]) for k in workers])
    db = np.stack([_rows(hidden[k]).T @ _rows(upstream) for k in workers])
    dx, sent = row_parallel(dz, np.swapaxes(a, 1, 2))
    return dx, da, db, sent


def parallel_attention(
    x: Array, wq: Array, wk: Array, wv: Array, wo: Array, heads: int
) -> tuple[Array, Integers]:
    """Causal self-attention divided by heads: each worker has its own, and one all-reduce adds what they say.

    x (..., T, C); wq, wk, wv (N, C, C/N) by columns, so that a head is whole on its worker; wo (N, C/N, C) by rows;
    `heads` counts all workers' heads. Source: Shoeybi et al. 2019, §3, figure 3b.

    Formula `tensor-parallel-attention`: Y = Σₖ [heads of worker k] Oₖ

    >>> x, eye = np.array([[1.0, 0.0], [0.0, 1.0]]), np.eye(2)
    >>> columns = split_columns(eye, workers=2)
    >>> y, sent = parallel_attention(x, columns, columns, columns, split_rows(eye, workers=2), heads=2)
    >>> y.round(4).tolist(), sent  # the first token sees itself alone
    ([[1.0, 0.0], [0.5, 0.7311]], array([32, 32]))
    """
    workers = len(wq)
    if heads % workers:
        raise ValueError(f"expected heads that {workers} workers can share equally, got {heads}")
    said = [_attend(x @ wq[k], x @ wk[k], x @ wv[k], heads // workers) for k in range(workers)]
    return row_parallel(np.stack(said), wo)


def _attend(q: Array, k: Array, v: Array, heads: int) -> Array:
    """Causal attention of one worker's heads: q, k, v (..., T, H·D) give (..., T, H·D)."""
    q, k, v = (np.stack(np.split(part, heads, axis=-1)) for part in (q, k, v))
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    scores = np.where(np.tri(q.shape[-2], dtype=bool), scores, -np.inf)
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = weights / np.sum(weights, axis=-1, keepdims=True)
    return np.concatenate(weights @ v, axis=-1)


def tensor_parallel_bytes(
    workers: int, batch: int, context: int, channels: int, layers: int, width: float = 2.0
) -> float:
    """What each worker sends in one training step: four all-reduces of B T C numbers a layer.

    One in attention and one in the feed-forward half, forward and backward. It grows with the batch and not with the
    weights, and comes in the middle of every layer: tensor parallelism stays within one machine.

    Formula `tensor-parallel-traffic`: sent = 4 L · 2 (N − 1) / N · B T C w

    >>> tensor_parallel_bytes(workers=8, batch=1, context=2048, channels=12288, layers=96) / 1e9
    33.822867456
    """
    return 4 * layers * 2 * (workers - 1) / workers * batch * context * channels * width


def _rows(x: Array) -> Array:
    """All axes but the last as one: a weight's gradient is a sum over all of them."""
    return x.reshape(-1, x.shape[-1])
