"""A training that goes on from another's weights, and never from what it will be judged by."""

from dataclasses import replace

import pytest

from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound, NotTrainable
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training import initial_weights, runs
from core.services.training import submit as training_submit
from core.training.spec import TrainSpec
from tests.core.conftest import Asleep, done

QUICK = TrainSpec(model="small_cnn", epochs=1, image_size=32, threads=1)


def submit(home, spec, snapshot=1):
    return training_submit.submit(home.db, snapshot_id=snapshot, spec=spec, by="t", key=str(spec), launcher=Asleep())


def test_a_finished_run_is_gone_on_from_with_layers_held(trained):
    first = runs.list_runs(trained.db)[0].id
    made = submit(trained, replace(QUICK, start="run", start_run=first, freeze="features"))
    done(trained, made.job)
    message = runs.log(trained.settings, made.run)
    assert f"Initialised from run {first}: " in message
    assert "Frozen: features; " in message


def test_a_run_that_learned_from_whom_this_one_judges_by_is_refused(trained):
    first = runs.list_runs(trained.db)[0].id
    task = tasks.task_named(trained.db, "kind")
    other = snapshots.freeze(trained.db, task.id, Recipe(seed=3, val=0.3, test=0.3), name="other", by="t")
    with pytest.raises(NotTrainable, match=rf"Run {first} was trained on \d patients who are in validation or"):
        submit(trained, replace(QUICK, start="run", start_run=first), other.id)


def test_what_cannot_be_started_from_is_a_sentence(trained):
    with pytest.raises(NotFound, match=r"The initial run \(start_run\) 99 has no weights; choose a trained run"):
        submit(trained, replace(QUICK, start="run", start_run=99))
    request = replace(QUICK, start="file", start_file="../x.pth")
    with pytest.raises(
        InvalidInput, match=r"'\.\./x\.pth' are not in .*; copy the file there, or choose one of: no weights yet"
    ):
        initial_weights.weights_path(trained.settings, request)
    (trained.settings.folder("weights") / "mine.pth").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"copy the file there, or choose one of: mine\.pth"):
        initial_weights.weights_path(trained.settings, request)
    assert initial_weights.weights_path(trained.settings, replace(request, start_file="mine.pth")).name == "mine.pth"


def test_a_mirror_image_is_made_only_where_the_task_allows_it(trained):
    with pytest.raises(
        NotTrainable, match="The flips are 'left-right', but task 'kind' allows none, because a flip may"
    ):
        submit(trained, replace(QUICK, augment="custom", flips="left-right"))
