"""A look at data: the first examples that a training would learn from, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.lazy import lazy
from jinjie.data.catalogue import Entry, catalogue
from jinjie.data.dataset import SPLITS, Arrays, Dataset, Processor, Report

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")  # for a look; the list of what there is needs none

FIRST = 6
"""Examples that are shown."""
LONGEST = 400
"""Characters of one."""


@dataclass(frozen=True)
class Example:
    """One input in words, empty where words cannot say it, and what is to be answered, empty where that is a text."""

    words: str
    answer: str
    cut: bool
    """Whether the words go on."""


@dataclass(frozen=True)
class Look:
    """The examples of a first batch, how many each split has, and a PNG of them where they can be seen."""

    examples: tuple[Example, ...]
    counts: Mapping[str, int]
    picture: bytes | None
    inputs: tuple[int, ...]
    """The shape of one input, which is what the model is given."""

    def plain(self, name: str) -> dict[str, Any]:
        """As JSON holds it."""
        rows = [{"input": one.words, "answer": one.answer} for one in self.examples]
        return {"name": name, "shape": list(self.inputs), "counts": dict(self.counts), "examples": rows}


def entry(name: str) -> Entry:
    """A data set of the catalogue. Raises NotFound with the nearest name."""
    entries = {one.name: one for one in catalogue()}
    if name not in entries:
        raise NotFound("examples.no_data", name=name, suggestion=did_you_mean(name, entries))
    return entries[name]


def plain(data: Entry) -> dict[str, Any]:
    """What is known of a data set, as JSON holds it."""
    return {"name": data.name, **data.about.model_dump(mode="json")}


def look(data: Entry, count: int = FIRST, report: Report | None = None) -> Look:
    """The first batch of a training with seed 0; data that is not here is fetched. Raises what loading does."""
    loaded = data.config.load(report)
    batch = loaded.batch(0, 0, count)
    words = tuple(_example(loaded.processor, batch, i) for i in range(len(batch["x"])))
    counts: dict[str, int] = {split: loaded.count(split) for split in SPLITS}
    return Look(words, counts, _picture(loaded, batch), batch["x"].shape[1:])


def _example(processor: Processor, batch: Arrays, row: int) -> Example:
    said = processor.describe(_without_padding(processor, batch["x"][row])).strip("\n")
    return Example(said[:LONGEST], _answer(processor, batch, row), len(said) > LONGEST)


def _without_padding(processor: Processor, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An input without what only fills its row."""
    pad = getattr(processor, "special", {}).get("pad")
    if pad is None or not np.issubdtype(x.dtype, np.integer):
        return x
    kept = np.flatnonzero(x != pad)
    return x[: kept[-1] + 1] if len(kept) else x


def _answer(processor: Processor, batch: Arrays, row: int) -> str:
    """A class by its name or a number; nothing where the answer is the text itself, or marks in it."""
    y = batch.get("y")
    if y is None or y[row].size != 1:
        return ""
    value = y[row].item()
    if isinstance(value, float):
        return f"{value:.6g}"
    labels = getattr(processor, "labels", None)
    name = str(labels[value]) if labels is not None else str(value)
    return str(processor.name(name)) if hasattr(processor, "name") else name


def _picture(loaded: Dataset, batch: Arrays) -> bytes | None:
    """The inputs of the batch side by side, where they are pictures."""
    channels, height, width = (loaded.facts.get(name, 0) for name in ("channels", "height", "width"))
    if channels not in (1, 3):
        return None
    from jinjie.base.pictures import image_grid

    pixels = batch["x"].reshape(-1, channels, height, width)
    images = pixels[:, 0] if channels == 1 else pixels.transpose(0, 2, 3, 1)
    return image_grid(images, columns=len(images), scale=max(1, 84 // height))
