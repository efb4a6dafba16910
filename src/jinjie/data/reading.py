"""Reading a user's own files, with errors that say where the trouble is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from jinjie.base import paths
from jinjie.base.errors import InvalidInput, Problem


def _absolute(path: str | None) -> str | None:
    return None if path is None else str(paths.place(path).absolute())


UserPath = Annotated[str, AfterValidator(_absolute)]
"""A path in a config. Made absolute, so that a run launched from one folder can be resumed from another."""

OptionalPath = Annotated[str | None, AfterValidator(_absolute)]
"""The same where there is data to fall back on."""

SHOWN = 10
"""Problems of one file that are listed; the rest are counted."""


def read_text(path: str, where: str = "data.path") -> str:
    """A UTF-8 file as text with "\\n" line ends and without a byte-order mark.

    Raises InvalidInput when there is no such file, when it is empty, or when it is not UTF-8 (with the byte's offset).
    """
    file = existing_file(path, where)
    content = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = content[error.start]
        raise InvalidInput(
            [Problem(where, "data.not_utf8", path=path, offset=error.start, byte=f"0x{bad:02x}")]
        ) from None
    if not text.strip():
        raise InvalidInput([Problem(where, "data.empty_file", path=path)])
    return text.replace("\r\n", "\n").replace("\r", "\n")


def existing_file(path: str, where: str = "data.path") -> Path:
    """The file at `path` (`~` allowed). Raises InvalidInput when it is missing or cannot be read."""
    file = paths.place(path)
    try:  # a folder on the way that may not be entered is as good as a file that may not be read
        if file.is_dir():
            raise InvalidInput([Problem(where, "data.folder_not_file", path=path)])
        if not file.is_file():
            raise InvalidInput([Problem(where, "data.no_such_file", path=path, here=Path.cwd())])
        with file.open("rb"):
            pass
    except OSError as error:
        raise InvalidInput([Problem(where, "data.unreadable", path=path, reason=error.strerror)]) from error
    return file


def at_most(problems: list[Problem], where: str = "data.path") -> InvalidInput:
    """The first few problems, and how many more there are."""
    shown = problems[:SHOWN]
    if len(problems) > SHOWN:
        shown.append(Problem(where, "data.and_more", count=len(problems) - SHOWN))
    return InvalidInput(shown)
