"""The tables of the log as they are now; `migrations/` holds the way here from every older shape.

Made so that nothing in them need ever be rewritten: events are appended and never changed (on SQLite triggers see to
it), no column holds a position or a list of the kinds there are, what one kind of event needs beyond the columns goes
into `detail`, and who someone is (a name, later an account, a class) stands apart from the random `learner_id` that
events carry. SQLAlchemy's Core alone is used: plain rows need no objects that follow them, and it is quicker to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    ScalarSelect,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite


class Moment(TypeDecorator[datetime]):
    """A moment to the microsecond, UTC in the database and in Python.

    SQLite knows no zones: there it is a text that sorts as the moments do.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

about = Table(
    "about",
    metadata,
    Column("key", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)
"""The store itself: `owner`, who learns here without signing in; `program`, the one that last changed its shape."""

learners = Table(
    "learners",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text),
    Column("created", Moment, nullable=False),
    Column("same_as", String(36), ForeignKey("learners.id")),
)
"""`same_as`: another learner who is the same person, as where two machines' logs meet; events keep their own."""

attempts = Table(
    "attempts",
    metadata,
    # The order of arrival in this store: what is derived from events asks for those after the last one it has seen.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("learner_id", String(36), ForeignKey("learners.id"), nullable=False),
    Column("time", Moment, nullable=False),
    Column("zone", Integer, nullable=False),  # minutes east of UTC, where the learner was
    Column("kind", String(40), nullable=False),
    Column("slug", String(200), nullable=False),
    Column("item", String(200)),
    Column("seed", BigInteger),
    Column("passed", Boolean),
    Column("score", Float(53)),
    Column("seconds", Float(53)),
    Column("detail", Text, nullable=False),  # JSON, as written: a database's own JSON type would reorder it
    Column("content", String(128)),  # a hash of what was asked, which may change under the same slug
    Column("program", String(60), nullable=False),
    Column("language", String(10)),
    Index("attempts_by_time", "learner_id", "time"),
    Index("attempts_by_slug", "learner_id", "kind", "slug"),
    sqlite_autoincrement=True,  # a number is never given twice
)

drafts = Table(
    "drafts",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("learner_id", String(36), ForeignKey("learners.id"), nullable=False),
    Column("slug", String(200), nullable=False),
    Column("file", String(200), nullable=False),
    Column("time", Moment, nullable=False),
    Column("zone", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Index("drafts_by_slug", "learner_id", "slug", "file"),
    sqlite_autoincrement=True,
)

OWNER = select(about.c.value).where(about.c.key == "owner").scalar_subquery()
"""The owner's id, within a query."""


def same_person(who: ColumnElement[str] | ScalarSelect[str]) -> Select[Any]:
    """The ids of a learner: their own, and those of the others who are the same person."""
    return select(learners.c.id).where((learners.c.id == who) | (learners.c.same_as == who))


def insert_once(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert the rows whose ids are not in `table` yet; how many those were."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing(index_elements=["id"])
    if len(rows) == 1:
        return connection.execute(statement, rows[0]).rowcount
    before = connection.scalar(select(func.count()).select_from(table)) or 0
    connection.execute(statement, rows)
    return (connection.scalar(select(func.count()).select_from(table)) or 0) - before
