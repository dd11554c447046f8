"""Maps filed by what made them: method, class, layer; of one case and of a whole split by a job."""

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import select

from core.errors import InvalidInput
from core.explain import EXPLAINERS
from core.jobs import job_queue
from core.services.analysis import registry, saliency_batch
from core.services.annotation import case_history
from core.services.datasets.training_examples import examples_of
from core.services.evaluation import reviews
from core.services.predictions import predictions
from core.services.saliency import maps, store
from core.services.training import runs
from db.tables import Image, Run
from db.vocabulary import JobState, Verdict
from tests.core.conftest import Asleep, done


def heat(view):
    with Picture.open(view.path) as picture:
        return np.asarray(picture)


@pytest.fixture
def case(trained):
    """The run's first test case: (home, run id, its image)."""
    run = runs.list_runs(trained.db)[0].id
    return trained, run, predictions.list_predictions(trained.db, run, split="test")[0].image_id


def ask(case, **more):
    home, run, image = case
    return maps.explain(home.db, home.settings, run_id=run, image_id=image, **more)


def texts_of(view):
    """Its title, but for whether anything is in it."""
    return view.title.partition(" · no evidence")[0]


def test_each_question_has_a_file_of_its_own_and_says_how_it_was_made(case):
    usual = ask(case)
    assert texts_of(usual) == f"Grad-CAM: {usual.class_name} · features"
    other = ask(case, class_index=1 - usual.class_index)
    early = ask(case, layer="features.2")
    assert texts_of(early) == f"Grad-CAM: {usual.class_name} · features.2"
    plus = ask(case, method="gradcam_plus")
    assert plus.title.startswith("Grad-CAM++: ")
    assert texts_of(ask(case, method="eigencam")) == "EigenCAM · features"  # of no class
    assert len({one.name for one in (usual, other, early, plus)}) == 4
    assert {heat(one).shape for one in (usual, other, early)} == {(32, 32)}
    assert not np.array_equal(heat(usual), heat(early))
    assert other.probability == pytest.approx(1 - usual.probability)
    made = usual.path.stat().st_mtime_ns
    assert ask(case).path.stat().st_mtime_ns == made  # found, not made again


def test_a_map_in_which_nothing_spoke_says_so(case):
    """An empty map would look like a picture without one."""
    home, *_ = case
    path = home.settings.folder("maps") / "cold.png"
    about = {"class": "1", "probability": "0.25", "layer": "layer4"}
    for values, method, words in (
        (0.0, "gradcam", " · no evidence for this class"),
        (1.0, "gradcam", ""),
        (0.0, "eigencam", " · no salient region"),
    ):
        store.write(path, np.full((8, 8), values), about)
        result = store.view(path, EXPLAINERS[method], ("a", "b"))
        assert result.title == ("Grad-CAM: b · layer4" if method == "gradcam" else "EigenCAM · layer4") + words


def test_every_method_that_is_offered_is_made(case):
    home, run, _ = case
    for method, title in maps.methods(runs.get(home.db, run)):
        result = ask(case, method=method)
        assert (result.method, result.method_title) == (method, title)
        assert heat(result).max() in (0, 255)


def test_layers_are_named_without_a_network_once_a_map_was_made(case):
    home, run, _ = case
    assert maps.layers(home.db, home.settings, run, "gradcam") == {}
    ask(case)
    assert maps.layers(home.db, home.settings, run, "gradcam") == {
        "features.2": "features.2 · 32 × 32",
        "features.6": "features.6 · 16 × 16",
        "features": "features · 8 × 8",
    }
    assert maps.layers(home.db, home.settings, run, "occlusion") == {}
    assert maps.layers(home.db, home.settings, run, "lime") == {}


