"""A learner's log as one file, to carry it to another machine or to keep it.

    {"format": "jinjie-progress", "version": 1, …, "counts": {"attempts": 2, "drafts": 1}, "sha256": "…"}
    {"attempt": {"id": "…", "kind": "quiz", "slug": "attention", "time": "2026-11-26T16:30:00.000000+08:00", …}}
    {"attempt": …}
    {"draft": …}

JSON lines in UTF-8, sorted by time, their keys sorted, None left out: the same log gives the same bytes. The sum is
that of the header without it and of all lines. What is in a file merges into a store: an id that is there is there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from jinjie import __version__
from jinjie.base.errors import JinjieError
from jinjie.base.files import clear_partial, write_whole
from jinjie.learner import attempts, drafts, tables, values
from jinjie.learner.attempt import Attempt
from jinjie.learner.drafts import Draft
from jinjie.learner.store import Learner, Store, owner

FORMAT = "jinjie-progress"
VERSION = 1

ATTEMPT = (
    "id",
    "learner_id",
    "time",
    "kind",
    "slug",
    "item",
    "seed",
    "passed",
    "score",
    "seconds",
    "detail",
    "content",
    "program",
    "language",
)
DRAFT = ("id", "learner_id", "time", "slug", "file", "text")


class ExchangeError(JinjieError):
    """A file that could not be written, or is not taken; nothing was changed."""

    exit_code = 2


@dataclass(frozen=True)
class Exported:
    """What a file was given: its numbers of events, and its bytes."""

    path: Path
    attempts: int
    drafts: int
    bytes: int


def export(store: Store, path: Path, *, replace: bool = False, learner_id: str | None = None) -> Exported:
    """Write a learner's log to `path`, whole or not at all; the owner's where `learner_id` is None.

    Raises ExchangeError where there is a file already and not `replace`, or where it cannot be written.
    """
    if path.is_dir():
        raise ExchangeError("learner.file_is_folder", path=path)
    if path.exists() and not replace:
        raise ExchangeError("learner.file_there", path=path)
    content, counts = serialise(store, learner_id)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # a pipe or a device: there is nothing to replace
        else:
            clear_partial(path.parent, path.name)
            write_whole(path, content)
    except OSError as error:
        raise ExchangeError(
            "learner.file_not_written", path=path, reason=error.strerror or str(error)
        ) from error
    return Exported(path, counts["attempts"], counts["drafts"], len(content))


def serialise(store: Store, learner_id: str | None = None) -> tuple[bytes, dict[str, int]]:
    """A learner's log as the bytes of a file, seen at one moment; and the numbers of its lines."""
    with store.reading() as connection:
        who = _learner(connection, learner_id) if learner_id else owner(connection)
        query = attempts.chosen(select(tables.attempts), learner_id)
        query = query.order_by(tables.attempts.c.time, tables.attempts.c.id)
        rows = connection.execution_options(yield_per=1000).execute(query)
        lines = [_line("attempt", attempts.of_row(row), ATTEMPT) for row in rows]
        counts = {"attempts": len(lines)}
        query = drafts.chosen(select(tables.drafts), learner_id)
        query = query.order_by(tables.drafts.c.time, tables.drafts.c.id)
        lines += [_line("draft", drafts.of_row(row), DRAFT) for row in connection.execute(query)]
        counts["drafts"] = len(lines) - counts["attempts"]
        same = connection.execute(
            select(tables.learners).where(tables.learners.c.same_as == who.id).order_by(tables.learners.c.id)
        ).all()
    header = {
        "format": FORMAT,
        "version": VERSION,
        "program": __version__,
        "learner": _person(who),
        "also": [_person(Learner(row.id, row.name, row.created)) for row in same],
        "counts": counts,
    }
    body = "".join(lines).encode()
    header["sha256"] = checksum(header, body)
    return _first(header).encode() + body, counts


def checksum(header: dict[str, Any], body: bytes) -> str:
    """The sha256 of a header, without its own, and of all the lines after it."""
    stated = {key: value for key, value in header.items() if key != "sha256"}
    return hashlib.sha256(values.as_json(stated).encode() + b"\n" + body).hexdigest()


def _first(header: dict[str, Any]) -> str:
    """The first line, which says at its beginning what the file is."""
    head = {
        key: header[key] for key in ("format", "version", "program", "learner", "also", "counts", "sha256")
    }
    return json.dumps(head, ensure_ascii=False, separators=(",", ":")) + "\n"


def fields(thing: Attempt | Draft, names: tuple[str, ...]) -> dict[str, Any]:
    """An event or a draft as values of JSON, without what is None or empty by default."""
    found: dict[str, Any] = {}
    for name in names:
        value = getattr(thing, name)
        if isinstance(value, datetime):
            value = values.stamp(value)
        if value is not None and value != {}:
            found[name] = value
    return found


def _line(what: str, thing: Attempt | Draft, names: tuple[str, ...]) -> str:
    return values.as_json({what: fields(thing, names)}) + "\n"


def _person(who: Learner) -> dict[str, Any]:
    return {"id": who.id, "name": who.name, "created": values.stamp(who.created)}


def _learner(connection: Connection, learner_id: str) -> Learner:
    row = connection.execute(select(tables.learners).where(tables.learners.c.id == learner_id)).first()
    if row is None:
        raise ExchangeError("learner.no_learner", came=learner_id)
    return Learner(row.id, row.name, row.created)
