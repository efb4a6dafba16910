"""Goes on one symbol further after a merge instead of two."""

from itertools import pairwise


def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    rank = {pair: order for order, pair in enumerate(merges)}
    tokens = list(word)
    while known := [pair for pair in pairwise(tokens) if pair in rank]:
        tokens = merge(tokens, min(known, key=rank.__getitem__))
    return tokens


def merge(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    at = 0
    while at < len(symbols):
        width = 2 if tuple(symbols[at : at + 2]) == pair else 1
        merged.append("".join(symbols[at : at + width]))
        at += 1
    return merged
