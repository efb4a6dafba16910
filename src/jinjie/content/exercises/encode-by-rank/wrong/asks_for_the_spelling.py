"""Merges neighbours that together spell a known token, whichever pair it was made of."""

from itertools import pairwise


def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    rank = {left + right: order for order, (left, right) in reversed(list(enumerate(merges)))}
    tokens = list(word)
    while known := [pair for pair in pairwise(tokens) if "".join(pair) in rank]:
        tokens = merge(tokens, min(known, key=lambda pair: rank["".join(pair)]))
    return tokens


def merge(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    at = 0
    while at < len(symbols):
        width = 2 if tuple(symbols[at : at + 2]) == pair else 1
        merged.append("".join(symbols[at : at + width]))
        at += width
    return merged
