"""A home of its own for every test of a service."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.services.imports import import_files
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from db import Database


@dataclass(frozen=True)
class Home:
    """An open home and the shortest way to fill it."""

    db: Database
    settings: Settings

    def take(self, path: Path, **options) -> ImportReport:
        """Import to the end; the last report."""
        scrub = options.pop("scrub", False)
        *_, report = import_files.run(self.db, self.settings, ImportRequest(path, **options), by="tester", scrub=scrub)
        return report


def make(folder: Path) -> Home:
    settings = Settings(folder, f"sqlite:///{folder / 'catalogue.sqlite'}")
    return Home(open_home(settings), settings)


def copied(template: Path, to: Path) -> Home:
    """A home that holds what another one does: to import the same images again for every test would take minutes."""
    shutil.copytree(template, to)
    return make(to)


@pytest.fixture(scope="session")
def empty_once(tmp_path_factory) -> Path:
    """A home with its tables: every schema step again for every test would take minutes."""
    made = make(tmp_path_factory.mktemp("empty") / "home")
    made.db.close()
    return made.settings.home


@pytest.fixture
def home(tmp_path: Path, empty_once: Path):
    made = copied(empty_once, tmp_path / "home")
    yield made
    made.db.close()


@pytest.fixture
def other_home(tmp_path: Path):
    made = make(tmp_path / "other")
    yield made
    made.db.close()


def small_pictures(folder: Path) -> Path:
    """Twelve small pictures of six patients, and data.csv that says whose and what they are."""
    folder.mkdir()
    lines = ["file,patient_id,site,kind,split"]
    for number in range(12):
        grey = np.full((8, 8), number * 20, dtype=np.uint8)
        Image.fromarray(grey).save(folder / f"p{number:02}.png")
        patient = number // 2
        split = ("train", "train", "train", "train", "val", "test")[patient]
        lines.append(
            f"p{number:02}.png,PAT-{patient:04},{'north' if patient % 2 else 'south'},{'ab'[number % 2]},{split}"
        )
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Such pictures, as new."""
    return small_pictures(tmp_path / "pictures")


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory) -> Path:
    """A home with the pictures, labelled in task 'kind': read once, for a child process starts slowly."""
    folder = tmp_path_factory.mktemp("filled")
    made, pictures = make(folder / "home"), small_pictures(folder / "pictures")
    made.take(pictures, metadata=pictures / "data.csv", task="kind", label_column="kind")
    made.db.close()
    return folder / "home"


@pytest.fixture(scope="session")
def trained_once(filled_once: Path, tmp_path_factory) -> Path:
    """The same with a run of two epochs on the pictures, its test split predicted."""
    from core.curation.recipe import Recipe
    from core.services.annotation import tasks
    from core.services.datasets import snapshots
    from core.services.predictions import predictions
    from core.services.training import submit
    from core.training.spec import TrainSpec

    made = copied(filled_once, tmp_path_factory.mktemp("trained") / "home")
    task = tasks.task_named(made.db, "kind")
    frozen = snapshots.freeze(made.db, task.id, Recipe(split_fact="split"), name="one", by="tester")
    spec = TrainSpec(model="small_cnn").with_settings({"epochs": "2", "image_size": "32", "threads": "1"})
    run = submit.submit(made.db, snapshot_id=frozen.id, spec=spec, by="tester", key="t", launcher=Asleep())
    done(made, run.job)
    done(made, predictions.submit(made.db, run_id=run.run, split="test", by="t", key="p", launcher=Asleep()).job)
    made.db.close()
    return made.settings.home


@pytest.fixture(scope="session")
def imported_once(tmp_path_factory) -> Path:
    """A home with the pictures and nothing that is known of them."""
    folder = tmp_path_factory.mktemp("imported")
    made, pictures = make(folder / "home"), small_pictures(folder / "pictures")
    (pictures / "data.csv").unlink()
    made.take(pictures)
    made.db.close()
    return folder / "home"


@pytest.fixture
def imported(home: Home, imported_once: Path) -> Home:
    """The pictures alone: no task, each of a patient of its own."""
    return holding(home, imported_once)


@pytest.fixture
def filled(home: Home, pictures: Path, filled_once: Path) -> Home:
    """The pictures, labelled in task 'kind'."""
    return holding(home, filled_once)


@pytest.fixture
def trained(home: Home, pictures: Path, trained_once: Path) -> Home:
    """With a run of two epochs on the pictures, its test split predicted."""
    return holding(home, trained_once)


def holding(home: Home, template: Path) -> Home:
    """The home with what the template holds in place of its own."""
    home.db.close()
    shutil.rmtree(home.settings.home)
    shutil.copytree(template, home.settings.home)
    return home


class Asleep:
    """A launcher that leaves jobs in the queue."""

    def wake(self) -> None:
        pass


def done(home: Home, job_id: int) -> None:
    """Do a queued job here, to its end."""
    from core.jobs import job_queue
    from core.worker import runner

    attempt = job_queue.claim(home.db, job_id)
    assert runner.run_job(home.db, home.settings, job_id, attempt=attempt, device="cpu") == "succeeded"


@pytest.fixture(scope="module")
def templates(scans: Path, tmp_path_factory) -> Path:
    """A home with the module's `scans` and the task, and one on which everything is drawn."""
    from tests.core.services import drawn

    folder = tmp_path_factory.mktemp("templates")
    for name in ("empty", "drawn"):
        made = make(folder / name)
        task = drawn.with_task(made, scans)
        if name == "drawn":
            drawn.draw_everywhere(made, task)
        made.db.close()
    return folder


@pytest.fixture
def full(templates: Path, tmp_path: Path):
    """Every shape on every image."""
    made = copied(templates / "drawn", tmp_path / "full")
    yield made
    made.db.close()


@pytest.fixture
def bare(templates: Path, tmp_path: Path):
    """The same images, imported on their own, and nothing drawn."""
    made = copied(templates / "empty", tmp_path / "bare")
    yield made
    made.db.close()
