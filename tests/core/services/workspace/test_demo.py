"""The demo's home: filled once, gone on with after an interruption, never over somebody's own images."""

import json

import pytest

from core.errors import InvalidInput
from core.imaging.phantoms import cohort, generate
from core.jobs import job_queue
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.training import runs, submit
from core.services.workspace import demo, tour
from db.tables import Job
from db.vocabulary import JobKind, JobState
from tests.core import conftest


class Asleep:
    def wake(self) -> None:
        pass

    def alive(self, job_id: int) -> bool:
        return True


@pytest.fixture
def small(monkeypatch):
    """Sixty patients instead of four hundred."""
    return _few(monkeypatch)


def _few(patch):
    patch.setattr(cohort, "PATIENTS", 60)
    plan = cohort.draw_cohort(1)
    patch.setattr(generate, "draw_cohort", lambda seed: plan)
    return plan


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A small demo's home, made once."""
    with pytest.MonkeyPatch.context() as patch:
        plan = _few(patch)
        home = conftest.make(tmp_path_factory.mktemp("demo") / "home")
        assert list(dict.fromkeys(made(home))) == ["Drawing radiographs", "Importing", "Freezing the dataset"]
        yield home, plan
        home.db.close()


def made(home, seed: int = 1) -> list[str]:
    return [step.text for step in demo.make(home.db, home.settings, Asleep(), seed=seed)]


def end(home, job_id: int, state: JobState, error: str | None = None) -> None:
    with home.db.transaction() as session:
        job = session.get_one(Job, job_id)
        job.state, job.error = state, error


def test_it_takes_in_labels_in_part_freezes_and_queues_both_models(drawn):
    home, plan = drawn
    assert images.totals(home.db).images == len(plan)
    assert images.totals(home.db).patients == len({one.patient for one in plan})
    task = tasks.task_named(home.db, demo.TASK)
    assert annotations.progress(home.db, task.id).labelled == sum(bool(one.given) for one in plan)
    assert [run.spec.model for run in sorted(runs.list_runs(home.db), key=lambda run: run.id)] == [
        "small_cnn",
        "cnn_attention",
    ]
    assert [(job.kind, job.run_id) for job in job_queue.unfinished(home.db)] == [
        (JobKind.TRAIN, 1),
        (JobKind.PREDICT, 1),
        (JobKind.TRAIN, 2),
        (JobKind.PREDICT, 2),
    ]
    assert not list(home.settings.folder("inbox").iterdir())
    key = json.loads(tour.key_file(home.settings).read_text())
    assert {image.sha256 for image in images.page(home.db, images.Filter(), limit=2000)} == set(key["images"])


def test_made_again_it_is_the_one_that_is_there(drawn):
    home, _ = drawn
    assert made(home) == ["Freezing the dataset"]
    assert (len(job_queue.list_jobs(home.db)), len(snapshots.list_snapshots(home.db))) == (4, 1)


@pytest.mark.slow
def test_interrupted_anywhere_it_goes_on(home, small):
    steps = demo.make(home.db, home.settings, Asleep(), seed=1)
    next(step for step in steps if step.text == "Drawing radiographs" and step.done > 40)
    steps.close()
    steps = demo.make(home.db, home.settings, Asleep(), seed=1)
    next(step for step in steps if step.text == "Importing" and step.done > 20)
    steps.close()
    made(home)
    assert images.totals(home.db).images == len(small)
    assert len(job_queue.unfinished(home.db)) == 4


def test_a_home_with_images_of_its_own_or_of_another_seed_is_left_alone(home, pictures, small):
    home.take(pictures)
    with pytest.raises(InvalidInput, match="contains other images already; choose another home"):
        made(home)
    assert not tour.key_file(home.settings).exists()
    tour.key_file(home.settings).write_text(json.dumps({"seed": 3, "images": {}}))
    with pytest.raises(InvalidInput, match="contains the demo of seed 3; for seed 1 choose another home"):
        made(home)


def test_waiting_tells_what_is_done_and_what_went_wrong(drawn, monkeypatch):
    home, _ = drawn
    ends = iter([(1, JobState.SUCCEEDED), (2, JobState.SUCCEEDED), (3, JobState.FAILED)])
    monkeypatch.setattr("time.sleep", lambda _: end(home, *next(ends), "no room"))
    result = [step.text for step in demo.wait_for_models(home.db, Asleep(), models=1)]
    assert result == ["Training small_cnn", "Predicting with small_cnn"]
    assert demo.first_failure(home.db) == ""
    job_queue.cancel(home.db, 4)
    assert [step.text for step in demo.wait_for_models(home.db, Asleep())] == ["Training cnn_attention"]
    assert demo.first_failure(home.db) == "Job 3 of the demo is failed: no room"


def test_the_tour_is_for_a_demo_until_it_is_closed(drawn):
    home, _ = drawn
    task = tasks.task_named(home.db, demo.TASK)
    assert tour.view(home.db, home.settings) == tour.Tour(task.id, 1, 2)
    frozen, spec = snapshots.snapshot_named(home.db, demo.SNAPSHOT), demo.SPECS[0]
    submit.submit(home.db, snapshot_id=frozen.id, spec=spec, by="visitor", key="mine", launcher=Asleep())
    assert tour.view(home.db, home.settings).second_run_id == 2  # not the visitor's own, which is newer
    tour.close(home.settings)
    assert tour.view(home.db, home.settings) is None


def test_a_home_of_ones_own_has_no_tour(filled):
    assert tour.view(filled.db, filled.settings) is None
