"""Schema steps by Alembic, and the one function that brings a catalogue to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from db.database import Database


class NewerSchema(Exception):
    """The catalogue was written by a newer Rounds than this one."""


def _config(db: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = db
    return config


def head() -> str:
    """The newest schema this Rounds knows."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head() or ""


def current(db: Database) -> str | None:
    """The schema of the catalogue, None where it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(db: Database) -> None:
    """Bring the catalogue to `head`; nothing happens where it is there already.

    Raises:
        NewerSchema: its revision is not among ours.
    """
    revision = current(db)
    if revision == head():
        return
    known = {script.revision for script in ScriptDirectory(str(Path(__file__).parent)).walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerSchema(revision)
    command.upgrade(_config(db), "head")
