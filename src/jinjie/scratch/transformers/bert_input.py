"""What BERT is shown: two pieces of text in one row, some tokens hidden, and whether the two belong together.

Tokens are numbers (..., T); special tokens ([CLS], [SEP], padding) are never hidden.
"""

from collections.abc import Sequence

import numpy as np

from jinjie.scratch import Booleans, Integers


def pair_input(
    a: Integers, cls_id: int, sep_id: int, b: Integers | None = None
) -> tuple[Integers, Integers, Booleans]:
    """One row for the encoder: [CLS] A [SEP] B [SEP], or [CLS] A [SEP] alone.

    Returns the tokens, the segments (0 up to and with the first [SEP], then 1) and which tokens are special.
    Source: Devlin et al. 2019, BERT, §3 and figure 2.

    Formula `bert-pair-input`: x = [CLS] A [SEP] B [SEP];  s_t = 0 for [CLS] A [SEP], 1 for B [SEP]

    >>> tokens, segments, special = pair_input(np.array([7, 8, 9]), cls_id=1, sep_id=2, b=np.array([5, 6]))
    >>> tokens, segments
    (array([1, 7, 8, 9, 2, 5, 6, 2]), array([0, 0, 0, 0, 0, 1, 1, 1]))
    """
    first = np.concatenate([[cls_id], a, [sep_id]])
    second = np.concatenate([b, [sep_id]]) if b is not None else first[:0]
    tokens = np.concatenate([first, second])
    segments = np.repeat([0, 1], [first.size, second.size])
    special = np.ones(tokens.size, dtype=bool)
    special[1 : first.size - 1] = False
    special[first.size : -1] = False
    return tokens, segments, special


def word_numbers(special: Booleans, continues: Booleans | None = None) -> Integers:
    """Which word each token belongs to, counted from 0 in its row; −1 for special tokens.

    `continues` (..., T) is True where a token goes on with the word before it, such as "##ing". Without it each
    token is a word of its own, as in the first BERT; with it whole words are hidden or shown.

    >>> special = np.array([True, False, False, False, True])
    >>> word_numbers(special, continues=np.array([False, False, False, True, False]))
    array([-1,  1,  2,  2, -1])
    """
    begins = np.ones(special.shape, dtype=bool) if continues is None else ~continues
    number = np.cumsum(begins, axis=-1) - 1
    return np.where(special, -1, number)


def choose_positions(words: Integers, rng: np.random.Generator, rate: float = 0.15) -> Booleans:
    """Draw the words that must be guessed, each with the chance `rate`: (..., T) → (..., T), all of a word or nothing.

    Independent draws, as today's trainers make them; the paper's own program took exactly 15 % of each row.
    Source: Devlin et al. 2019, §3.1 (task 1); whole words: the note to their release of May 2019.

    Formula `masked-positions`: c_t ~ Bernoulli(r), one draw for each word

    >>> choose_positions(np.array([-1, 0, 1, 1, 2, 3, -1]), np.random.default_rng(0), rate=0.5)
    array([False, False,  True,  True,  True,  True, False])
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a rate from 0 to 1, got {rate}")
    draws = rng.random(words.shape)
    draw_of_word = np.take_along_axis(draws, np.maximum(words, 0), axis=-1)
    return (words >= 0) & (draw_of_word < rate)


def mask_tokens(
    tokens: Integers, chosen: Booleans, mask_id: int, V: int, rng: np.random.Generator
) -> Integers:
    """What stands in the chosen places: [MASK] in 80 % of them, any token at all in 10 %, the token itself in 10 %.

    In use there is no [MASK]: because any token may be wrong and any may be asked for, the model must keep a view
    of all of them. The targets are the tokens as they were. Source: Devlin et al. 2019, §3.1 and appendix A.1.

    Formula `bert-masking`: x̃_t = [MASK] if u_t < 0.8, a random token if u_t ≥ 0.9, else x_t;  u_t ~ U(0, 1)

    >>> tokens, chosen = np.arange(10, 22), np.arange(12) >= 4
    >>> mask_tokens(tokens, chosen, mask_id=3, V=100, rng=np.random.default_rng(6))
    array([10, 11, 12, 13, 58,  3,  3,  3,  3,  3,  3, 21])
    """
    u = rng.random(tokens.shape)
    others = rng.integers(0, V, size=tokens.shape)
    shown = np.where(chosen & (u < 0.8), mask_id, tokens)
    return np.where(chosen & (u >= 0.9), others, shown)


def next_sentence_pairs(
    documents: Sequence[Sequence[Integers]], rng: np.random.Generator
) -> list[tuple[Integers, Integers, int]]:
    """Pairs of sentences and their label: 0 where B follows A in its document, 1 where B is from another one.

    Each sentence that has a successor is an A once, and half the time its B is drawn from a random other document.
    Source: Devlin et al. 2019, §3.1 (task 2); Liu et al. 2019 found that models do as well without it.

    Formula `next-sentence-pairs`: y ~ Bernoulli(½);  B = the sentence after A if y = 0, of another document if y = 1

    >>> one, two = [np.array([1]), np.array([2]), np.array([3])], [np.array([8]), np.array([9])]
    >>> [(a.item(), b.item(), y) for a, b, y in next_sentence_pairs([one, two], np.random.default_rng(3))]
    [(1, 2, 0), (2, 3, 0), (8, 3, 1)]
    """
    if len(documents) < 2 or any(len(document) == 0 for document in documents):
        raise ValueError("expected two documents or more, none of them empty: a false B is from another one")
    pairs = []
    for d, document in enumerate(documents):
        for a, after in zip(document[:-1], document[1:], strict=True):
            y = int(rng.random() >= 0.5)
            if y == 0:
                b = after
            else:
                other = documents[(d + int(rng.integers(1, len(documents)))) % len(documents)]
                b = other[int(rng.integers(len(other)))]
            pairs.append((a, b, y))
    return pairs
