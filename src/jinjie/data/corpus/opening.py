"""Opening tokenised documents as a data set: quick and without memory, however large they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.data.corpus.files import key_of
from jinjie.data.corpus.prepare import TOKENIZER, Settings, about, prepared
from jinjie.data.corpus.shards import Stream
from jinjie.data.corpus.tokenizer import begin_of
from jinjie.data.corpus.windows import Packed
from jinjie.data.dataset import SPLITS, About, Report, Split

if TYPE_CHECKING:
    from pathlib import Path

    from jinjie.data.corpus.splits import Source


def opened(
    name: str, source: Source, settings: Settings, block: int, said: About, report: Report | None = None
) -> Packed:
    """The documents of `source` as batches of windows of T = `block`, prepared first where they are not yet."""
    from jinjie.data.tokenization.processor import TokenProcessor

    folder = prepared(name, source, settings, report)
    found = about(folder)
    processor = TokenProcessor.load(folder / TOKENIZER)
    facts = {"vocabulary": found["vocabulary"], "block": block}
    return Packed(
        streams(folder, found),
        block,
        begin_of(processor),
        found["end"],
        said.model_copy(update={"cached": True, "counts": found["tokens"], "facts": facts}),
        processor,
        facts,
        documents=found["documents"],
        sizes=found["bytes"],
        dropped=found["dropped"],
        fingerprint=key_of(found["tokenizer"], {n: f["sha256"] for n, f in found["files"].items()}),
    )


def streams(folder: Path, found: dict[str, Any]) -> dict[Split, Stream]:
    """The stream of each split: its part of every shard."""
    parts: dict[Split, list[tuple[int, int]]] = {split: [] for split in SPLITS}
    for counts in found["shards"]:
        first = 0
        for split, count in zip(SPLITS, counts, strict=True):
            parts[split].append((first, count))
            first += count
    return {split: Stream(folder, places) for split, places in parts.items()}
