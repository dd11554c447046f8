"""A home with something in it: pictures that a model can tell apart, a task, a snapshot."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from sqlalchemy import and_, select

from core.curation.recipe import Recipe
from core.imaging.deidentify import pseudonym
from core.imaging.pixel_format import PixelFormat
from core.imaging.store import Store
from core.jobs.local import LocalLauncher
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.imports import import_files, import_request
from core.services.predictions import predictions
from core.services.training import submit
from core.services.training.submit import Submitted
from core.services.workspace import home
from core.settings import Settings
from core.training.pixel_cache import file_sha256
from core.training.spec import TrainSpec
from db import Database
from db.tables import Fact, Image, Patient
from tests.core.training.textures import CLASSES, picture

NOISE, WRONG = 400.0, 0.15  # hard enough that a training goes on finding better epochs


@dataclass(frozen=True)
class Ground:
    """An open home, what starts its jobs, and a snapshot to train on."""

    db: Database
    settings: Settings
    launcher: LocalLauncher
    snapshot: int
    task: int
    cases: list[int]

    def train(self, spec: TrainSpec, key: str) -> Submitted:
        return submit.submit(
            self.db, snapshot_id=self.snapshot, spec=spec, by="engineer", key=key, launcher=self.launcher
        )

    def predict(self, run: int, key: str) -> int:
        """Queue a run's predictions of all cases; the job's id."""
        return predictions.submit(self.db, run_id=run, split="all", by="engineer", key=key, launcher=self.launcher).job

    def take(self, folder: Path) -> int:
        """Queue the import of a folder made by `pictures`; the job's id."""
        request = import_request.ImportRequest(folder, metadata=folder / "data.csv")
        return import_request.submit(
            self.db, self.settings, request, by="engineer", key=folder.name, launcher=self.launcher
        )


def pictures(folder: Path, count: int, *, seed: int, size: int = 28) -> Path:
    """PNG files of two classes, two of each patient, no two alike, with data.csv that says whose and what they are."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = number % 2
        blurred = picture(label, size=size, rng=rng) + rng.normal(0, NOISE, (size, size))
        Picture.fromarray(np.clip(blurred, 0, 255).astype(np.uint8)).save(folder / f"{number:04}.png")
        rows_by_hash = CLASSES[1 - label if rng.random() < WRONG else label]
        rows.append((f"{number:04}.png", f"PAT-{seed}-{number // 2}", rows_by_hash))
    with (folder / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "patient_id", "kind"), *rows])
    return folder


def make(folder: Path, *, images: int) -> Ground:
    """A home with that many labelled images, frozen; task 'second look' has no answer yet."""
    settings = Settings(folder / "home", f"sqlite:///{folder / 'home' / 'catalogue.sqlite'}")
    db = home.open_home(settings)
    seen = pictures(folder / "first", images, seed=1000)
    request = import_request.ImportRequest(seen, metadata=seen / "data.csv", task="kind", label_column="kind")
    *_, report = import_files.run(db, settings, request, by="engineer")
    assert report.imported == images, report
    made = snapshots.freeze(db, tasks.task_named(db, "kind").id, Recipe(), name="round 1", by="engineer")
    task = tasks.create(db, name="second look", classes=["no", "yes"])
    cases = [case.id for case in annotations.queue(db, task_id=task.id, limit=40)]
    return Ground(db, settings, LocalLauncher(settings), made.id, task.id, cases)


def check_imported(ground: Ground, folder: Path) -> None:
    """Every file of an imported folder is one row with its patient and fact, and its bytes are in the store."""
    key, store = ground.settings.key("pseudonym"), Store(ground.settings.home)
    with (folder / "data.csv").open() as file:
        rows_by_hash = {file_sha256(folder / row["file"]): row for row in csv.DictReader(file)}
    kind = and_(Fact.image_id == Image.id, Fact.name == "kind")
    joined = select(Image.sha256, Image.format, Patient.pseudonym, Fact.value).join(Patient).outerjoin(Fact, kind)
    with ground.db.read() as session:
        rows = session.execute(joined.where(Image.sha256.in_(rows_by_hash))).all()
    assert Counter(row.sha256 for row in rows) == Counter(list(rows_by_hash))
    for sha256, form, patient, value in rows:
        assert (patient, value) == (pseudonym(key, rows_by_hash[sha256]["patient_id"]), rows_by_hash[sha256]["kind"])
        assert store.verify(sha256)
        form = PixelFormat.from_json(form)
        assert store.pixels(sha256).stat().st_size == form.frames * form.frame_bytes
