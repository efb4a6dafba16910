"""Random shapes and weights for the parity tests, the same each time, and how far two models are apart."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import nn

CLOSE = 1e-5
"""fp32 keeps 24 bits (6e-8): tens of sums in another order, on logits of size 1 to 10, stay below 1e-5. Measured: at
most 3e-6, where each of the two is about as far from the same sums in fp64."""


def randomised(model: nn.Module, std: float = 0.15) -> nn.Module:
    """Every weight drawn anew and large, norms and biases too, so that nothing hides behind zeros and ones."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        nn.init.normal_(parameter, std=std)
        if parameter.ndim == 1 and "weight" in name:
            parameter.data += 1
    return model.eval()


def tokens(vocabulary: int, rows: int, time: int) -> torch.Tensor:
    """(rows, time) token ids."""
    return torch.randint(vocabulary, (rows, time), generator=torch.Generator().manual_seed(1))


def padded(rows: int, time: int, side: str) -> torch.Tensor:
    """transformers' attention_mask (rows, time): row i has i of its places padded away on one side."""
    places = torch.arange(time).expand(rows, time)
    gone = torch.arange(rows)[:, None] * (time // (rows + 1))
    return (places >= gone if side == "left" else places < time - gone).long()


def documents(mask: torch.Tensor, side: str) -> torch.Tensor:
    """Our numbers of documents for an attention_mask: what is padded is one of its own."""
    return mask if side == "left" else 1 - mask


def apart(ours: torch.Tensor, theirs: torch.Tensor, mask: torch.Tensor | None = None) -> float:
    """The largest difference, where `mask` is not 0."""
    difference = (ours - theirs).abs()
    return float((difference if mask is None else difference[mask.bool()]).max())


def llama(family: str, seed: int) -> dict[str, Any]:
    """Settings of one of Llama's relations as transformers takes them, no two seeds alike."""
    draw = random.Random(f"{family} {seed}")
    heads = draw.choice([1, 2, 3, 4, 6])
    size = draw.choice([2, 6, 8, 10])
    settings: dict[str, Any] = {
        "vocab_size": draw.randint(11, 97),
        "hidden_size": heads * draw.choice([5, 7, 8, 12]),
        "intermediate_size": draw.randint(7, 61),
        "num_hidden_layers": draw.randint(1, 3),
        "num_attention_heads": heads,
        "num_key_value_heads": draw.choice([n for n in range(1, heads + 1) if heads % n == 0]),
        "head_dim": size,
        "max_position_embeddings": draw.randint(9, 40),
        "rms_norm_eps": draw.choice([1e-6, 1e-5, 1e-2]),
        "tie_word_embeddings": draw.random() < 0.5,
        "hidden_act": draw.choice(["silu", "silu", "gelu", "gelu_pytorch_tanh"]),
        "rope_parameters": draw.choice(
            [
                {"rope_type": "default", "rope_theta": 10000.0},
                {"rope_type": "default", "rope_theta": 500.0},
                {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
                {
                    "rope_type": "llama3",
                    "rope_theta": 3000.0,
                    "factor": 8.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 8,
                },
            ]
        ),
    }
    if draw.random() < 0.4:  # heads that share the width, as most have
        settings |= {"hidden_size": heads * size, "head_dim": size}
    if family == "llama":
        settings |= {"attention_bias": draw.random() < 0.5, "mlp_bias": draw.random() < 0.5}
    if family == "qwen3":
        settings |= {"attention_bias": draw.random() < 0.5}
    if family == "mistral":
        settings |= {"sliding_window": draw.choice([None, 40, 3, 6]), "hidden_size": draw.randint(9, 40)}
    if family.startswith("qwen") and draw.random() < 0.5:
        settings |= {
            "use_sliding_window": True,
            "sliding_window": 4,
            "max_window_layers": draw.choice([0, 9]),
        }
    return settings


def gpt2(seed: int) -> dict[str, Any]:
    """Settings of a GPT-2 as transformers takes them."""
    draw = random.Random(f"gpt2 {seed}")
    heads = draw.choice([1, 2, 3, 4])
    return {
        "vocab_size": draw.randint(11, 97),
        "n_positions": draw.randint(9, 40),
        "n_embd": heads * draw.choice([3, 5, 8, 12]),
        "n_layer": draw.randint(1, 3),
        "n_head": heads,
        "n_inner": draw.choice([None, draw.randint(7, 61)]),
        "activation_function": draw.choice(["gelu_new", "gelu", "relu2", "silu"]),
        "layer_norm_epsilon": draw.choice([1e-5, 1e-3]),
        "tie_word_embeddings": draw.random() < 0.5,
        "resid_pdrop": draw.choice([0.0, 0.1]),
    }


def bert(seed: int) -> dict[str, Any]:
    """Settings of a BERT as transformers takes them."""
    draw = random.Random(f"bert {seed}")
    heads = draw.choice([1, 2, 3, 4])
    return {
        "vocab_size": draw.randint(11, 97),
        "max_position_embeddings": draw.randint(9, 40),
        "hidden_size": heads * draw.choice([3, 5, 8, 12]),
        "num_hidden_layers": draw.randint(1, 3),
        "num_attention_heads": heads,
        "intermediate_size": draw.randint(7, 61),
        "hidden_act": draw.choice(["gelu", "gelu", "gelu_new", "silu"]),
        "layer_norm_eps": draw.choice([1e-12, 1e-5]),
        "type_vocab_size": draw.choice([1, 2, 3]),
        "pad_token_id": draw.choice([0, None]),
    }
