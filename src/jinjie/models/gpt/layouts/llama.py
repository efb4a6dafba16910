"""Llama's layout on the Hugging Face hub (Touvron et al. 2023), and Mistral's, Qwen2's and Qwen3's.

They differ from it in what has constants and in the norms of queries and keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from jinjie.models.activation import NAMES, named
from jinjie.models.gpt.config import Biased, Config, Linear, Llama3, Scaling
from jinjie.models.layout import Layout, Obstacle, Part, checked, refuse, unless_usual
from jinjie.models.model import ModelConfig

PREFIX = "model."

_DEFAULTS: dict[str, dict[str, Any]] = {
    "llama": {
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "max_position_embeddings": 2048,
    },
    "mistral": {
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "sliding_window": 4096,
    },
    "qwen2": {
        "vocab_size": 151936,
        "hidden_size": 4096,
        "intermediate_size": 22016,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "max_position_embeddings": 32768,
        "sliding_window": 4096,
    },
}
_DEFAULTS["qwen3"] = {**_DEFAULTS["qwen2"], "head_dim": 128}
"""What transformers takes for a setting that `config.json` leaves out."""

_ROPE_TYPES = ("default", "linear", "llama3")


class Llama(Layout):
    """Rotary positions, RMSNorm, a gated feed-forward half; queries, keys and values each for themselves."""

    name = "llama"
    kind = "gpt"
    model_types = ("llama", "mistral", "qwen2", "qwen3")
    task = "language"

    def config_in(self, settings: Mapping[str, Any], names: Collection[str], folder: Path) -> Config:
        """Attention dropout is dropped (see `attention/attend.py`); a dropout of our own is kept."""
        family = str(settings.get("model_type", "llama"))
        told = {"rms_norm_eps": 1e-6, "tie_word_embeddings": False, **_DEFAULTS[family], **settings}
        heads = told["num_attention_heads"]
        size = told.get("head_dim")
        width = told["hidden_size"]
        bias, biased = _biases_in(told, family)
        theta, scaling = _rope_in(told, folder)
        return checked(
            Config,
            {
                "vocabulary": told["vocab_size"],
                "block": told["max_position_embeddings"],
                "layers": told["num_hidden_layers"],
                "width": width,
                "head_width": None if size is None or _even(size, width, heads) else size,
                "heads": heads,
                "kv_heads": unless_usual(told.get("num_key_value_heads"), heads),
                "positions": "rotary",
                "norm": "rmsnorm",
                "qk_norm": family == "qwen3",
                "activation": named(told, "hidden_act", "silu", folder),
                "gated": True,
                "feedforward": unless_usual(told["intermediate_size"], 4 * width),
                "window": _window_in(told, family, folder),
                "bias": bias,
                "biased": biased,
                "tied": told["tie_word_embeddings"],
                "dropout": told.get("dropout", 0.0),
                "norm_eps": told["rms_norm_eps"],
                "rope_theta": theta,
                "rope_scaling": scaling,
            },
            folder,
        )

    def obstacles(self, config: ModelConfig) -> list[Obstacle]:
        config = cast(Config, config)
        wanted: dict[str, Any] = {"positions": "rotary", "norm": "rmsnorm", "gated": True, "causal": True}
        found = [Obstacle(n, getattr(config, n), v) for n, v in wanted.items() if getattr(config, n) != v]
        if config.qk_norm and (config.bias or config.biased not in (None, "attention")):
            found.append(Obstacle("qk_norm", True, False))
        elif (
            not config.qk_norm
            and config.width % config.heads
            and (config.bias or config.biased not in (None, "qkv"))
        ):
            found.append(Obstacle("bias", config.biased or True, False))
        elif (
            not config.qk_norm
            and config.window is not None
            and (config.bias or config.biased not in (None, "qkv"))
        ):
            found.append(Obstacle("window", config.window, None))
        return found

    def config_out(self, config: ModelConfig) -> dict[str, Any]:
        config = cast(Config, config)
        qkv_bias, out_bias, feedforward_bias = config.biases
        extra: dict[str, Any]
        family, model, extra = "llama", "Llama", {"attention_bias": out_bias, "mlp_bias": feedforward_bias}
        slides = config.window is not None
        qwen = {"use_sliding_window": slides, "sliding_window": config.window, "max_window_layers": 0}
        if config.qk_norm:
            family, model, extra = "qwen3", "Qwen3", {"attention_bias": out_bias, **qwen}
        elif qkv_bias and not out_bias:
            family, model, extra = "qwen2", "Qwen2", qwen
        elif slides or config.width % config.heads:
            # Llama's code wants the heads to share the width evenly, though it has no need of that; Mistral's does not.
            family, model, extra = "mistral", "Mistral", {"sliding_window": config.window}
        rope: dict[str, Any] = {"rope_type": "default"}
        match config.rope_scaling:
            case Linear(factor=factor):
                rope = {"rope_type": "linear", "factor": factor}
            case Llama3() as how:
                rope = {
                    "rope_type": "llama3",
                    "factor": how.factor,
                    "low_freq_factor": how.low,
                    "high_freq_factor": how.high,
                    "original_max_position_embeddings": how.original,
                }
        return {
            "model_type": family,
            "architectures": [f"{model}ForCausalLM"],
            "vocab_size": config.known("vocabulary"),
            "max_position_embeddings": config.block,
            "num_hidden_layers": config.layers,
            "hidden_size": config.width,
            "num_attention_heads": config.heads,
            "num_key_value_heads": config.groups,
            "head_dim": config.head_size,
            "intermediate_size": config.hidden,
            "hidden_act": NAMES[config.activation],
            "rms_norm_eps": config.norm_eps,
            "tie_word_embeddings": config.tied,
            "attention_dropout": 0.0,
            "dropout": config.dropout,
            "rope_parameters": {**rope, "rope_theta": config.rope_theta},
            # The same once more, as transformers before 5 reads it.
            "rope_theta": config.rope_theta,
            "rope_scaling": None if config.rope_scaling is None else rope,
            # Llama's own are 1 and 2, which mean something else in another vocabulary.
            "bos_token_id": None,
            "eos_token_id": None,
            "pad_token_id": None,
            **extra,
        }

    def parts(self, config: ModelConfig) -> Iterator[Part]:
        config = cast(Config, config)
        size = config.head_size
        qkv_bias, out_bias, feedforward_bias = (_leaves(bias) for bias in config.biases)
        yield Part(f"{PREFIX}embed_tokens.weight", "embed.weight")
        for i in range(config.layers):
            theirs, ours = f"{PREFIX}layers.{i}", f"blocks.{i}"
            yield Part(f"{theirs}.input_layernorm.weight", f"{ours}.norm1.weight")
            for leaf in qkv_bias:
                first = 0
                for name, heads in (("q", config.heads), ("k", config.groups), ("v", config.groups)):
                    rows = heads * size
                    yield Part(
                        f"{theirs}.self_attn.{name}_proj.{leaf}", f"{ours}.attention.qkv.{leaf}", first, rows
                    )
                    first += rows
            if config.qk_norm:
                yield Part(f"{theirs}.self_attn.q_norm.weight", f"{ours}.attention.q_norm.weight")
                yield Part(f"{theirs}.self_attn.k_norm.weight", f"{ours}.attention.k_norm.weight")
            for leaf in out_bias:
                yield Part(f"{theirs}.self_attn.o_proj.{leaf}", f"{ours}.attention.out.{leaf}")
            yield Part(f"{theirs}.post_attention_layernorm.weight", f"{ours}.norm2.weight")
            for name in ("gate", "up", "down"):
                for leaf in feedforward_bias:
                    yield Part(f"{theirs}.mlp.{name}_proj.{leaf}", f"{ours}.feedforward.{name}.{leaf}")
        yield Part(f"{PREFIX}norm.weight", "norm.weight")
        if not config.tied:
            yield Part("lm_head.weight", "head.weight")

    def known_as(self, name: str) -> str | None:
        """Left out: the rotary rates of old files. Files of a bare model lack the leading "model."."""
        if name.endswith("rotary_emb.inv_freq"):
            return None
        return name if name.startswith((PREFIX, "lm_head.")) else PREFIX + name

    def repeats(self, config: ModelConfig) -> Mapping[str, str]:
        return {"lm_head.weight": f"{PREFIX}embed_tokens.weight"} if cast(Config, config).tied else {}

    def untied(self, config: ModelConfig, again: str) -> ModelConfig:
        return config.model_copy(update={"tied": False})


def _even(size: Any, width: Any, heads: Any) -> bool:
    """Whether heads of `size` share the width evenly, which a config of ours need not say."""
    return bool(size * heads == width)


def _leaves(bias: bool) -> tuple[str, ...]:
    return ("weight", "bias") if bias else ("weight",)


def _window_in(told: Mapping[str, Any], family: str, folder: Path) -> Any:
    """How far back a token sees; None for as far as there are positions. Raises where layers differ in that."""
    window, layers = told.get("sliding_window"), told["num_hidden_layers"]
    if family.startswith("qwen"):
        whole = told.get("max_window_layers", 28) if told.get("use_sliding_window", False) else layers
        if types := told.get("layer_types"):
            sliding = {kind == "sliding_attention" for kind in types}
        else:
            sliding = {True} if whole <= 0 else {False} if whole >= layers else {True, False}
        if len(sliding) > 1 and window is not None and window < told["max_position_embeddings"]:
            raise refuse(folder, "layer_types", "full_attention, sliding_attention", "full_attention")
        window = window if sliding == {True} else None
    elif family != "mistral":
        window = None
    return window if window is not None and window < told["max_position_embeddings"] else None


def _biases_in(told: Mapping[str, Any], family: str) -> tuple[bool, Biased | None]:
    """Our `bias` and `biased`."""
    match family:
        case "qwen2":
            return False, "qkv"
        case "mistral":
            return False, None
    attention = bool(told.get("attention_bias", False))
    feedforward = family == "llama" and bool(told.get("mlp_bias", False))
    if attention and feedforward:
        return True, None
    return False, "attention" if attention else "feedforward" if feedforward else None


def _rope_in(told: Mapping[str, Any], folder: Path) -> tuple[Any, Scaling | None]:
    """theta and our scaling, from transformers 5's `rope_parameters` or from `rope_theta` and `rope_scaling`."""
    rope = told.get("rope_scaling") or told.get("rope_parameters") or {}
    if not isinstance(rope, Mapping):
        raise refuse(folder, "rope_parameters", rope, "{…}")
    kind = rope.get("rope_type", rope.get("type", "default"))
    theta = rope.get("rope_theta", told.get("rope_theta", 10000.0))
    share = rope.get("partial_rotary_factor", told.get("partial_rotary_factor"))
    if kind not in _ROPE_TYPES:
        raise refuse(folder, "rope_type", kind, ", ".join(_ROPE_TYPES))
    if share not in (None, 1, 1.0):
        raise refuse(folder, "partial_rotary_factor", share, 1.0)
    match kind:
        case "linear":
            return theta, checked(Linear, {"factor": rope.get("factor")}, folder)
        case "llama3":
            original = rope.get("original_max_position_embeddings", told["max_position_embeddings"])
            how = {
                "factor": rope.get("factor"),
                "low": rope.get("low_freq_factor"),
                "high": rope.get("high_freq_factor"),
                "original": told.get("original_max_position_embeddings", original),
            }
            return theta, checked(Llama3, how, folder)
    return theta, None


LAYOUT = Llama()
