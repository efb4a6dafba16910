"""Text to pre-train a BERT on: two stretches a row, some of their tokens hidden."""

from jinjie.data.pairs.config import Config

__all__ = ["Config"]
