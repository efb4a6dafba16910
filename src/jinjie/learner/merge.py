"""Takes an exported file into a store: checked to the last line first, then merged in one transaction, or not at all.

Whose events they are: the same learner's, by their random id, merge; into a store in which nobody has learned yet the
file's learner moves in; another learner's are refused, unless `as_mine` says that both are the same person.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, or_, select, update

from jinjie import __version__
from jinjie.base.errors import InvalidInput, Problem
from jinjie.learner import attempts, drafts, tables, values
from jinjie.learner.attempt import Attempt
from jinjie.learner.drafts import Draft
from jinjie.learner.exchange import ATTEMPT, DRAFT, FORMAT, VERSION, ExchangeError, checksum, fields
from jinjie.learner.store import Learner, Store, owner
from jinjie.learner.tables import about, learners

SHOWN = 50
"""Problems that are said one by one."""


@dataclass(frozen=True)
class Contents:
    """What a file holds: its learner, others who are the same person, and the events and drafts, each with its line."""

    learner: Learner
    also: list[Learner]
    attempts: list[tuple[int, Attempt]] = field(default_factory=list)
    drafts: list[tuple[int, Draft]] = field(default_factory=list)


@dataclass(frozen=True)
class Merged:
    """What an import brought: new events and drafts, how many were there already, and whether its learner moved in."""

    attempts: int
    drafts: int
    known: int
    moved_in: bool


def merge(store: Store, path: Path, *, as_mine: bool = False) -> Merged:
    """Take the file at `path` into `store`, in one transaction.

    Raises InvalidInput, naming every line that is wrong, and ExchangeError for a file that is none of ours, of a newer
    format, or another learner's.
    """
    contents = read(path)
    with store.writing() as connection:
        _refuse_changed(connection, path, contents)
        moved_in = _settle(connection, path, contents, as_mine)
        new = sum(
            attempts.append(connection, part) for part in _parts([event for _, event in contents.attempts])
        )
        versions = sum(
            drafts.append(connection, part) for part in _parts([draft for _, draft in contents.drafts])
        )
    all_of = len(contents.attempts) + len(contents.drafts)
    return Merged(new, versions, all_of - new - versions, moved_in)


def read(path: Path) -> Contents:
    """The contents of an exported file, all of them right. Raises as `merge`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ExchangeError(
            "learner.file_not_read", path=path, reason=error.strerror or str(error)
        ) from error
    first, newline, body = content.partition(b"\n")
    header = _json(first)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ExchangeError("learner.file_not_ours", path=path)
    version = header.get("version")
    if isinstance(version, int) and version > VERSION:
        theirs = header.get("program")
        raise ExchangeError("learner.file_too_new", path=path, theirs=theirs, ours=__version__)
    problems: list[Problem] = []
    contents = _header(path.name, header, problems)
    if contents is None or version != VERSION:
        raise InvalidInput(problems or [Problem(f"{path.name}:1 version", "learner.line_not_ours")])
    lines = body.split(b"\n")
    if lines.pop() != b"" or not newline:
        problems.append(Problem(f"{path.name}:{len(lines) + 2}", "learner.line_cut"))
    _lines(path.name, lines, contents, problems)
    counts = header["counts"]
    for name, found in (("attempts", contents.attempts), ("drafts", contents.drafts)):
        if counts[name] != len(found):
            problems.append(
                Problem(
                    f"{path.name}:1 counts.{name}", "learner.file_counts", said=counts[name], came=len(found)
                )
            )
    if header["sha256"] != checksum(header, body):
        problems.append(Problem(path.name, "learner.file_changed"))
    if problems:
        raise InvalidInput(_shortened(path.name, problems))
    return contents


def _header(name: str, header: dict[str, Any], problems: list[Problem]) -> Contents | None:
    """What the first line says, or None where it says it wrongly."""
    where = f"{name}:1"
    counts = header.get("counts")
    for kind in ("attempts", "drafts"):
        came = counts.get(kind) if isinstance(counts, dict) else None
        if not isinstance(came, int) or isinstance(came, bool) or came < 0:
            problems.append(Problem(f"{where} counts.{kind}", "learner.line_not_ours"))
    if not isinstance(header.get("sha256"), str):
        problems.append(Problem(f"{where} sha256", "learner.line_not_ours"))
    me = _person(f"{where} learner", header.get("learner"), problems)
    others = header.get("also")
    if not isinstance(others, list):
        problems.append(Problem(f"{where} also", "learner.line_not_ours"))
        others = []
    also = [_person(f"{where} also[{i}]", other, problems) for i, other in enumerate(others)]
    if problems or me is None:
        return None
    return Contents(me, [other for other in also if other is not None])


def _person(where: str, value: Any, problems: list[Problem]) -> Learner | None:
    if not isinstance(value, dict) or set(value) != {"id", "name", "created"}:
        problems.append(Problem(where, "learner.line_not_ours"))
        return None
    created = _moment(value["created"])
    found = [*values.wrong_id(f"{where}.id", value["id"]), *values.wrong_moment(f"{where}.created", created)]
    if value["name"] is not None:
        found += values.wrong_text(f"{where}.name", value["name"], 1000)
    problems += found
    return None if found else Learner(value["id"], value["name"], created)


