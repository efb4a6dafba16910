"""The keys and values of what a model has read so far: each new token then costs one position and not all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch


class Cache:
    """Room for `block` positions of `batch` texts in every layer, taken once; each row is filled as far as it has read.

    keys and values are (layers, B, Hkv, block, D); lengths is (B,), int64, on the CPU.
    """

    def __init__(
        self,
        layers: int,
        batch: int,
        kv_heads: int,
        block: int,
        size: int,
        *,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.keys = torch.zeros(layers, batch, kv_heads, block, size, dtype=dtype, device=device)
        self.values = torch.zeros_like(self.keys)
        self.lengths = torch.zeros(batch, dtype=torch.int64)

    @property
    def block(self) -> int:
        return self.keys.shape[-2]

    @property
    def longest(self) -> int:
        """Positions filled in the row that has read most."""
        return int(self.lengths.max())

    @property
    def even(self) -> bool:
        """Whether all rows have read as much."""
        return len(self.lengths) == 1 or bool((self.lengths == self.lengths[0]).all())

    def rows(self, first: int, last: int) -> Self:
        """The rows first … last − 1 as a cache of their own, on the same memory."""
        view = object.__new__(type(self))
        view.keys, view.values = self.keys[:, first:last], self.values[:, first:last]
        view.lengths = self.lengths[first:last]
        return view

    def positions(self, time: int) -> torch.Tensor:
        """Where the next `time` tokens stand: (T,) where all rows have read as much, else (B, T)."""
        ahead = torch.arange(time)
        found = self.lengths[0] + ahead if self.even else self.lengths[:, None] + ahead
        return found.to(self.keys.device)

    def sight(self, time: int) -> torch.Tensor | None:
        """(B, T, S), S = longest + T: whether each of the next `time` tokens sees a position.

        None where rows do not differ in length, and the plain causal rule holds. S ends at the block: what is beyond
        is padding.
        """
        if self.even and self.longest + time <= self.block:
            return None
        keys = torch.arange(min(self.longest + time, self.block))
        seen: torch.Tensor = keys <= (self.lengths[:, None] + torch.arange(time))[..., None]
        return seen.to(self.keys.device)

    def extend(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Write (B, Hkv, T, D) behind what each row of a layer holds; gives all it holds, (B, Hkv, S, D).

        `advance` counts them once every layer has written. Where rows differ in length, `sight` tells which of the
        positions given are a row's own.
        """
        time = k.shape[-2]
        keys, values = self.keys[layer], self.values[layer]
        even = self.even
        start = int(self.lengths[0]) if even else self.longest
        end = min(start + time, self.block)
        if even:
            keys[:, :, start:end], values[:, :, start:end] = k[:, :, : end - start], v[:, :, : end - start]
        elif time == 1:
            each = torch.arange(len(self.lengths))
            keys[each, :, self.lengths], values[each, :, self.lengths] = k[:, :, 0], v[:, :, 0]
        else:
            for row, start in enumerate(self.lengths.tolist()):
                room = min(time, self.block - start)  # what is beyond is padding
                keys[row, :, start : start + room] = k[row, :, :room]
                values[row, :, start : start + room] = v[row, :, :room]
        return keys[:, :, :end], values[:, :, :end]

    def advance(self, counts: int | torch.Tensor) -> None:
        """Count what was written: as many in every row, or (B,) of them; the rest is padding, and written over next."""
        self.lengths += counts

    def clear(self) -> None:
        """Forget everything; the room stays."""
        self.lengths.zero_()

    def copy(self, source: int, target: int) -> None:
        """Make one row what another is."""
        length = int(self.lengths[source])
        for store in (self.keys, self.values):
            store[:, target, :, :length] = store[:, source, :, :length]
        self.lengths[target] = length

    def reorder(self, rows: Sequence[int]) -> None:
        """Row i becomes what row `rows[i]` was, for all i at once: beams that live and beams that die."""
        order, length = torch.as_tensor(rows), self.longest
        for store in (self.keys, self.values):
            filled = store[:, : len(order), :, :length]
            filled.copy_(store[:, order.to(store.device), :, :length])
        self.lengths[: len(order)] = self.lengths[order]
