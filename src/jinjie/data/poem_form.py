"""The form of a poem, as a program can tell it, and first lines of poems for a model to go on from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from jinjie.base.lazy import lazy
from jinjie.base.words import Text
from jinjie.data import cache, poetry
from jinjie.data.dataset import SPLITS, Report, Split

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

Rule = Literal["quatrain", "no-repeat", "form"]
RULES: dict[Rule, Text] = {
    "quatrain": Text(
        en="a quatrain: four lines of all five or all seven characters",
        zh="绝句：四句，每句都是五个字或七个字",
    ),
    "no-repeat": Text(
        en="four or eight lines of all five or all seven characters, and no character twice",
        zh="四句或八句，每句都是五个字或七个字，全诗没有重复的字",
    ),
    "form": Text(
        en="an even number of lines of all five or all seven characters",
        zh="偶数句，每句都是五个字或七个字",
    ),
}
assert tuple(RULES) == get_args(Rule)

_COUPLET = re.compile("([\u4e00-\u9fff]+)，([\u4e00-\u9fff]+)。")


def lines_of(poem: str) -> tuple[str, ...]:
    """The lines of a poem of couplets, "…，…。" in each row, all five or all seven characters long; none of any other
    text."""
    couplets = [_COUPLET.fullmatch(row) for row in poem.strip("\n").split("\n")]
    lines = tuple(line for couplet in couplets if couplet is not None for line in couplet.groups())
    regular = None not in couplets and {len(line) for line in lines} in ({5}, {7})
    return lines if regular else ()


def keeps(rule: Rule, poem: str) -> bool:
    """Whether a whole poem, its first line included, is as the rule has it."""
    lines = lines_of(poem)
    together = "".join(lines)
    found: dict[Rule, Callable[[], bool]] = {
        "quatrain": lambda: len(lines) == 4,
        "no-repeat": lambda: len(lines) in (4, 8) and len(set(together)) == len(together),
        "form": lambda: bool(lines),
    }
    return found[rule]()


def poems(report: Report | None = None) -> dict[Split, list[str]]:
    """The poems of each split without their titles, in the order they are kept in."""
    folder = cache.converted("poems", poetry.VERSION, lambda place: poetry.convert(place, report), report)
    characters = np.array(cache.about(folder)["vocabulary"])
    found: dict[Split, list[str]] = {}
    for split in SPLITS:
        text = "".join(characters[np.load(folder / f"{split}-ids.npy")])
        starts = np.load(folder / f"{split}-starts.npy").tolist()
        rows = [
            text[first:last].strip("\n").split("\n")
            for first, last in zip(starts, [*starts[1:], len(text)], strict=True)
        ]
        found[split] = ["\n".join(row for row in poem if _COUPLET.fullmatch(row)) for poem in rows]
    return found


def opening(poem: str) -> str:
    """A poem's first line with its comma: what a model is to go on from."""
    return poem.partition("，")[0] + "，"
