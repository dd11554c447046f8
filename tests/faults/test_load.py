"""Ten readers label over HTTP while an import and a training run, a backup is made in the middle, and restored.

ROUNDS_LABELS says how many answers each gives (100). With -s it tells how fast they were taken:
ROUNDS_LABELS=1000 python -m pytest -m slow -s tests/faults/test_load.py
"""

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.imaging.store import Store
from core.jobs import job_queue
from core.services.workspace import backup
from core.settings import Settings
from core.training.spec import TrainSpec
from db import Database
from db.tables import Annotation, Image, LabelClass
from db.tables import Reader as ReaderRow
from db.vocabulary import JobState, LabelSource
from tests.faults import ground
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.processes import bury, dispatchers, kill, living, until, workers
from tests.faults.reader import Server

READERS, LABELS = 10, int(os.environ.get("ROUNDS_LABELS", "100"))
FILES = 400  # of an import: some seconds
ENDLESS = TrainSpec(epochs=1000, batch_size=32, device="cpu", threads=1)


@dataclass
class Load:
    """What goes on in a home while they label: an import after another, and one training."""

    ground: Ground
    server: Server
    crowd: Crowd
    folder: Path
    imports: list[tuple[int, Path]] = field(default_factory=list)
    training: int = 0
    together: int = 0  # answers that came while both jobs ran

    def begin(self) -> None:
        self.server.start()
        until(lambda: "Rounds is open" in self.server.log.read_text())
        self.training = self.ground.train(ENDLESS, "endless").job
        until(lambda: job_queue.get(self.ground.db, self.training).progress.get("epoch", 0) > 2)
        self.take_more()
        self.until_busy()
        self.crowd.start()

    def take_more(self) -> None:
        number = len(self.imports)
        files = ground.pictures(self.folder / f"import {number}", FILES, seed=number)
        self.imports.append((self.ground.take(files), files))

    def states(self) -> list[JobState]:
        return [job_queue.get(self.ground.db, job).state for job in (self.training, self.imports[-1][0])]

    def is_busy(self) -> bool:
        return self.states() == [JobState.RUNNING] * 2

    def until_busy(self) -> None:
        """There is always something to import."""

        def busy() -> bool:
            if self.states()[1] is JobState.SUCCEEDED:
                self.take_more()
            return self.is_busy()

        until(busy, why=self.states)

    def until_acknowledged(self, many: int) -> None:
        before, busy = len(self.crowd.acknowledged), False
        while before < many and self.crowd.works:
            time.sleep(0.1)
            if self.states()[1] is JobState.SUCCEEDED:
                self.take_more()
            now, busy, was_busy = len(self.crowd.acknowledged), self.is_busy(), busy
            self.together += (now - before) * (busy and was_busy)
            before = now

    def come_to_an_end(self) -> None:
        job_queue.cancel(self.ground.db, self.training)
        until(lambda: self.states() == [JobState.CANCELLED, JobState.SUCCEEDED], why=self.states)


