"""Texts to learn a tokenizer from, of any size: read in pieces, cut only where no tokenizer sees the cut."""

from __future__ import annotations

import codecs
import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from jinjie.base import paths
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Report
from jinjie.data.fetch import tell
from jinjie.data.reading import existing_file

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

PIECE = 1 << 18
"""Bytes read at once. Pieces are a little shorter or longer, since they are cut between words."""

_LONGEST = 4
"""Times PIECE that a text without a blank may grow before it is cut within a word."""

_CUT = re.compile(r"[\n ](?=\S)")
_LINES = (".jsonl", ".ndjson")
_ABOUT = 4_500_000
"""Bytes of the longest named text, about."""


def poems(report: Report | None = None) -> str:
    """The training split of the Tang poems, as their models read it."""
    from jinjie.data.cache import about, converted
    from jinjie.data.poetry import VERSION, convert

    folder = converted("poems", VERSION, lambda place: convert(place, report), report)
    characters = np.array(about(folder)["vocabulary"])
    return "".join(characters[np.load(folder / "train-ids.npy")])


def shakespeare(report: Report | None = None) -> str:
    """The Shakespeare that travels in the package, whole."""
    from jinjie.data.text import packaged

    return packaged()


def packaged_poems() -> str:
    """The test split of the Tang poems, which travels in the package: see packaged/README.md."""
    file = resources.files("jinjie.data").joinpath("packaged", "poems.txt.gz")
    return gzip.decompress(file.read_bytes()).decode()


NAMED: dict[str, Callable[[Report | None], str]] = {"shakespeare": shakespeare, "poems": poems}
"""Texts that need no file of the user's. A file or folder of the same name is written ./poems."""


class Texts:
    """Files, folders (with all that is in them, hidden files left out) and named texts, in pieces.

    A `.jsonl` file gives the `text` of each line. Of more than `most` bytes, pieces spread evenly over all of them are
    given, `most` bytes in all; the same ones each time.

    Raises InvalidInput, for all of them at once, when one is missing, cannot be read, or when there is nothing to read;
    while iterating, when a file is not UTF-8.
    """

    def __init__(
        self, places: Sequence[str | Path], report: Report | None = None, most: int | None = None
    ) -> None:
        self.report = report
        self.most = most
        self.read = 0
        """Bytes of UTF-8 that the last reading gave."""
        problems: list[Problem] = []
        self.parts: list[Path | str] = []
        for place in places:
            if str(place) in NAMED:
                self.parts.append(str(place))
                continue
            try:
                self.parts += _files(paths.place(place))
            except InvalidInput as error:
                problems += error.problems
        if not problems and not self.parts:
            problems.append(Problem("", "tokenizer.no_text", names=", ".join(NAMED)))
        if problems:
            raise InvalidInput(problems)
        self.size = sum(p.stat().st_size if isinstance(p, Path) else _ABOUT for p in self.parts)
        """About how many bytes there are to read."""

    def __iter__(self) -> Iterator[str]:
        """Pieces in the order of the places, and of the files' names."""
        done = self.read = 0
        for part in self.parts:
            if isinstance(part, str):
                strings, name, size = pieces([NAMED[part](self.report)]), part, _ABOUT
            else:
                strings = _lines_of(part) if part.suffix.lower() in _LINES else pieces(_decoded(part))
                name, size = part.name, part.stat().st_size
            seen = done
            for piece in strings:
                length = len(piece.encode(errors="surrogatepass"))
                # A piece is taken where less than its share of what was seen by then has been.
                if self.most is None or self.size <= self.most or self.read * self.size <= self.most * seen:
                    self.read += length
                    yield piece
                seen = min(seen + length, done + size)
                tell(self.report, say("tokenizer.reading", name=name), seen, self.size)
            done += size
        tell(self.report, say("tokenizer.learning"), 0, None)


def pieces(stream: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """A text that comes in any parts, as pieces cut before the last blank of a run of blanks.

    There no pattern that cuts a text into words sees the cut: GPT-2's takes the last blank into the next word, or, a
    line break, by itself. A text without any blanks is cut where it has grown too long.
    """
    held = ""
    for part in stream:
        for at in range(0, len(part), PIECE):
            held += part[at : at + PIECE]
            if len(held) < PIECE:
                continue
            cut = max((found.start() for found in _CUT.finditer(held, 1)), default=0)
            if not cut and len(held) >= _LONGEST * PIECE:
                cut = len(held)
            if cut:
                yield held[:cut]
                held = held[cut:]
    if held:
        yield held


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [existing_file(str(place), str(place))]
    found = [
        file
        for file in sorted(place.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(place).parts)
    ]
    if not found:
        raise InvalidInput([Problem(str(place), "tokenizer.empty_folder")])
    return [existing_file(str(file), str(file)) for file in found]


def _decoded(file: Path) -> Iterator[str]:
    """A UTF-8 file in parts, without a byte-order mark, with \\n line ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, held, begun = 0, "", False
    with file.open("rb") as source:
        while True:
            content = source.read(PIECE)
            waiting = len(decoder.getstate()[0])
            try:
                text = held + decoder.decode(content, final=not content)
            except UnicodeDecodeError as error:
                at = offset - waiting + error.start
                problem = Problem(
                    str(file),
                    "data.not_utf8",
                    path=file,
                    offset=at,
                    byte=f"0x{error.object[error.start]:02x}",
                )
                raise InvalidInput([problem]) from None
            if text and not begun:
                text, begun = text.removeprefix("\ufeff"), True
            offset += len(content)
            # A \r may be half of a line end whose \n comes with the next part.
            held = "\r" if text.endswith("\r") and content else ""
            text = text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
            if text:
                yield text
            if not content:
                return


def _lines_of(file: Path) -> Iterator[str]:
    """The texts of a file of JSON lines."""
    number = 0
    with file.open("rb") as source:
        for number, line in enumerate(source, 1):
            if not line.strip():
                continue
            try:
                text = json.loads(line.decode("utf-8-sig"))["text"]
            except (ValueError, KeyError, TypeError, IndexError) as error:
                reason = f"{type(error).__name__}: {error}"
                raise InvalidInput(
                    [Problem(f"{file}:{number}", "tokenizer.not_json_line", reason=reason)]
                ) from None
            if not isinstance(text, str):
                raise InvalidInput(
                    [Problem(f"{file}:{number}", "tokenizer.not_json_line", reason=type(text).__name__)]
                )
            yield from pieces([text])
