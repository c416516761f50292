"""How Alembic reaches the database: on the connection, and in the transaction, that the store hands over."""

from __future__ import annotations

from alembic import context

from trueup.store.every_table import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=False,
)
context.run_migrations()