def _lines(name: str, lines: Sequence[bytes], contents: Contents, problems: list[Problem]) -> None:
    """Read every line into `contents`; what is wrong with one goes into `problems`."""
    people = {contents.learner.id, *(other.id for other in contents.also)}
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=2):
        where = f"{name}:{number}"
        value = _json(line)
        if not isinstance(value, dict) or len(value) != 1 or not set(value) <= {"attempt", "draft"}:
            problems.append(Problem(where, "learner.line_not_ours"))
            continue
        [(what, held)] = value.items()
        known = ATTEMPT if what == "attempt" else DRAFT
        if not isinstance(held, dict) or not set(held) <= set(known):
            problems.append(Problem(where, "learner.line_not_ours"))
            continue
        if missing := [key for key in ("id", "learner_id", "time", "slug") if key not in held]:
            problems += [Problem(f"{where} {key}", "problem.missing") for key in missing]
            continue
        given = {**held, "time": _moment(held["time"])}
        try:
            thing = _attempt(given) if what == "attempt" else Draft(**{"file": None, "text": None, **given})
        except InvalidInput as error:
            problems += [Problem(f"{where} {p.where}", p.key, **p.params) for p in error.problems]
            continue
        if thing.learner_id not in people:
            problems.append(Problem(f"{where} learner_id", "learner.line_of_nobody", came=thing.learner_id))
        elif thing.id in seen:
            problems.append(Problem(f"{where} id", "learner.line_again", first=seen[thing.id]))
        elif isinstance(thing, Attempt):
            contents.attempts.append((number, thing))
        else:
            contents.drafts.append((number, thing))
        seen.setdefault(thing.id, number)


def _attempt(given: dict[str, Any]) -> Attempt:
    """An attempt as the file has it; what the file leaves out is None, and not what a new one would have."""
    return Attempt(**{"kind": None, "program": None, "language": None, **given})


def _refuse_changed(connection: Connection, path: Path, contents: Contents) -> None:
    """Raise InvalidInput for lines whose id is in the store with other contents: ids are given once."""
    problems = []
    pairs: list[tuple[Table, list[tuple[int, Any]], Any, tuple[str, ...]]] = [
        (tables.attempts, contents.attempts, attempts.of_row, ATTEMPT),
        (tables.drafts, contents.drafts, drafts.of_row, DRAFT),
    ]
    for table, things, of_row, names in pairs:
        for part in _parts(things):
            by_id = {thing.id: (number, thing) for number, thing in part}
            for row in connection.execute(select(table).where(table.c.id.in_(list(by_id)))):
                number, thing = by_id[row.id]
                there, here = (values.as_json(fields(one, names)) for one in (of_row(row), thing))
                if there != here:
                    problems.append(Problem(f"{path.name}:{number}", "learner.line_differs"))
    if problems:
        raise InvalidInput(_shortened(path.name, problems))


def _settle(connection: Connection, path: Path, contents: Contents, as_mine: bool) -> bool:
    """See that the file's people are in the store, as its owner; whether they moved in. Raises ExchangeError."""
    me = owner(connection)
    mine = {me.id, *connection.scalars(select(learners.c.id).where(learners.c.same_as == me.id))}
    people = {one.id: one for one in (contents.learner, *contents.also)}
    if not mine & people.keys():
        if fresh := me.name is None and not _learned(connection, mine):
            _move_in(connection, me, contents.learner)
            me, mine = contents.learner, {contents.learner.id}
        elif not as_mine:
            raise ExchangeError(
                "learner.file_of_other",
                path=path,
                theirs=_called(contents.learner),
                count=len(contents.attempts),
                mine=_called(me),
            )
    else:
        fresh = False
    there = set(connection.scalars(select(learners.c.id).where(learners.c.id.in_(list(people)))))
    for one in people.values():
        if one.id not in there:
            connection.execute(insert(learners).values(id=one.id, name=one.name, created=one.created))
    others = [one for one in people if one != me.id]
    if others:  # and whoever was the same person as they
        known = or_(learners.c.id.in_(others), learners.c.same_as.in_(others))
        connection.execute(update(learners).where(known, learners.c.id != me.id).values(same_as=me.id))
    if me.name is None and contents.learner.name is not None:
        connection.execute(update(learners).where(learners.c.id == me.id).values(name=contents.learner.name))
    return fresh


def _learned(connection: Connection, mine: set[str]) -> bool:
    """Whether anything was recorded of these learners."""
    return any(
        connection.scalar(select(func.count()).select_from(table).where(table.c.learner_id.in_(list(mine))))
        for table in (tables.attempts, tables.drafts)
    )


def _move_in(connection: Connection, empty: Learner, learner: Learner) -> None:
    """Make the file's learner the owner of a store whose own has done nothing yet, and is forgotten."""
    if not connection.scalar(select(func.count()).select_from(learners).where(learners.c.id == learner.id)):
        connection.execute(insert(learners).values(id=learner.id, name=learner.name, created=learner.created))
    connection.execute(update(about).where(about.c.key == "owner").values(value=learner.id))
    connection.execute(delete(learners).where(learners.c.same_as == empty.id))
    connection.execute(delete(learners).where(learners.c.id == empty.id))


def _called(who: Learner) -> str:
    return f"{who.name} ({who.id[:8]})" if who.name else who.id[:8]


def _json(line: bytes) -> Any:
    """A line as JSON, or None where it is none."""
    try:
        return json.loads(line.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> float:
    raise ValueError(name)


def _moment(value: Any) -> Any:
    """A time, or the value itself where it is none."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _parts(things: list[Any], most: int = 500) -> Iterable[list[Any]]:
    return (things[i : i + most] for i in range(0, len(things), most))


def _shortened(name: str, problems: list[Problem]) -> list[Problem]:
    more = len(problems) - SHOWN
    return problems if more <= 0 else [*problems[:SHOWN], Problem(name, "learner.more", count=more)]
