"""How far a split is predicted and by which weights; and whether an operating point was chosen on others."""

import pytest
from sqlalchemy import text

from core.errors import NotFound
from core.jobs import job_queue
from core.services.evaluation import operating_points
from core.services.predictions import coverage, predictions
from core.services.training import runs
from core.worker import handlers, runner
from db.tables import Checkpoint
from db.vocabulary import CheckpointKind, Split
from tests.core.conftest import Asleep, done
from tests.core.services.predicted import another, draw

SENSITIVE = {"kind": "sensitivity", "at_least": 0.9}


def best(db, run: int, sha256: str) -> None:
    """Its best weights, as the training told last."""
    with db.transaction() as session:
        session.merge(Checkpoint(run_id=run, kind=CheckpointKind.BEST, epoch=1, sha256=sha256))


def anew(db, run: int, sha256: str, where: str = "1 = 1") -> None:
    """Predictions as they are after these weights predicted them."""
    with db.transaction() as session:
        session.execute(text(f"UPDATE prediction SET checkpoint_sha256 = '{sha256}' WHERE run_id = {run} AND {where}"))


def drop(db, run: int, split: str, keep: int) -> None:
    """A prediction that was cancelled after so many cases of the split."""
    expected = f"run_id = {run} AND split = '{split}'"
    first = f"SELECT id FROM prediction WHERE {expected} ORDER BY id LIMIT {keep}"
    with db.transaction() as session:
        session.execute(text(f"DELETE FROM prediction WHERE {expected} AND id NOT IN ({first})"))


def test_the_whole_split_by_the_weights_of_the_run_needs_no_word(home):
    run = draw(home.db).run
    for split, cases in (("test", 60), ("val", 60), ("all", 180)):
        result = coverage.coverage_of(home.db, run, split)
        assert (result.predicted, result.cases, result.weights, result.old, result.words) == (
            cases,
            cases,
            ("c",),
            False,
            "",
        )
    best(home.db, run, "c")
    assert coverage.coverage_of(home.db, run, "test").words == ""
    with pytest.raises(NotFound, match="There is no run 4711"):
        coverage.coverage_of(home.db, 4711, "test")


def test_a_part_is_told_with_both_counts(home):
    run = draw(home.db, patients=120).run
    drop(home.db, run, "val", 7)
    assert coverage.coverage_of(home.db, run, "test").words == ""
    assert coverage.coverage_of(home.db, run, "val").words == (
        f"Run {run} has predicted 7 of 120 cases of the validation split; its metrics use these cases only."
    )
    assert "has predicted 247 of 360 cases of all splits" in coverage.coverage_of(home.db, run, "all").words


def test_a_split_without_any_is_no_part_of_it(home):
    drawn = draw(home.db)
    run = another(home.db, drawn, seed=5, splits=(Split.TEST,))
    result = coverage.coverage_of(home.db, run, "val")
    assert (result.predicted, result.cases, result.weights, result.old, result.words) == (0, 60, (), False, "")
    assert (coverage.has_predictions(home.db, run, "val"), coverage.has_predictions(home.db, run, "test")) == (
        False,
        True,
    )


def test_predictions_of_other_weights_are_told(home):
    run = draw(home.db).run
    best(home.db, run, "d")
    old = f"Run {run} has newer weights; the predictions of the test split come from the old ones."
    assert coverage.coverage_of(home.db, run, "test").words == old
    anew(home.db, run, "d", "split = 'test' AND id % 2")
    assert coverage.coverage_of(home.db, run, "test").words == old.replace("the predictions", "some predictions", 1)
    anew(home.db, run, "d")
    assert coverage.coverage_of(home.db, run, "test").words == ""


def test_a_point_knows_the_weights_it_was_chosen_on(home):
    run = draw(home.db).run
    best(home.db, run, "c")
    first = operating_points.set_operating_point(home.db, run, rule=SENSITIVE, by="ann")
    assert (first.chosen_on, first.to_json()["chosen_on"]) == ("c", "c")
    assert not coverage.coverage_of(home.db, run, "test").is_outdated(first.chosen_on)
    best(home.db, run, "d")
    assert not coverage.coverage_of(home.db, run, "test").is_outdated(first.chosen_on)  # nor are the predictions newer
    anew(home.db, run, "d", "split = 'test'")
    assert coverage.coverage_of(home.db, run, "test").is_outdated(first.chosen_on)
    anew(home.db, run, "d", "split = 'val' AND id % 2")
    mixed = operating_points.set_operating_point(home.db, run, threshold=0.4, by="ann")
    assert mixed.chosen_on == "c d"
    assert coverage.coverage_of(home.db, run, "test").is_outdated(mixed.chosen_on)
    anew(home.db, run, "d", "split = 'val'")
    again = operating_points.set_operating_point(home.db, run, threshold=0.4, by="ann")
    assert not coverage.coverage_of(home.db, run, "test").is_outdated(again.chosen_on)
    assert not coverage.coverage_of(home.db, run, "test").is_outdated(None)


def test_a_point_set_without_validation_stays_one_set_by_hand(home):
    drawn = draw(home.db)
    run = runs.get(home.db, another(home.db, drawn, seed=5, splits=(Split.TEST,)))
    blind = operating_points.set_operating_point(home.db, run.id, threshold=0.4, by="ann")
    assert blind.chosen_on == ""
    assert operating_points.is_manual(home.db, run, blind)
    with home.db.transaction() as session:
        session.execute(text(f"UPDATE prediction SET split = 'val' WHERE run_id = {run.id} AND id % 2"))
    assert operating_points.is_manual(home.db, run, blind)
    seen = operating_points.set_operating_point(home.db, run.id, threshold=0.4, by="ann")
    assert not operating_points.is_manual(home.db, run, seen)
    assert not operating_points.is_manual(
        home.db, run, operating_points.set_operating_point(home.db, run.id, rule=SENSITIVE, by="ann")
    )
    with home.db.transaction() as session:
        session.execute(text("UPDATE operating_point SET checkpoint_sha256 = NULL"))
    assert not operating_points.is_manual(home.db, run, operating_points.current(home.db, run.id))


def test_a_prediction_that_was_cancelled_leaves_a_part_and_its_resume_the_whole(trained, monkeypatch):
    (run,) = runs.list_runs(trained.db)
    monkeypatch.setattr(handlers, "PREDICTIONS_AT_ONCE", 3)
    job = predictions.submit(trained.db, run_id=run.id, split="train", by="t", key="c", launcher=Asleep()).job
    attempt = job_queue.claim(trained.db, job)
    job_queue.cancel(trained.db, job)
    assert runner.run_job(trained.db, trained.settings, job, attempt=attempt, device="cpu") == "cancelled"
    result = coverage.coverage_of(trained.db, run.id, "train")
    assert (result.predicted, result.cases, result.weights) == (3, 8, (result.best,))
    assert f"Run {run.id} has predicted 3 of 8 cases of the train split" in result.words
    job_queue.requeue(trained.db, job)
    done(trained, job)
    assert coverage.coverage_of(trained.db, run.id, "train").words == ""
