"""Brings a store into today's shape when it is opened.

The whole way is one transaction under the database's write lock, the first making of the tables as well: a process
that is killed on it leaves the old shape, and of two that open at once the second finds the work done. alembic, which
takes as long to import as the rest, is asked only when there is a step to take.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, insert, inspect, text

from jinjie import __version__
from jinjie.learner import backups
from jinjie.learner.shapes import HEAD, REVISIONS
from jinjie.learner.tables import about, learners
from jinjie.learner.troubles import NotOurs, TooNew

_ONE_AT_A_TIME = threading.Lock()  # alembic keeps what it works on in the module


def revision(connection: Connection) -> str | None:
    """The shape of the store behind `connection`, or None where there are no tables yet.

    Raises NotOurs for a file of SQLite with other tables.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables and about.name in tables:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if tables and connection.dialect.name == "sqlite":
        names = ", ".join(sorted(tables)[:5])
        raise NotOurs("learner.not_ours", place=connection.engine.url.render_as_string(), tables=names)
    return None


def known(found: str | None, connection: Connection) -> bool:
    """Whether nothing need be done. Raises TooNew for a shape that this program does not know."""
    if found is None or found in REVISIONS:
        return found == HEAD
    program = connection.execute(about.select().where(about.c.key == "program")).first()
    raise TooNew(
        "learner.too_new",
        place=connection.engine.url.render_as_string(),
        theirs=program.value if program else "?",
        ours=__version__,
    )


def upgrade(writer: Engine, path: Path | None) -> None:
    """Take every step from the shape that is found to today's; a copy of the file is made before the first of them.

    `writer` begins its transactions with the write lock. Raises NotOurs, TooNew and what the database raises.
    """
    with _ONE_AT_A_TIME, writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(8117105)"))  # any number, always the same
        found = revision(connection)
        if known(found, connection):
            return  # another process was quicker
        if found is not None and path is not None:
            backups.make(path, f"before-{HEAD}")
        steps(connection)
        if found is None:
            who = str(uuid.uuid4())
            connection.execute(insert(learners).values(id=who, created=datetime.now(UTC)))
            connection.execute(insert(about).values(key="owner", value=who))
        connection.execute(delete(about).where(about.c.key == "program"))
        connection.execute(insert(about).values(key="program", value=__version__))


def steps(connection: Connection, to: str = "head") -> None:
    """Take the steps to a shape, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "jinjie.learner:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with redirect_stdout(StringIO()):
        command.upgrade(config, to)
