"""Figures of a part of a split, or of older weights, say so over themselves and offer the way out."""

import pytest
from sqlalchemy import text

from core.jobs import job_queue
from core.services.evaluation import operating_points
from core.settings import default_reader
from db.vocabulary import JobKind, Split
from tests.core.services.predicted import another, draw
from tests.core.services.predictions.test_coverage import anew, best, drop
from tests.dashboard.test_pages import home, on_test, opened, text_of
from tests.dashboard.test_review_page import db, empty, tables

__all__ = ["db", "empty", "home"]
PART = "Run {run} has predicted 20 of 60 cases of the test split; its metrics use these cases only."


def labels(app) -> list[str]:
    return [one.label for one in app.button]


def queued(db, run: int, split: str, **fields):
    with db.transaction() as session:
        job = job_queue.add(session, JobKind.PREDICT, {"run": run, "split": split, "by": "ann"}, key=split, run_id=run)
        for name, value in fields.items():
            setattr(job, name, value)
        return job.id


def test_a_part_of_a_split_is_told_over_its_figures_with_the_button_for_the_whole(db):
    run = draw(db).run
    best(db, run, "c")
    drop(db, run, "test", 20)
    app = on_test("review", run=str(run))
    assert PART.format(run=run) in [one.value for one in app.warning]
    assert "AUROC" in tables(app)
    app.button(key=f"predict_{run}_test").click().run()
    (job,) = job_queue.jobs_of_run(db, run)
    assert (job.kind, job.request["split"]) == ("predict", "test")
    assert "AUROC" in tables(app)
    assert "Predict the whole test split" not in labels(app)
    on_validation = opened("review", run=str(run), split="val")
    assert not on_validation.warning
    assert not any(label.startswith("Predict") for label in labels(on_validation))


@pytest.mark.parametrize("split", ["test", "all"])
def test_while_its_job_goes_on_its_progress_stands_there_and_the_figures_stay(db, split):
    run = draw(db).run
    best(db, run, "c")
    drop(db, run, "test", 20)
    operating_points.record_test_view(db, run, default_reader())
    job = queued(db, run, split, progress={"done": 20, "images": 60})
    app = on_test("review", run=str(run))
    assert PART.format(run=run) in text_of(app)
    assert "AUROC" in tables(app)
    assert f"predict_{job}_cancel" in [one.key for one in app.button]
    assert "Predict the whole test split" not in labels(app)
    job_queue.cancel(db, job)
    app = on_test("review", run=str(run))
    assert f"predict_{job}_cancel" not in [one.key for one in app.button]
    assert "Predict the whole test split" in labels(app)


def test_without_a_model_here_no_button_is_offered(db):
    run = draw(db).run  # it has no checkpoint
    drop(db, run, "test", 20)
    app = on_test("review", run=str(run))
    assert PART.format(run=run) in text_of(app)
    assert "The predictions are external. Import a file to add the missing ones." in text_of(app)
    assert not any(label.startswith("Predict") for label in labels(app))


def test_predictions_of_older_weights_are_told_and_can_be_made_again(db):
    run = draw(db).run
    best(db, run, "d")
    app = on_test("review", run=str(run))
    expected = f"Run {run} has newer weights; the predictions of the test split come from the old ones."
    assert expected in [one.value for one in app.warning]
    assert "Predict the test split again" in labels(app)
    assert "AUROC" in tables(app)


def test_a_point_that_was_chosen_on_older_weights_says_so(db):
    run, old = draw(db).run, "The weights have changed since; choose it again on validation."
    best(db, run, "c")
    operating_points.set_operating_point(db, run, rule={"kind": "sensitivity", "at_least": 0.9}, by="ann")
    assert old not in text_of(on_test("review", run=str(run)))
    best(db, run, "d")
    anew(db, run, "d")
    text_shown = text_of(on_test("review", run=str(run)))
    assert "Chosen on validation by ann" in text_shown
    assert old in text_shown
    assert old in text_of(opened("review", run=str(run), split="val"))
    operating_points.set_operating_point(db, run, rule={"kind": "sensitivity", "at_least": 0.9}, by="ann")
    assert old not in text_of(on_test("review", run=str(run)))


def test_a_point_set_by_hand_without_validation_says_so(db):
    drawn = draw(db)
    run = another(db, drawn, seed=3, splits=(Split.TEST,))
    operating_points.set_operating_point(db, run, threshold=0.3, by="ann")
    text_shown = text_of(on_test("review", run=str(run)))
    assert "Operating point 0.3, set manually. Set by ann, just now, without validation predictions." in text_shown
    assert "Chosen on validation" not in text_shown
    operating_points.set_operating_point(db, drawn.run, threshold=0.3, by="ann")
    assert "Chosen on validation by ann" in text_of(on_test("review", run=str(drawn.run)))


def test_compare_tells_it_of_both_runs(db):
    drawn = draw(db)
    second = another(db, drawn, seed=5)
    for run in (drawn.run, second):
        best(db, run, "c")
        drop(db, run, "test", 20)
    best(db, second, "d")
    with db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM prediction WHERE split = 'test'")) == 40
    app = on_test("compare", run=str(second), other=str(drawn.run))
    assert PART.format(run=drawn.run) in text_of(app)
    assert f"{PART.format(run=second)} Run {second} has newer weights;" in text_of(app)
    assert {"Predict the whole test split", "Predict the test split again"} <= set(labels(app))
    assert "AUROC" in tables(app)
    assert not opened("compare", run=str(second), other=str(drawn.run), split="train").error
