"""Measures of text: how well a model predicts it, and how near what it wrote is to what a person wrote.

Texts are lists of tokens here (words, as a rule): cutting them is another subject, and changes every score.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Array

Text = Sequence[str]


def perplexity(log_probabilities: Array) -> float:
    """Among how many equally likely tokens the model might as well have chosen at each step (Jelinek et al. 1977).

    log_probabilities (N): the natural logarithm of the probability that each true token was given.

    Formula `perplexity`: PPL = exp(−1/N · Σ_t log p_t)

    >>> round(perplexity(np.log(np.array([0.25, 0.5, 0.125]))), 4)
    4.0
    """
    return float(np.exp(-checked(log_probabilities).mean()))


def bits_per_byte(log_probabilities: Array, size: int) -> float:
    """What a text of `size` bytes would be compressed to: comparable between models of different tokens.

    Formula `bits-per-byte`: BPB = −Σ_t log p_t / (ln 2 · bytes)

    >>> round(bits_per_byte(np.log(np.array([0.25, 0.5, 0.125])), size=12), 4)
    0.5
    """
    if size < 1:
        raise ValueError(f"expected a text of at least 1 byte, came {size}")
    return float(-checked(log_probabilities).sum() / (np.log(2) * size))


def checked(log_probabilities: Array) -> Array:
    """What it is given. Raises ValueError where that is empty or holds what is no log-probability."""
    if log_probabilities.size == 0:
        raise ValueError("expected at least 1 token, came none")
    if np.any(log_probabilities > 0):
        raise ValueError(f"expected log-probabilities, at most 0, came {log_probabilities.max()}")
    return log_probabilities


def ngrams(text: Text, n: int) -> Counter[tuple[str, ...]]:
    """How often each run of n tokens occurs.

    >>> ngrams("to be or to be".split(), 2)
    Counter({('to', 'be'): 2, ('be', 'or'): 1, ('or', 'to'): 1})
    """
    return Counter(tuple(text[at : at + n]) for at in range(len(text) - n + 1))


def clipped_matches(candidate: Text, references: Sequence[Text], n: int) -> int:
    """How many of the candidate's n-grams a reference has, each at most as often as the one that has it oftenest.

    Formula `clipped-matches`: m_n = Σ_g min(c(g), max_r c_r(g))

    >>> clipped_matches("the the the the".split(), ["the cat is on the mat".split()], n=1)
    2
    """
    allowed: Counter[tuple[str, ...]] = Counter()
    for reference in references:
        allowed |= ngrams(reference, n)
    return (ngrams(candidate, n) & allowed).total()


def brevity_penalty(candidate: float, reference: float) -> float:
    """What a text shorter than its reference pays: precision alone would praise a single sure word.

    candidate and reference: lengths in tokens.

    Formula `brevity-penalty`: BP = min(1, exp(1 − r / c))

    >>> round(brevity_penalty(8, 10), 4)
    0.7788
    """
    if candidate == 0:
        return float(reference == 0)
    return float(np.exp(min(0.0, 1 - reference / candidate)))


def bleu_of_counts(matches: Array, totals: Array, candidate: float, reference: float) -> float:
    """BLEU in percent from what was counted over all texts (Papineni et al. 2002, section 2.3).

    matches and totals (K): for n = 1 … K how many of the candidates' n-grams matched, of how many. An order without a
    match counts as 1/2, the next such as 1/4 and so on (Chen & Cherry 2014, smoothing 3; sacreBLEU's default); with
    no match at all the score is 0.

    Formula `bleu`: BLEU = 100 · BP · exp(1/K · Σ_n log p_n),  p_n = m_n / t_n

    >>> matches, totals = np.array([8.0, 5.0, 3.0, 1.0]), np.array([9.0, 8.0, 7.0, 6.0])
    >>> round(bleu_of_counts(matches, totals, candidate=9, reference=10), 2)
    39.94
    """
    if not matches.any() or not totals.all():
        return 0.0
    none = matches == 0
    smoothed = np.where(none, 0.5 ** np.cumsum(none), matches)
    p = smoothed / totals
    return float(100 * brevity_penalty(candidate, reference) * np.exp(np.log(p).mean()))


def corpus_bleu(candidates: Sequence[Text], references: Sequence[Sequence[Text]]) -> float:
    """BLEU of many texts, each with one or more references: counts are added first, and only then divided.

    >>> candidates = ["the cat sat on the mat".split(), "a dog barks loudly here".split()]
    >>> references = [["the cat sat on a mat".split()], ["a dog barks here".split(), "the dog barks loudly".split()]]
    >>> round(corpus_bleu(candidates, references), 2)
    51.3
    """
    if len(candidates) != len(references):
        raise ValueError(f"expected references for {len(candidates)} texts, came {len(references)}")
    pairs = list(zip(candidates, references, strict=True))
    matches = np.array([float(sum(clipped_matches(c, r, n) for c, r in pairs)) for n in (1, 2, 3, 4)])
    totals = np.array([float(sum(ngrams(c, n).total() for c in candidates)) for n in (1, 2, 3, 4)])
    length = sum(len(c) for c in candidates)
    return bleu_of_counts(matches, totals, length, sum(closest_length(c, r) for c, r in pairs))


def sentence_bleu(candidate: Text, references: Sequence[Text]) -> float:
    """BLEU of one text, over the orders that it is long enough for.

    >>> round(sentence_bleu("the cat sat".split(), ["the cat sat down".split()]), 2)
    71.65
    """
    orders = range(1, min(4, len(candidate)) + 1)
    matches = np.array([float(clipped_matches(candidate, references, n)) for n in orders])
    totals = np.array([float(len(candidate) - n + 1) for n in orders])
    return bleu_of_counts(matches, totals, len(candidate), closest_length(candidate, references))


def closest_length(candidate: Text, references: Sequence[Text]) -> int:
    """The length of the reference that is nearest the candidate's, the shorter of equals."""
    lengths = [len(reference) for reference in references]
    if not lengths:
        raise ValueError("expected at least 1 reference for each text, came none")
    return min(lengths, key=lambda length: (abs(length - len(candidate)), length))


def common_subsequence(a: Text, b: Text) -> int:
    """How many tokens two texts have in common in the same order, others between them or not.

    Formula `common-subsequence`: L(i, j) = L(i−1, j−1) + 1 if aᵢ = bⱼ, else max(L(i−1, j), L(i, j−1))

    >>> common_subsequence("police killed the gunman".split(), "police kill the gunman".split())
    3
    """
    L = np.zeros((len(a) + 1, len(b) + 1), dtype=np.int64)
    for i, left in enumerate(a, start=1):
        for j, right in enumerate(b, start=1):
            L[i, j] = L[i - 1, j - 1] + 1 if left == right else max(L[i - 1, j], L[i, j - 1])
    return int(L[-1, -1])


def rouge_l(candidate: Text, reference: Text) -> float:
    """ROUGE-L: how much of each text the longest common subsequence covers, from 0 to 1 (Lin 2004, section 3).

    The harmonic mean of the shares of both (β = 1), as today's tools have it.

    Formula `rouge-l`: P = L / |c|;  R = L / |r|;  F = 2 P R / (P + R)

    >>> rouge_l("police kill the gunman".split(), "the police killed a gunman there".split())
    0.4
    """
    common = common_subsequence(candidate, reference)
    if common == 0:
        return 0.0
    P = common / len(candidate)
    R = common / len(reference)
    return 2 * P * R / (P + R)
