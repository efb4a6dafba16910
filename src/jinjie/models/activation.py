"""The nonlinearities of the Transformer's feed-forward half, ours and as published configs name them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.lazy import lazy
from jinjie.models.layout import refuse

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")

Activation = Literal["gelu", "gelu-tanh", "silu", "relu", "relu2"]

NAMES: dict[Activation, str] = {
    "gelu": "gelu",
    "gelu-tanh": "gelu_new",
    "silu": "silu",
    "relu": "relu",
    "relu2": "relu2",
}
"""What transformers calls them."""

_ALSO: dict[str, Activation] = {
    "gelu_python": "gelu",
    "gelu_pytorch_tanh": "gelu-tanh",
    "gelu_fast": "gelu-tanh",
    "gelu_python_tanh": "gelu-tanh",
    "swish": "silu",
}
"""Further names of the same formulas, which differ by rounding alone."""


def named(settings: Mapping[str, Any], key: str, default: str, folder: Path) -> Activation:
    """The activation that a published config names. Raises JinjieError for one that we lack."""
    theirs = settings.get(key, default)
    found = {theirs: ours for ours, theirs in NAMES.items()} | _ALSO
    if theirs not in found:
        raise refuse(folder, key, theirs, ", ".join(sorted(found)))
    return found[theirs]


def activate(x: torch.Tensor, activation: Activation) -> torch.Tensor:
    """x of any shape → the same shape: GELU (Hendrycks & Gimpel 2016) exact or by its tanh formula, SiLU, ReLU,
    or ReLU² (So et al. 2021).

    In bf16 on a CPU the exact GELU stands in for its tanh formula, at a third of the time. The two are nowhere further
    apart than 0.0005, a quarter of what bf16 rounds numbers between 0.5 and 1 by at most.
    """
    match activation:
        case "gelu":
            return torch.nn.functional.gelu(x)
        case "gelu-tanh":
            by_erf = x.dtype == torch.bfloat16 and x.device.type == "cpu"
            return torch.nn.functional.gelu(x, approximate="none" if by_erf else "tanh")
        case "silu":
            return torch.nn.functional.silu(x)
        case "relu":
            return torch.nn.functional.relu(x)
        case "relu2":
            return torch.nn.functional.relu(x).square()
