"""The keys and values of what a model has read so far: each new token then costs one position and not all."""

from __future__ import annotations

import torch


class Cache:
    """Room for `block` positions in every layer, taken once; `length` of them are filled.

    keys and values are (layers, B, Hkv, block, D).
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
        self.length = 0

    @property
    def block(self) -> int:
        return self.keys.shape[-2]

    def extend(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Write (B, Hkv, T, D) behind what a layer holds; gives all it holds, (B, Hkv, length + T, D).

        `advance` counts them once every layer has written.
        """
        end = self.length + k.shape[-2]
        self.keys[layer, :, :, self.length : end] = k
        self.values[layer, :, :, self.length : end] = v
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]

    def advance(self, time: int) -> None:
        self.length += time

    def clear(self) -> None:
        """Forget everything; the room stays."""
        self.length = 0
