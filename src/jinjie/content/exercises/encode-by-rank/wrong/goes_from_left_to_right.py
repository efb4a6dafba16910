"""Merges the first known pair from the left, whatever its rank."""

from itertools import pairwise


def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    tokens = list(word)
    while True:
        for at, pair in enumerate(pairwise(tokens)):
            if pair in merges:
                tokens[at : at + 2] = ["".join(pair)]
                break
        else:
            return tokens
