"""Which wrong solutions a submission behaves like: what turns a failed case into the hint that fits it.

A wrong solution explains a failed case when the submission answers it as the wrong solution does, and the right
answer is another one. Different cases may be explained by different ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinjie.course.grading.comparison import same
from jinjie.course.grading.reference import Answer


def is_right(came: Answer, right: Answer, rtol: float, atol: float) -> bool:
    """Whether an answer is the right one: no exception, the arguments left alone unless the solution changes them."""
    if came.raised or (came.mutated and not right.mutated):
        return False
    return same(right.value, came.value, rtol, atol)


def explained(
    came: Sequence[Answer],
    right: Sequence[Answer],
    wrong: Mapping[str, Sequence[Answer | None]],
    rtol: float,
    atol: float,
    off: Mapping[str, set[int]] | None = None,
) -> dict[int, str]:
    """For each failed case that a wrong solution explains, its number and the wrong solution's name.

    As few wrong solutions as explain all that can be: at each step the one that explains most of what is left, of
    those the one that is contradicted least by cases that the submission has right, of those the first. `off` is
    what `differing` says of the wrong solutions, for who asks more than once.
    """
    off = off if off is not None else differing(right, wrong, rtol, atol)
    failed = {i for i in range(len(came)) if not is_right(came[i], right[i], rtol, atol)}
    explains: dict[str, set[int]] = {}
    against: dict[str, int] = {}
    for name, answers in wrong.items():
        differs = off[name]
        explains[name] = {
            i
            for i in differs & failed
            if (answer := answers[i]) is not None and came[i].agrees(answer, rtol, atol)
        }
        against[name] = len(differs - failed) + len((differs & failed) - explains[name])
    found: dict[int, str] = {}
    while True:
        left = {name: cases - found.keys() for name, cases in explains.items()}
        best = max(left, key=lambda name: (len(left[name]), -against[name]), default=None)
        if best is None or not left[best]:
            return found
        found |= dict.fromkeys(left[best], best)


def differing(
    right: Sequence[Answer], wrong: Mapping[str, Sequence[Answer | None]], rtol: float, atol: float
) -> dict[str, set[int]]:
    """The cases by number that each wrong solution answers, and not rightly."""
    return {
        name: {
            i
            for i, answer in enumerate(answers)
            if answer is not None and not is_right(answer, right[i], rtol, atol)
        }
        for name, answers in wrong.items()
    }
