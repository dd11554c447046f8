"""A home that version 0.5 wrote opens without loss: every row, figure, drawing, word and map is there by value.

`fixtures/make_home.py` made it, and listed what it holds.
"""

import hashlib
import json
import sqlite3
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.jobs import job_queue
from core.jobs.local import LocalLauncher
from core.services.analysis import analysis
from core.services.annotation import comments, drawings
from core.services.evaluation import operating_points, reviews
from core.services.predictions import external, predictions
from core.services.saliency import maps
from core.services.training import runs, submit
from core.services.workspace import doctor
from core.services.workspace.home import open_home
from core.settings import Settings
from core.training.spec import TrainSpec
from db.tables import OperatingPoint, Reader
from tests.core.conftest import Asleep, Home, done

FIXTURES = Path(__file__).parent / "fixtures"
# What the schema has renamed since, and the stored words.
TABLES = {"examination": "analysis", "test_look": "test_set_view"}
COLUMNS = {
    ("examination", "asked"): "settings",
    ("examination", "what"): "kind",
    ("run", "also"): "extra_snapshots",
    ("run", "outside"): "external_source",
}
WORDS = {
    ("annotation", "answer"): {"unreadable": "unassessable"},
    ("case", "answer"): {"unreadable": "unassessable"},
    ("job", "kind"): {"examine": "analyze"},
}
# In an empty table nothing can be lost.
NOT_EMPTY = {"comment", "drawing", "examination", "fact", "finding", "metric", "operating_point", "review", "test_look"}


@pytest.fixture(scope="module")
def contents() -> dict[str, Any]:
    return json.loads((FIXTURES / "home_0_5.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The home as version 0.5 left it."""
    with tarfile.open(FIXTURES / "home_0_5.tar.gz") as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path / "home"


@pytest.fixture
def home(folder: Path):
    folder.chmod(0o700)
    settings = Settings(folder, f"sqlite:///{folder / 'catalogue.sqlite'}")
    opened = Home(open_home(settings), settings)
    yield opened
    opened.db.close()


def test_every_row_is_there_by_value(home, contents):
    assert {name for name, rows in contents["tables"].items() if rows} >= NOT_EMPTY
    with sqlite3.connect(home.settings.home / "catalogue.sqlite") as connection:
        connection.row_factory = sqlite3.Row
        for table, rows in contents["tables"].items():
            stored = connection.execute(f'SELECT * FROM "{TABLES.get(table, table)}" ORDER BY rowid').fetchall()
            expected = [
                {COLUMNS.get((table, name), name): _word(table, name, value) for name, value in row.items()}
                for row in rows
            ]
            assert [{name: row[name] for name in was} for row, was in zip(stored, expected, strict=True)] == expected


def _word(table: str, column: str, value: Any) -> Any:
    return WORDS.get((table, column), {}).get(value, value)


def test_the_doctor_finds_nothing_wrong_but_the_job_that_was_lost(home, contents, monkeypatch):
    monkeypatch.setattr(LocalLauncher, "wake", lambda self: None)  # the queued job stays in the queue
    home.db.close()
    (lost,) = (row["id"] for row in contents["tables"]["job"] if row["state"] == "lost")
    wrong = {
        check.name: check.detail
        for check in doctor.run_checks(home.settings, LocalLauncher(home.settings))
        if not check.ok
    }
    assert wrong == {"jobs": f"lost: {lost}; resume with `rounds jobs resume {lost}`"}


def test_runs_keep_their_settings_their_snapshots_and_where_they_came_from(home):
    first, both, findings, external = (runs.get(home.db, number) for number in (1, 2, 3, 4))
    assert [run.task for run in (first, both, findings)] == ["kind", "kind", "chest"]
    assert [run.best_epoch is not None for run in (first, both, findings, external)] == [True, True, True, False]
    stored = first.spec.to_json()
    assert [stored.get(new, stored.get(old)) for old, new in (("turn", "rotation"), ("judge", "monitor"))] == [
        4.0,
        "val_loss",
    ]
    assert external.model == "model of a vendor"


def test_points_and_the_views_of_the_test_split_are_counted_on(home):
    point = operating_points.current_or_default(home.db, 1)
    assert (point.threshold, point.level, point.patient_rule) == (0.375, "patient", "mean")
    with home.db.read() as session:
        readers = select(Reader.name).join(OperatingPoint).where(OperatingPoint.run_id == 1)
        assert session.scalars(readers.order_by(OperatingPoint.id)).all() == ["ann", "ben"]
    before = operating_points.count_test_views(home.db, 1)
    assert before == 3
    assert operating_points.record_test_view(home.db, 1, "ben") == before  # this reader has seen it at this point
    assert operating_points.record_test_view(home.db, 1, "dan") == before + 1


def test_drawings_comments_and_verdicts_are_read(home, contents):
    case = contents["tables"]["drawing"][0]["case_id"]
    standing = drawings.standing(home.db, case)
    assert [(one.key, one.shape.value, one.reader) for one in standing] == [
        ("a", "box", "ben"),
        ("b", "polygon", "ann"),
        ("c", "mask", "ben"),
    ]
    assert standing[0].geometry == {"points": [[14.5, 6.0], [25.0, 17.25]]}
    assert [one.text for one in comments.of_case(home.db, case)] == ["Is this a disc? – “yes”", "Here"]
    verdicts = reviews.verdicts(home.db, [row["prediction_id"] for row in contents["tables"]["review"]]).values()
    assert sorted(verdicts) == ["model right", "model wrong", "relabelled", "unsure"]


def test_analyses_are_of_the_weights_that_are_there(home):
    for name in ("features", "check"):
        result = analysis.newest(home.db, 1, name)
        assert result is not None
        assert not result.stale
        assert result.result


def test_a_map_of_then_is_shown_and_not_computed_again(home, contents):
    for entry in contents["filed"]:
        shown = maps.cached_map(
            home.db,
            home.settings,
            run_id=1,
            image_id=entry["image"],
            method=entry["method"],
            class_index=entry["class"],
        )
        assert shown is not None
        assert shown.path.name == entry["file"]
        assert hashlib.sha256(shown.path.read_bytes()).hexdigest() == contents["maps"][entry["file"]]
    assert len({one["method"] for one in contents["filed"]}) >= 3


def test_jobs_are_in_their_states_and_work_goes_on(home):
    states = {job.state.value for job in job_queue.list_jobs(home.db)}
    assert states == {"succeeded", "cancelled", "failed", "lost", "queued"}
    (queued,) = (job for job in job_queue.list_jobs(home.db) if job.state == "queued")
    done(home, queued.id)
    run = runs.get(home.db, 1)
    spec = replace(run.spec, epochs=1, start="run", start_run=1)
    made = submit.submit(home.db, snapshot_id=run.snapshot_id, spec=spec, by="dan", key="next", launcher=Asleep())
    done(home, made.job)
    job = predictions.submit(home.db, run_id=made.run, split="test", by="dan", key="p", launcher=Asleep()).job
    done(home, job)
    assert runs.get(home.db, made.run).best_epoch == 1


def test_settings_of_then_are_read(contents):
    stored = json.loads(contents["tables"]["run"][0]["spec"])
    assert {"turn", "judge"} <= stored.keys()
    again = TrainSpec.from_json(TrainSpec.from_json(stored).to_json())
    assert again == TrainSpec.from_json(stored)


def test_external_predictions_say_where_they_came_from(home):
    source = runs.get(home.db, 4).external_source
    assert external.describe_source(source).startswith("22 predictions from 22 lines of elsewhere.csv")