def test_what_cannot_be_asked_is_a_sentence(case):
    with pytest.raises(InvalidInput, match="'rollout' cannot explain a small_cnn; choose one of gradcam, gradcam_plus"):
        ask(case, method="rollout")
    with pytest.raises(InvalidInput, match="Class 7 is not one of the run's 2 classes"):
        ask(case, class_index=7)
    with pytest.raises(InvalidInput, match="no layer 'layer4' in a small_cnn; choose one of features"):
        ask(case, layer="layer4")
    home, run, _ = case
    with home.db.transaction() as session:
        session.get_one(Run, run).external_source = {"name": "scores.csv"}
    assert maps.methods(runs.get(home.db, run)) == []
    with pytest.raises(InvalidInput, match="has external predictions and no model here"):
        ask(case)


@pytest.mark.parametrize("method", ["gradcam", "hirescam"])
def test_a_split_is_made_by_a_job_as_each_case_is(case, method):
    """Its files are those that a page would ask for, and equal what it would have made, within a grey level."""
    home, run, _ = case
    view = runs.get(home.db, run)
    by_job = registry.submit(
        home.db,
        Asleep(),
        run_id=run,
        what="maps",
        parameters={"split": "train", "method": method},
        by="ann",
        key="maps",
    )
    done(home, by_job.job)
    result = registry.newest(home.db, run, "maps").result
    cases = examples_of(home.db, home.settings, view.snapshot_id, split="train")
    assert (result["cases"], result["made"], result["method"]) == (len(cases), len(cases), method)
    for example in cases:
        image = int(example.picture.image)
        results = maps.cached_map(home.db, home.settings, run_id=run, image_id=image, method=method)
        assert results is not None
        job, title = heat(results).astype(int), results.title
        results.path.unlink()
        alone = ask((home, run, image), method=method)
        assert alone.title == title
        assert np.abs(heat(alone).astype(int) - job).max() <= 1


def test_what_is_there_is_not_made_again_and_what_was_made_stays(case):
    home, run, _ = case
    view = runs.get(home.db, run)
    before = ask(case).path.stat().st_mtime_ns
    result = list(saliency_batch.compute_maps(home.db, home.settings, view, "all"))
    assert (result[0].done, result[0].made) == (1, 0)
    assert (result[-1].done, result[-1].of, result[-1].made) == (12, 12, 11)
    assert ask(case).path.stat().st_mtime_ns == before
    assert [one.made for one in saliency_batch.compute_maps(home.db, home.settings, view, "all")] == [0]
    with pytest.raises(InvalidInput, match="no split 'tset'; choose train, val, test or all"):
        next(saliency_batch.compute_maps(home.db, home.settings, view, "tset"))


def test_a_job_that_is_asked_for_what_is_not_there_says_so(case):
    home, run, _ = case
    made = registry.submit(
        home.db, Asleep(), run_id=run, what="maps", parameters={"method": "rollout"}, by="ann", key="m"
    )
    from core.worker import runner

    attempt = job_queue.claim(home.db, made.job)
    assert runner.run_job(home.db, home.settings, made.job, attempt=attempt, device="cpu") == "failed"
    ended = job_queue.get(home.db, made.job)
    assert ended.state is JobState.FAILED
    assert "'rollout' cannot explain a small_cnn" in ended.error


def test_a_case_carries_what_was_said_of_it_with_the_reasons(case):
    home, run, image = case
    row = predictions.list_predictions(home.db, run, split="test")[0]
    reviews.judge(home.db, row.id, verdict=Verdict.MODEL_WRONG, by="ann", key="a" * 9, note="a fold of skin")
    reviews.judge(home.db, row.id, verdict=Verdict.RELABELLED, by="bob", key="b" * 9, label=1, note="seen on CT")
    lines = case_history.case_history(home.db, row.case_id)
    assert [(one.reader, one.note, one.run, one.relabelled) for one in lines if one.run] == [
        ("bob", "seen on CT", run, True),
        ("ann", "a fold of skin", run, False),
    ]
    assert [one.at for one in lines] == sorted((one.at for one in lines), reverse=True)
    assert case_history.exclusion_reason(home.db, image) == ""
    with home.db.transaction() as session:
        session.scalars(select(Image).where(Image.id == image)).one().excluded_because = "turned"
    assert case_history.exclusion_reason(home.db, image) == "turned"
