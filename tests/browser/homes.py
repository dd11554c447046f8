"""Homes for browser tests: files imported, tasks named."""

from pathlib import Path

from core.services.annotation import tasks
from core.services.imports import import_files, import_request
from core.services.workspace.home import open_home
from core.settings import Settings
from db import Database


def imported(home: Path, *sources: Path) -> Path:
    """Import files and folders into a home; gives the home."""
    settings = Settings.read(home)
    db = open_home(settings)
    for source in sources:
        *_, report = import_files.run(db, settings, import_request.ImportRequest(source), by="tester")
        assert report.imported, report
    db.close()
    return home


def new_name(db: Database) -> str:
    """A name that no task of the home has."""
    return f"finding {len(tasks.list_tasks(db)) + 1}"
