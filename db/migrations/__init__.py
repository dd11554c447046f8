"""Create the schema of a new catalogue, and upgrade older ones with Alembic, which is imported only for that."""

from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from db.database import Database
from db.tables import Base

HEAD = "0011"  # the newest file in versions/
VERSION_TABLE = (  # as created by Alembic
    "CREATE TABLE alembic_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


class NewerSchema(Exception):
    """A catalogue that was written by a newer version of Rounds."""


def head() -> str:
    """Return the newest schema revision of this version of Rounds."""
    return HEAD


def current(db: Database) -> str | None:
    """Return the schema revision of the catalogue, None if it is empty."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if version is None else str(version)


def upgrade(db: Database) -> None:
    """Upgrade the catalogue to `head`, if it is older.

    Raises:
        NewerSchema: its revision is unknown to this version.
    """
    if current(db) is None:
        create(db)
    revision = current(db)
    if revision == head():
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(str(Path(__file__).parent)).walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerSchema(revision)
    command.upgrade(_config(db), "head")


def create(db: Database) -> None:
    """Create all tables in an empty catalogue, twenty times as fast as the migrations; do nothing otherwise.

    In one transaction: if two processes open a new home at once, the second one waits and then does nothing.
    """
    with db.engine.execution_options(writes=True).begin() as connection:
        if inspect(connection).get_table_names():
            return
        Base.metadata.create_all(connection)
        connection.execute(text(VERSION_TABLE))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head()})


def _config(db: Database) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = db
    return config
