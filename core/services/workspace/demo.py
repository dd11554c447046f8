"""Build the demo (`rounds demo`): draw phantoms, import, label and freeze them, and queue two models.

Every step first checks what exists, so an interrupted demo continues where it stopped.
"""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.imaging.phantoms import generate
from core.imaging.phantoms.cohort import CLASSES
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.imports import import_files
from core.services.imports.import_request import ImportRequest
from core.services.predictions import predictions
from core.services.training import runs, submit
from core.services.workspace.tour import key_file
from core.settings import Settings
from core.training.spec import TrainSpec
from db import Database
from db.vocabulary import JobKind

HOME = "~/rounds-demo"
BY, TASK, SNAPSHOT = "demo", "opacity", "demo"
QUESTION = "Is there a round opacity in a lung?"
RECIPE = Recipe(val=0.15, test=0.3, stratify=("site", "view"), balance="weights")
LOOK = {
    "epochs": 14,
    "early_stopping": 4,
    "batch_size": 16,
    "learning_rate": 0.003,
    "augment": "none",
    "image_size": 64,
}
LOOK_EVERY_S = 0.3
DOING = {JobKind.TRAIN: "Training", JobKind.PREDICT: "Predicting with"}
SPECS = (
    TrainSpec(model="small_cnn").replace(LOOK),
    TrainSpec(model="cnn_attention").replace({**LOOK, "epochs": 7, "learning_rate": 0.001, "image_size": 48}),
)


@dataclass(frozen=True, slots=True)
class DemoStep:
    """A step of the demo and its progress."""

    text: str
    done: int = 0
    of: int = 0


def make(db: Database, settings: Settings, launcher: Launcher, *, seed: int) -> Iterator[DemoStep]:
    """Build the demo up to the queued trainings and predictions; yield its progress.

    Raises:
        InvalidInput: the home contains other images, or the demo of another seed.
    """
    key = _own_key(db, settings, seed)
    if key is None or images.totals(db).images < len(key["images"]):
        yield from _fill(db, settings, seed)
    yield DemoStep("Freezing the dataset")
    task = tasks.task_named(db, TASK)
    frozen = next((one for one in snapshots.list_snapshots(db) if one.name == SNAPSHOT), None)
    snapshot = frozen or snapshots.freeze(db, task.id, RECIPE, name=SNAPSHOT, by=BY)
    for spec in SPECS:
        name = f"demo-{spec.model}"
        submitted = submit.submit(db, snapshot_id=snapshot.id, spec=spec, by=BY, key=name, launcher=launcher)
        predictions.submit(db, run_id=submitted.run, split="all", by=BY, key=name, launcher=launcher)


def wait_for_models(db: Database, launcher: Launcher, *, models: int = len(SPECS)) -> Iterator[DemoStep]:
    """Wait until the first `models` have been trained and have predicted, or failed; yield their progress."""
    for run in sorted(runs.list_runs(db), key=lambda view: view.id)[:models]:
        while unfinished := [job for job in reversed(job_queue.jobs_of_run(db, run.id)) if not job.state.is_finished]:
            job_queue.reap_and_wake(db, launcher)
            progress = unfinished[0].progress
            total = progress.get("epochs") or progress.get("images", 0)
            yield DemoStep(f"{DOING[unfinished[0].kind]} {run.spec.model}", progress.get("done", 0), total)
            time.sleep(LOOK_EVERY_S)


def first_failure(db: Database) -> str:
    """Return a sentence about the first failed job; "" if none failed."""
    bad = next((job for job in reversed(job_queue.list_jobs(db)) if job.state.is_resumable), None)
    return f"Job {bad.id} of the demo is {bad.state}: {bad.error or 'resume it on the Runs page.'}" if bad else ""


def _own_key(db: Database, settings: Settings, seed: int) -> dict[str, Any] | None:
    path = key_file(settings)
    if path.exists():
        key: dict[str, Any] = json.loads(path.read_bytes())
        if key["seed"] != seed:
            raise InvalidInput(
                f"{settings.home} contains the demo of seed {key['seed']}; for seed {seed} choose another home with "
                "--home DIR."
            )
        return key
    if images.totals(db).images:
        raise InvalidInput(
            f"{settings.home} contains other images already; choose another home for the demo with --home DIR."
        )
    return None


def _fill(db: Database, settings: Settings, seed: int) -> Iterator[DemoStep]:
    """Draw the files into the inbox and import them by the regular import."""
    folder = settings.folder("inbox") / f"demo-{seed}"
    for done, of in generate.generate(folder, seed=seed, key=key_file(settings)):
        yield DemoStep("Drawing radiographs", done, of)
    if not any(task.name == TASK for task in tasks.list_tasks(db)):
        tasks.create(db, name=TASK, classes=CLASSES, question=QUESTION)
    table = folder / generate.TABLE
    request = ImportRequest(path=folder, metadata=table, task=TASK, label_column="finding")
    for report in import_files.run(db, settings, request, by=BY):
        yield DemoStep("Importing", report.done, report.files_found)
    shutil.rmtree(folder, ignore_errors=True)
