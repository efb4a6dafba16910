"""Text for a model that brings no data: some that travels in the package, or a file, cut by the model's own tokenizer.

"en" is the last part of Shakespeare's plays, the part that gpt-shakespeare is tested on, with the rest to count
baselines from; "zh" is the test split of the Tang poems. A published model may have learned from either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from jinjie.base import words
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.data.batching import digest, spread
from jinjie.data.dataset import About, Arrays, Dataset, Split, TextProcessor
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.tasks.language import IGNORED

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

LONGEST = 1024
"""Tokens of a window at most, of a model that sees more."""
PACKAGED = ("en", "zh")


class HeldOut(Dataset):
    """Documents behind each other in windows: x, y and `documents`, each (B, T) int64, as kind `corpus` has them."""

    def __init__(
        self, texts: dict[Split, Sequence[str]], processor: TextProcessor, block: int, about: About
    ) -> None:
        self.about = about
        self.processor = self._reads = processor
        self.block = min(block, LONGEST)
        self.facts = {"block": self.block, "vocabulary": processor.vocabulary}
        opening = processor.special.get("bos") if isinstance(processor, TokenProcessor) else None
        end = processor.ends[0] if processor.ends else None
        self._begin = end if opening is None else opening
        self._end = [] if end is None else [end]
        self._streams = {split: self._stream(part) for split, part in texts.items()}

    def _stream(self, texts: Sequence[str]) -> Arrays:
        """All documents of a split: each token, the one before it, and the number of its document."""
        x: list[list[int]] = []
        y: list[list[int]] = []
        documents: list[list[int]] = []
        processor = self._reads
        start, end = processor.start, processor.end or ""
        for number, text in enumerate(texts):
            whole = text if self._end or self._begin is not None else start + text + end.removesuffix(start)
            ids = [*processor.ids(whole), *self._end]
            if self._begin is None:  # nothing stands before the first token
                x.append(ids[:-1])
                y.append(ids[1:])
            else:
                x.append([self._begin, *ids[:-1]])
                y.append(ids)
            documents.append([number] * len(y[-1]))
        names = {"x": x, "y": y, "documents": documents}
        return {
            name: np.concatenate([np.zeros(0, np.int64), *(np.array(p, np.int64) for p in parts)])
            for name, parts in names.items()
        }

    def count(self, split: Split) -> int:
        return len(self._streams[split]["y"]) if split in self._streams else 0

    def steps_per_epoch(self, size: int) -> int:
        return -(-self.count("train") // (size * self.block))

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        raise TypeError("held-out text is not learned from")

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        stream, total = self._streams.get(split), self.count(split)
        for index in spread(-(-total // (size * self.block)), limit):
            first = index * size * self.block
            length = min(size * self.block, total - first)
            rows = -(-length // self.block)
            made = {}
            assert stream is not None
            for name, filling in (("x", 0), ("y", IGNORED), ("documents", -1)):
                flat = np.full(rows * self.block, filling)
                flat[:length] = stream[name][first : first + length]
                made[name] = flat.reshape(rows, self.block)
            last = made["documents"].max(1, keepdims=True) + 1
            made["documents"] = np.where(made["documents"] < 0, last, made["documents"])
            made["documents"] -= made["documents"][:, :1]
            yield made

    def fingerprint(self) -> str:
        return digest(*(array for stream in self._streams.values() for array in stream.values()))


def held_out(source: str | None, processor: TextProcessor, block: int) -> HeldOut:
    """The text `source`: "en", "zh" or a UTF-8 file; for None the first of the two that the model can read.

    Raises InvalidInput when the file cannot be read, or holds characters that the model does not know.
    """
    from jinjie.data.reading import read_text

    if source not in (None, *PACKAGED):
        text = read_text(source, "--text")
        title = words.Text(en=f"your text {source}", zh=f"自己的文本 {source}")
        about = About(title=title, real=True, source=source, licence="yours")
        return HeldOut({"test": [text]}, processor, block, about)
    chosen = [source] if source else [name for name in PACKAGED if _reads(processor, name)]
    if not chosen:
        raise InvalidInput([Problem("--text", "evaluate.text.reads_neither")])
    return HeldOut(*_packaged(chosen[0], processor, block))


def _reads(processor: TextProcessor, name: str) -> bool:
    sample = "To be, or not to be: that is the question." if name == "en" else "床前明月光，疑是地上霜。"
    return not processor.readable(sample)[1]


def _packaged(
    name: str, processor: TextProcessor, block: int
) -> tuple[dict[Split, Sequence[str]], TextProcessor, int, About]:
    from jinjie.data import plays, text
    from jinjie.data.sources import CHINESE_POETRY, SHAKESPEARE
    from jinjie.data.tokenization.texts import packaged_poems

    if name == "en":
        parts = text.cut(text.packaged())
        texts: dict[Split, Sequence[str]] = {
            "train": plays.parts(parts["train"]),
            "test": plays.parts(parts["test"]),
        }
        source, title = SHAKESPEARE, words.text("evaluate.text.plays")
    else:
        texts = {"test": packaged_poems().strip("\n").split("\n\n")}
        source, title = CHINESE_POETRY, words.text("evaluate.text.poems")
    known: dict[Split, Sequence[str]] = {
        split: [readable for document in part if (readable := processor.readable(document)[0])]
        for split, part in texts.items()
    }
    return known, processor, block, About(title=title, real=True, source=source.spec, licence=source.licence)
