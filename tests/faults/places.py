"""A home worth breaking, a server on it, and the requests a page would send."""

import hashlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image as Picture

from core.curation.recipe import Recipe
from core.imaging.store import Store
from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.annotation import tasks
from core.services.annotation.case_views import CaseView
from core.services.datasets import snapshots
from core.services.images import images
from core.services.training import submit
from core.training.spec import TrainSpec
from dashboard.server.signed_urls import Signer
from db import Database
from db.database import sqlite_module
from tests.core.conftest import Home, make
from tests.faults.processes import bury
from tests.ports import free_port

ENDS = (".", "`.")


def until(true: Callable[[], object], seconds: float = 90, why: Callable[[], object] = lambda: "") -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it never came true: {why()}"
        time.sleep(0.05)


def is_sentence(text: str) -> bool:
    """One sentence for a person: no line break, no traceback, no class of Python's."""
    return (
        text.endswith(".") and "\n" not in text and not any(word in text for word in ("Traceback", "Error:", "(sqlite"))
    )


def pictures(folder: Path, number: int, *, edge: int = 32, patients: int = 6) -> Path:
    """Noise, brighter in class b, and data.csv that says whose and what they are."""
    folder.mkdir()
    lines = ["file,patient_id,kind"]
    for index in range(number):
        rng = np.random.default_rng([edge, index])
        grey = rng.integers(0, 30000 + 20000 * (index % 2), (edge, edge), dtype=np.uint16)
        Picture.fromarray(grey).save(folder / f"p{index:03}.png")
        lines.append(f"p{index:03}.png,PAT-{index % patients:04},{'ab'[index // patients % 2]}")
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    return folder


@contextmanager
def home_at(folder: Path) -> Iterator[Home]:
    """An open home."""
    home = make(folder)
    try:
        yield home
    finally:
        home.db.close()
        bury()


class Asleep:
    """A launcher that starts nothing: the test runs the job itself."""

    def wake(self) -> None:
        """Nobody is woken."""


def frozen(home: Home, source: Path, **options: Any) -> int:
    """The pictures taken, labelled and frozen; the snapshot's id."""
    home.take(source, metadata=source / "data.csv", task="kind", label_column="kind", **options)
    task = tasks.task_named(home.db, "kind")
    return snapshots.freeze(home.db, task.id, Recipe(val=0.2, test=0.2), name="first", by="tester").id


def started(home: Home, snapshot: int, *, launcher: Any = None, key: str = "k", **knobs: Any) -> submit.Submitted:
    """A training of small batches on one thread."""
    spec = TrainSpec(**{"batch_size": 8, "threads": 1, "augment": "none", **knobs})
    launcher = launcher or LocalLauncher(home.settings)
    return submit.submit(home.db, snapshot_id=snapshot, spec=spec, by="tester", key=key, launcher=launcher)


def ended(home: Home, job_id: int) -> job_queue.JobView:
    """The job, once it has ended."""
    until(lambda: job_queue.get(home.db, job_id).state.is_finished, why=lambda: job_queue.get(home.db, job_id))
    return job_queue.get(home.db, job_id)


@contextmanager
def locked(db: Database) -> Iterator[None]:
    """A program that is not ours writes, and does not come to an end."""
    stranger = sqlite_module().connect(str(db.file), isolation_level=None, timeout=60)
    stranger.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        stranger.execute("ROLLBACK")
        stranger.close()


def check_whole(home: Home) -> int:
    """Every image of the catalogue has its original and its pixels, to the bit; how many there are."""
    store, rows = Store(home.settings.home), images.page(home.db, images.Filter(), limit=10_000)
    for row in rows:
        assert store.verify(row.sha256), row
        with Picture.open(store.original(row.sha256)) as picture:
            assert store.pixels(row.sha256).read_bytes() == np.asarray(picture).astype("<u2").tobytes()
    return len(rows)


def drafts(home: Path) -> list[Path]:
    """Files whose writing never ended."""
    return [path for path in home.rglob(".*") if path.is_file()] + list(home.rglob("*.part"))


def rounds(home: Path, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "dashboard", "--home", str(home), *map(str, argv)],
        capture_output=True,
        text=True,
        cwd="/",
        env=os.environ | environment,
        timeout=300,
        check=False,
    )


@dataclass
class Served:
    """`rounds serve` on a home, and a reader of one task."""

    home: Home
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __enter__(self) -> "Served":
        argv = [sys.executable, "-m", "dashboard", "--home", str(self.home.settings.home), "serve", "--no-browser"]
        with self.log.open("a") as words:
            self.process = subprocess.Popen(
                [*argv, "--port", str(self.port)],
                stdout=words,
                stderr=words,
                cwd="/",
                env=os.environ | self.environment,
            )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False)
        until(self._answers, why=self.log.read_text)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(30)

    def _answers(self) -> bool:
        try:
            return self.client.get("/").status_code == 200
        except httpx.TransportError:
            return False

    def signed(self, path: str, **query: str | int) -> str:
        """A URL as this server's page would hold it."""
        return Signer.of(self.home.settings).url(path, self.client.cookies[f"rounds_{self.port}"], **query)

    def label(self, case: CaseView, position: int, key: str = "") -> httpx.Response:
        """Post one answer."""
        body = {"case": case.id, "answer": "label", "label": position, "key": key or uuid.uuid4().hex}
        return self.client.post(self.signed("/api/labels", task=case.task_id, by="tester"), json=body)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
