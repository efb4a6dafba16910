"""All-reduce: every worker brings an array of one shape, and every worker leaves with the sum of them all.

N workers, S the bytes of one array. Each function returns the sums, one per worker, and `sent`, the bytes that each
worker sent.
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array, Integers


def ring_all_reduce(arrays: Sequence[Array]) -> tuple[list[Array], Integers]:
    """Sum over a ring: first each worker finishes one chunk of the sum, then the finished chunks go round.

    However many workers there are, none sends more than twice its own array: that is why training scales
    (Patarasuk & Yuan 2009). Arrays of any one shape; the sum's order within a chunk is the same for all workers, so
    that they leave with the very same bits.

    Formula `all-reduce`: total[k] = x[0] + x[1] + … + x[N−1]  for every worker k

    >>> totals, sent = ring_all_reduce([np.array([1.0, 2.0]), np.array([10.0, 20.0])])
    >>> totals, sent
    ([array([11., 22.]), array([11., 22.])], array([16, 16]))
    """
    chunks, sent_to_reduce = reduce_scatter(arrays)
    flat, sent_to_gather = all_gather(chunks)
    totals = [total.reshape(np.shape(arrays[0])) for total in flat]
    return totals, sent_to_reduce + sent_to_gather


def reduce_scatter(arrays: Sequence[Array]) -> tuple[list[Array], Integers]:
    """The ring's first half: worker k leaves with chunk k of the sum, flat, after N − 1 steps.

    In each step every worker hands the chunk it has just added to on to its right-hand neighbour.

    >>> chunks, sent = reduce_scatter([np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0])])
    >>> chunks, sent
    ([array([11., 22.]), array([33.])], array([ 8, 16]))
    """
    _check_shapes(arrays)
    workers = len(arrays)
    held = [np.array_split(np.ravel(array), workers) for array in arrays]
    sent = np.zeros(workers, dtype=np.int64)
    for step in range(workers - 1):
        passed = [(k - step - 1) % workers for k in range(workers)]
        messages = [held[k][passed[k]] for k in range(workers)]  # all are on their way before one arrives
        for k, message in enumerate(messages):
            right = (k + 1) % workers
            held[right][passed[k]] = held[right][passed[k]] + message
            sent[k] += message.nbytes
    return [held[k][k] for k in range(workers)], sent


def all_gather(chunks: Sequence[Array]) -> tuple[list[Array], Integers]:
    """The ring's second half: worker k brings chunk k, and all leave with the chunks end to end after N − 1 steps.

    >>> wholes, sent = all_gather([np.array([11.0, 22.0]), np.array([33.0])])
    >>> wholes, sent
    ([array([11., 22., 33.]), array([11., 22., 33.])], array([16,  8]))
    """
    workers = len(chunks)
    held = [{k: chunk} for k, chunk in enumerate(chunks)]
    sent = np.zeros(workers, dtype=np.int64)
    for step in range(workers - 1):
        for k in range(workers):
            passed = (k - step) % workers
            held[(k + 1) % workers][passed] = held[k][passed]
            sent[k] += held[k][passed].nbytes
    return [np.concatenate([held[k][j] for j in range(workers)]) for k in range(workers)], sent


def server_all_reduce(arrays: Sequence[Array]) -> tuple[list[Array], Integers]:
    """Sum on one worker: all others send worker 0 their array, and it sends each of them the sum.

    The same result, and the same traffic in all; but worker 0 sends (N − 1) S bytes while the others wait.

    >>> totals, sent = server_all_reduce([np.array([1.0]), np.array([2.0]), np.array([3.0])])
    >>> totals, sent
    ([array([6.]), array([6.]), array([6.])], array([16,  8,  8]))
    """
    _check_shapes(arrays)
    total = np.sum(arrays, axis=0)
    sent = np.array([array.nbytes for array in arrays], dtype=np.int64)
    sent[0] = (len(arrays) - 1) * total.nbytes
    return [total.copy() for _ in arrays], sent


def ring_bytes(size: float, workers: int) -> float:
    """What one worker sends in a ring all-reduce of `size` bytes: N − 1 chunks of S/N bytes, in each of two halves.

    Formula `ring-traffic`: sent = 2 (N − 1) / N · S

    >>> [ring_bytes(4.0e9, workers) for workers in (1, 2, 4, 1000)]  # towards 2 S, and never there
    [0.0, 4000000000.0, 6000000000.0, 7992000000.0]
    """
    return 2 * (workers - 1) / workers * size


def ring_seconds(size: float, workers: int, bandwidth: float, latency: float) -> float:
    """How long a ring all-reduce takes: 2 (N − 1) steps, each a message's latency and a chunk over the wire.

    `bandwidth` in bytes a second, `latency` in seconds. Small arrays pay the latency 2 (N − 1) times: gradients are
    therefore sent in buckets. Source: Thakur, Rabenseifner & Gropp 2005, without the time to add.

    Formula `ring-time`: t = 2 (N − 1) (λ + S / (N β))

    >>> ring_seconds(4.0e9, workers=5, bandwidth=1.0e10, latency=0.001)
    0.648
    """
    return 2 * (workers - 1) * (latency + size / (workers * bandwidth))


def _check_shapes(arrays: Sequence[Array]) -> None:
    shapes = [np.shape(array) for array in arrays]
    if len(set(shapes)) != 1:
        raise ValueError(f"expected one array per worker, all of one shape, got the shapes {shapes}")
