"""Figures where there is little to count: one class, nothing known, a model that is gone. A sentence, never a NaN."""

import json
import math

import pytest
from sqlalchemy import text

from core.errors import InvalidInput, UserError
from core.jobs import job_queue
from core.services.evaluation import operating_points, predictions_export, report
from core.services.predictions import predictions, score_arrays
from core.services.saliency import maps
from core.services.training import runs
from core.worker import runner
from db.tables import Image
from db.vocabulary import JobState, Split, TaskKind
from tests.core.conftest import Asleep
from tests.core.services.predicted import another, draw


def plain(result: dict) -> str:
    """As the command line writes it: a NaN anywhere would be refused."""
    return json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("level", ["image", "patient"])
def test_one_class_in_the_test_set_leaves_figures_undefined_with_a_sentence(home, level):
    drawn = draw(home.db)
    with home.db.transaction() as session:
        session.execute(text("UPDATE snapshot_case SET label = 0, targets = '[0]' WHERE split = 'test'"))
    result = report.as_json(home.db, drawn.run, level=level, rule="max" if level == "patient" else "", prevalence=0.1)
    plain(result)
    undefined = {name: one["note"] for name, one in result["metrics"].items() if one["value"] is None}
    assert {"auroc", "sensitivity", "balanced_accuracy"} <= set(undefined)
    assert all(note.startswith("Undefined: ") for note in undefined.values())
    assert result["metrics"]["specificity"]["value"] is not None
    assert result["confusion"][1] == [0, 0]


def test_many_classes_of_which_one_never_occurs(home):
    drawn = draw(home.db, classes=("none", "mild", "severe"))
    with home.db.transaction() as session:
        session.execute(text("UPDATE snapshot_case SET label = 0, targets = '[0]' WHERE split = 'test' AND label = 2"))
    result = report.as_json(home.db, drawn.run)
    plain(result)
    assert result["per_class"]["severe"]["auroc"]["value"] is None
    assert result["metrics"]["accuracy"]["value"] is not None


def test_a_finding_of_which_nothing_is_known_leaves_the_others_their_figures(home):
    drawn = draw(home.db, TaskKind.MULTI, ("effusion", "nodule"))
    with home.db.transaction() as session:
        session.execute(
            text(
                "UPDATE snapshot_case SET targets = json_array(json_extract(targets, '$[0]'), NULL) "
                "WHERE split = 'test'"
            )
        )
    result = report.as_json(home.db, drawn.run)
    plain(result)
    assert set(result["findings"]["nodule"]) == {"undefined"}
    assert "is labelled for Nodule" in result["findings"]["nodule"]["undefined"]
    assert result["findings"]["effusion"]["metrics"]["auroc"]["value"] is not None
    assert result["together"]["macro"]["auroc"]["value"] is not None
    with pytest.raises(InvalidInput, match="predicts multi: choose a finding"):
        report.evaluate(home.db, drawn.run)


def test_a_split_that_was_not_predicted_is_one_sentence(home, tmp_path):
    part = another(home.db, draw(home.db, patients=6), seed=1, splits=(Split.VAL,))
    for ask in (report.evaluate, report.as_json, score_arrays.binary_scores):
        with pytest.raises(
            InvalidInput, match=f"Run {part} has no predictions on the test split; predict them with `rou"
        ):
            ask(home.db, part, split="test")
    with pytest.raises(InvalidInput, match="has no predictions on the test split"):
        predictions_export.write(home.db, part, "test", tmp_path / "predictions.csv")


def test_a_number_has_errors_and_no_operating_point(home):
    run = draw(home.db, TaskKind.NUMBER, ()).run
    assert not math.isnan(report.as_json(home.db, run)["metrics"]["mae"]["value"])
    for more in ({"level": "image", "rule": "mean"}, {"rule": "max"}, {"prevalence": 0.1}):
        with pytest.raises(InvalidInput, match="predicts a number: leave out the prevalence"):
            report.as_json(home.db, run, **more)


def test_the_report_of_two_classes_follows_the_point_whichever_class_is_yes(home):
    run = draw(home.db).run
    operating_points.set_operating_point(home.db, run, threshold=0.7, positive=0, by="ann")
    result = report.evaluate(home.db, run)
    request = score_arrays.binary_scores(home.db, run, split="test", positive=0)
    (tn, fp), (fn, tp) = request.matrix(0.7)
    assert (result.positive, result.classes, result.threshold) == ("well", ("well", "ill"), 0.7)
    assert result.confusion == [[tp, fn], [fp, tn]]
    assert result.metrics["sensitivity"].value == pytest.approx(tp / (tp + fn), abs=1e-12)


def test_a_checkpoint_that_is_gone_leaves_the_figures_and_is_a_sentence_elsewhere(trained):
    (run,) = runs.list_runs(trained.db)
    with trained.db.read() as session:
        image = session.query(Image).first().id
    (runs.folder(trained.settings, run.id) / "best.safetensors").unlink()
    assert plain(report.as_json(trained.db, run.id))
    job = predictions.submit(trained.db, run_id=run.id, split="val", by="t", key="again", launcher=Asleep()).job
    attempt = job_queue.claim(trained.db, job)
    assert runner.run_job(trained.db, trained.settings, job, attempt=attempt, device="cpu") is JobState.FAILED
    assert job_queue.get(trained.db, job).error == (
        f"No checkpoint best.safetensors in runs/{run.id}; restore it from a backup, or train the run to at least "
        "its first epoch."
    )
    with pytest.raises(UserError, match=r"No checkpoint best\.safetensors"):
        maps.explain(trained.db, trained.settings, run_id=run.id, image_id=image)
