"""Cleaning a file: read, looked at, cleaned and written a block at a time, in order, in as few passes as there can be.

A plan that learns nothing (drop, keep, constants) takes one pass, unless rows by the million are to be compared. One
that learns takes one to look, one each for bounds, fills and scales where asked, and one to write. A column that belies
in its last rows what its first megabyte promised costs one pass more.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import TEMPORARY, clear_partial, sync_folder
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.cleaning import types
from jinjie.data.cleaning.duplicates import Seen
from jinjie.data.cleaning.fit import check_rules, fill_rule, is_encoded, learn
from jinjie.data.cleaning.found import Look
from jinjie.data.cleaning.plan import Cleaning, check_columns
from jinjie.data.cleaning.report import Report, assemble
from jinjie.data.cleaning.source import Block, Source, open_source
from jinjie.data.cleaning.spill import SeenOnDisk
from jinjie.data.cleaning.work import Work
from jinjie.data.dataset import Report as Progress

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")

WIDE = 500
"""Columns beyond which fewer rows are sampled."""
FEWEST_SAMPLED = 100
MANY = 8_000_000
"""Rows, all of them different, whose hashes take 300 MB."""

T = TypeVar("T")
Firsts = list["np.ndarray[Any, Any]"]
"""For every block, one bit a row: whether it repeats no earlier one."""


def clean(
    source: Path | str,
    out: Path | str,
    cleaning: Cleaning,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Report:
    """Clean the CSV file `source` into `out` (UTF-8, commas), and write what was found and done into `folder`.

    `folder` is `OUT.report` when None. `out` appears whole or not at all; the same file as `source`, by whatever name,
    is refused. Raises InvalidInput with the line and the remedy of whatever is malformed, or with every rule of the
    plan that does not suit; JinjieError when the disk refuses.
    """
    from jinjie.data.cleaning.pages import write_report

    began = time.perf_counter()
    opened = open_source(Path(source), cleaning)
    out = Path(out).expanduser()
    folder = Path(f"{out}.report") if folder is None else folder.expanduser()
    _check_places(opened.path, out, folder)
    check_columns(cleaning, opened.names)
    report = _Job(opened, out, cleaning, progress).run()
    report = report.model_copy(update={"seconds": time.perf_counter() - began})
    try:
        write_report(report, folder)
    except OSError as error:
        raise JinjieError("clean.not_written", path=folder, reason=error.strerror or error) from error
    return report


def learns(cleaning: Cleaning, kinds: dict[str, str]) -> bool:
    """Whether a plan needs to see the whole table before it can change a cell."""
    for name, kind in kinds.items():
        if fill_rule(cleaning, name, kind) in ("mean", "median", "mode", "predict"):
            return True
        if is_encoded(cleaning, name, kind):
            return True
        if types.is_numeric(kind) and any(
            cleaning.rule(name, what) != "keep" for what in ("outliers", "scale")
        ):
            return True
    return False


def many_rows(cleaning: Cleaning, rows_about: int) -> bool:
    """Whether rows are to be compared whose hashes go to disk, at the cost of a pass where one would do."""
    return cleaning.duplicates == "drop" and rows_about > MANY


def initial_kinds(source: Source, cleaning: Cleaning) -> dict[str, str]:
    """The types of all columns: stated, or recognised from the first megabyte."""
    stated = {name: cleaning.rule(name, "types") for name in source.names}
    kinds = {name: "empty" if kind == "auto" else types.stated(kind) for name, kind in stated.items()}
    automatic = {name: kind for name, kind in kinds.items() if kind == "empty"}
    head = types.without(source.head(), automatic, cleaning.missing_words)
    return kinds | types.recognise(head, automatic, source.delimiter == ";")


class _Belied(Exception):
    """A later row has not the type that its column was taken for."""


@dataclass
class _Batch:
    """A block with its values, made ready while the one before it is worked on."""

    block: Block
    values: pl.DataFrame
    belied: list[str]
    hashes: tuple[Any, Any] | None


class _Job:
    def __init__(self, source: Source, out: Path, cleaning: Cleaning, progress: Progress | None) -> None:
        self.source = source
        self.out = out
        self.cleaning = cleaning
        self.progress = progress
        self.rows_about = source.rows_about()
        self.stride = max(1, self.rows_about // self._sampled())
        self.automatic: set[str] = set()

    def _sampled(self) -> int:
        """Rows for a closer look: fewer where they are very wide, so that they fit into memory."""
        return max(FEWEST_SAMPLED, self.cleaning.sample * WIDE // max(WIDE, len(self.source.names)))

    def run(self) -> Report:
        kinds = initial_kinds(self.source, self.cleaning)
        self.automatic = {name for name in kinds if self.cleaning.rule(name, "types") == "auto"}
        while True:
            check_rules(self.cleaning, kinds)
            look = Look(kinds, self.stride, set(kinds) - self.automatic)
            try:
                if self._many or learns(self.cleaning, kinds):
                    return self._in_passes(kinds, look)
                return self._in_one_pass(kinds, look)
            except _Belied:
                kinds = look.kinds

    def _in_one_pass(self, kinds: dict[str, str], look: Look) -> Report:
        fitted = learn(self.cleaning, kinds, lambda: (), 0)
        seen = self._seen()
        with self._output() as handle:
            work = Work(fitted, handle, self.stride)
            for batch in self._batches(kinds, say("clean.cleaning"), seen is not None):
                self._observe(look, kinds, batch)
                if look.kinds == kinds:
                    first = None if seen is None else seen.first(*batch.hashes or ())
                    look.duplicates += 0 if first is None else len(first) - int(np.count_nonzero(first))
                    work.add(batch.block, batch.values, first)
            if look.kinds != kinds:
                raise _Belied
        fitted = fitted.model_copy(update={"rows": look.rows - look.duplicates})
        return assemble(self.source, self.out, look, work, fitted)

    def _in_passes(self, kinds: dict[str, str], look: Look) -> Report:
        on_disk = SeenOnDisk(self.out.parent) if self._many else None
        seen = None if self._many else self._seen()
        firsts: Firsts = []
        hashed = on_disk is not None or seen is not None
        for batch in self._batches(kinds, say("clean.looking"), hashed):
            self._observe(look, kinds, batch)
            if look.kinds == kinds and on_disk is not None:
                on_disk.add(*batch.hashes or ())
            elif look.kinds == kinds and seen is not None:
                first = seen.first(*batch.hashes or ())
                look.duplicates += len(first) - int(np.count_nonzero(first))
                firsts.append(np.packbits(first))
        if look.kinds != kinds:
            raise _Belied
        if on_disk is not None:
            for first in on_disk.firsts():
                look.duplicates += len(first) - int(np.count_nonzero(first))
                firsts.append(np.packbits(first))
        del seen, on_disk
        rows = look.rows - look.duplicates
        fitted = learn(self.cleaning, kinds, lambda: self._distinct(kinds, firsts), rows, self.out.parent)
        with self._output() as handle:
            work = Work(fitted, handle, self.stride)
            for i, batch in enumerate(self._batches(kinds, say("clean.writing"), False)):
                work.add(batch.block, batch.values, _unpacked(firsts, i, len(batch.values)))
        return assemble(self.source, self.out, look, work, fitted)

    @property
    def _many(self) -> bool:
        """Whether rows are to be compared that are too many for memory."""
        return many_rows(self.cleaning, self.rows_about)

    def _seen(self) -> Seen | None:
        return Seen(self.rows_about) if self.cleaning.duplicates == "drop" else None

    def _observe(self, look: Look, kinds: dict[str, str], batch: _Batch) -> None:
        """Count a batch; where it belies a type, find the wider one, and go on looking for others."""
        if batch.belied or look.kinds != kinds:
            automatic = {name: look.kinds[name] for name in self.automatic}
            look.kinds |= types.recognise(batch.block.frame, automatic, self.source.delimiter == ";")
        else:
            look.add(batch.block, batch.values)

    def _distinct(self, kinds: dict[str, str], firsts: Firsts) -> Iterator[pl.DataFrame]:
        """The values of rows that repeat no earlier one."""
        for i, batch in enumerate(self._batches(kinds, say("clean.learning"), False)):
            first = _unpacked(firsts, i, len(batch.values))
            yield batch.values if first is None else batch.values.filter(pl.Series(first))

    def _batches(self, kinds: dict[str, str], what: str, hashed: bool) -> Iterator[_Batch]:
        automatic = {name: kinds[name] for name in self.automatic}
        same = list(self.cleaning.same) or list(self.source.names)

        def ready() -> Iterator[_Batch]:
            for block in self.source.blocks():
                block.frame, values = types.read(block.frame, kinds, self.cleaning.missing_words)
                belied = types.belies(block.frame, values, automatic)
                hashes = Seen.hashes(values.select(same)) if hashed else None
                yield _Batch(block, values, belied, hashes)

        for batch in ahead(ready()):
            if self.progress is not None:
                self.progress(what, batch.block.done, self.source.size)
            yield batch

    @contextmanager
    def _output(self) -> Iterator[IO[bytes]]:
        """A file that stands at `out` when the block ends, or not at all when it raises."""
        folder = self.out.parent
        temporary = folder / f"{TEMPORARY}{self.out.name}-{uuid.uuid4().hex[:8]}"
        try:
            clear_partial(folder, f"{self.out.name}-")
            with temporary.open("xb") as handle:
                yield handle
                handle.flush()
                _sync(handle)
            temporary.replace(self.out)
            sync_folder(folder)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise JinjieError("clean.not_written", path=self.out, reason=error.strerror or error) from error
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def ahead(items: Iterable[T], most: int = 2) -> Iterator[T]:
    """The same items, made by a thread that is up to `most` of them ahead. What it raises is raised here."""
    made: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(most)
    stop = threading.Event()

    def make() -> None:
        last: BaseException | None = None
        try:
            for item in items:
                while not stop.is_set():
                    try:
                        made.put((item, None), timeout=0.1)
                        break
                    except queue.Full:
                        continue
                if stop.is_set():
                    return
        except BaseException as error:  # handed over, whatever it is
            last = error
        while not stop.is_set():
            try:
                made.put((None, last or StopIteration()), timeout=0.1)
                return
            except queue.Full:
                continue

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


def _unpacked(firsts: Firsts, block: int, rows: int) -> np.ndarray[Any, Any] | None:
    return np.unpackbits(firsts[block], count=rows).astype(bool) if firsts else None


def _sync(handle: IO[bytes]) -> None:
    import os

    os.fsync(handle.fileno())


def _check_places(source: Path, out: Path, folder: Path) -> None:
    """Raise InvalidInput when `out` or the report cannot stand where they should, or would overwrite the input."""
    found = []
    if out.is_dir():
        found.append(Problem(str(out), "data.folder_not_file", path=out))
    elif not out.parent.is_dir():
        found.append(Problem(str(out), "clean.no_folder", path=out.parent))
    elif out.exists() and out.samefile(source):
        found.append(Problem(str(out), "clean.same_file", path=source))
    elif out.exists() and not out.is_file():
        found.append(Problem(str(out), "clean.not_a_file", path=out))
    if folder.exists() and not folder.is_dir():
        found.append(Problem(str(folder), "clean.not_a_folder", path=folder))
    for name in ("report.json", "report.html"):
        file = folder / name
        if file.exists() and file.samefile(source):
            found.append(Problem(str(file), "clean.same_file", path=source))
    if found:
        raise InvalidInput(found)
