"""The search index: an SQLite database with FTS5, derived from the content and made again whenever that changes.

It is kept as one file, `JINJIE_HOME/find/KEY.index`: a line with two hashes, of the content and of the bytes that
follow, then the database. It is read whole into memory (three megabytes), so that no reader ever meets a writer, and
written whole or not at all. A file that is missing, damaged or of other content is made again without a word; where
nothing can be written, the index lives in memory alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from jinjie.base import files, paths, stamps
from jinjie.base.words import LANGUAGES
from jinjie.course.find.fold import name_terms, terms

COLUMNS = ("title", "names", "heading", "body")
"""Where a term may stand, the weightiest first."""
_TABLES = """
CREATE TABLE entries (
  rowid INTEGER PRIMARY KEY, kind TEXT, id TEXT, title_en TEXT, title_zh TEXT, names TEXT,
  called TEXT,
  heading_en TEXT, heading_zh TEXT, body_en TEXT, body_zh TEXT, command TEXT, address TEXT, planned INTEGER);
CREATE VIRTUAL TABLE words USING fts5(
  title, names, heading, body, content='', tokenize="unicode61 remove_diacritics 0", prefix='1 2 3');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row');
"""
_READ = (".yaml", ".md", ".toml", ".py")


def connect(roots: Sequence[Path] | None = None) -> sqlite3.Connection:
    """The index of our course, or of these content folders, in memory; made or made again where it must be.

    Raises InvalidInput when one of the folders is none.
    """
    return opened(database(roots))


def database(roots: Sequence[Path] | None = None) -> bytes:
    """The same as the bytes that `opened` opens: whoever asks often keeps them, as long as the content is the same."""
    wanted = fingerprint(roots)
    path = paths.find_home() / f"{_key(roots)}.index"
    stored = _stored(path, wanted)
    if stored is not None:
        return stored
    made = _build(roots)
    # A disk that is full or cannot be written costs the next search a second, and this one nothing.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        head = json.dumps({"content": wanted, "sha256": hashlib.sha256(made).hexdigest()})
        files.write_whole(path, head.encode() + b"\n" + made)
    return made


def fingerprint(roots: Sequence[Path] | None) -> str:
    """A hash of all that tells when what an index is made from was written last, and what size it has: the content,
    formulas, recipes, sentences, this package."""
    package = Path(str(resources.files("jinjie")))
    ours = package / "content"
    folders = [
        package / "scratch",
        package / "recipes",
        package / "base" / "words",
        package / "course" / "find",
    ]
    found: list[object] = [sys.version_info[:2], sqlite3.sqlite_version]
    for root in [*(roots if roots is not None else [ours]), *folders]:
        with contextlib.suppress(OSError):  # a folder that is none has no files; reading the content says so
            found += (one for one in stamps.stamps(root) if one[0].endswith(_READ))
    return hashlib.sha256(repr(found).encode(errors="surrogateescape")).hexdigest()


def _key(roots: Sequence[Path] | None) -> str:
    """One file a choice of folders and an installation, so that two do not make each other's over and over."""
    said = [str(resources.files("jinjie")), *(str(root.absolute()) for root in roots or [])]
    return hashlib.sha256("\0".join(said).encode(errors="surrogateescape")).hexdigest()[:16]


def _stored(path: Path, wanted: str) -> bytes | None:
    """The database in this file, if it is whole and of the wanted content."""
    try:
        line, _, database = path.read_bytes().partition(b"\n")
        head = json.loads(line)
        whole = head["content"] == wanted and head["sha256"] == hashlib.sha256(database).hexdigest()
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return database if whole else None


def opened(database: bytes) -> sqlite3.Connection:
    """An index in memory, for one reader."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(database)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _build(roots: Sequence[Path] | None) -> bytes:
    from jinjie.course.find.entries import gather

    connection = sqlite3.connect(":memory:")
    with contextlib.closing(connection), connection:
        connection.executescript(_TABLES)
        for row, entry in enumerate(gather(roots), start=1):
            titles, headings, bodies = (
                [text.in_(lang) for lang in LANGUAGES] for text in (entry.title, entry.heading, entry.body)
            )
            values = (
                row,
                entry.kind,
                entry.id,
                *titles,
                json.dumps(entry.names, ensure_ascii=False),
                json.dumps([name_terms(name) for name in (*titles, *entry.names)], ensure_ascii=False),
                *headings,
            )
            values = (*values, *bodies, entry.command, entry.address, int(entry.planned))
            connection.execute(f"INSERT INTO entries VALUES ({', '.join('?' * len(values))})", values)
            # A new line between two names: the last character of one and the first of the next are no pair.
            columns = ["\n".join(part) for part in (titles, entry.names, headings, bodies)]
            searched = [" ".join(terms(column)) for column in columns]
            connection.execute(
                "INSERT INTO words (rowid, title, names, heading, body) VALUES (?, ?, ?, ?, ?)",
                (row, *searched),
            )
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.commit()
        return connection.serialize()
