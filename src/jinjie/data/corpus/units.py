"""Units of work: some megabytes of documents that become one shard, whoever tokenises them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.files import write_json, write_whole
from jinjie.base.lazy import lazy
from jinjie.data.corpus.shards import begins_file, dtype_of, shard_file
from jinjie.data.corpus.splits import Sorted
from jinjie.data.dataset import SPLITS

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")

LARGEST, SMALLEST = 16 * 2**20, 2**19
"""UTF-8 bytes of a unit."""
_LOT = 2**20
"""Bytes tokenised in one call: what the library keeps of each token meanwhile takes a hundred times its id."""

Mark = tuple[int, bool, bool, int]
"""Of a piece: the number of its split, whether its document begins and ends with it, and its bytes."""


@dataclass(frozen=True)
class Unit:
    """Pieces of documents: their marks, and their text in UTF-8, one behind the other."""

    number: int
    marks: list[Mark]
    content: bytes

    def digest(self) -> str:
        hashed = hashlib.sha256(json.dumps(self.marks).encode())
        hashed.update(self.content)
        return hashed.hexdigest()[:32]


def size_of_units(total: int) -> int:
    """Bytes of a unit of a corpus of `total` bytes: a function of that alone, so that shards are equal everywhere."""
    return min(LARGEST, max(SMALLEST, total // 64))


def units(documents: Iterable[Sorted], size: int) -> Iterator[Unit]:
    """The documents in units of about `size` bytes."""
    number, marks, contents, filled = 0, [], [], 0
    for piece in documents:
        content = piece.text.encode()
        marks.append((SPLITS.index(piece.split), piece.first, piece.last, len(content)))
        contents.append(content)
        filled += len(content)
        if filled >= size:
            yield Unit(number, marks, b"".join(contents))
            number, marks, contents, filled = number + 1, [], [], 0
    if marks:
        yield Unit(number, marks, b"".join(contents))


def record_file(folder: Path, number: int) -> Path:
    return folder / f"unit-{number:05d}.json"


def tokenise(unit: Unit, processor: TokenProcessor, end: int, folder: Path) -> dict[str, Any]:
    """Write a unit's shard and its begins, then the record of both that makes them count; returns the record.

    Raises InvalidInput for characters that the tokenizer does not know.
    """
    dtype = dtype_of(processor.vocabulary)
    parts: list[list[np.ndarray[Any, Any]]] = [[] for _ in SPLITS]
    lengths = [0] * len(SPLITS)
    begins: list[list[int]] = [[] for _ in SPLITS]
    closing = np.array([end], dtype)
    for marks, texts in _lots(unit):
        for (split, first, last, _), ids in zip(marks, processor.batch(texts), strict=True):
            if first:
                begins[split].append(lengths[split])
            parts[split].append(ids.astype(dtype, copy=False))
            if last:
                parts[split].append(closing)
            lengths[split] += len(ids) + last
    tokens = np.concatenate([ids for part in parts for ids in part], dtype=dtype)
    offsets = [0, lengths[0], lengths[0] + lengths[1]]
    places = np.array(
        [offset + begin for offset, part in zip(offsets, begins, strict=True) for begin in part], np.uint32
    )
    files = {}
    for file, array in (
        (shard_file(folder, unit.number), tokens),
        (begins_file(folder, unit.number), places),
    ):
        content = _npy(array)
        write_whole(file, content)
        files[file.name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    record = {
        "unit": unit.digest(),
        "tokens": lengths,
        "documents": [len(part) for part in begins],
        "bytes": [sum(n for s, _, _, n in unit.marks if s == split) for split in range(len(SPLITS))],
        "files": files,
    }
    write_json(record_file(folder, unit.number), record)
    return record


def finished(unit: Unit, folder: Path) -> dict[str, Any] | None:
    """The record of a unit that an earlier process finished, where it and its files are whole; else None."""
    from jinjie.data.fetch import sha256

    try:
        record: dict[str, Any] = json.loads(record_file(folder, unit.number).read_bytes())
        if record["unit"] != unit.digest():
            return None
        whole = all(sha256(folder / name) == file["sha256"] for name, file in record["files"].items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return record if whole else None


def _lots(unit: Unit) -> Iterator[tuple[list[Mark], list[str]]]:
    """The pieces of a unit in lots of about `_LOT` bytes, as text."""
    marks: list[Mark] = []
    texts: list[str] = []
    place = begun = 0
    for mark in unit.marks:
        texts.append(unit.content[place : place + mark[3]].decode())
        marks.append(mark)
        place += mark[3]
        if place - begun >= _LOT:
            yield marks, texts
            marks, texts, begun = [], [], place
    if marks:
        yield marks, texts


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
