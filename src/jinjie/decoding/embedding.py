"""One vector a text: the mean of what an encoder makes of its tokens (Reimers & Gurevych 2019, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from jinjie.base.lazy import lazy
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")

BATCH = 32


def embed(network: nn.Module, processor: TokenProcessor, texts: Sequence[str]) -> torch.Tensor:
    """texts (N) → (N, C) fp32 on the CPU, each of length 1, so that the product of two is the cosine of their angle.

    `network` gives (B, T, C) under `hidden(tokens, types, documents)`, as BERT's does. Texts are read in batches of
    like length; of a longer one than the block, its beginning counts. Raises InvalidInput for text that cannot be
    encoded.
    """
    encoder = cast(Any, network)
    block = int(encoder.config.block)
    ids = [_cut(processor.prompt(text), block) for text in texts]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found = torch.empty(len(ids), encoder.config.width)
    for first in range(0, len(order), BATCH):
        rows = order[first : first + BATCH]
        found[rows] = _means(encoder, [ids[i] for i in rows], processor.special.get("pad", 0))
    return torch.nn.functional.normalize(found, dim=-1)


def _means(encoder: Any, ids: list[list[int]], pad: int) -> torch.Tensor:
    """Token ids of B texts → the mean over each one's own tokens, (B, C)."""
    longest = max(map(len, ids))
    device = next(encoder.parameters()).device
    tokens = torch.tensor([row + [pad] * (longest - len(row)) for row in ids], device=device)
    padding = torch.arange(longest, device=device) >= torch.tensor([[len(row)] for row in ids], device=device)
    with torch.no_grad():
        hidden = encoder.hidden(tokens, None, padding.long() if padding.any() else None)
    own = (~padding)[..., None].to(hidden.dtype)
    return cast("torch.Tensor", ((hidden * own).sum(1) / own.sum(1)).float().cpu())


def _cut(ids: list[int], block: int) -> list[int]:
    """At most `block` ids: what is too long loses its end, but not the token that closes it."""
    return ids if len(ids) <= block else [*ids[: block - 1], ids[-1]]
