"""A run's operating point: chosen on validation alone, kept, and followed; looks at test are counted."""

import numpy as np
import pytest
from sqlalchemy import select, text

from core.errors import InvalidInput
from core.services.evaluation import operating_points
from core.services.predictions import predictions, score_arrays
from db.tables import OperatingPoint
from db.vocabulary import Split, TaskKind
from tests.core.services.predicted import another, draw


def values(home, run: int, split: str) -> tuple[np.ndarray, np.ndarray]:
    rows = predictions.list_predictions(home.db, run, split=split)
    return np.array([row.probabilities[1] for row in rows]), np.array([row.label for row in rows]) == 1


def test_until_one_is_chosen_a_half_stands(home):
    run = draw(home.db).run
    assert operating_points.current(home.db, run) is None
    usual = operating_points.current_or_default(home.db, run)
    assert (usual.id, usual.threshold, usual.positive, usual.per_patient) == (None, 0.5, 1, False)
    assert usual.words == "0.5 (default). No operating point chosen yet"


def test_the_newest_stands_and_the_older_ones_stay(home):
    run = draw(home.db).run
    first = operating_points.set_operating_point(home.db, run, threshold=0.3, by="ann")
    second = operating_points.set_operating_point(home.db, run, threshold=0.6, by="ben")
    assert operating_points.current(home.db, run) == second
    with home.db.read() as session:
        assert session.scalars(select(OperatingPoint.id).order_by(OperatingPoint.id)).all() == [first.id, second.id]
    assert (second.reader, second.words) == ("ben", "0.6, set manually")


def test_a_sensitivity_is_kept_on_validation_by_the_highest_score_that_does(home):
    run = draw(home.db).run
    scores, truth = values(home, run, "val")
    for share in (0.5, 0.8, 0.95, 1.0):
        point = operating_points.set_operating_point(
            home.db, run, rule={"kind": "sensitivity", "at_least": share}, by="ann"
        )
        good = [one for one in np.unique(scores) if (scores[truth] >= one).mean() >= share]
        assert point.threshold == max(good)
        assert point.rule == {"kind": "sensitivity", "at_least": share}
        assert f"the highest threshold with a sensitivity of at least {share:g} on validation" in point.words


def test_a_specificity_is_kept_by_the_lowest(home):
    run = draw(home.db).run
    point = operating_points.set_operating_point(home.db, run, rule={"kind": "specificity", "at_least": 0.9}, by="ann")
    scores, truth = values(home, run, "val")
    assert point.threshold == min(one for one in np.unique(scores) if (scores[~truth] < one).mean() >= 0.9)
    assert "the lowest threshold with a specificity of at least 0.9 on validation" in point.words


def test_test_never_chooses(home):
    """Whatever stands in the test split, the point and its calibrator stay the same."""
    drawn = draw(home.db)
    rule = {"kind": "sensitivity", "at_least": 0.9}
    before = operating_points.set_operating_point(home.db, drawn.run, rule=rule, calibrator="isotonic", by="ann")
    with home.db.transaction() as session:
        session.execute(text("UPDATE prediction SET probabilities = '[1.0, 0.0]' WHERE split = 'test'"))
        session.execute(text("UPDATE prediction SET probabilities = '[0.0, 1.0]' WHERE split = 'train'"))
    after = operating_points.set_operating_point(home.db, drawn.run, rule=rule, calibrator="isotonic", by="ann")
    assert (after.threshold, after.calibrator) == (before.threshold, before.calibrator)
    only_test = another(home.db, drawn, seed=5, splits=(Split.TEST,))
    with pytest.raises(InvalidInput, match=f"Run {only_test} has no predictions on the val split; predict them with"):
        operating_points.set_operating_point(home.db, only_test, rule=rule, by="ann")
    assert (
        operating_points.set_operating_point(home.db, only_test, threshold=0.4, by="ann").threshold == 0.4
    )  # set by hand: named before


def test_patients_are_called_where_the_point_says_so(home):
    run = draw(home.db).run
    expected = {"kind": "sensitivity", "at_least": 0.9}
    for rule in ("max", "mean", "noisy_or"):
        point = operating_points.set_operating_point(
            home.db, run, rule=expected, level="patient", patient_rule=rule, by="ann"
        )
        result = score_arrays.binary_scores(home.db, run, split="val", point=point)
        assert (result.level, point.patient_rule) == ("patient", rule)
        assert (result.scores[result.truth] >= point.threshold).mean() >= 0.9
        higher = result.scores[result.scores > point.threshold].min()
        assert (result.scores[result.truth] >= higher).mean() < 0.9
        assert point.words.endswith("of each patient")


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_the_threshold_is_of_the_calibrated_scores(home, method):
    run = draw(home.db).run
    expected = {"kind": "sensitivity", "at_least": 0.9}
    plain = operating_points.set_operating_point(home.db, run, rule=expected, by="ann")
    point = operating_points.set_operating_point(home.db, run, rule=expected, calibrator=method, by="ann")
    assert point.calibrator is not None
    assert point.calibrator["method"] == method
    result = score_arrays.binary_scores(home.db, run, split="val", point=point)
    assert point.threshold in result.scores
    assert (result.scores[result.truth] >= point.threshold).mean() >= 0.9
    before, after = (
        score_arrays.binary_scores(home.db, run, split="val", point=item).matrix(item.threshold)
        for item in (plain, point)
    )
    assert before == after or method == "isotonic"  # a temperature keeps the order, and so what is called


