"""GPT-2's own layout (Radford et al. 2019, as published on the Hugging Face hub)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from jinjie.models.activation import NAMES, named
from jinjie.models.gpt.config import Config
from jinjie.models.layout import Layout, Obstacle, Part, checked, refuse
from jinjie.models.model import ModelConfig

PREFIX = "transformer."

_FIXED = {
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
"""Settings that GPT-2's code has and GPT-2 does not use: another value computes something else."""

_ALSO = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}
"""Names of other families' that transformers takes for GPT-2's."""


class GPT2(Layout):
    """Learned positions, LayerNorm, biases everywhere; projections are kept (inputs, outputs)."""

    name = "gpt2"
    kind = "gpt"
    model_types = ("gpt2",)
    task = "language"

    def config_in(self, settings: Mapping[str, Any], names: Collection[str], folder: Path) -> Config:
        """Attention dropout is dropped (see `attention/attend.py`)."""
        settings = {_ALSO.get(name, name): value for name, value in settings.items()}
        for name, wanted in _FIXED.items():
            if settings.get(name, wanted) != wanted:
                raise refuse(folder, name, settings[name], wanted)
        return checked(
            Config,
            {
                "vocabulary": settings.get("vocab_size", 50257),
                "block": settings.get("n_positions", 1024),
                "width": settings.get("n_embd", 768),
                "layers": settings.get("n_layer", 12),
                "heads": settings.get("n_head", 12),
                "feedforward": settings.get("n_inner"),
                "activation": named(settings, "activation_function", "gelu_new", folder),
                "dropout": settings.get("resid_pdrop", 0.1),
                "norm_eps": settings.get("layer_norm_epsilon", 1e-5),
                "tied": settings.get("tie_word_embeddings", True),
            },
            folder,
        )

    def obstacles(self, config: ModelConfig) -> list[Obstacle]:
        config = cast(Config, config)
        wanted: dict[str, Any] = {
            "positions": "learned",
            "norm": "layernorm",
            "bias": True,
            "gated": False,
            "causal": True,
            "qk_norm": False,
            "window": None,
        }
        found = [Obstacle(n, getattr(config, n), v) for n, v in wanted.items() if getattr(config, n) != v]
        if config.groups != config.heads:
            found.append(Obstacle("kv_heads", config.kv_heads, config.heads))
        if config.width % config.heads or config.head_size != config.width // config.heads:
            found.append(Obstacle("head_width", config.head_width, config.width // config.heads))
        return found

    def config_out(self, config: ModelConfig) -> dict[str, Any]:
        config = cast(Config, config)
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
            "activation_function": NAMES[config.activation],
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

    def parts(self, config: ModelConfig) -> Iterator[Part]:
        config = cast(Config, config)
        yield Part(f"{PREFIX}wte.weight", "embed.weight")
        yield Part(f"{PREFIX}wpe.weight", "positions.weight")
        for i in range(config.layers):
            for theirs, ours in (
                ("ln_1", "norm1"),
                ("attn.c_attn", "attention.qkv"),
                ("attn.c_proj", "attention.out"),
                ("ln_2", "norm2"),
                ("mlp.c_fc", "feedforward.up"),
                ("mlp.c_proj", "feedforward.down"),
            ):
                file, place = f"{PREFIX}h.{i}.{theirs}", f"blocks.{i}.{ours}"
                yield Part(f"{file}.weight", f"{place}.weight", turned=not ours.startswith("norm"))
                yield Part(f"{file}.bias", f"{place}.bias")
        yield Part(f"{PREFIX}ln_f.weight", "norm.weight")
        yield Part(f"{PREFIX}ln_f.bias", "norm.bias")
        if not config.tied:
            yield Part("lm_head.weight", "head.weight")

    def known_as(self, name: str) -> str | None:
        """Left out: the constant masks of old files, which also lack the leading "transformer."."""
        if name.endswith((".attn.bias", ".attn.masked_bias")):
            return None
        return name if name.startswith((PREFIX, "lm_head.")) else PREFIX + name

    def repeats(self, config: ModelConfig) -> Mapping[str, str]:
        return {"lm_head.weight": f"{PREFIX}wte.weight"} if cast(Config, config).tied else {}

    def untied(self, config: ModelConfig, again: str) -> ModelConfig:
        return config.model_copy(update={"tied": False})


LAYOUT = GPT2()
