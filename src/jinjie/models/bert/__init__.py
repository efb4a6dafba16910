"""BERT: a stack of Transformer blocks that reads a text from both sides (Devlin et al. 2018)."""

from jinjie.models.bert.config import Config

__all__ = ["Config"]
