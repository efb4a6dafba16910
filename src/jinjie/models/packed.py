"""Layers whose weights are held for writing text: in a smaller format, or in the order that a product reads them.

To write one token, every weight is read once and used once, so that what a step costs is how many bytes are read, and
how fast. Each format has the kernel that was the quickest of torch's own for few rows (docs/decisions/0014). What goes
in and out is fp32 in every format: so are norms, the stream, keys and values, and attention to one query is three to
eight times as quick in it as in bf16. All are for a CPU, and for no gradients.
"""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

import torch
from torch import nn
from torch.nn import functional as F

from jinjie.base.machine import has_onednn
from jinjie.models import int4

Format = Literal["fp32", "fp16", "bf16", "int8", "int4"]
FORMATS: tuple[Format, ...] = get_args(Format)

FEW = {"fp16": 4, "int8": 16}
"""Rows up to which the kernel that reads the format itself is the quicker one; for more the weights are widened."""
ROWS = 16
"""For so many rows oneDNN is to order weights. Ordered for one row, fp32 took 1.4 times as long for one, and twice for
sixteen; for bf16 the two are alike."""
PIECE = 1 << 19
"""Weights that are widened at a time, so that they stay in the processor's cache until they have been used."""


class Packed(nn.Module):
    """xWᵀ + b, as `nn.Linear` gives it to the format's rounding; W (out, in) is kept in one of `FORMATS`.

    int8 is symmetric with one scale for each row of W: its largest magnitude is 127. int4 is told of in `int4.py`.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None, format: Format) -> None:
        super().__init__()
        self.format = format
        self.out, self.inputs = weight.shape
        weight = weight.detach()
        self.bias = None if bias is None else bias.detach().float()
        self.scale: torch.Tensor | None = None
        match format:
            case "fp32" | "bf16":
                kept = weight.to(torch.float32 if format == "fp32" else torch.bfloat16)
                self.by_onednn = has_onednn()
                self.kept = torch.ops.mkldnn._reorder_linear_weight(kept, ROWS) if self.by_onednn else kept
                self.bias = None if self.bias is None else self.bias.to(kept.dtype)
            case "fp16":
                self.kept = weight.half().contiguous()
            case "int8":
                self.kept, scale = quantised(weight)
                self.scale = scale.bfloat16()
            case "int4":
                self.kept, self.scale = int4.quantised(weight)
            case _:
                raise ValueError(f"there is no format {format}")

    @property
    def weight(self) -> torch.Tensor:
        """W in fp32, (out, in), as near as the format keeps it: for those who look at a network."""
        if self.kept.is_mkldnn:
            return cast(torch.Tensor, self.kept.to_dense()).float()
        if self.format == "int4" and self.scale is not None:
            return int4.widened(self.kept, self.scale, self.out, self.inputs)
        wide = self.kept.float()
        return wide if self.scale is None else wide * self.scale.float()[:, None]

    @property
    def nbytes(self) -> int:
        extra = [one.nbytes for one in (self.scale, self.bias) if one is not None]
        # What oneDNN keeps tells no bytes of its own.
        return self.kept.numel() * self.kept.dtype.itemsize + sum(extra)

    @property
    def numel(self) -> int:
        """Numbers that were learned."""
        return self.out * self.inputs + (0 if self.bias is None else self.bias.numel())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (…, in) → (…, out), both in fp32."""
        rows = x.reshape(-1, self.inputs)
        match self.format:
            case "fp16":
                found = self._by_fp16(rows)
            case "int8":
                found = self._by_int8(rows)
            case "int4":
                assert self.scale is not None
                found = self._with_bias(int4.multiply(rows, self.kept, self.scale, self.out))
            case _:
                found = self._by_dtype(rows.to(self.kept.dtype)).float()
        return found.view(*x.shape[:-1], self.out)

    def _by_dtype(self, rows: torch.Tensor) -> torch.Tensor:
        if not self.by_onednn:
            return F.linear(rows, self.kept, self.bias)
        by_onednn: Any = torch.ops.mkldnn._linear_pointwise
        return cast(torch.Tensor, by_onednn(rows, self.kept, self.bias, "none", [], ""))

    def _by_fp16(self, rows: torch.Tensor) -> torch.Tensor:
        """fp16's products are summed in fp32 by the kernel, and rounded to fp16 once."""
        if len(rows) <= FEW["fp16"]:
            half = rows.half()
            each = [torch.mv(self.kept, row) for row in half]
            found = each[0][None] if len(each) == 1 else torch.stack(each)
        else:
            found = torch.cat([F.linear(rows, part.float()) for part in self._pieces()], 1)
        return self._with_bias(found)

    def _by_int8(self, rows: torch.Tensor) -> torch.Tensor:
        assert self.scale is not None
        half = rows.bfloat16().contiguous()
        if len(rows) <= FEW["int8"]:
            found = torch._weight_int8pack_mm(half, self.kept, self.scale)
        else:
            wide = torch.cat([F.linear(half, part.bfloat16()) for part in self._pieces()], 1)
            found = wide.float() * self.scale.float()
        return self._with_bias(found)

    def _with_bias(self, found: torch.Tensor) -> torch.Tensor:
        """What a kernel found, of whatever type, in fp32."""
        return found.float() if self.bias is None else found + self.bias  # which is fp32

    def _pieces(self) -> tuple[torch.Tensor, ...]:
        return cast("tuple[torch.Tensor, ...]", self.kept.split(max(1, PIECE // self.inputs)))

    def extra_repr(self) -> str:
        return f"{self.inputs} → {self.out}, {self.format}"


def quantised(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """W (out, in) → int8 (out, in) and the scales (out,), fp32, so that W ≈ scale · int8. A row of zeros stays one."""
    # The scales are used in bf16: the integers are chosen for those, so that rounding them costs nothing.
    scale = (weight.float().abs().amax(1) / 127).clamp_min(torch.finfo(torch.float32).tiny).bfloat16().float()
    found = (weight.float() / scale[:, None]).round().clamp(-127, 127)
    return found.to(torch.int8).contiguous(), scale


def pack(network: nn.Module, format: Format) -> None:
    """Hold every linear layer of a network that writes in `format`, and a tied head too; the rest is in fp32.

    In place, and once: the network can then write and be looked at, and no longer learn or be saved. Raises ValueError
    when it is packed already, or elsewhere than on a CPU.
    """
    if format_of(network) != "fp32" or any(isinstance(one, Packed) for one in network.modules()):
        raise ValueError("the network is packed already")
    if any(one.device.type != "cpu" for one in network.parameters()):
        raise ValueError("packed weights are for a CPU")
    whole = cast(Any, network)
    with torch.no_grad():
        tied = Packed(whole.unembedding, None, format) if getattr(network, "head", False) is None else None
        for module in list(network.modules()):
            for name, layer in list(module.named_children()):
                if isinstance(layer, nn.Linear):
                    setattr(module, name, Packed(layer.weight, layer.bias, format))
                elif isinstance(layer, nn.Dropout):
                    # Which would take its time for nothing, two dozen of them a token.
                    setattr(module, name, nn.Identity())
        if tied is not None:
            whole.head = tied
        network.float()


def format_of(network: nn.Module) -> Format:
    """The format of a network's weights."""
    for module in network.modules():
        if isinstance(module, Packed):
            return module.format
    first = next(network.parameters()).dtype
    return "bf16" if first == torch.bfloat16 else "fp16" if first == torch.float16 else "fp32"


def sizes(network: nn.Module) -> tuple[int, int]:
    """How many numbers a network learned, and the bytes that hold them: a tied head that is packed is held apart."""
    layers = [one for one in network.modules() if isinstance(one, Packed)]
    rest = list(network.parameters())
    numbers = sum(one.numel for one in layers) + sum(one.numel() for one in rest)
    if layers and getattr(getattr(network, "config", None), "tied", False):
        numbers -= cast(Any, network).head.numel
    return numbers, sum(one.nbytes for one in layers) + sum(one.nbytes for one in rest)
