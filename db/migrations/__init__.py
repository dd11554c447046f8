"""Schema steps by Alembic, which is loaded only where a catalogue is not at the newest yet."""

from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from db.database import Database

HEAD = "0006"  # of the files in versions/


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
    revision = current(db)
    if revision == head():
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(str(Path(__file__).parent)).walk_revisions()}
    if revision is not None and revision not in known:
        raise NewerSchema(revision)
    command.upgrade(_config(db), "head")


def _config(db: Database) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = db
    return config
