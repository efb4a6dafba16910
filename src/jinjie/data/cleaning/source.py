"""A user's CSV file read strictly, a block of records at a time, in order and with its line numbers.

Blocks of about eight megabytes are cut where a record ends and parsed by polars on all cores, every cell as text.
Nothing larger than a few blocks is ever held. What polars refuses is read again slowly, to name line and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.data.cleaning import encodings, faults, records
from jinjie.data.cleaning.header import LONGEST, beginning, check_title, column_names, recognise_delimiter
from jinjie.data.reading import existing_file

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from jinjie.data.cleaning.plan import Cleaning
else:
    np = lazy("numpy")
    pl = lazy("polars")

BLOCK = 8 << 20
"""Bytes of the file that are read at a time."""
_SPACES = (" ", "\t", "\u3000", "\xa0", "\ufeff")
"""What is taken off the ends of cells: the third is the space of Chinese text, the last a byte-order mark, which stands
inside a file that was put together of several."""
_BLANK = re.compile(rb"\r?\n")


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
            places = np.array(list(records.starts(self.text)))[places]
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
    header: int = 1
    """The line on which the header stands."""
    old_mac: bool = False
    """Whether lines end with a carriage return alone."""

    def blocks(self) -> Iterator[Block]:
        """The records in order; words for missing are still there.

        Raises InvalidInput with the line and the remedy of whatever is malformed.
        """
        header = True
        for text, line, done in self._records(self._wide(BLOCK)):
            if header:
                line, text, header = *self._below_header(text), False
            if text:
                yield self._parsed(text, line, done)

    def _below_header(self, text: bytes) -> tuple[int, bytes]:
        """The first records of the file without its header, and the line on which they begin."""
        for _ in range(self.header - 1):
            text = text[text.find(b"\n") + 1 :]
        first = records.end_of_record(text, self.quotes)
        return self.header + text.count(b"\n", 0, first), text[first:]

    def rows_about(self) -> int:
        """About how many rows there are, from the first megabyte."""
        with self.path.open("rb") as file:
            start = file.read(1 << 20)
        lines = max(1, start.count(b"\n") or start.count(b"\r"))
        return max(1, round(self.size * lines / max(1, len(start))))

    def _wide(self, size: int) -> int:
        """Bytes to read at a time: more where there are very many columns, whose handling costs the same a block."""
        return min(4 * BLOCK, max(size, len(self.names) * 1000))

    def _records(self, size: int) -> Iterator[tuple[bytes, int, int]]:
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
            cut = records.last_end(text, self.quotes)
            if not cut and len(text) > LONGEST:
                raise self._open_quote(text, line)
            carry = text[cut:]
            if cut:
                whole = text[:cut]
                yield whole, line, done
                line += records.count(whole, 10)
        if carry.strip():
            if self.quotes and carry.count(b'"') % 2:
                raise self._open_quote(carry, line)
            yield carry, line, done

    def head(self) -> pl.DataFrame:
        """The first records, about a megabyte (of very many columns more), to recognise types by."""
        for text, _, done in self._records(self._wide(1 << 20)):
            begins, below = self._below_header(text)
            if below:
                return self._parsed(below, begins, done).frame
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
        # polars takes "x "y" z" for x y z, without a word
        doubtful = self.quotes and records.doubtful_quotes(text, self.delimiter)
        if doubtful and (wrong := self._diagnosis(text, line)):
            raise wrong
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
            starts = np.array(list(records.starts(block.text)))[rows]
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
        counted = records.count(block.text, ord(self.delimiter))
        inside = 0
        if b'"' in block.text:  # every second piece between quotes is a cell, or a part of one
            inside = records.count(b"".join(block.text.split(b'"')[1::2]), ord(self.delimiter))
        if counted == len(block.frame) * (len(self.names) - 1) + inside:
            return
        if error := self._diagnosis(block.text, block.line):
            raise error

    def _tidy(self, block: Block) -> None:
        """Take off the spaces around cells, in columns that have any."""
        marks = [
            mark for mark in _SPACES if mark != self.delimiter and records.holds(block.text, mark.encode())
        ]
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
            cells = [pl.col(name).str.strip_chars() for name in spaced]
            if "\ufeff" in marks:
                cells = [cell.str.strip_chars("\ufeff").str.strip_chars() for cell in cells]
            block.frame = block.frame.with_columns(cells)

    def _open_quote(self, text: bytes, line: int) -> InvalidInput:
        return faults.open_quote(self.path, text, line, len(self.names), self.delimiter)

    def _diagnosis(self, text: bytes, line: int, refused: bool = False) -> InvalidInput | None:
        return faults.diagnosis(self.path, text, line, len(self.names), self.delimiter, self.quotes, refused)


def open_source(path: Path, cleaning: Cleaning) -> Source:
    """Find out how a file is written: its encoding, delimiter and column names; what `cleaning` states is believed.

    Raises InvalidInput for what is no readable file with a header: missing, a folder, empty, names that stand twice.
    """
    path = existing_file(str(path), str(path))
    size = path.stat().st_size
    encoding = encodings.recognise(path) if size else "utf-8"
    if cleaning.encoding != "auto" and not encoding.startswith(cleaning.encoding):
        encoding = cleaning.encoding
    if kind := encodings.other_format(path):
        raise InvalidInput([Problem(str(path), "clean.other_format", kind=kind)])
    start = beginning(path, encoding)
    if not start.text.strip(" \t\n\ufeff"):
        raise InvalidInput([Problem(str(path), "data.empty_file", path=path)])
    delimiter: str = cleaning.delimiter
    if delimiter == "auto":
        delimiter = start.separator or recognise_delimiter(start.text, cleaning.quotes)
    names, unnamed = column_names(path, start, delimiter, cleaning.quotes)
    if len(names) == 1 and cleaning.delimiter == "auto" and start.separator is None:
        check_title(path, start, cleaning.quotes)
    return Source(
        path,
        encoding,
        delimiter,
        cleaning.quotes,
        names,
        unnamed,
        size,
        cleaning.missing_words,
        start.line,
        start.old_mac,
    )


def _named(expressions: list[pl.Expr]) -> list[pl.Expr]:
    """The same under names that cannot clash."""
    return [expression.alias(str(i)) for i, expression in enumerate(expressions)]
