"""From CTC's frames back to a text: the best path, and the best text, which need not be the same.

`log_probs` (T, V) are logarithms of probabilities, symbol `blank` among them.
"""

import numpy as np

from jinjie.scratch import Array, Integers


def collapse(path: Integers, blank: int = 0) -> Integers:
    """The text that a path says: repeats merged first, blanks dropped then, so that a blank keeps a double letter.

    Formula `ctc-collapse`: B(π) = the π_t with π_t ≠ π_{t−1} and π_t ≠ blank

    >>> collapse(np.array([0, 3, 3, 0, 3, 5, 5, 0]))
    array([3, 3, 5])
    """
    differs = np.ones(len(path), dtype=np.bool_)
    differs[1:] = path[1:] != path[:-1]
    text: Integers = path[differs & (path != blank)]
    return text


def greedy(log_probs: Array, blank: int = 0) -> Integers:
    """The text of the most probable path: quick, and not always the most probable text.

    Formula `ctc-greedy`: ℓ = B(π*),  π*_t = argmax_k y_t(k)

    >>> log_probs = np.log([[0.2, 0.7, 0.1], [0.6, 0.1, 0.3], [0.1, 0.8, 0.1]])
    >>> greedy(log_probs)
    array([1, 1])
    """
    path = log_probs.argmax(axis=1)
    return collapse(path, blank)


def prefix_beam_search(
    log_probs: Array, width: int = 10, blank: int = 0
) -> list[tuple[tuple[int, ...], float]]:
    """The most probable texts with their log-probabilities, best first (Hannun et al. 2014, algorithm 1).

    Paths that say the same text so far are one candidate. For each it keeps two sums, of the paths that end in a
    blank and of those that end in its last symbol: only after a blank does the same symbol count once more.
    With a width that drops nothing the sums are exact.

    Formula `ctc-prefix-beam`: p_t^b(ℓ) = y_t(blank) (p_{t−1}^b(ℓ) + p_{t−1}^n(ℓ));
    p_t^n(ℓ) = y_t(ℓ_U) (p_{t−1}^n(ℓ) + p_{t−1}^b(ℓ₋) + [ℓ_U ≠ ℓ_{U−1}] p_{t−1}^n(ℓ₋)),  ℓ₋ = ℓ without its last symbol

    >>> log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])  # the best path says nothing, p = 0.36; "1" has three, 0.64
    >>> [(text, float(np.exp(p).round(2))) for text, p in prefix_beam_search(log_probs)]
    [((1,), 0.64), ((), 0.36)]
    """
    if width < 1:
        raise ValueError(f"the beam must hold at least one text, not {width}")
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (0, -np.inf)}
    unknown = (-np.inf, -np.inf)
    for y in log_probs:
        longer = [(*text, k) for text in beam for k in range(len(y)) if k != blank]
        grown = {}
        for text in [*beam, *longer]:
            in_blank, in_symbol = beam.get(text, unknown)
            to_blank = float(y[blank] + np.logaddexp(in_blank, in_symbol))
            to_symbol = -np.inf
            if text:
                before_blank, before_symbol = beam.get(text[:-1], unknown)
                if text[-1:] == text[-2:-1]:
                    before_symbol = -np.inf  # with no blank between, saying a symbol again is holding it
                to_symbol = float(y[text[-1]] + np.logaddexp.reduce([in_symbol, before_blank, before_symbol]))
            if max(to_blank, to_symbol) > -np.inf:
                grown[text] = (to_blank, to_symbol)
        surest = sorted(grown, key=lambda text: -np.logaddexp(*grown[text]))
        beam = {text: grown[text] for text in surest[:width]}
    return [(text, float(np.logaddexp(*p))) for text, p in beam.items()]