def test_each_finding_has_its_own(home):
    run = draw(home.db, TaskKind.MULTI, ("effusion", "nodule")).run
    operating_points.set_operating_point(home.db, run, finding=1, threshold=0.2, by="ann")
    assert operating_points.current(home.db, run, 0) is None
    assert operating_points.current_or_default(home.db, run, 1).threshold == 0.2
    with pytest.raises(InvalidInput, match="has no finding 2; its findings are: Effusion, Nodule"):
        operating_points.set_operating_point(home.db, run, finding=2, threshold=0.2, by="ann")


def test_of_many_classes_one_is_named_and_called_from_its_threshold_on(home):
    run = draw(home.db, classes=("none", "mild", "severe")).run
    with pytest.raises(InvalidInput, match="has 3 classes; choose the positive class"):
        operating_points.set_operating_point(home.db, run, threshold=0.3, by="ann")
    point = operating_points.set_operating_point(home.db, run, threshold=0.3, positive=2, by="ann")
    rows = predictions.list_predictions(home.db, run, split="test", point=point)
    for row in rows:
        best = max((0, 1), key=row.probabilities.__getitem__)
        assert row.predicted_class == (2 if row.probabilities[2] >= 0.3 else best)
    assert {row.predicted_class for row in rows} == {0, 1, 2}


def test_what_is_called_follows_the_point(home):
    run = draw(home.db).run
    for threshold in (0.0, 0.2, 0.8, 1.0):
        point = operating_points.set_operating_point(home.db, run, threshold=threshold, by="ann")
        rows = predictions.list_predictions(home.db, run, split="test", point=point)
        assert [row.predicted_class for row in rows] == [int(row.probabilities[1] >= threshold) for row in rows]
    assert [row.predicted_class for row in predictions.list_predictions(home.db, run, split="test")] == [
        int(row.probabilities[1] >= 0.5) for row in rows
    ]


def test_looks_at_test_are_counted_once_for_each_reader_and_point(home):
    run, other = draw(home.db).run, draw(home.db, name="two").run
    assert operating_points.count_test_views(home.db, run) == 0
    assert [operating_points.record_test_view(home.db, run, "ann") for _ in range(3)] == [1, 1, 1]
    assert operating_points.record_test_view(home.db, run, "ben") == 2
    point = operating_points.set_operating_point(home.db, run, threshold=0.3, by="ann")
    assert point.looks_before == 2
    assert [operating_points.record_test_view(home.db, run, who) for who in ("ann", "ann", "ben")] == [3, 3, 4]
    assert (operating_points.count_test_views(home.db, run), operating_points.count_test_views(home.db, other)) == (
        4,
        0,
    )
    assert operating_points.current(home.db, run).looks_before == 2


REFUSED = (
    ({"threshold": 1.5}, "The threshold is 1.5; give a score from 0 to 1"),
    ({"threshold": float("nan")}, "The threshold is nan"),
    ({}, "needs a threshold"),
    ({"rule": {"kind": "wish"}}, "Unknown operating point rule 'wish'; choose one of threshold, sensitivity"),
    ({"rule": {"kind": "sensitivity", "at_least": 95}}, "The target sensitivity is 95"),
    ({"rule": {"kind": "sensitivity"}}, "The target sensitivity is None"),
    ({"threshold": 0.5, "level": "planet"}, "Unknown unit of analysis 'planet'; choose image or patient"),
    ({"threshold": 0.5, "level": "patient"}, "is patient with no patient rule; for patients"),
    ({"threshold": 0.5, "patient_rule": "max"}, "The unit of analysis is image with patient rule 'max'"),
    ({"threshold": 0.5, "positive": 2}, "has 2 classes; choose the positive class"),
    (
        {"threshold": 0.5, "calibrator": "magic"},
        "Unknown calibration method 'magic'; choose one of temperature, isotonic",
    ),
)


def test_what_cannot_be_chosen_is_one_sentence_and_nothing_is_kept(home):
    run = draw(home.db, patients=6).run
    for request, why in REFUSED:
        with pytest.raises(InvalidInput, match=why):
            operating_points.set_operating_point(home.db, run, by="ann", **request)
    assert operating_points.current(home.db, run) is None


def test_a_number_has_none(home):
    run = draw(home.db, TaskKind.NUMBER, ()).run
    with pytest.raises(InvalidInput, match="predicts a number, which has no operating point; look at its errors"):
        operating_points.set_operating_point(home.db, run, threshold=0.5, by="ann")


def test_on_one_class_in_validation_no_sensitivity_is_chosen(home):
    run = draw(home.db).run
    with home.db.transaction() as session:
        session.execute(text("UPDATE snapshot_case SET label = 0, targets = '[0]' WHERE split = 'val'"))
    with pytest.raises(InvalidInput, match="No case is Ill, so sensitivity is undefined"):
        operating_points.set_operating_point(home.db, run, rule={"kind": "sensitivity", "at_least": 0.9}, by="ann")
    with pytest.raises(InvalidInput, match="Calibration needs cases of both classes"):
        operating_points.set_operating_point(home.db, run, threshold=0.5, calibrator="temperature", by="ann")
