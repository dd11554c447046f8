"""What cannot be trained is one sentence on the page where it was asked or on its run; the form and the rest stay."""

import re

import pytest

from core.curation.recipe import Recipe
from core.jobs import job_queue
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training import resource_estimate, runs, submit
from core.services.training.resource_estimate import EstimateResult
from core.services.workspace import home as workspace_home
from core.training.spec import TrainSpec
from core.worker import runner
from tests.core.conftest import Asleep
from tests.dashboard.test_pages import filled, home, opened, text_of
from tests.dashboard.test_train_page import STEP_COST, widget

__all__ = ["filled", "home"]
QUICK = TrainSpec(epochs=1, batch_size=8, image_size=32, threads=1, augment="none")
RECIPE = Recipe(val=0.25, test=0.25)


@pytest.fixture
def frozen(filled, monkeypatch):
    """A snapshot of single images, and a task of the same pictures whose mirror images count alike."""
    db = workspace_home.open_home(filled)
    snapshots.freeze(db, tasks.task_named(db, "finding").id, RECIPE, name="one", by="t")
    monkeypatch.setattr(resource_estimate, "step_cost", lambda *_, **__: EstimateResult("a", STEP_COST))
    monkeypatch.setattr(resource_estimate, "pictures", lambda *_, **__: EstimateResult("b", pictures=8))
    yield db
    db.close()


def trained(db, settings, spec, snapshot="one", ends="succeeded"):
    """A run that was worked on in this process to its end."""
    made = submit.submit(
        db,
        snapshot_id=snapshots.snapshot_named(db, snapshot).id,
        spec=spec,
        by="t",
        key=f"{snapshot} {spec}",
        launcher=Asleep(),
    )
    attempt = job_queue.claim(db, made.job)
    assert runner.run_job(db, settings, made.job, attempt=attempt, device="cpu") == ends
    return made.run


def refused_on_start(app):
    """The one sentence after Start is pressed."""
    next(one for one in app.button if one.label == "Start training").click().run()
    assert not app.exception
    (error,) = app.error
    return error.value


@pytest.mark.parametrize(
    ("model", "summary", "why"),
    [
        ("cross_attention", "Two views of a study", r"requested: '', available: none"),
        ("resnet3d_18", "A series as a volume", "has a single image, but this model needs a stack"),
    ],
)
def test_a_model_of_several_pictures_on_single_images(frozen, filled, model, summary, why):
    app = opened("train")
    widget(app, "Model").set_value(model).run()
    assert summary in text_of(app)
    run = trained(frozen, filled, TrainSpec(model=model, epochs=1, image_size=32, threads=1), ends="failed")
    (warning,) = [one.value for one in opened("runs", run=str(run)).warning]
    assert re.search(why, warning)
    assert "Traceback" not in runs.log(filled, run)


def test_a_class_that_no_training_image_has(frozen):
    task = tasks.task_named(frozen, "finding")
    few = snapshots.freeze(frozen, task.id, Recipe(val=0.25, test=0.25, seed=1), name="few", by="t")
    with frozen.transaction() as session:
        from db.tables import Snapshot

        row = session.get_one(Snapshot, few.id)
        train = {**row.summary["train"], "labels": {**row.summary["train"]["labels"], "b": 0}}
        row.summary = {**row.summary, "train": train}
    app = opened("train", snapshot=str(few.id))
    widget(app, "Epochs").set_value(9).run()
    assert refused_on_start(app).startswith("Snapshot 'few' has no training image of class 'b'")
    assert runs.list_runs(frozen) == []
    assert widget(app, "Epochs").value == 9


def test_a_flip_that_the_task_no_longer_allows_is_not_asked(frozen, filled):
    task = tasks.task_named(frozen, "finding")
    tasks.set_flips(frozen, task.id, "left-right")
    app = opened("train")
    widget(app, "Augmentation").set_value("custom").run()
    widget(app, "Flips").set_value("left-right").run()
    tasks.set_flips(frozen, task.id, "none")  # by somebody else, meanwhile
    next(one for one in app.button if one.label == "Start training").click().run()
    assert not app.exception
    assert [run.spec.flips for run in runs.list_runs(frozen)] == ["none"]


def test_a_run_to_start_from_that_learned_from_whom_this_one_judges_by(frozen, filled):
    first = trained(frozen, filled, QUICK)
    other = snapshots.freeze(
        frozen, tasks.task_named(frozen, "finding").id, Recipe(val=0.4, test=0.4, seed=5), name="other", by="t"
    )
    app = opened("train", snapshot=str(other.id))
    widget(app, "Start from").set_value("run").run()
    assert f"Run {first}:" in " ".join(widget(app, "Run to start from").options)
    refusal = refused_on_start(app)
    assert re.search(rf"Run {first} was trained on \d+ patients who are in validation or test here", refusal)
    assert [run.id for run in runs.list_runs(frozen)] == [first]


def test_published_weights_that_are_not_here_and_may_not_be_fetched(frozen, filled, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "no weights"))
    run = trained(
        frozen,
        filled,
        TrainSpec(model="resnet18", epochs=1, image_size=64, threads=1, start="published"),
        ends="failed",
    )
    (warning,) = [one.value for one in opened("runs", run=str(run)).warning]
    assert "download" in warning.lower()
    assert "Traceback" not in runs.log(filled, run)


def test_a_snapshot_whose_files_are_gone(frozen, filled):
    gone = next(path for path in filled.folder("originals").rglob("*") if path.is_file())
    gone.unlink()
    run = trained(frozen, filled, QUICK, ends="failed")
    (warning,) = [one.value for one in opened("runs", run=str(run)).warning]
    assert re.search("gone|missing|again", warning)
    assert "Traceback" not in runs.log(filled, run)
    assert snapshots.snapshot_named(frozen, "one").summary["train"]["images"] > 0
