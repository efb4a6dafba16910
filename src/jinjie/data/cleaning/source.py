"""A user's CSV file read strictly, a block of records at a time, in order and with its line numbers.

Blocks of about eight megabytes are cut where a record ends and parsed by polars on all cores, every cell as text.
Nothing larger than a few blocks is ever held. What polars refuses is read again slowly, to name line and remedy.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.data.cleaning import encodings
from jinjie.data.reading import at_most, existing_file

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from jinjie.data.cleaning.plan import Cleaning
else:
    np = lazy("numpy")
    pl = lazy("polars")

BLOCK = 8 << 20
"""Bytes of the file that are read at a time."""
LONGEST = 64 << 20
"""Bytes without the end of a record after which a quote must have been left open."""
_SAMPLE = 1 << 18
_PIECE = 1 << 18
_SPACES = (" ", "\t", "\u3000", "\xa0")
"""What is taken off the ends of cells; the third is the space of Chinese text."""
_BLANK = re.compile(rb"\r?\n")
_DELIMITERS = (",", ";", "\t", "|")


@dataclass
class Block:
    """Consecutive records: every cell as text (N rows)."""

    frame: pl.DataFrame
    line: int
    """The line of the file on which the first record begins."""
    done: int
    """Bytes of the file read so far."""
    text: bytes
    blank: int = 0
    """Blank lines that were passed over."""
    trimmed: int = 0
    """Cells that had spaces around them."""
    kept: np.ndarray[Any, Any] | None = None
    """Which of the file's records these are, where blank lines among them were passed over."""

    def lines(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The lines of the file on which the records `rows` (indices into the frame) begin."""
        places = rows if self.kept is None else self.kept[rows]
        if b'"' in self.text:
            places = np.array(list(_starts(self.text)))[places]
        found: np.ndarray[Any, Any] = self.line + places
        return found


@dataclass(frozen=True)
class Source:
    """A CSV file, and how it is written."""

    path: Path
    encoding: str
    delimiter: str
    quotes: bool
    names: tuple[str, ...]
    unnamed: tuple[str, ...]
    """Columns whose header is empty, by the names they were given."""
    size: int
    missing_words: tuple[str, ...]
    old_mac: bool = False
    """Whether lines end with a carriage return alone."""

    def blocks(self) -> Iterator[Block]:
        """The records in order; words for missing are still there.

        Raises InvalidInput with the line and the remedy of whatever is malformed.
        """
        header = True
        for text, line, done in self._records():
            if header:
                first = _end_of_record(text, self.quotes)
                line, text, header = line + text.count(b"\n", 0, first), text[first:], False
            if text:
                yield self._parsed(text, line, done)

    def rows_about(self) -> int:
        """About how many rows there are, from the first megabyte."""
        with self.path.open("rb") as file:
            start = file.read(1 << 20)
        lines = max(1, start.count(b"\n") or start.count(b"\r"))
        return max(1, round(self.size * lines / max(1, len(start))))

    def _records(self, size: int = BLOCK) -> Iterator[tuple[bytes, int, int]]:
        """Blocks of whole records as UTF-8, the line on which each begins, and the bytes read so far."""
        skip = 3 if self.encoding == "utf-8-sig" else 0
        carry, line, done = b"", 1, 0
        for part, done in encodings.decoded(self.path, self.encoding, skip, size):
            part = part.replace(b"\r", b"\n") if self.old_mac else part
            if b"\0" in part:
                before = carry + part
                at = line + before.count(b"\n", 0, before.index(0))
                raise InvalidInput([Problem(f"{self.path}:{at}", "clean.nul")])
            text = carry + part
            cut = _last_end(text, self.quotes)
            if not cut and len(text) > LONGEST:
                raise self._open_quote(text, line)
            carry = text[cut:]
            if cut:
                whole = text[:cut]
                yield whole, line, done
                line += _count(whole, 10)
        if carry.strip():
            if self.quotes and carry.count(b'"') % 2:
                raise self._open_quote(carry, line)
            yield carry, line, done

    def head(self) -> pl.DataFrame:
        """The first records, a megabyte at most, to recognise types by."""
        for text, line, done in self._records(1 << 20):
            first = _end_of_record(text, self.quotes)
            if text[first:]:
                return self._parsed(text[first:], line + text.count(b"\n", 0, first), done).frame
        raise InvalidInput([Problem(str(self.path), "clean.no_rows", names=", ".join(self.names))])

    def _parsed(self, text: bytes, line: int, done: int) -> Block:
        schema = dict.fromkeys(self.names, pl.String)
        blank = 0
        if len(self.names) > 1:  # polars takes the first line for the measure of all
            while found := _BLANK.match(text):
                blank, line, text = blank + 1, line + 1, text[found.end() :]
        try:
            frame = pl.read_csv(
                text,
                has_header=False,
                schema=schema,
                separator=self.delimiter,
                quote_char='"' if self.quotes else None,
                empty_string_is_null="" in self.missing_words,
            )
        except pl.exceptions.PolarsError as error:
            raise self._diagnosis(text, line, refused=True) or InvalidInput(
                [
                    Problem(
                        str(self.path), "data.unreadable", path=self.path, reason=str(error).splitlines()[0]
                    )
                ]
            ) from None
        block = Block(frame, line, done, text, blank)
        self._pass_blank_lines(block)
        self._check_short(block)
        self._tidy(block)
        return block

    def _pass_blank_lines(self, block: Block) -> None:
        """Drop records that are blank lines. In a table of one column they are missing values, and stay."""
        columns = block.frame.get_columns()
        if len(columns) < 2 or not all(c.null_count() or (c == "").any() for c in columns):
            return
        nothing = block.frame.select(pl.all_horizontal(pl.all().is_null() | (pl.all() == ""))).to_series()
        rows = nothing.arg_true().to_numpy()
        if not len(rows):
            return
        if b'"' in block.text:
            starts = np.array(list(_starts(block.text)))[rows]
        else:
            starts = rows
        lines = block.text.split(b"\n")
        blank = rows[[not lines[start].strip() for start in starts]]
        keep = np.ones(len(block.frame), bool)
        keep[blank] = False
        block.frame = block.frame.filter(pl.Series(keep))
        block.kept = np.flatnonzero(keep)
        block.blank += len(blank)

    def _check_short(self, block: Block) -> None:
        """Raise for records with fewer cells than the header, which polars fills up without a word.

        Only a block whose last column has holes can have them, and only one whose delimiters do not add up has.
        """
        last = self.names[-1]
        column = block.frame[last]
        if len(self.names) < 2 or not (column.null_count() or (column == "").any()):
            return
        counted = _count(block.text, ord(self.delimiter))
        inside = 0
        if b'"' in block.text:
            cells = [
                pl.col(name).str.count_matches(self.delimiter, literal=True).sum() for name in self.names
            ]
            inside = sum(block.frame.select(_named(cells)).row(0))
        if counted == len(block.frame) * (len(self.names) - 1) + inside:
            return
        if error := self._diagnosis(block.text, block.line):
            raise error

    def _tidy(self, block: Block) -> None:
        """Take off the spaces around cells, in columns that have any."""
        marks = [mark for mark in _SPACES if mark != self.delimiter and _holds(block.text, mark.encode())]
        if marks:
            edges = [
                pl.any_horizontal(
                    [pl.col(n).str.starts_with(m) | pl.col(n).str.ends_with(m) for m in marks]
                ).sum()
                for n in self.names
            ]
            counts = dict(zip(self.names, block.frame.select(_named(edges)).row(0), strict=True))
            block.trimmed = sum(counts.values())
            spaced = [name for name, count in counts.items() if count]
            block.frame = block.frame.with_columns([pl.col(name).str.strip_chars() for name in spaced])

    def _open_quote(self, text: bytes, line: int) -> InvalidInput:
        """The error for a quote that is never closed: the line of the first record that it spoils."""
        found = self._diagnosis(text, line, refused=True)
        if found is not None:
            return found
        return InvalidInput([Problem(f"{self.path}:{line}", "clean.open_quote", lines=text.count(b"\n"))])

    def _diagnosis(self, text: bytes, line: int, refused: bool = False) -> InvalidInput | None:
        """What is wrong with records, read slowly, each by its line; None when nothing is.

        Only in what polars `refused` is a quote in the middle of a cell to blame: a cell of two lines looks alike.
        """
        if error := encodings.not_utf8(self.path, text, line):
            return error
        found: list[Problem] = []
        begins = line
        quoting = _quoting(self.quotes)
        before = csv.field_size_limit(1 << 30)
        reader = csv.reader(
            io.StringIO(text.decode(), newline=""), delimiter=self.delimiter, quoting=quoting, strict=True
        )
        try:
            for row in reader:
                ends = line + reader.line_num - 1
                if row and len(row) != len(self.names):
                    found.append(self._wrong_length(begins, ends, len(row)))
                begins = ends + 1
        except csv.Error:
            found.append(Problem(f"{self.path}:{begins}", "clean.open_quote", lines=reader.line_num))
        finally:
            csv.field_size_limit(before)
        if not found and self.quotes and refused:
            for number, record in enumerate(text.split(b"\n"), line):
                if record.count(b'"') % 2:
                    found.append(Problem(f"{self.path}:{number}", "clean.stray_quote"))
                    break
        return at_most(found, str(self.path)) if found else None

    def _wrong_length(self, begins: int, ends: int, came: int) -> Problem:
        where = f"{self.path}:{begins}"
        if ends > begins + 1:
            return Problem(where, "clean.open_quote", lines=ends - begins + 1)
        return Problem(where, "clean.ragged", came=came, expected=len(self.names))


def open_source(path: Path, cleaning: Cleaning) -> Source:
    """Find out how a file is written: its encoding, delimiter and column names; what `cleaning` states is believed.

    Raises InvalidInput for what is no readable file with a header: missing, a folder, empty, names that stand twice.
    """
    path = existing_file(str(path), str(path))
    size = path.stat().st_size
    encoding = encodings.recognise(path) if size else "utf-8"
    if cleaning.encoding != "auto" and not encoding.startswith(cleaning.encoding):
        encoding = cleaning.encoding
    start, old_mac = _beginning(path, encoding)
    if not start.strip():
        raise InvalidInput([Problem(str(path), "data.empty_file", path=path)])
    delimiter: str = cleaning.delimiter
    if delimiter == "auto":
        delimiter = recognise_delimiter(start, cleaning.quotes)
    names, unnamed = _header(path, start, delimiter, cleaning.quotes)
    return Source(
        path, encoding, delimiter, cleaning.quotes, names, unnamed, size, cleaning.missing_words, old_mac
    )


def recognise_delimiter(text: str, quotes: bool = True) -> str:
    """The delimiter under which most records have as many cells as the header; of equals, the one with most cells.

    Where the header has one cell, the first that cuts no record.
    """
    best, chosen = (0.0, 1), None
    whole = []
    quoting = _quoting(quotes)
    for delimiter in _DELIMITERS:
        try:
            rows = itertools.islice(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting), 200)
            counts = [len(row) for row in rows if row]
        except csv.Error:
            continue
        if counts and counts[0] > 1:
            body = counts[1:-1] or counts
            score = (round(Counter(body)[counts[0]] / len(body), 2), counts[0])
            if score > best:
                best, chosen = score, delimiter
        elif counts and max(counts) == 1:
            whole.append(delimiter)
    return chosen or next(iter(whole), ",")


def _beginning(path: Path, encoding: str) -> tuple[str, bool]:
    """The beginning as text with "\\n" line ends; whether the file's own are carriage returns alone."""
    with path.open("rb") as file:
        raw = file.read(_SAMPLE)
        while not {10, 13} & set(raw) and len(raw) < LONGEST and (more := file.read(_SAMPLE)):
            raw += more  # the names of very many columns
    text = raw.decode(encoding, "replace")
    old_mac = "\n" not in text and "\r" in text
    return text.replace("\r\n", "\n").replace("\r", "\n"), old_mac


def _header(path: Path, start: str, delimiter: str, quotes: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    quoting = _quoting(quotes)
    try:
        row = next(csv.reader(io.StringIO(start), delimiter=delimiter, quoting=quoting, strict=True))
    except (csv.Error, StopIteration):
        raise InvalidInput([Problem(f"{path}:1", "clean.open_quote", lines=start.count("\n"))]) from None
    names = [name.strip() for name in row]
    if not any(names):
        raise InvalidInput([Problem(f"{path}:1", "clean.no_names")])
    taken = set(names)
    unnamed = []
    for i, name in enumerate(names):
        if not name:
            numbers = itertools.count(i + 1)
            names[i] = next(f"column_{n}" for n in numbers if f"column_{n}" not in taken)
            taken.add(names[i])
            unnamed.append(names[i])
    found = [
        Problem(f"{path}:1", "data.column_twice", name=name) for name, n in Counter(names).items() if n > 1
    ]
    if all(map(_number, names)):
        found.append(Problem(f"{path}:1", "data.no_header", came=", ".join(names)[:200]))
    if any("\0" in name for name in names):
        found = [Problem(f"{path}:1", "clean.nul")]
    if found:
        raise at_most(found, str(path))
    return tuple(names), tuple(unnamed)


def _quoting(quotes: bool) -> Literal[0, 3]:
    """What the csv module calls it."""
    return csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE


def _number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _end_of_record(text: bytes, quotes: bool) -> int:
    """Where the first record of `text` ends, its line end included."""
    end = text.find(b"\n")
    while quotes and end >= 0 and text.count(b'"', 0, end) % 2:
        end = text.find(b"\n", end + 1)
    return len(text) if end < 0 else end + 1


def _last_end(text: bytes, quotes: bool) -> int:
    """Where the last whole record of `text` ends, 0 when none does: an even count of quotes stands before it."""
    end = text.rfind(b"\n")
    if not quotes or end < 0 or b'"' not in text:
        return end + 1
    before = text.count(b'"', 0, end)
    while end >= 0 and before % 2:
        quote = text.rfind(b'"', 0, end)
        before -= 1
        end = text.rfind(b"\n", 0, quote)
        before -= text.count(b'"', max(end, 0), quote)
    return end + 1


def _named(expressions: list[pl.Expr]) -> list[pl.Expr]:
    """The same under names that cannot clash."""
    return [expression.alias(str(i)) for i, expression in enumerate(expressions)]


def _holds(text: bytes, mark: bytes) -> bool:
    """`mark in text`, ten times as fast for several bytes: their first alone is sought by the processor's own means."""
    return mark[:1] in text and mark in text


def _count(text: bytes, byte: int) -> int:
    """`text.count(byte)`, a piece at a time that fits a core's cache; several times as fast where there are many."""
    codes = np.frombuffer(text, np.uint8)
    pieces = range(0, len(codes), _PIECE)
    return sum(int(np.count_nonzero(codes[i : i + _PIECE] == byte)) for i in pieces)


def _starts(text: bytes) -> Iterator[int]:
    """How many lines of `text` stand before each of its records."""
    inside = False
    start = 0
    for number, line in enumerate(text.split(b"\n")):
        if not inside:
            start = number
        if line.count(b'"') % 2:
            inside = not inside
        if not inside:
            yield start
