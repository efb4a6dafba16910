"""Learners and attempts.

On SQLite triggers refuse to change or remove an event, whoever asks.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "about",
        sa.Column("key", sa.String(60), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "learners",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("same_as", sa.String(36), sa.ForeignKey("learners.id")),
    )
    op.create_table(
        "attempts",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("learner_id", sa.String(36), sa.ForeignKey("learners.id"), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("slug", sa.String(200), nullable=False),
        sa.Column("item", sa.String(200)),
        sa.Column("seed", sa.BigInteger),
        sa.Column("passed", sa.Boolean),
        sa.Column("score", sa.Float(53)),
        sa.Column("seconds", sa.Float(53)),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("content", sa.String(128)),
        sa.Column("program", sa.String(60), nullable=False),
        sa.Column("language", sa.String(10)),
        sqlite_autoincrement=True,
    )
    op.create_index("attempts_by_time", "attempts", ["learner_id", "time"])
    op.create_index("attempts_by_slug", "attempts", ["learner_id", "kind", "slug"])
    if op.get_context().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER attempts_no_{what.lower()} BEFORE {what} ON attempts "
                "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
            )
