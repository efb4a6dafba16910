"""Joins with str.replace, which also finds the pair in the ends of longer symbols."""

from collections import Counter
from itertools import pairwise


def learn(words: dict[str, int], n: int) -> list[tuple[str, str]]:
    split = {word: " ".join(word) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < n:
        counts: Counter[tuple[str, str]] = Counter()
        for word, text in split.items():
            symbols = text.split()
            for pair in pairwise(symbols):
                counts[pair] += words[word]
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        split = {word: text.replace(" ".join(best), "".join(best)) for word, text in split.items()}
        merges.append(best)
    return merges
