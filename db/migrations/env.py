"""Run the migrations in one write transaction of the given database; the entry point of Alembic."""

from alembic import context
from sqlalchemy import text

from db.tables import Base

database = context.config.attributes["database"]
on_sqlite = database.engine.dialect.name == "sqlite"
with database.engine.execution_options(writes=True).connect() as connection:
    if on_sqlite:
        # A changed constraint recreates a table, and dropping the old one with foreign keys enforced would delete the
        # rows that reference it. SQLite changes this setting only outside a transaction.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    try:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        if on_sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError("a migration violated a foreign key; it was rolled back")
        connection.commit()
    finally:
        if on_sqlite:
            connection.rollback()
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
