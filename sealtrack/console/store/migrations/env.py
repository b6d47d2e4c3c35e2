"""Run by Alembic: migrates the connection that `sealtrack.console.store.migrate` hands over."""

from alembic import context

from sealtrack.console.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
