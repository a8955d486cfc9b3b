"""What alembic runs to migrate; the connection, inside its transaction, comes from bot.store.migrate.

Foreign keys are enforced meanwhile: a migration that rebuilds a table others point to moves their rows first.
To write the next migration, copy the newest file of versions/, and raise HEAD in bot/store/migrate.py.
"""

from alembic import context

from bot.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
