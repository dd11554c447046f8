"""Two runs on the same cases; runs on others refuse and say why."""

import re

import numpy as np
import pytest
from sklearn import metrics
from sqlalchemy import text

from core.errors import InvalidInput, NotFound
from core.evaluation.binary_metrics import binary_metrics
from core.services.evaluation import operating_points, report, run_comparison
from core.services.predictions import predictions, score_arrays
from db.vocabulary import Split, TaskKind
from tests.core.services.predicted import another, draw


def values(home, run: int, point) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int]]:
    rows = predictions.list_predictions(home.db, run, split="test", point=point)
    return (
        np.array([row.probabilities[1] for row in rows]),
        np.array([row.label for row in rows]) == 1,
        np.array([row.called for row in rows]) == 1,
        [row.case_id for row in rows],
    )


def test_each_at_its_own_point_on_the_same_cases(home):
    drawn = draw(home.db)
    other = another(home.db, drawn, seed=7, skill=0.4)
    first = operating_points.set_operating_point(home.db, drawn.run, threshold=0.6, by="ann")
    second = operating_points.set_operating_point(home.db, other, threshold=0.3, by="ann")
    found = run_comparison.compare(home.db, drawn.run, other)
    a, truth, called_a, cases = values(home, drawn.run, first)
    b, _, called_b, _ = values(home, other, second)
    told = found.found.differences
    assert told["auroc"].value == pytest.approx(
        metrics.roc_auc_score(truth, a) - metrics.roc_auc_score(truth, b), abs=1e-9
    )
    assert told["accuracy"].value == pytest.approx((called_a == truth).mean() - (called_b == truth).mean(), abs=1e-9)
    right = list(zip(cases, called_a == truth, called_b == truth, strict=True))
    assert set(found.found.fixed.tolist()) == {case for case, one, two in right if two and not one}
    assert set(found.found.broken.tolist()) == {case for case, one, two in right if one and not two}
    assert set(found.found.both_wrong.tolist()) == {case for case, one, two in right if not one and not two}
    assert "clustered" in found.found.mcnemar.method  # three images of each patient
    said = found.to_json()
    assert (said["runs"], said["split"], said["positive"]) == ([drawn.run, other], "test", "Ill")
    assert [one["threshold"] for one in said["points"]] == [0.6, 0.3]
    assert said["differences"]["auroc"]["low"] < said["differences"]["auroc"]["high"]
    mine = binary_metrics(score_arrays.binary_scores(home.db, drawn.run, split="test", point=first), first.threshold)
    assert found.found.first == mine == report.evaluate(home.db, drawn.run, split="test").metrics


def test_a_point_of_patients_counts_both_by_patient(home):
    drawn = draw(home.db)
    other = another(home.db, drawn, seed=7)
    operating_points.set_operating_point(
        home.db, drawn.run, threshold=0.6, level="patient", patient_rule="max", by="ann"
    )
    found = run_comparison.compare(home.db, drawn.run, other)
    assert found.found.differences["accuracy"].n == 20
    assert found.note == (
        f"The threshold of run {other} was chosen for each image, and both runs are counted by patient."
    )


def test_findings_are_found_by_name_and_classes_too(home):
    several = draw(home.db, TaskKind.MULTI, ("effusion", "nodule"))
    turned = another(home.db, several, seed=3)
    with home.db.transaction() as session:  # the second run's dataset names them in another order
        session.execute(
            text(
                "INSERT INTO snapshot (task_id, kind, name, hash, recipe, classes, summary, reader_id, created_at) "
                "SELECT task_id, kind, 'turned', 'h', recipe, "
                '\'[["nodule", "Nodule"], ["effusion", "Effusion"]]\', summary, reader_id, 0 FROM snapshot'
            )
        )
        session.execute(
            text(
                "INSERT INTO snapshot_case (snapshot_id, case_id, patient_id, label, split, weight, repeats, targets) "
                "SELECT 2, case_id, patient_id, label, split, weight, repeats, json_array("
                "json_extract(targets, '$[1]'), json_extract(targets, '$[0]')) FROM snapshot_case"
            )
        )
        session.execute(text("UPDATE run SET snapshot_id = 2 WHERE id = :run"), {"run": turned})
    found = run_comparison.compare(home.db, several.run, turned, finding=1)
    assert (found.points[0].finding, found.points[1].finding, found.name) == (1, 0, "Nodule")
    with pytest.raises(InvalidInput, match="answers with findings; name one of them: Effusion, Nodule"):
        run_comparison.compare(home.db, several.run, turned)
    many = draw(home.db, classes=("none", "mild", "severe"), name="three")
    beside = another(home.db, many, seed=3)
    with pytest.raises(InvalidInput, match="has 3 classes; name the one that is yes"):
        run_comparison.compare(home.db, many.run, beside)
    assert run_comparison.compare(home.db, many.run, beside, positive=2).name == "Severe"


def test_other_cases_truths_or_questions_are_refused_with_a_reason(home):
    drawn, elsewhere = draw(home.db), draw(home.db, name="two")
    number = draw(home.db, TaskKind.NUMBER, (), name="three")
    part = another(home.db, drawn, seed=2, splits=(Split.VAL,))
    both = f"Runs {drawn.run} and"
    refused = {
        elsewhere.run: f"{both} {elsewhere.run} cannot be compared on the test split, for one answers task "
        "'one single', the other 'two single'.",
        number.run: "for one answers task 'one single', the other 'three number'.",
        part: f"Run {part} has no predictions on the test split; make them with",
    }
    for other, why in refused.items():
        with pytest.raises(InvalidInput, match=re.escape(why)):
            run_comparison.compare(home.db, drawn.run, other)
    with pytest.raises(InvalidInput, match="compared by their errors"):
        run_comparison.compare(home.db, number.run, another(home.db, number, seed=2))
    fewer = another(home.db, drawn, seed=4)
    with home.db.transaction() as session:
        session.execute(
            text("DELETE FROM prediction WHERE run_id = :run AND case_id = :case"),
            {"run": fewer, "case": drawn.cases[6]},
        )
    differ = "cannot be compared on the test split, for the test sets differ: 1 cases are only in the first"
    with pytest.raises(InvalidInput, match=f"^{both} {fewer} {differ}"):
        run_comparison.compare(home.db, drawn.run, fewer)
    with pytest.raises(NotFound, match="There is no run 99"):
        run_comparison.compare(home.db, drawn.run, 99)
