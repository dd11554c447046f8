"""Alembic's entry: runs the steps in one write transaction of the given database."""

from alembic import context

from db.tables import Base

database = context.config.attributes["database"]
with database.engine.execution_options(writes=True).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
