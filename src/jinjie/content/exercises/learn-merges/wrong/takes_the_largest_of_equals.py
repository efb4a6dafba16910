"""Of equally common pairs the one that Python sorts last."""

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
        best = max(counts, key=lambda pair: (counts[pair], pair))
        split = {word: merge(symbols, best) for word, symbols in split.items()}
        merges.append(best)
    return merges


def merge(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    at = 0
    while at < len(symbols):
        width = 2 if tuple(symbols[at : at + 2]) == pair else 1
        merged.append("".join(symbols[at : at + width]))
        at += width
    return merged
