"""Tokenizers, decoding strategies and the measures of text."""
