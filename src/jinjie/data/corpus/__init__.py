"""Text of any size: documents, split and tokenised once into memory-mapped shards, packed into windows."""

from jinjie.data.corpus.config import Config

__all__ = ["Config"]
