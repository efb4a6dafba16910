"""GPTs in GPT-2's own layout (Radford et al. 2019, as published on the Hugging Face hub): settings and tensor names.

Imports no torch: the tensors bring their methods along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jinjie.base.errors import JinjieError
from jinjie.models.gpt.config import Activation, Config
from jinjie.models.model import ModelConfig

if TYPE_CHECKING:
    import torch

PREFIX = "transformer."

_ACTIVATIONS: dict[Activation, str] = {
    "gelu-tanh": "gelu_new",
    "gelu": "gelu",
    "silu": "silu",
    "relu2": "relu2",
}

_OUTSIDE = {
    "embed": f"{PREFIX}wte",
    "positions": f"{PREFIX}wpe",
    "norm": f"{PREFIX}ln_f",
    "head": "lm_head",
}
_INSIDE = {
    "norm1": "ln_1",
    "attention.qkv": "attn.c_attn",
    "attention.out": "attn.c_proj",
    "norm2": "ln_2",
    "feedforward.up": "mlp.c_fc",
    "feedforward.down": "mlp.c_proj",
}
_OURS = {theirs: ours for ours, theirs in (_OUTSIDE | _INSIDE).items()}

_FIXED = {
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
"""Settings that GPT-2's code has and GPT-2 does not use: another value computes something else."""


def to_gpt2(config: ModelConfig) -> dict[str, Any] | None:
    """The `config.json` of a GPT-2 that computes the same, or None when no GPT-2 does."""
    if not isinstance(config, Config):
        return None
    same = config.positions == "learned" and config.norm == "layernorm" and config.bias and not config.gated
    if not same or not config.causal or config.groups != config.heads:
        return None
    return {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": config.known("vocabulary"),
        "n_positions": config.block,
        "n_ctx": config.block,
        "n_embd": config.width,
        "n_layer": config.layers,
        "n_head": config.heads,
        "n_inner": config.feedforward,
        "activation_function": _ACTIVATIONS[config.activation],
        "resid_pdrop": config.dropout,
        "embd_pdrop": config.dropout,
        "attn_pdrop": 0.0,
        "layer_norm_epsilon": config.norm_eps,
        "tie_word_embeddings": config.tied,
        # GPT-2's own end token is 50256, which a vocabulary of another size lacks.
        "bos_token_id": None,
        "eos_token_id": None,
        **_FIXED,
    }


def from_gpt2(settings: Mapping[str, Any], folder: Path) -> Config:
    """Our config for a GPT-2's `config.json`; what is left out there has GPT-2's values.

    Attention dropout is dropped (see `attention/attend.py`). Raises JinjieError for variants that compute something
    else, and when a setting is damaged.
    """
    for name, wanted in _FIXED.items():
        if settings.get(name, wanted) != wanted:
            raise JinjieError(
                "model.gpt2_variant", folder=folder, name=name, came=settings[name], wanted=wanted
            )
    theirs = settings.get("activation_function", "gelu_new")
    ours = {**{v: k for k, v in _ACTIVATIONS.items()}, "gelu_pytorch_tanh": "gelu-tanh", "swish": "silu"}.get(
        theirs
    )
    if ours is None:
        known = ", ".join(_ACTIVATIONS.values())
        raise JinjieError(
            "model.gpt2_variant", folder=folder, name="activation_function", came=theirs, wanted=known
        )
    try:
        return Config.model_validate(
            {
                "vocabulary": settings.get("vocab_size", 50257),
                "block": settings.get("n_positions", 1024),
                "width": settings.get("n_embd", 768),
                "layers": settings.get("n_layer", 12),
                "heads": settings.get("n_head", 12),
                "feedforward": settings.get("n_inner"),
                "activation": ours,
                "dropout": settings.get("resid_pdrop", 0.1),
                "norm_eps": settings.get("layer_norm_epsilon", 1e-5),
                "tied": settings.get("tie_word_embeddings", True),
            }
        )
    except ValidationError as error:
        raise JinjieError("model.damaged", file=folder / "config.json", reason=str(error)) from error


def weights_to_gpt2(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our tensors under GPT-2's names. Its projections are kept (inputs, outputs): the transpose of ours."""
    found = {}
    for name, tensor in weights.items():
        module, _, leaf = name.rpartition(".")
        block = re.fullmatch(r"blocks\.(\d+)\.(.+)", module)
        if block is None:
            found[f"{_OUTSIDE[module]}.{leaf}"] = tensor
        else:
            found[f"{PREFIX}h.{block[1]}.{_INSIDE[block[2]]}.{leaf}"] = _turned(block[2], tensor)
    return found


def weights_from_gpt2(weights: Mapping[str, torch.Tensor], tied: bool) -> dict[str, torch.Tensor]:
    """GPT-2's tensors under our names, with or without the leading "transformer.".

    Left out: the constant masks of old files and, in a tied model, a head that repeats the embedding.
    """
    named = {name.removeprefix(PREFIX): tensor for name, tensor in weights.items()}
    head, embed = named.get("lm_head.weight"), named.get("wte.weight")
    if tied and head is not None and embed is not None and head.equal(embed):
        del named["lm_head.weight"]
    found = {}
    for name, tensor in named.items():
        if name.endswith((".attn.bias", ".attn.masked_bias")):
            continue
        module, _, leaf = name.rpartition(".")
        block = re.fullmatch(r"h\.(\d+)\.(.+)", module)
        if block is not None and block[2] in _OURS:
            ours = _OURS[block[2]]
            found[f"blocks.{block[1]}.{ours}.{leaf}"] = _turned(ours, tensor)
        else:
            # A name that is not GPT-2's keeps it, and is reported when the weights are loaded.
            outside = module if module == "lm_head" else PREFIX + module
            found[f"{_OURS.get(outside, module)}.{leaf}"] = tensor
    return found


def _turned(module: str, tensor: torch.Tensor) -> torch.Tensor:
    return tensor.t() if tensor.ndim == 2 and not module.startswith("norm") else tensor
