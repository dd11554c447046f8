"""A step measured and eight pictures made, by a process of its own; kept, and asked for once."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.curation.recipe import Recipe
from core.errors import NotFound
from core.jobs import locks
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training import resource_estimate
from core.training.spec import TrainSpec

SPEC = TrainSpec(batch_size=4, threads=1, image_size=32, seed=3)


@pytest.fixture
def snapshot(filled):
    task = tasks.task_named(filled.db, "kind")
    return snapshots.freeze(filled.db, task.id, Recipe(split_fact="split"), name="-- one", by="t").id


def wait_for(ask, seconds=120):
    end = time.monotonic() + seconds
    while (result := ask()).is_pending:
        assert time.monotonic() < end
        time.sleep(0.1)
    return result


def test_a_process_measures_a_step_and_draws_eight_pictures(home, snapshot):
    """The page's own way: it asks until something is there. A snapshot's name may look like an option."""
    request = (home.db, home.settings, snapshot, SPEC)
    assert resource_estimate.step_cost(*request, start=False).is_pending
    assert not locks.is_held(home.settings.folder("jobs") / "measure.lock")
    assert resource_estimate.step_cost(*request).is_pending
    assert locks.is_held(home.settings.folder("jobs") / "measure.lock")
    assert resource_estimate.pictures(*request).is_pending
    drawn, result = (
        wait_for(lambda: resource_estimate.pictures(*request)),
        wait_for(lambda: resource_estimate.step_cost(*request)),
    )
    assert not result.error
    assert not drawn.error
    report = result.figures
    assert report["size"] == 32
    assert report["cases"] == 4
    assert report["device"] == "cpu"
    assert report["look_s"] > 0
    assert report["step_s"] > 0
    assert report["read_s"] > 0
    assert report["memory"] > 50 * 2**20
    assert drawn.pictures == 8
    files = [resource_estimate.picture(home.settings, drawn.name, number) for number in range(8)]
    assert {np.asarray(Image.open(path)).shape for path in files} == {(32, 32)}
    assert len({path.read_bytes() for path in files}) == 8
    assert report["steps"] == 2  # 8 images in batches of 4
    with pytest.raises(NotFound, match="no longer in the cache"):
        resource_estimate.picture(home.settings, drawn.name, 8)


def test_only_what_changes_a_step_is_measured_again(home, snapshot):
    def name(pictures, **changed):
        return resource_estimate.EstimateRequest(snapshot, replace(SPEC, **changed), (), pictures).name

    assert name(False, epochs=99, learning_rate=0.5, gamma=3.0) == name(False)
    assert name(False, batch_size=8) != name(False)
    assert name(True, batch_size=8) == name(True)
    assert name(True, augment="strong") != name(True)
    assert name(True) != name(False)


def test_what_cannot_be_trained_is_its_sentence_and_is_kept(home, snapshot):
    spec = replace(SPEC, model="cross_attention")
    message = resource_estimate.measure(home.db, home.settings, snapshot, spec, pictures=False)
    assert "views" in message["error"]
    result = resource_estimate.step_cost(home.db, home.settings, snapshot, spec)
    assert result.error == message["error"]
    assert not result.is_pending


def test_while_one_is_measured_no_other_starts_and_a_dead_one_is_told(home, snapshot):
    lock = locks.acquire(home.settings.folder("jobs") / "measure.lock")
    request = (home.db, home.settings, snapshot, SPEC)
    try:
        assert resource_estimate.step_cost(*request).is_pending
        assert not list((home.settings.folder("cache") / "measured").glob("*.json"))
        resource_estimate.write_result(
            home.settings, resource_estimate.EstimateRequest(snapshot, SPEC, (), pictures=False).name, {}
        )  # it has begun
        assert resource_estimate.step_cost(*request).is_pending
    finally:
        os.close(lock)
    result = resource_estimate.step_cost(*request)  # its process is gone and said nothing
    assert result.error == resource_estimate.ENDED


def test_the_pictures_are_the_training_images_changed(home, snapshot):
    """Unchanged they are the files themselves; changed they are not; mixup blends two."""

    def drawn(**changed):
        spec = replace(SPEC, image_size=0, **changed)
        message = resource_estimate.measure(home.db, home.settings, snapshot, spec, pictures=True)
        name = resource_estimate.EstimateRequest(snapshot, spec, (), pictures=True).name
        return [
            np.asarray(Image.open(resource_estimate.picture(home.settings, name, at)))
            for at in range(message["pictures"])
        ]

    plain = drawn(augment="none")
    assert any(not np.array_equal(one, other) for one, other in zip(plain, drawn(augment="light"), strict=True))
    still = {"rotation": 0.0, "shift": 0.0, "scale": 0.0, "window": 0.0, "augment": "custom"}
    assert all(np.array_equal(one, other) for one, other in zip(plain, drawn(**still), strict=True))
    blended = drawn(**still, mixup=1.0)
    assert any(not np.array_equal(one, other) for one, other in zip(plain, blended, strict=True))