@pytest.fixture
def load(tmp_path):
    rows = ground.make(tmp_path, images=240)
    server = Server(rows.settings.home, tmp_path / "serve.txt")
    crowd = Crowd.of(READERS, settings=rows.settings, port=server.port, task=rows.task, enough=LABELS)
    yield Load(rows, server, crowd, tmp_path)
    if server.is_up():
        server.kill()
    for home in (rows.settings.home, tmp_path / "new"):
        kill([*dispatchers(home), *workers(home)])
        until(lambda home=home: not list(living(home)))
    bury()
    rows.db.close()


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_locked_out_and_a_backup_of_the_middle_is_whole(load, tmp_path):
    load.begin()
    begun = time.monotonic()
    load.until_acknowledged(READERS * LABELS // 2)
    load.until_busy()
    rows = backed_up(load, tmp_path / "middle.backup")
    load.until_acknowledged(READERS * LABELS)
    seconds = time.monotonic() - begun
    load.come_to_an_end()
    tell(load, seconds)

    assert load.crowd.wrong == []
    assert len(load.crowd.acknowledged) == READERS * LABELS
    assert labels(load.ground.db) == load.crowd.acknowledged
    assert load.together > 0
    for job, folder in load.imports:
        assert job_queue.get(load.ground.db, job).result["imported"] == FILES
        ground.check_imported(load.ground, folder)
    assert [path for path in words(load) if "locked" in path.read_text(errors="replace")] == []
    check_restored(load, tmp_path, rows)
    check_it_trains_on(tmp_path / "new", load.training)


def labels(db: Database) -> dict[str, tuple[str, int, int]]:
    """What people said, by key; twice the same key would be two rows, and is refused here."""
    answers = (
        select(Annotation.client_key, ReaderRow.name, Annotation.case_id, LabelClass.position)
        .join(LabelClass, LabelClass.id == Annotation.label_id)
        .join(ReaderRow, ReaderRow.id == Annotation.reader_id)
        .where(Annotation.source == LabelSource.HUMAN)
    )
    with db.read() as session:
        rows = session.execute(answers).all()
        assert session.scalar(select(func.count()).where(Annotation.source == LabelSource.HUMAN)) == len(rows)
    by_key = {key: (name, case, label) for key, name, case, label in rows}
    assert len(by_key) == len(rows)
    return by_key


@dataclass(frozen=True)
class Middle:
    """What was so just before the backup, and just after."""

    rows_before: dict[str, int]
    rows_after: dict[str, int]
    acknowledged_before: dict[str, tuple[str, int, int]]


def backed_up(load: Load, file: Path) -> Middle:
    rows, acknowledged = backup.count(load.ground.db), load.crowd.acknowledged
    answers = rounds(load.ground.settings.home, "backup", file)
    print(f"\nbackup: {answers['bytes'] >> 20} MB, {answers['files']}, {answers['notes']}, labels {len(acknowledged)}")
    assert all("import was running" in note for note in answers["notes"])
    return Middle(rows, backup.count(load.ground.db), acknowledged)


def check_restored(load: Load, tmp_path: Path, middle: Middle) -> None:
    """Row by row what the backup's own catalogue holds, and byte by byte the files of the home."""
    new = tmp_path / "new"
    rounds(new, "restore", tmp_path / "middle.backup")
    settings = Settings(new, f"sqlite:///{new / 'catalogue.sqlite'}")
    assert dump(new / "catalogue.sqlite") == dump(packed(tmp_path / "middle.backup", tmp_path))
    db = Database(settings.database_url)
    rows, answers = backup.count(db), labels(db)
    assert [name for name in rows if not middle.rows_before[name] <= rows[name] <= middle.rows_after[name]] == []
    assert middle.acknowledged_before.items() <= answers.items() <= load.crowd.acknowledged.items()
    with db.read() as session:
        images = set(session.scalars(select(Image.sha256)))
    db.close()
    old, store = Store(load.ground.settings.home), Store(new)
    assert len(images) == rows["image"] > 240
    assert all(store.verify(one) for one in images)
    assert [one for one in images if store.pixels(one).read_bytes() != old.pixels(one).read_bytes()] == []
    checks = rounds(new, "doctor", ok=False)["checks"]
    assert {check["name"] for check in checks if not check["ok"]} - {"disk"} == {"jobs"}  # they ran: they are lost


def check_it_trains_on(home: Path, training: int) -> None:
    """Where it was when the backup was made, not from the beginning."""
    db = Database(f"sqlite:///{home / 'catalogue.sqlite'}")
    was = job_queue.get(db, training).progress["epoch"]
    assert was > 1
    rounds(home, "jobs", "resume", training)
    seen = []

    def has_gone_on() -> bool:
        job = job_queue.get(db, training)
        assert job.state in (JobState.QUEUED, JobState.RUNNING), job.error
        seen.append(job.progress.get("epoch", was))
        return seen[-1] > was + 1

    until(has_gone_on)
    assert min(seen) >= was - 1
    rounds(home, "jobs", "cancel", training)
    until(lambda: job_queue.get(db, training).state is JobState.CANCELLED)
    db.close()


def packed(file: Path, to: Path) -> Path:
    """The catalogue as it lies in the backup."""
    with tarfile.open(file) as tar:
        (to / "packed.sqlite").write_bytes(tar.extractfile("catalogue.sqlite").read())
    return to / "packed.sqlite"


def dump(file: Path) -> list[str]:
    """Every row of every table."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return sorted(connection.iterdump())
    finally:
        connection.close()


def words(load: Load) -> list[Path]:
    """Everything that was written down by the server and the jobs."""
    home = load.ground.settings.home
    return [
        load.server.log,
        *(path for name in ("jobs", "runs") for path in (home / name).rglob("*log*") if path.is_file()),
    ]


def rounds(home: Path, *argv: object, ok: bool = True) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "--home", str(home), "--json", *map(str, argv)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == ok, done.stderr
    return json.loads(done.stdout)


def tell(load: Load, seconds: float) -> None:
    took = load.crowd.took_s
    at = {share: round(took[min(len(took) - 1, int(len(took) * share))] * 1000) for share in (0.5, 0.95, 0.99)}
    print(
        f"{len(took)} labels by {READERS} readers in {seconds:.0f} s ({len(took) / seconds:.0f} a second), "
        f"milliseconds p50 {at[0.5]}, p95 {at[0.95]}, p99 {at[0.99]}, most {took[-1] * 1000:.0f}; "
        f"{len(load.crowd.wrong)} wrong answers; {load.together} labels while both jobs ran, "
        f"{len(load.imports)} imports of {FILES} files"
    )
