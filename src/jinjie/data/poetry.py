"""From the package chinese-poetry to clean poems: what is kept, how it is written, and how it is split.

The package holds 57,607 Tang poems in traditional characters, fragments, prose prefaces and editors' marks among them.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.base.words import say
from jinjie.data.dataset import SPLITS, Report, Split
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import CHINESE_POETRY
from jinjie.data.tokenization.characters import encode_characters, vocabulary_of

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

VERSION = 2

RARE = 5
"""Characters that occur less often than this in the training split are not in the vocabulary."""

UNTITLED = 0.3
"""Share of the poems that go without their title."""

LONGEST_TITLE = 10
_PER_MILLE: dict[Split, int] = {"train": 950, "validation": 25, "test": 25}

_MEMBER = re.compile(r"package/dist/quantangshi/poet\.tang\.\d+\.json")
_STOPS = re.compile("[，。！？；]")
_PLAIN = re.compile("[\u4e00-\u9fff]+")
"""The characters every font has; rarer ones in other blocks, marks for lost ones, and notes are not plain."""
_TITLE = re.compile("^[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Poem:
    """A title (empty when there is none) and the lines without punctuation."""

    title: str
    lines: tuple[str, ...]

    def document(self) -> str:
        """As the model reads it: a line break, the title on a line of its own, a couplet a line."""
        title = f"{self.title}\n" if self.title else ""
        couplets = (
            f"{first}，{second}。\n" for first, second in zip(self.lines[::2], self.lines[1::2], strict=True)
        )
        return "\n" + title + "".join(couplets)


def convert(folder: Path, report: Report | None) -> dict[str, Any]:
    """For each split: SPLIT-ids.npy (T), and SPLIT-starts.npy, SPLIT-forms.npy (N): offset and characters a line."""
    raw = list(_read(report))
    regular = [poem for poem in raw if poem is not None]
    unique = list(_distinct(regular))
    parts, rare = _common(_split(unique))
    vocabulary = vocabulary_of("".join(map(Poem.document, parts["train"])))
    for split, poems in parts.items():
        documents = [poem.document() for poem in poems]
        lengths = np.array([len(document) for document in documents])
        np.save(folder / f"{split}-ids.npy", encode_characters("".join(documents), vocabulary))
        np.save(folder / f"{split}-starts.npy", (np.cumsum(lengths) - lengths).astype(np.int32))
        np.save(folder / f"{split}-forms.npy", np.array([len(poem.lines[0]) for poem in poems], np.uint8))
    return {
        "source": CHINESE_POETRY.spec,
        "licence": CHINESE_POETRY.licence,
        "poems": {split: len(poems) for split, poems in parts.items()},
        "titled": sum(bool(poem.title) for poems in parts.values() for poem in poems),
        "dropped": {"irregular": len(raw) - len(regular), "double": len(regular) - len(unique), "rare": rare},
        "vocabulary": vocabulary,
    }


def _read(report: Report | None) -> Iterator[Poem | None]:
    """Every Tang poem of the package in simplified characters, None for one that is not regular."""
    import opencc

    simplify = opencc.OpenCC("t2s").convert
    with tarfile.open(fetch(CHINESE_POETRY, report)) as package:
        members = sorted((m for m in package.getmembers() if _MEMBER.fullmatch(m.name)), key=lambda m: m.name)
        for done, member in enumerate(members):
            tell(report, say("data.converting", name=CHINESE_POETRY.name), done, len(members))
            file = package.extractfile(member)
            assert file is not None  # the package's sha256 is right
            rows = [(poem["title"], _lines("".join(poem["paragraphs"]))) for poem in json.load(file)]
            found = [(title, lines) for title, lines in rows if lines]
            yield from [None] * (len(rows) - len(found))
            # One long text is converted faster than a thousand short ones.
            text = simplify(
                "\n".join(f"{title.replace(chr(10), ' ')}\n{'，'.join(lines)}" for title, lines in found)
            )
            titles, bodies = text.split("\n")[::2], text.split("\n")[1::2]
            for title, body in zip(titles, bodies, strict=True):
                lines = _lines(body)
                yield Poem(clean_title(title), lines) if lines and all(map(_PLAIN.fullmatch, lines)) else None
    tell(report, say("data.converting", name=CHINESE_POETRY.name), len(members), len(members))


def _lines(text: str) -> tuple[str, ...]:
    """The lines of a text that has four or eight, all of five or all of seven characters; none of any other text."""
    lines = tuple(filter(None, _STOPS.split(text)))
    regular = len(lines) in (4, 8) and {len(line) for line in lines} in ({5}, {7})
    return lines if regular else ()


def clean_title(title: str) -> str:
    """A title up to its first blank, stop, bracket or unusual character: series numbers and notes stand behind.

    Empty when nothing is left, or more than ten characters: half a title is no title.
    """
    found = _TITLE.match(title)
    return found.group() if found and len(found.group()) <= LONGEST_TITLE else ""


def _distinct(poems: Iterable[Poem]) -> Iterator[Poem]:
    """Each poem once. One that has half of its lines from poems before it is one of them again, in another version.

    Versions of a poem in two splits would let a model be tested on what it learned by heart. Long poems come first, so
    that a quatrain cut out of one is noticed.
    """
    seen: set[str] = set()
    for poem in sorted(poems, key=lambda poem: -len(poem.lines)):
        known = sum(line in seen for line in poem.lines)
        if 2 * known < len(poem.lines):
            yield poem
            seen.update(poem.lines)


def _split(poems: list[Poem]) -> dict[Split, list[Poem]]:
    """Shuffled and dealt by poem; a seeded share of them without the title."""
    order = numpy_generator(0, "poems", "split").permutation(len(poems))
    untitled = numpy_generator(0, "poems", "titles").random(len(poems)) < UNTITLED
    dealt = [replace(poems[i], title="") if untitled[i] else poems[i] for i in order]
    cuts = np.cumsum([len(poems) * _PER_MILLE[split] // 1000 for split in SPLITS])[:-1]
    return {split: dealt[a:b] for split, a, b in zip(SPLITS, [0, *cuts], [*cuts, len(dealt)], strict=True)}


def _common(parts: dict[Split, list[Poem]]) -> tuple[dict[Split, list[Poem]], int]:
    """Without the poems that hold a rare character, and how many those were. A title that holds one is left out.

    Leaving poems out makes further characters rare, so this goes on until nothing changes.
    """
    before = sum(map(len, parts.values()))
    while True:
        counts = Counter(character for poem in parts["train"] for character in poem.document())
        common = {character for character, count in counts.items() if count >= RARE}
        kept = {
            split: [
                poem if common.issuperset(poem.title) else replace(poem, title="")
                for poem in poems
                if all(map(common.issuperset, poem.lines))
            ]
            for split, poems in parts.items()
        }
        if kept == parts:
            return parts, before - sum(map(len, kept.values()))
        parts = kept
