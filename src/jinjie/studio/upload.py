"""A file that a page sends, written to the disk as it comes: never held in memory, never larger than is said.

Starlette's own forms keep a file in the system's folder for temporary files and know no limit.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from jinjie.base.amounts import size
from jinjie.base.errors import JinjieError

_LONGEST = 1 << 20
"""Bytes of a field that is no file."""


@dataclass
class Received:
    """A form: its plain fields, and its one file (`file` is None where none was chosen)."""

    fields: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    name: str = ""
    """What the file was called."""


async def receive(request: Request, folder: Path, most: int) -> Received:
    """Read a posted form; its file goes into `folder` under its own name. `folder` is made.

    Raises JinjieError when the file has more than `most` bytes, the disk refuses, or the form is cut short. What
    is too large is read to its end all the same, since a browser shows no answer to a request it could not finish.
    """
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return Received({name: str(value) for name, value in (await request.form()).items()})
    parts = _Parts(folder, most)
    _, options = parse_options_header(request.headers.get("content-type", ""))
    if not options.get(b"boundary"):
        raise JinjieError("studio.clean.cut_short")
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": parts.begin,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
                "on_header_field": parts.header_field,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_headers_finished": parts.headers_finished,
                "on_end": parts.all_there,
            },
        )
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise JinjieError("studio.clean.cut_short") from error
    finally:
        parts.close()
        if parts.error is not None or not parts.whole:
            shutil.rmtree(folder, ignore_errors=True)
    if parts.error is not None:
        raise parts.error
    if not parts.whole:
        raise JinjieError("studio.clean.cut_short")
    return parts.received


def plain_name(name: str) -> str:
    """A file's name as it can stand in any folder: no path, no odd characters, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^\w\-. ()（）]", "_", last).strip(" .")
    return kept[-80:] or "table.csv"


class _Parts:
    """What the parser finds, part after part."""

    def __init__(self, folder: Path, most: int) -> None:
        self.received = Received()
        self.error: JinjieError | None = None
        self.whole = False
        """Whether the form came to its end."""
        self._folder = folder
        self._most = most
        self._handle: BinaryIO | None = None
        self._is_file = False
        self._size = 0
        self._name = b""
        self._value = b""
        self._disposition = b""
        self._field = ""
        self._text = bytearray()

    def begin(self) -> None:
        self._disposition, self._text, self._is_file = b"", bytearray(), False

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name, self._value = b"", b""

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        if name and self.received.file is None:
            self.received.name = plain_name(name)
            self.received.file = self._folder / self.received.name
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._handle = self.received.file.open("wb")
            except OSError as error:
                self._refuse(error)

    def data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            if len(self._text) < _LONGEST:
                self._text += data[start:end]
            return
        self._size += end - start
        if self._size > self._most and self.error is None:
            self.close()
            self.error = JinjieError("studio.clean.too_large", most=size(self._most))
        if self._handle is not None:
            try:
                self._handle.write(data[start:end])
            except OSError as error:
                self._refuse(error)

    def end(self) -> None:
        if self._is_file:
            self.close()
        else:
            self.received.fields[self._field] = self._text.decode("utf-8", "replace")

    def all_there(self) -> None:
        self.whole = True

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _refuse(self, error: OSError) -> None:
        self._handle = None
        self.error = JinjieError(
            "clean.not_written", path=self.received.name, reason=error.strerror or str(error)
        )
