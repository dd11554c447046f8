"""The schema: a new catalogue gets today's tables; an older one is upgraded by Alembic, loaded only for that."""

from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from db.database import Database
from db.tables import Base

HEAD = "0006"  # of the files in versions/
VERSION_TABLE = (  # as Alembic makes it
    "CREATE TABLE alembic_version "
    "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


class NewerSchema(Exception):
    """The catalogue was written by a newer Rounds than this one."""


def head() -> str:
    """The newest schema this Rounds knows."""
    return HEAD


def current(db: Database) -> str | None:
    """The schema of the catalogue, None where it is empty."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        said = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if said is None else str(said)


def upgrade(db: Database) -> None:
    """Bring the catalogue to `head`; nothing happens where it is there already.

    Raises:
        NewerSchema: its revision is not among ours.
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
    """Make all tables in an empty catalogue, as the migrations would in twenty times the time; leave others alone.

    One transaction: of two processes that open a new home at once, the second one waits and then has nothing to do.
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
