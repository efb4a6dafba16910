"""transformers' GPT-2 with random weights, in the shape and precision that a benchmark asks for."""

from __future__ import annotations

from typing import Any

import torch
import transformers


def gpt2(given: dict[str, Any]) -> Any:
    """The model, ready to write. Weights do not matter for speed; the seed makes them the same in every process."""
    shape = given["shape"]
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=shape["vocabulary"],
        n_positions=shape["block"],
        n_embd=shape["width"],
        n_layer=shape["layers"],
        n_head=shape["heads"],
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    return model.to(torch.bfloat16) if given["precision"] == "bf16" else model
