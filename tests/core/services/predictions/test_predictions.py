"""A prediction may be asked for before its training has ended: it waits for that, and only for that."""

import pytest

from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound
from core.jobs import job_queue
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.predictions import predictions
from core.services.training import submit
from core.training.spec import TrainSpec
from core.worker import runner
from db.vocabulary import JobKind, JobState

BOTH = [JobKind.TRAIN, JobKind.PREDICT]


class Asleep:
    def wake(self) -> None:
        pass


@pytest.fixture
def run(filled):
    """A training that is queued: (home, run's id, job's id)."""
    task = tasks.task_named(filled.db, "kind")
    frozen = snapshots.freeze(filled.db, task.id, Recipe(split_fact="split"), name="one", by="tester")
    spec = TrainSpec(model="small_cnn").with_settings({"epochs": "1", "image_size": "32", "threads": "1"})
    made = submit.submit(filled.db, snapshot_id=frozen.id, spec=spec, by="tester", key="t", launcher=Asleep())
    return filled, made.run, made.job


def predict(home, run_id: int) -> int:
    return predictions.submit(home.db, run_id=run_id, split="test", by="t", key="p", launcher=Asleep()).job


def test_it_waits_until_its_training_has_ended_and_others_pass(run):
    home, run_id, trains = run
    waits = predict(home, run_id)
    attempt = job_queue.claim(home.db, trains)
    assert job_queue.oldest_queued(home.db, BOTH) is None
    assert job_queue.has_queued(home.db)
    with home.db.transaction() as session:
        other = job_queue.add(session, JobKind.PREDICT, {}, key="other").id
    assert job_queue.oldest_queued(home.db, BOTH) == other
    assert runner.run_job(home.db, home.settings, trains, attempt=attempt, device="cpu") == "succeeded"
    assert job_queue.oldest_queued(home.db, BOTH) == waits
    assert (
        runner.run_job(home.db, home.settings, waits, attempt=job_queue.claim(home.db, waits), device="cpu")
        == "succeeded"
    )
    assert predictions.list_predictions(home.db, run_id, split="test")


def test_of_a_training_that_left_nothing_it_is_one_sentence(run):
    home, run_id, trains = run
    waits = predict(home, run_id)
    job_queue.cancel(home.db, trains)
    assert job_queue.oldest_queued(home.db, BOTH) == waits
    runner.run_job(home.db, home.settings, waits, attempt=job_queue.claim(home.db, waits), device="cpu")
    ended = job_queue.get(home.db, waits)
    assert ended.state is JobState.FAILED
    assert (
        ended.error
        == f"Run {run_id} has no checkpoint because its training ended during the first epoch; resume the training."
    )
    with pytest.raises(NotFound, match="no checkpoint"):
        predictions.checkpoint(home.db, run_id)
    with pytest.raises(InvalidInput, match="has no checkpoint; wait"):
        predictions.submit(home.db, run_id=run_id, split="test", by="t", key="again", launcher=Asleep())
