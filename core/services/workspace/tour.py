"""Show the demo's tour until it is dismissed. Imports little, because every first page uses it."""

from dataclasses import dataclass
from pathlib import Path

from core.services.training import runs
from core.settings import Settings
from db import Database


@dataclass(frozen=True, slots=True)
class Tour:
    """The stops of the demo's tour: its task, the run to review, the run that may still train."""

    task_id: int
    run_id: int
    second_run_id: int


def key_file(settings: Settings) -> Path:
    """Return the file of planted truths by sha256, which only a demo's home has."""
    return settings.home / "demo-key.json"


def view(db: Database, settings: Settings) -> Tour | None:
    """Return the tour of a demo that was not dismissed; None otherwise."""
    if not key_file(settings).exists() or _seen(settings).exists():
        return None
    made = sorted(runs.list_runs(db), key=lambda run: run.id)[:2]  # later runs are the visitor's
    return Tour(made[0].task_id, made[0].id, made[-1].id) if made else None


def close(settings: Settings) -> None:
    """Dismiss the tour."""
    _seen(settings).touch()


def _seen(settings: Settings) -> Path:
    return settings.home / "demo-tour-seen"
