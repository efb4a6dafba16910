"""Pipeline parallelism: p stages of a network on p workers, and a batch that passes in m micro-batches.

A schedule is a table (stage, time): "F2" is the forward pass of micro-batch 2, "B2" its backward pass, "" is waiting.
Both passes are counted as one unit of time.
"""

import numpy as np
from numpy.typing import NDArray

from jinjie.scratch import Array, Integers

Table = NDArray[np.str_]


def gpipe_schedule(stages: int, micro: int) -> Table:
    """All micro-batches forward, then all of them backward, the last one first (GPipe, Huang et al. 2019, figure 2).

    Simple; but every stage keeps the activations of all m micro-batches.

    Formula `gpipe-schedule`: F(s, j) at s + j;  B(s, j) at (m + p − 1) + (p − 1 − s) + (m − 1 − j)

    >>> for row in gpipe_schedule(stages=2, micro=3): print(" ".join(cell or "--" for cell in row))
    F0 F1 F2 -- -- B2 B1 B0
    -- F0 F1 F2 B2 B1 B0 --
    """
    _check(stages, micro)
    forward_ends = micro + stages - 1
    table = np.full((stages, 2 * forward_ends), "", dtype="<U8")
    for s in range(stages):
        for j in range(micro):
            table[s, s + j] = f"F{j}"
            table[s, forward_ends + (stages - 1 - s) + (micro - 1 - j)] = f"B{j}"
    return table


def one_f_one_b_schedule(stages: int, micro: int) -> Table:
    """One forward, one backward: a stage begins to go back as soon as it can (Narayanan et al. 2021, figure 4).

    The bubble is GPipe's, but stage s never keeps more than p − s micro-batches' activations, however large m is.

    Formula `1f1b-schedule`: F(s, j) at s + j if j < p − s, else s + 2 j;  B(s, j) at 2 p − 1 − s + 2 j

    >>> for row in one_f_one_b_schedule(stages=2, micro=3): print(" ".join(cell or "--" for cell in row))
    F0 F1 -- B0 F2 B1 -- B2
    -- F0 B0 F1 B1 F2 B2 --
    """
    _check(stages, micro)
    table = np.full((stages, 2 * (micro + stages - 1)), "", dtype="<U8")
    for s in range(stages):
        for j in range(micro):
            warming_up = j < stages - s
            table[s, s + j if warming_up else s + 2 * j] = f"F{j}"
            table[s, 2 * stages - 1 - s + 2 * j] = f"B{j}"
    return table


def bubble_fraction(stages: int, micro: int) -> float:
    """The part of the time in which a worker waits: the same for GPipe and 1F1B, small when m is much more than p.

    Formula `pipeline-bubble`: bubble = (p − 1) / (m + p − 1)

    >>> [round(bubble_fraction(stages=4, micro=micro), 3) for micro in (1, 4, 32)]
    [0.75, 0.429, 0.086]
    """
    _check(stages, micro)
    return (stages - 1) / (micro + stages - 1)


def peak_activations(table: Table) -> Integers:
    """For each stage, the most micro-batches whose activations it keeps at once: gone forward, not yet back.

    Formula `pipeline-peak`: peakₛ = maxₜ (forward passes up to t − backward passes up to t)

    >>> peak_activations(gpipe_schedule(stages=3, micro=8)), peak_activations(one_f_one_b_schedule(3, 8))
    (array([8, 8, 8]), array([3, 2, 1]))
    """
    forward = np.cumsum(np.char.startswith(table, "F"), axis=1)
    backward = np.cumsum(np.char.startswith(table, "B"), axis=1)
    peak: Integers = np.max(forward - backward, axis=1)
    return peak


def pipeline_gradients(table: Table, weights: list[Array], x: Array, target: Array) -> list[Array]:
    """Carry out a schedule: stage s is hₛ₊₁ = tanh(hₛ Wₛ), the loss half the squared error, mean over examples.

    Micro-batches' gradients add up over the *whole* batch's mean, so that the schedule cannot be seen in the result.
    x (N, C), target (N, K), one W a stage; N need not divide by m. Raises KeyError when a pass comes before what it
    needs.

    Formula `micro-batch-gradient`: dWₛ = Σⱼ hₛⱼᵀ dzₛⱼ  with loss = 1/(2N) Σⱼ ‖h_pⱼ − yⱼ‖²

    >>> weights, x, target = [np.array([[0.5]]), np.array([[2.0]])], np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])
    >>> [g.round(4) for g in pipeline_gradients(one_f_one_b_schedule(2, 2), weights, x, target)]
    [array([[0.2663]]), array([[0.0767]])]
    """
    stages = len(table)
    micro = np.count_nonzero(np.char.startswith(table[0], "F"))
    arrived = {(0, j): part for j, part in enumerate(np.array_split(x, micro))}
    targets = np.array_split(target, micro)
    kept: dict[tuple[int, int], tuple[Array, Array]] = {}
    returned: dict[tuple[int, int], Array] = {}
    grads = [np.zeros_like(w) for w in weights]
    for s, j, forward in _in_order(table):
        if forward:
            h = arrived.pop((s, j))
            out = np.tanh(h @ weights[s])
            kept[s, j] = h, out
            if s == stages - 1:
                returned[s, j] = (out - targets[j]) / len(x)
            else:
                arrived[s + 1, j] = out
        else:
            h, out = kept.pop((s, j))
            dz = returned.pop((s, j)) * (1 - out**2)
            grads[s] = grads[s] + h.T @ dz
            returned[s - 1, j] = dz @ weights[s].T
    return grads


def _in_order(table: Table) -> list[tuple[int, int, bool]]:
    """The passes of a table as (stage, micro-batch, forward?), by time."""
    return [(int(s), int(table[s, t][1:]), table[s, t][0] == "F") for t, s in np.argwhere(table.T != "")]


def _check(stages: int, micro: int) -> None:
    if stages < 1 or micro < 1:
        raise ValueError(f"expected at least one stage and one micro-batch, got {stages} and {micro}")
