"""How wrong a transcript is: the fewest edits to the truth, per word or per character of the truth."""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Integers


def edit_table(reference: Sequence[str], hypothesis: Sequence[str]) -> Integers:
    """D (M + 1, N + 1): the fewest edits between the first i items of the reference and the first j of the hypothesis.

    Formula `edit-distance`: D[i, j] = min(D[i−1, j] + 1, D[i, j−1] + 1, D[i−1, j−1] + [r_i ≠ h_j]);
    D[i, 0] = i;  D[0, j] = j

    >>> edit_table("cat", "at")
    array([[0, 1, 2],
           [1, 1, 2],
           [2, 1, 2],
           [3, 2, 1]])
    """
    # To leave all i out and put all j in is one way, and along both edges the only one.
    table = np.add.outer(np.arange(len(reference) + 1), np.arange(len(hypothesis) + 1))
    for i, r in enumerate(reference, start=1):
        for j, h in enumerate(hypothesis, start=1):
            deletion = table[i - 1, j] + 1
            insertion = table[i, j - 1] + 1
            substitution = table[i - 1, j - 1] + (r != h)
            table[i, j] = min(deletion, insertion, substitution)
    return table


def edit_distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """The fewest substitutions, deletions and insertions that make one of the other (Levenshtein 1966).

    >>> edit_distance("kitten", "sitting"), edit_distance("我们 学习".split(), "我 学习".split())
    (3, 1)
    """
    return int(edit_table(reference, hypothesis)[-1, -1])


def edit_counts(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[int, int, int]:
    """How many substitutions, deletions and insertions there are on one cheapest way, found backwards.

    Several ways may be equally cheap; this one prefers a substitution to a deletion to an insertion.

    >>> edit_counts("turn the light on".split(), "turn a light on now".split())
    (1, 0, 1)
    """
    table = edit_table(reference, hypothesis)
    substitutions = deletions = insertions = 0
    i, j = len(reference), len(hypothesis)
    while i or j:
        differ = bool(i and j and reference[i - 1] != hypothesis[j - 1])
        if i and j and table[i, j] == table[i - 1, j - 1] + differ:
            substitutions += differ
            i, j = i - 1, j - 1
        elif i and table[i, j] == table[i - 1, j] + 1:
            deletions += 1
            i -= 1
        else:
            insertions += 1
            j -= 1
    return substitutions, deletions, insertions


def error_rate(substitutions: int, deletions: int, insertions: int, length: int) -> float:
    """Edits per item of the *reference*: 0 is perfect, and with many insertions it goes above 1.

    Formula `word-error-rate`: WER = (S + D + I) / N

    >>> error_rate(substitutions=1, deletions=1, insertions=2, length=8)
    0.5
    """
    if length < 1:
        raise ValueError("the reference is empty: there is nothing to divide the errors by")
    edits = substitutions + deletions + insertions
    return edits / length


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """The word error rate of several sentences together: all their edits over all their words.

    Words are what spaces separate; Chinese, which has none, is measured by `character_error_rate`.

    Formula `corpus-word-error-rate`: WER = Σ_n edits(r_n, h_n) / Σ_n |r_n|

    >>> word_error_rate(["turn the light on", "stop"], ["turn light on", "stop it"])
    0.4
    """
    return _rate([text.split() for text in references], [text.split() for text in hypotheses])


def character_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """The same by characters, spaces among them.

    Formula `character-error-rate`: CER = Σ_n edits(characters of r_n, of h_n) / Σ_n |characters of r_n|

    >>> character_error_rate(["打开客厅的灯"], ["打开客听灯"])
    0.3333333333333333
    """
    return _rate(references, hypotheses)


def _rate(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> float:
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references cannot be compared with {len(hypotheses)} hypotheses")
    counts = list(map(edit_counts, references, hypotheses))
    substitutions, deletions, insertions = np.reshape(counts, (-1, 3)).sum(axis=0)
    rate = error_rate(substitutions, deletions, insertions, length=sum(len(r) for r in references))
    return float(rate)
