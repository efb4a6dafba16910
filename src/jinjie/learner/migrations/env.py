"""What alembic runs: the steps on the connection that `upgrade.py` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from jinjie.learner.tables import metadata

connection = context.config.attributes["connection"]
# SQLite takes changes of tables back like any other; alembic assumes that it does not.
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
