"""Three answers to classes of unequal size: weigh examples, draw the rare more often, or the common less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.batching import Examples
from jinjie.data.dataset import About, Arrays, Processor, Split

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

Balance = Literal["none", "weights", "over", "under"]


def balanced(
    splits: dict[Split, Arrays],
    about: About,
    processor: Processor,
    facts: Mapping[str, int],
    balance: Balance,
) -> Examples:
    """Examples whose training batches follow `balance`; every split holds x (N, …) and the class y (N,).

    Validation and test stay as they are. `weights` adds `weight` (B,) float32 to a training batch: N / (K · N_class),
    whose mean over the split is 1.
    """
    y = splits["train"]["y"]
    if balance == "weights":
        splits = {**splits, "train": {**splits["train"], "weight": weights(y)}}
    if balance in ("none", "weights"):
        return Examples(splits, about, processor, facts)
    return Resampled(
        splits, about, processor, {**facts, "epoch": epoch_rows(np.bincount(y), balance)}, balance
    )


def weights(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """N / (K · N_class) for each of y (N,), float32; K counts the classes that occur (King and Zeng 2001)."""
    counts = np.bincount(y)
    each = len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    found: np.ndarray[Any, Any] = each[y].astype(np.float32)
    return found


def epoch_rows(counts: Sequence[int] | np.ndarray[Any, Any], balance: Balance) -> int:
    """Training examples in one epoch, given how many rows each class has."""
    present = [int(count) for count in counts if count]
    if balance == "over":
        return len(present) * max(present)
    return len(present) * min(present) if balance == "under" else sum(present)


class Resampled(Examples):
    """Epochs in which every class has as many rows: as the largest has (`over`) or as the smallest has (`under`).

    Each epoch is drawn anew from (seed, epoch). Over: a class of n rows that must fill m places gives each row
    ⌊m / n⌋ times and m mod n different ones once more. Under: m of a class's n rows, none twice, so that in time
    all are seen.
    """

    def __init__(
        self,
        splits: Mapping[Split, Arrays],
        about: About,
        processor: Processor,
        facts: Mapping[str, int],
        balance: Balance,
    ) -> None:
        super().__init__(splits, about, processor, facts)
        y = splits["train"]["y"]
        self._classes = [np.flatnonzero(y == label) for label in np.unique(y)]
        self._rows = epoch_rows([len(members) for members in self._classes], balance)

    def steps_per_epoch(self, size: int) -> int:
        return -(-self._rows // size)

    def _permutation(self, seed: int, epoch: int) -> np.ndarray[Any, Any]:
        known = self._order
        if known is None or known[0] != (seed, epoch):
            generator = numpy_generator(seed, "epoch", epoch)
            places = self._rows // len(self._classes)
            drawn = []
            for members in self._classes:
                times, more = divmod(places, len(members))
                drawn += [np.repeat(members, times), generator.permutation(members)[:more]]
            rows = generator.permutation(np.concatenate(drawn))
            known = self._order = ((seed, epoch), rows)
        return known[1]
