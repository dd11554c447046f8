"""One home for every family of models: real films and CT slices, asked about in five tasks, frozen; and its server."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.curation.recipe import Recipe
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.imports import import_files, import_request
from core.services.workspace import home as workspace_home
from core.settings import Settings
from db import Database
from db.vocabulary import Answer, TaskKind, Unit
from tests.browser.servers import Server
from tests.core.services import films, slices

FILMS, STUDIES = 48, 16
SIGNS = ("Infiltration", "Effusion", "Cardiomegaly")
RECIPE = Recipe(val=0.25, test=0.25)
Answered = dict[str, Any]


@dataclass
class World:
    """The catalogue, the server in front of it, and its snapshots by the task's name."""

    db: Database
    server: Server
    snapshots: dict[str, int]
    runs: dict[str, int] = field(default_factory=dict)  # what was trained, by the test's name


def filled(home: Path, folder: Path, data_dir: Path) -> tuple[Database, dict[str, int]]:
    """Everything imported by our own services, answered and frozen."""
    settings = Settings.read(home)
    db = workspace_home.open_home(settings)
    single, both = films.aged(data_dir, FILMS), films.both_views(data_dir, STUDIES)
    rows = {row["file"]: row for row in [*({**row, "study": ""} for row in single), *both]}
    of = {Path(name).name: row for name, row in rows.items()}
    films.laid(folder / "films", data_dir, rows.values())
    _take(db, settings, import_request.ImportRequest(folder / "films", metadata=folder / "films" / "data.csv"))
    _take(db, settings, import_request.ImportRequest(slices.series(folder / "slices", data_dir)))
    alone = {Path(row["file"]).name for row in single}

    def film(describe: Callable[[films.Row], Answered]) -> Callable[[str], Answered | None]:
        return lambda name: describe(of[name]) if name in alone else None

    ill = {row["patient_id"] for row in both if row["abnormal"] == "1"}
    pairs = {Path(row["file"]).name: int(row["patient_id"] in ill) for row in both}
    made = {
        "abnormal": (film(lambda row: _label(row["abnormal"] == "1")), {"classes": ["normal", "abnormal"]}),
        "signs": (film(_signs), {"classes": SIGNS, "kind": TaskKind.MULTI}),
        "age": (
            film(lambda row: {"answer": Answer.VALUE, "value": float(row["age"])}),
            {"kind": TaskKind.NUMBER, "measure": "years"},
        ),
        "either": (
            lambda name: _label(pairs[name]) if name in pairs else None,
            {"classes": ["normal", "abnormal"], "unit": Unit.STUDY},
        ),
        "half": (
            lambda name: _label(slices.UPPER in name) if name.endswith(".dcm") else None,
            {"classes": [slices.LOWER, slices.UPPER], "unit": Unit.SERIES},
        ),
    }
    return db, {name: _frozen(db, name, describe, options) for name, (describe, options) in made.items()}


def _label(place: int) -> Answered:
    return {"answer": Answer.LABEL, "label": int(place)}


def _signs(row: films.Row) -> Answered:
    findings = row["finding"].split("|")
    return {
        "answer": Answer.FINDINGS,
        "findings": {at: "present" if sign in findings else "absent" for at, sign in enumerate(SIGNS)},
    }


def _take(db: Database, settings: Settings, request: import_request.ImportRequest) -> None:
    *_, report = import_files.run(db, settings, request, by="tester")
    assert not report.refused, report


def _frozen(db: Database, name: str, describe: Callable[[str], Answered | None], options: Answered) -> int:
    """A task, answered where `said` knows something of a picture's file, and frozen."""
    task = tasks.create(db, name=name, **options)
    cases = annotations.queue(db, task_id=task.id, limit=1000)
    names = {one.id: one.name for one in images.many(db, [case.image_ids[0] for case in cases])}
    for case in cases:
        answer = describe(names[case.image_ids[0]])
        if answer is not None:
            annotations.label(db, case_id=case.id, by="ann", key=f"{name} {case.id}", **{"label": None, **answer})
    return snapshots.freeze(db, task.id, RECIPE, name=name, by="ann").id
