"""The commonest pairs of the first count, without merging anything."""

from collections import Counter
from itertools import pairwise


def learn(words: dict[str, int], n: int) -> list[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for word, times in words.items():
        for pair in pairwise(word):
            counts[pair] += times
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:n]
