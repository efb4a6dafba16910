"""Merges the last of overlapping pairs."""

from collections import Counter
from itertools import pairwise


def learn(words: dict[str, int], n: int) -> list[tuple[str, str]]:
    split = {word: list(word) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < n:
        counts: Counter[tuple[str, str]] = Counter()
        for word, symbols in split.items():
            for pair in pairwise(symbols):
                counts[pair] += words[word]
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        split = {word: merge(symbols, best) for word, symbols in split.items()}
        merges.append(best)
    return merges


def merge(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    end = len(symbols)
    while end > 0:
        width = 2 if tuple(symbols[max(end - 2, 0) : end]) == pair else 1
        merged.insert(0, "".join(symbols[end - width : end]))
        end -= width
    return merged
