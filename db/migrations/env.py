"""Alembic's entry: runs the steps in one write transaction of the given database."""

from alembic import context
from sqlalchemy import text

from db.tables import Base

database = context.config.attributes["database"]
on_sqlite = database.engine.dialect.name == "sqlite"
with database.engine.execution_options(writes=True).connect() as connection:
    if on_sqlite:
        # A changed constraint makes a table anew under its name, and to drop the old one is, with keys enforced, to
        # lose what points at it. SQLite changes this outside a transaction only.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    try:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        if on_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError("a step of the schema broke a key; nothing of it was kept")
        connection.commit()
    finally:
        if on_sqlite:
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
