"""From documents to shards, once: read, learn a tokenizer, tokenise on all cores, and keep the outcome under a key.

The key is a hash of what the documents are, of the settings and of the tokenizer. Work in progress stands in a folder
of its own, `….unfinished`, whose shards count one by one: what a killed process finished is kept, and nothing else.
The folder gets its name when everything in it is on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import clear_partial, sync_file, sync_folder, whole_folder, write_json
from jinjie.base.paths import data_home
from jinjie.base.words import say
from jinjie.data.corpus.documents import Problems
from jinjie.data.corpus.files import key_of
from jinjie.data.corpus.splits import Shares, Source, Survey, sort, survey
from jinjie.data.corpus.tokenizer import Scheme, checksum, end_of, given, hiding, learned
from jinjie.data.corpus.units import Unit, finished, record_file, size_of_units, tokenise, units
from jinjie.data.corpus.worker import Worker, disk_full
from jinjie.data.dataset import SPLITS, Report
from jinjie.data.fetch import sha256, tell, turn

if TYPE_CHECKING:
    from jinjie.data.tokenization.processor import TokenProcessor

VERSION = 1
"""Raised when the same documents and settings would give other shards."""

ABOUT = "about.json"
TOKENIZER = "tokenizer"
UNFINISHED = ".unfinished"

CHECKED = 512 * 2**20
"""Bytes of shards whose sha256 is checked whenever they are opened; of more, their sizes are."""

EACH = 2 * 2**20
"""Bytes of text that are worth a process of their own, which takes half a second to start."""

_STALE = 14 * 24 * 3600.0


@dataclass(frozen=True)
class Settings:
    """What besides the documents decides the shards."""

    shares: Shares
    distinct: bool
    vocabulary: int
    tokenizer: str | None = None
    """A tokenizer that is there; None has one of `vocabulary` tokens learned."""
    scheme: Scheme = "bpe"
    """What that is, learned or not: WordPiece documents end with [SEP] and can be hidden from a BERT."""


def prepared(
    name: str,
    source: Source,
    settings: Settings,
    report: Report | None = None,
    processes: int | None = None,
) -> Path:
    """The folder of tokenised documents, made on first use; `name` is what it and its progress are called.

    One process prepares at a time; others wait. `processes` tokenise, one a processor that this process may use when
    None; the outcome does not depend on how many. Raises InvalidInput for all that is wrong with the documents, and
    JinjieError when the disk is full.
    """
    chosen = None
    if settings.tokenizer is not None:
        chosen = (hiding if settings.scheme == "wordpiece" else given)(settings.tokenizer, report)
    folder = folder_of(name, source, settings, chosen)
    if whole(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with turn(folder.with_name(f"{folder.name}.lock"), name, report):
        if whole(folder):
            return folder
        if folder.exists():
            tell(report, say("data.damaged_copy", name=name), 0, None)
            shutil.rmtree(folder)
        _clear_stale(folder.parent, name)
        try:
            _prepare(folder, name, source, settings, chosen, report, processes or processors())
        except InvalidInput:  # of these very documents nothing will come
            shutil.rmtree(unfinished(folder), ignore_errors=True)
            raise
        except OSError as error:
            if not disk_full(error):
                raise
            raise JinjieError("corpus.disk_full", folder=folder.parent, reason=error.strerror) from error
    return folder


def folder_of(name: str, source: Source, settings: Settings, chosen: TokenProcessor | None = None) -> Path:
    """Where these documents stand, or will, tokenised in this way."""
    tokenizer: Any = settings.vocabulary if chosen is None else checksum(chosen)
    shares = [float(settings.shares.validation), float(settings.shares.test)]
    return data_home() / f"{name}-{key_of(VERSION, source.identity(), shares, settings.distinct, tokenizer)}"


def unfinished(folder: Path) -> Path:
    """Where the work stands until it is done."""
    return folder.with_name(folder.name + UNFINISHED)


def whole(folder: Path) -> bool:
    """Whether everything stands there as it was written: by sha256, or by size alone where that would take long."""
    try:
        files = about(folder)["files"]
        if any((folder / name).stat().st_size != file["bytes"] for name, file in files.items()):
            return False
        if sum(file["bytes"] for file in files.values()) > CHECKED:
            return bool(files)
        return bool(files) and all(sha256(folder / name) == file["sha256"] for name, file in files.items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def about(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / ABOUT).read_bytes())
    return content


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _prepare(
    folder: Path,
    name: str,
    source: Source,
    settings: Settings,
    chosen: TokenProcessor | None,
    report: Report | None,
    processes: int,
) -> None:
    work = unfinished(folder)
    work.mkdir(exist_ok=True)
    os.utime(work)
    clear_partial(work)
    problems = Problems()
    found = survey(
        source,
        settings.shares,
        settings.distinct,
        problems,
        _counting(report, say("corpus.reading", name=name), source.size),
    )
    problems.check()
    if not found.documents:
        raise InvalidInput([Problem("data.path", "corpus.no_documents", empty=found.empty)])
    dropped = {"empty": found.empty, "duplicates": found.duplicates if settings.distinct else 0}
    tell(report, say("corpus.found", None, count=found.documents, **dropped), 1, 1)
    _check_room(folder.parent, found.bytes)

    def documents(read: Callable[[int], None] = lambda _: None) -> Any:
        return sort(source, found, settings.shares, settings.distinct, problems, read)

    place = work / TOKENIZER
    if not place.is_dir():
        if chosen is None:
            told = _counting(report, say("corpus.sampling"), source.size)
            learning = say("corpus.learning", count=settings.vocabulary)
            chosen = learned(
                documents(told),
                found.bytes,
                settings.vocabulary,
                lambda: tell(report, learning, 0, None),
                settings.scheme,
            )
        with whole_folder(place) as temporary:
            chosen.save(temporary)
    from jinjie.data.tokenization.processor import TokenProcessor

    processor = TokenProcessor.load(place)
    processor.tokenizer.encode_special_tokens = True  # what looks like the end token in a text is text
    records = _tokenised(
        work, units(documents(), size_of_units(found.bytes)), processor, found, report, processes
    )
    source.check_unchanged()
    problems.check()
    _check_splits(records)
    _finish(work, folder, records, processor, dropped)


def _tokenised(
    work: Path,
    parts: Iterable[Unit],
    processor: TokenProcessor,
    found: Survey,
    report: Report | None,
    processes: int,
) -> list[dict[str, Any]]:
    """The records of all units, in order."""
    counted = _counting(report, say("corpus.tokenising"), found.bytes)
    end = end_of(processor)
    processes = max(1, min(processes, found.bytes // EACH))
    if processes == 1:
        alone = []
        for unit in parts:
            alone.append(finished(unit, work) or tokenise(unit, processor, end, work))
            counted(len(unit.content))
        return alone

    free: SimpleQueue[Worker] = SimpleQueue()

    def one(unit: Unit) -> tuple[int, dict[str, Any], int]:
        record = finished(unit, work)
        if record is None:
            worker = free.get()
            try:
                record = worker.work(unit)
            finally:
                free.put(worker)
        return unit.number, record, len(unit.content)

    records: dict[int, dict[str, Any]] = {}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(processes))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        for _ in range(
            processes
        ):  # they are killed first, whatever happens, and then the threads come to an end
            free.put(stack.enter_context(Worker(work, work / TOKENIZER, end)))
        waiting: set[Future[tuple[int, dict[str, Any], int]]] = set()

        def collect(most: int) -> None:
            nonlocal waiting
            while len(waiting) > most:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for number, record, size in (future.result() for future in done):
                    records[number] = record
                    counted(size)

        for unit in parts:
            waiting.add(pool.submit(one, unit))
            collect(2 * processes)  # no more text is held than keeps everyone at work
        collect(0)
    return [records[number] for number in sorted(records)]


def _finish(
    work: Path,
    folder: Path,
    records: list[dict[str, Any]],
    processor: TokenProcessor,
    dropped: dict[str, int],
) -> None:
    """Write what there is to know of the shards, and give the folder its name."""
    names = [f"{TOKENIZER}/{file.name}" for file in sorted((work / TOKENIZER).iterdir())]
    files = {n: {"bytes": (work / n).stat().st_size, "sha256": sha256(work / n)} for n in names}
    for record in records:
        files |= record["files"]
    content = {
        "version": VERSION,
        "vocabulary": processor.vocabulary,
        "end": end_of(processor),
        "tokenizer": checksum(processor),
        **{key: _summed(records, key) for key in ("tokens", "documents", "bytes")},
        "dropped": dropped,
        "shards": [record["tokens"] for record in records],
        "files": files,
    }
    for number in range(len(records)):
        record_file(work, number).unlink(missing_ok=True)
    for file in work.iterdir():
        if (
            file.name not in files and file.name != TOKENIZER
        ):  # of an earlier attempt at a corpus that was larger
            file.unlink()
    write_json(work / ABOUT, content)
    for file in (work / TOKENIZER).iterdir():
        sync_file(file)
    sync_folder(work)
    work.rename(folder)
    sync_folder(folder.parent)


def _summed(records: list[dict[str, Any]], key: str) -> dict[str, int]:
    return {split: sum(record[key][i] for record in records) for i, split in enumerate(SPLITS)}


def _check_splits(records: list[dict[str, Any]]) -> None:
    """Raises InvalidInput when a split came out empty."""
    counts = _summed(records, "tokens")
    if empty := [split for split, count in counts.items() if count < 2]:
        raise InvalidInput([Problem("data.path", "corpus.too_short", splits=", ".join(empty))])


def _check_room(folder: Path, size: int) -> None:
    """Raises JinjieError where the shards cannot fit: two bytes a token, and at least a token every six bytes."""
    if shutil.disk_usage(folder).free < size // 3:
        raise JinjieError("corpus.no_room", folder=folder, megabytes=size // 3_000_000 + 1)


def _counting(report: Report | None, what: str, total: int) -> Callable[[int], None]:
    """Adds up what was done, and tells."""
    done = 0
    tell(report, what, 0, total or None)

    def add(more: int) -> None:
        nonlocal done
        done += more
        tell(report, what, min(done, total) if total else done, total or None)

    return add


def _clear_stale(home: Path, name: str) -> None:
    """Remove work that was broken off weeks ago: its text has changed since, or nobody wants it."""
    for folder in home.glob(f"{name}-*{UNFINISHED}"):
        try:
            if time.time() - folder.stat().st_mtime > _STALE:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
