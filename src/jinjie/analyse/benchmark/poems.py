"""Questions about Tang poems, made from those that travel in the package: the test split, all of it unseen in training.

`verse_next`: which line answers the first of a couplet, its own or one of another poem that has as many characters and
the same place in it. `verse_order`: the line as it is, or with its halves exchanged, which breaks the pause that every
line has after its second or fourth character. `verse_rhyme`: which character closes a couplet, its own or the last one
of the first line of another's second couplet, a place that does not rhyme.
"""

from __future__ import annotations

from jinjie.analyse.benchmark.items import Item
from jinjie.base.seeds import numpy_generator

EACH = 24
"""Questions of each kind."""


def made() -> list[Item]:
    """The questions, the same every time; none shares its poem with another."""
    poems = _poems()
    order = [poems[i] for i in numpy_generator(0, "benchmark", "poems").permutation(len(poems))]
    found: list[Item] = []
    for number in range(EACH):
        size = (5, 7)[number % 2]
        alike = [poem for poem in order if len(poem[0][0]) == size]
        # Six poems of a size for each number: three that are asked about, three that lend what is wrong.
        asked = alike[number // 2 * 6 : number // 2 * 6 + 6]
        found += [_next(asked[0], asked[1]), _order(asked[2]), _rhyme(asked[3], asked[4])]
    return found


Poem = list[tuple[str, str]]
"""Couplets, without their marks."""


def _poems() -> list[Poem]:
    """The poems with at least two couplets, without titles."""
    from jinjie.data.tokenization.texts import packaged_poems

    found = []
    for document in packaged_poems().strip("\n").split("\n\n"):
        couplets = [line for line in document.split("\n") if line.endswith("。") and "，" in line]
        found.append([(line[:-1].split("，")[0], line[:-1].split("，")[1]) for line in couplets])
    return [poem for poem in found if len(poem) >= 2]


def _before(poem: Poem, number: int) -> str:
    """All couplets before that one, as the poems are written."""
    return "".join(f"{first}，{second}。\n" for first, second in poem[:number])


def _next(poem: Poem, other: Poem) -> Item:
    first, second = poem[1]
    return Item("verse_next", f"{_before(poem, 1)}{first}，", f"{second}。", (f"{other[1][1]}。",))


def _order(poem: Poem) -> Item:
    first, second = poem[1]
    cut = len(second) - 3
    return Item(
        "verse_order",
        f"{_before(poem, 1)}{first}，",
        f"{second}。",
        (f"{second[cut:]}{second[:cut]}。",),
    )


def _rhyme(poem: Poem, other: Poem) -> Item:
    first, second = poem[1]
    # The first couplet's first line may rhyme, the second's does not.
    return Item(
        "verse_rhyme",
        f"{_before(poem, 1)}{first}，{second[:-1]}",
        f"{second[-1]}。",
        (f"{other[1][0][-1]}。",),
    )
