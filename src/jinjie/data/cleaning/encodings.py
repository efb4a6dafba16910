"""How a file's characters are written: recognised from samples, named, and turned into UTF-8 block by block.

UTF-8 proves itself, since other text hardly ever obeys its rules by chance. What does not is GB18030 when most of its
pairs are everyday Chinese characters, and else Western European.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path

from jinjie.base.errors import InvalidInput, Problem

PROBE = 1 << 16
"""Bytes of one sample."""
PROBES = 16

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which begins alike
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HANZI = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1-\xa3][\xa1-\xfe]")
_BIG5 = re.compile(rb"(?:[\xa4-\xc6\xc9-\xf9][\x40-\x7e\xa1-\xfe]){2,}")
_RARE = re.compile(rb"(?:[\x81-\xfe][0-9]){2}")
"""A character of GB18030 that takes four bytes."""
_UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
"""Bytes that stand for nothing in Windows-1252."""
_FORMATS = (
    (b"PK\x03\x04", "Excel / zip"),
    (b"\xd0\xcf\x11\xe0", "Excel"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"(\xb5/\xfd", "zstandard"),
    (b"7z\xbc\xaf", "7z"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"SQLite format 3", "SQLite"),
    (b"%PDF", "PDF"),
)
_EAST_ASIAN = re.compile("[\t\n\r -~\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_HIGH = re.compile(rb"[\x80-\xff]")
_UTF8_IN_GB = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2,}")
_NOT_GB2312 = re.compile(rb"[\x80-\xa0]")
"""Bytes of no everyday Chinese character in GB18030, and of every other one in UTF-8."""
_UTF8_IN_LATIN = re.compile(rb"[\xc3\xc2][\x80-\xbf]|[\xe3-\xe9][\x80-\xbf]{2}")


def recognise(path: Path) -> str:
    """The name of the encoding: utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be, utf-32, gb18030, big5, cp1252,
    shift-jis or latin-1."""
    probes = list(_probes(path))
    for mark, name in _BOMS:
        if probes[0].startswith(mark):
            return name
    first = probes[0][: PROBE // 2 * 2]
    if len(first) > 3 and first.count(0) > len(first) // 5:
        even = first[::2].count(0)
        return "utf-16-be" if even > first[1::2].count(0) else "utf-16-le"
    if 0 in first and not _is_utf8(first) and (bare := _bare_utf16(first)):
        return bare
    written = b"\n".join(line for probe in probes for line in probe.split(b"\n")[1:-1] if not line.isascii())
    whole = [probe for probe in probes if not probe.isascii()]
    if not whole or all(map(_is_utf8, whole)):
        return "utf-8"
    lines = written.split(b"\n") if written else whole
    # Where a line or two are of another kind, the file's encoding is that of most lines; the others are named later.
    return "utf-8" if 2 * sum(map(_is_utf8, lines)) > len(lines) else _legacy(b"\n".join(whole))


def other_format(path: Path) -> str | None:
    """What a file is that is often taken for a CSV and is none: packed, a workbook, a web page, JSON."""
    with path.open("rb") as file:
        start = file.read(512)
    for mark, name in _FORMATS:
        if start.startswith(mark):
            return name
    text = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "HTML / XML"
    return "JSON" if re.match(rb'[\[{]\s*[{\[]|\{\s*"[^"]*"\s*:', text) else None


def _probes(path: Path) -> Iterator[bytes]:
    """Samples from the whole file, the beginning first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for i in range(PROBES):
            file.seek(i * max(0, size - PROBE) // (PROBES - 1))
            yield file.read(PROBE)
            if size <= PROBE:
                return


def _bare_utf16(probe: bytes) -> str | None:
    """UTF-16 without a byte-order mark whose letters are mostly Chinese, so that few of its bytes are zero."""
    for name in ("utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(name)().decode(probe)
        except UnicodeDecodeError:
            continue
        likely = len(_EAST_ASIAN.findall(text)) > 0.9 * len(text)
        if likely and "\0" not in text and ("\n" in text or "\r" in text):
            return name
    return None


def _is_utf8(probe: bytes) -> bool:
    """Whether a sample is UTF-8; a character may be cut at either end."""
    start = next((i for i in range(min(4, len(probe))) if probe[i] & 0xC0 != 0x80), 0)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(probe[start:])
    except UnicodeDecodeError:
        return False
    return True


def _legacy(probe: bytes) -> str:
    """GB18030 or Big5 when their commonest characters make up most of the high bytes, else a Western encoding."""
    high = len(_HIGH.findall(probe))
    if 2 * len(_HANZI.findall(probe)) > 0.7 * high:
        return "gb18030"
    if sum(len(_HIGH.findall(run)) for run in _BIG5.findall(probe)) > 0.7 * high:
        return "big5"
    japanese = probe.decode("shift-jis", "ignore")
    kana = sum("\u3040" <= letter < "\u3100" for letter in japanese)
    if not _RARE.search(probe) and 5 * kana > sum(not letter.isascii() for letter in japanese):
        return "shift-jis"
    if not _UNDEFINED & set(probe):
        return "cp1252" if any(0x80 <= byte < 0xA0 for byte in set(probe)) else "latin-1"
    return "gb18030" if _RARE.search(probe) else "latin-1"


def decoded(file: Path, encoding: str, skip: int, block: int) -> Iterator[tuple[bytes, int]]:
    """The file as UTF-8, `block` bytes of it at a time, and how many bytes were read so far.

    UTF-8 goes through unchanged (its bytes are checked where cells are read). Raises InvalidInput with the line of a
    byte that does not belong to `encoding`, or of a line that is UTF-8 in a file that is not.
    """
    plain = encoding in ("utf-8", "utf-8-sig")
    decoder = codecs.getincrementaldecoder(encoding)()
    line, done = 1, skip
    size, begun = file.stat().st_size, b""
    with file.open("rb") as stream:
        stream.seek(skip)
        while raw := stream.read(block):
            done += len(raw)
            if plain:
                yield raw, done
                continue
            whole = begun + raw  # a line that the last block cut is looked at as one
            mixed = _stray_utf8(whole, encoding, last=done >= size)
            if mixed is not None:
                raise _mixed(file, line + whole.count(b"\n", 0, mixed), encoding, whole[mixed])
            begun = whole[whole.rfind(b"\n") + 1 :][-block:]
            try:
                text = decoder.decode(raw)
            except UnicodeDecodeError as error:
                seen = line + error.object[: error.start].decode(encoding, "replace").count("\n")
                raise _mixed(file, seen, encoding, error.object[error.start]) from None
            line += text.count("\n")
            yield text.encode(), done
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _mixed(file, line, encoding, error.object[error.start]) from None


def _stray_utf8(raw: bytes, encoding: str, last: bool) -> int | None:
    """Where a line of UTF-8 stands in a block of another encoding; it would decode to nonsense without an error.

    The line that the block's end cuts is looked at with the next block, unless this is the `last`.
    """
    pattern = {"gb18030": _UTF8_IN_GB, "cp1252": _UTF8_IN_LATIN, "latin-1": _UTF8_IN_LATIN}.get(encoding)
    if pattern is None:
        return None
    for found in pattern.finditer(raw):
        start = raw.rfind(b"\n", 0, found.start()) + 1
        end = raw.find(b"\n", found.start())
        if end < 0 and not last:
            return None
        text = raw[start:] if end < 0 else raw[start:end]
        # Two characters alone may be three of GB2312 by chance; a byte that those do not have decides.
        if encoding == "gb18030" and len(found[0]) < 9 and not _NOT_GB2312.search(text):
            continue
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            continue
        return found.start()
    return None


def not_utf8(path: Path, block: bytes, line: int) -> InvalidInput | None:
    """The error for the first byte of `block` (whose first line is `line`) that is not UTF-8; None where all are."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        return _mixed(path, line + block.count(b"\n", 0, error.start), "utf-8", block[error.start])
    return None


def _mixed(path: Path, line: int, encoding: str, byte: int) -> InvalidInput:
    problem = Problem(
        f"{os.fspath(path)}:{line}", "clean.mixed_encoding", encoding=encoding, byte=f"0x{byte:02x}"
    )
    return InvalidInput([problem])
