"""What a demo's visitor is shown until the tour is closed. Light: everybody's first page asks."""

from dataclasses import dataclass
from pathlib import Path

from core.services.training import runs
from core.settings import Settings
from db import Database


@dataclass(frozen=True, slots=True)
class Tour:
    """Where the tour of a demo leads: its task, the run to review, the run that may still train."""

    task_id: int
    run_id: int
    second_run_id: int


def key_file(settings: Settings) -> Path:
    """The truths that were planted, by sha256; only a demo's home has it."""
    return settings.home / "demo-key.json"


def view(db: Database, settings: Settings) -> Tour | None:
    """The tour of a demo whose visitor has not closed it; None everywhere else."""
    if not key_file(settings).exists() or _seen(settings).exists():
        return None
    made = sorted(runs.list_runs(db), key=lambda one: one.id)[:2]  # what the visitor trains comes after
    return Tour(made[0].task_id, made[0].id, made[-1].id) if made else None


def close(settings: Settings) -> None:
    """The tour was seen."""
    _seen(settings).touch()


def _seen(settings: Settings) -> Path:
    return settings.home / "demo-tour-seen"
