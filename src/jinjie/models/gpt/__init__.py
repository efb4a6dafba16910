"""GPT: a stack of causal Transformer blocks that predicts the next token (Radford et al. 2019)."""

from jinjie.models.gpt.config import Config

__all__ = ["Config"]
