"""The tables of the log as they are now; `migrations/` holds the way here from every older shape.

Made so that nothing in them need ever be rewritten: events are appended and never changed (on SQLite triggers see to
it), no column holds a position or a list of the kinds there are, what one kind of event needs beyond the columns goes
into `detail`, and who someone is (a name, later an account, a class) stands apart from the random `learner_id` that
events carry. SQLAlchemy's Core alone is used: plain rows need no objects that follow them, and it is quicker to import.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    select,
)


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

OWNER = select(about.c.value).where(about.c.key == "owner").scalar_subquery()
"""The owner's id, within a query."""

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
