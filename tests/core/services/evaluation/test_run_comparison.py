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
        np.array([row.predicted_class for row in rows]) == 1,
        [row.case_id for row in rows],
    )


def test_each_at_its_own_point_on_the_same_cases(home):
    drawn = draw(home.db)
    other = another(home.db, drawn, seed=7, skill=0.4)
    first = operating_points.set_operating_point(home.db, drawn.run, threshold=0.6, by="ann")
    second = operating_points.set_operating_point(home.db, other, threshold=0.3, by="ann")
    result = run_comparison.compare(home.db, drawn.run, other)
    a, truth, called_a, cases = values(home, drawn.run, first)
    b, _, called_b, _ = values(home, other, second)
    output = result.comparison.differences
    assert output["auroc"].value == pytest.approx(
        metrics.roc_auc_score(truth, b) - metrics.roc_auc_score(truth, a), abs=1e-9
    )
    assert output["accuracy"].value == pytest.approx((called_b == truth).mean() - (called_a == truth).mean(), abs=1e-9)
    right = list(zip(cases, called_a == truth, called_b == truth, strict=True))
    assert set(result.comparison.fixed.tolist()) == {case for case, one, two in right if two and not one}
    assert set(result.comparison.broken.tolist()) == {case for case, one, two in right if one and not two}
    assert set(result.comparison.both_wrong.tolist()) == {case for case, one, two in right if not one and not two}
    assert "clustered" in result.comparison.mcnemar.method  # three images of each patient
    message = result.to_json()
    assert (message["runs"], message["split"], message["positive"]) == ([drawn.run, other], "test", "Ill")
    assert [one["threshold"] for one in message["points"]] == [0.6, 0.3]
    assert message["differences"]["auroc"]["low"] < message["differences"]["auroc"]["high"]
    assert message["differences"]["auroc"]["value"] == -message["run_minus_baseline"]["auroc"]["value"]
    assert (message["baseline"], message["run"]) == (drawn.run, other)
    expected = binary_metrics(
        score_arrays.binary_scores(home.db, drawn.run, split="test", point=first), first.threshold
    )
    assert result.comparison.first == expected == report.evaluate(home.db, drawn.run, split="test").metrics


def test_a_point_of_patients_counts_both_by_patient(home):
    drawn = draw(home.db)
    other = another(home.db, drawn, seed=7)
    operating_points.set_operating_point(
        home.db, drawn.run, threshold=0.6, level="patient", patient_rule="max", by="ann"
    )
    operating_points.set_operating_point(home.db, other, threshold=0.5, by="ann")
    result = run_comparison.compare(home.db, drawn.run, other)
    assert result.comparison.differences["accuracy"].n == 20
    assert result.note == (f"The threshold of run {other} was chosen per image, and both runs are counted per patient.")


def test_both_follow_one_rule_and_the_head_says_which(home):
    drawn = draw(home.db)
    other = another(home.db, drawn, seed=7)
    neither = run_comparison.compare(home.db, drawn.run, other, resamples=20)
    assert neither.chosen == "Neither run has a saved operating point: both are counted at the default threshold 0.5."
    rule = {"kind": "sensitivity", "at_least": 0.9}
    thresholds = [
        operating_points.by_rule(home.db, point, rule, None, like=point).threshold for point in neither.points
    ]
    both = run_comparison.compare(home.db, drawn.run, other, rule=rule, resamples=20)
    assert [point.threshold for point in both.points] == thresholds
    each = f"(run {drawn.run} at {thresholds[0]:.4g}, run {other} at {thresholds[1]:.4g})."
    assert both.chosen == f"One rule for both runs: a sensitivity of at least 0.9 on validation {each}"
    saved = operating_points.set_operating_point(home.db, other, rule=rule, by="ann")
    borrowed = run_comparison.compare(home.db, drawn.run, other, resamples=20)
    assert [point.threshold for point in borrowed.points] == thresholds == [thresholds[0], saved.threshold]
    assert borrowed.chosen.startswith(f"Run {drawn.run} has no saved operating point, so the rule of run {other} is")
    blind = another(home.db, drawn, seed=8, splits=(Split.TEST,))
    apart = run_comparison.compare(home.db, blind, other, resamples=20)
    assert [point.threshold for point in apart.points] == [0.5, saved.threshold]
    assert f"their predictions follow different rules. Run {blind} has no predictions on the val split" in apart.chosen
    with pytest.raises(InvalidInput, match="Unknown operating point rule 'luck'"):
        run_comparison.compare(home.db, drawn.run, other, rule={"kind": "luck"})


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
    result = run_comparison.compare(home.db, several.run, turned, finding=1)
    assert (result.points[0].finding, result.points[1].finding, result.name) == (1, 0, "Nodule")
    with pytest.raises(InvalidInput, match="predicts findings; choose one of them: Effusion, Nodule"):
        run_comparison.compare(home.db, several.run, turned)
    many = draw(home.db, classes=("none", "mild", "severe"), name="three")
    beside = another(home.db, many, seed=3)
    with pytest.raises(InvalidInput, match="has 3 classes; choose the positive class"):
        run_comparison.compare(home.db, many.run, beside)
    assert run_comparison.compare(home.db, many.run, beside, positive=2).name == "Severe"


def test_other_cases_truths_or_questions_are_refused_with_a_reason(home):
    drawn, elsewhere = draw(home.db), draw(home.db, name="two")
    number = draw(home.db, TaskKind.NUMBER, (), name="three")
    part = another(home.db, drawn, seed=2, splits=(Split.VAL,))
    both = f"Runs {drawn.run} and"
    refused = {
        elsewhere.run: f"{both} {elsewhere.run} cannot be compared on the test split: they belong to "
        "different tasks ('one single' and 'two single').",
        number.run: "they belong to different tasks ('one single' and 'three number').",
        part: f"Run {part} has no predictions on the test split; predict them with",
    }
    for other, why in refused.items():
        with pytest.raises(InvalidInput, match=re.escape(why)):
            run_comparison.compare(home.db, drawn.run, other)
    with pytest.raises(InvalidInput, match="compare their errors"):
        run_comparison.compare(home.db, number.run, another(home.db, number, seed=2))
    fewer = another(home.db, drawn, seed=4)
    with home.db.transaction() as session:
        session.execute(
            text("DELETE FROM prediction WHERE run_id = :run AND case_id = :case"),
            {"run": fewer, "case": drawn.cases[6]},
        )
    differ = "cannot be compared on the test split: the test sets differ: 1 of [0-9]+ cases are only in the first"
    with pytest.raises(InvalidInput, match=f"^{both} {fewer} {differ}"):
        run_comparison.compare(home.db, drawn.run, fewer)
    with pytest.raises(NotFound, match="There is no run 99"):
        run_comparison.compare(home.db, drawn.run, 99)
