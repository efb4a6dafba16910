"""Merges overlapping pairs from the right."""

from itertools import pairwise


def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    rank = {pair: order for order, pair in enumerate(merges)}
    tokens = list(word)
    while known := [pair for pair in pairwise(tokens) if pair in rank]:
        tokens = merge(tokens, min(known, key=rank.__getitem__))
    return tokens


def merge(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    end = len(symbols)
    while end > 0:
        width = 2 if tuple(symbols[max(end - 2, 0) : end]) == pair else 1
        merged.insert(0, "".join(symbols[end - width : end]))
        end -= width
    return merged
