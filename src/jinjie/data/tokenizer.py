"""The old home of what now lives in `tokenization`."""

from jinjie.data.tokenization.characters import UNKNOWN, character_tokenizer, encode_characters, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor

__all__ = ["UNKNOWN", "TokenProcessor", "character_tokenizer", "encode_characters", "vocabulary_of"]
