"""The documents of a user's files, whatever their format: read as a stream, every fault named by file and line.

`.txt` is one document a file, or cut at blank lines, lines or a separator; JSON lines, JSON lists, CSV and Parquet
hold a document a row, under `text` unless another name is given.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from jinjie.base.errors import Problem, did_you_mean
from jinjie.base.lazy import lazy
from jinjie.data.corpus.cutting import Piece, between, cut, pieces
from jinjie.data.corpus.files import File, changed, identity
from jinjie.data.reading import at_most

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")

BLOCK = 2**20
"""Bytes read at once."""

MOST = 100
"""Problems after which reading ends: more of them would say nothing new."""

_BOM = "\ufeff"

Read = Callable[[int], None]
"""Hears how many bytes of the files have been read since it was last told."""


class Problems:
    """What is wrong with the documents, gathered over all of them."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Raises InvalidInput when there are too many to go on."""
        self.found.append(problem)
        if len(self.found) >= MOST:
            self.check()

    def check(self) -> None:
        """Raises InvalidInput when anything was wrong."""
        if self.found:
            raise at_most(self.found)


@dataclass(frozen=True)
class Files:
    """The user's files as a source of documents."""

    files: list[File]
    field: str
    documents: str
    separator: str

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(file.size for file in self.files)

    def identity(self, read: Read | None = None) -> list[Any]:
        return [self.field, self.documents, self.separator, identity(self.files, read)]

    def pieces(self, problems: Problems, read: Read) -> Iterator[Piece]:
        """Every document, in the order of the files. Problems are added, and the documents that have them left out."""
        for file in self.files:
            yield from _READERS[file.format](self, file, problems, read)

    def check_unchanged(self) -> None:
        """Raises InvalidInput when a file was changed since it was found."""
        if different := changed(self.files):
            raise at_most([Problem("data.path", "corpus.changed", path=file.name) for file in different])

    def _texts(self, file: File, problems: Problems, read: Read) -> Iterator[Piece]:
        yield from cut(_blocks(file, problems, read), between(self.documents, self.separator))

    def _lines(self, file: File, problems: Problems, read: Read) -> Iterator[Piece]:
        with _open(file, problems, read) as lines:
            for number, line in enumerate(lines, 1):
                where = f"{file.name}:{number}"
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                if not line.strip():
                    continue
                try:
                    value = json.loads(line.decode("utf-8"))
                except UnicodeDecodeError as error:
                    problems.add(_not_utf8(where, error))
                except (ValueError, RecursionError) as error:
                    problems.add(Problem(where, "corpus.not_json", reason=str(error)))
                else:
                    yield from self._row(value, where, problems)

    def _list(self, file: File, problems: Problems, read: Read) -> Iterator[Piece]:
        """A JSON list, held in memory whole; JSON lines are for more than that."""
        text = "".join(_blocks(file, problems, read))
        try:
            rows = json.loads(text)
        except json.JSONDecodeError as error:
            problems.add(Problem(f"{file.name}:{error.lineno}", "corpus.not_json", reason=str(error)))
            return
        except RecursionError as error:
            problems.add(Problem(file.name, "corpus.not_json", reason=str(error)))
            return
        if not isinstance(rows, list):
            problems.add(Problem(file.name, "corpus.not_a_list", came=_kind(rows)))
            return
        for number, row in enumerate(rows):
            yield from self._row(row, f"{file.name}[{number}]", problems)

    def _row(self, row: Any, where: str, problems: Problems) -> Iterator[Piece]:
        if isinstance(row, dict):
            if self.field not in row:
                problems.add(
                    Problem(
                        where, "corpus.no_field", field=self.field, suggestion=did_you_mean(self.field, row)
                    )
                )
                return
            row = row[self.field]
        if not isinstance(row, str):
            problems.add(Problem(where, "corpus.not_text", field=self.field, came=_kind(row)))
            return
        try:
            row.encode()
        except UnicodeEncodeError as error:  # JSON can spell half a character
            problems.add(
                Problem(
                    where, "corpus.half_character", came=f"\\u{ord(row[error.start]):04x}", at=error.start
                )
            )
            return
        yield from pieces(row)

    def _table(self, file: File, problems: Problems, read: Read) -> Iterator[Piece]:
        try:
            if file.format == "parquet":
                frame = pl.scan_parquet(file.path, glob=False)
            else:
                separator = "\t" if file.format == "tsv" else ","
                frame = pl.scan_csv(file.path, separator=separator, infer_schema=False, glob=False)
            columns = frame.collect_schema()
            if self.field not in columns:
                suggestion = did_you_mean(self.field, columns)
                problems.add(Problem(file.name, "corpus.no_column", field=self.field, suggestion=suggestion))
                return
            if columns[self.field] != pl.String:
                came = str(columns[self.field])
                problems.add(Problem(file.name, "corpus.not_text", field=self.field, came=came))
                return
            for batch in frame.select(self.field).collect_batches(maintain_order=True):
                for text in batch[self.field]:
                    yield from pieces(text or "")
        except (pl.exceptions.PolarsError, OSError) as error:
            if file.format != "parquet":
                before = len(problems.found)
                for _ in _blocks(file, problems, lambda _: None):
                    pass
                if len(problems.found) > before:  # a byte that is not UTF-8 says it all, with its line
                    return
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            problems.add(Problem(file.name, "corpus.not_a_table", format=file.format, reason=reason))
            return
        read(file.size)


_READERS: dict[str, Callable[[Files, File, Problems, Read], Iterator[Piece]]] = {
    "text": Files._texts,
    "lines": Files._lines,
    "json": Files._list,
    "csv": Files._table,
    "tsv": Files._table,
    "parquet": Files._table,
}


class _Told(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: IO[bytes], read: Read) -> None:
        self._file = file
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        self._read(len(content))
        return len(content)


@contextmanager
def _open(file: File, problems: Problems, read: Read) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked. What fails while they are read is a problem, and ends the reading of this file."""
    try:
        with file.path.open("rb") as raw:
            told = io.BufferedReader(_Told(raw, read), BLOCK)
            stream: Any = gzip.GzipFile(fileobj=told) if file.gzipped else told
            yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        problems.add(Problem(file.name, "corpus.damaged_gzip", reason=str(error)))
    except OSError as error:
        problems.add(Problem(file.name, "data.unreadable", path=file.name, reason=error.strerror))


def _blocks(file: File, problems: Problems, read: Read) -> Iterator[str]:
    """A UTF-8 file as text, block by block, with "\\n" line ends and without a byte-order mark."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), translate=True)
    line, begun = 1, False
    with _open(file, problems, read) as stream:
        while True:
            content = stream.read(BLOCK)
            try:
                text = decoder.decode(content, final=not content)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                problems.add(_not_utf8(f"{file.name}:{line}", error))
                return
            line += text.count("\n")
            if text and not begun:
                text, begun = text.removeprefix(_BOM), True
            if text:
                yield text
            if not content:
                return


def _not_utf8(where: str, error: UnicodeDecodeError) -> Problem:
    return Problem(where, "corpus.not_utf8", byte=f"0x{error.object[error.start]:02x}")


def _kind(value: Any) -> str:
    """What JSON calls a value of this type."""
    names = {dict: "object", list: "list", bool: "boolean", int: "number", float: "number", str: "string"}
    return "null" if value is None else names[type(value)]
