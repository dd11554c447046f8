"""A split's predictions as arrays say what its rows say, one by one."""

import numpy as np
import pytest

from core.errors import InvalidInput, NotFound
from core.services.evaluation import metadata_columns, operating_points
from core.services.predictions import predictions, score_arrays
from core.services.predictions.operating_point_view import PointView
from db.vocabulary import Level, PatientRule, TaskKind
from tests.core.services.predicted import draw

MANY = ("none", "mild", "severe")


def test_columns_say_what_the_rows_say(home):
    drawn = draw(home.db)
    rows = predictions.list_predictions(home.db, drawn.run, split="test")
    result = score_arrays.binary_scores(home.db, drawn.run, split="test")
    assert result.cases.tolist() == [row.case_id for row in rows]
    assert result.scores.tolist() == [row.probabilities[1] for row in rows]
    assert result.truth.tolist() == [row.label == 1 for row in rows]
    assert [result.patients[at] for at in result.owner] == [row.patient for row in rows]
    assert (result.name, len(rows), len(result.patients)) == ("Ill", 60, 20)
    assert score_arrays.binary_scores(home.db, drawn.run, split="all").cases.tolist() == list(drawn.cases)


def test_of_findings_only_what_is_known_counts(home):
    drawn = draw(home.db, TaskKind.MULTI, ("effusion", "nodule"))
    rows = predictions.list_predictions(home.db, drawn.run, split="val", finding=1)
    result = score_arrays.binary_scores(home.db, drawn.run, split="val", finding=1)
    assert 0 < len(rows) < 60
    assert result.cases.tolist() == [row.case_id for row in rows]
    assert result.truth.tolist() == [row.label == 1 for row in rows]
    assert result.scores.tolist() == [row.probabilities[1] for row in rows]
    assert sorted({row.patient for row in rows}) == sorted(result.patients)
    absent = score_arrays.binary_scores(home.db, drawn.run, split="val", finding=1, positive=0)
    assert absent.truth.tolist() == [not one for one in result.truth]
    assert np.allclose(absent.scores, 1 - result.scores)


def test_of_many_classes_one_stands_against_the_rest(home):
    drawn = draw(home.db, classes=MANY)
    rows = predictions.list_predictions(home.db, drawn.run, split="test")
    for at, name in enumerate(MANY):
        result = score_arrays.binary_scores(home.db, drawn.run, split="test", positive=at)
        assert result.name == name.title()
        assert result.scores.tolist() == [row.probabilities[at] for row in rows]
        assert result.truth.tolist() == [row.label == at for row in rows]
    with pytest.raises(
        InvalidInput, match=r"has 3 classes; choose the positive class \(one against the rest\): None, Mild, Sev"
    ):
        score_arrays.binary_scores(home.db, drawn.run, split="test")


@pytest.mark.parametrize("rule", ["max", "mean", "noisy_or"])
def test_patients_are_scored_by_the_points_rule(home, rule):
    drawn = draw(home.db)
    point = PointView(None, drawn.run, level=Level.PATIENT, patient_rule=PatientRule(rule))
    result = score_arrays.binary_scores(home.db, drawn.run, split="test", point=point)
    rows = predictions.list_predictions(home.db, drawn.run, split="test")
    for at, patient in enumerate(result.patients):
        theirs = [row for row in rows if row.patient == patient]
        given = np.array([row.probabilities[1] for row in theirs])
        expected = {"max": given.max(), "mean": given.mean(), "noisy_or": 1 - np.prod(1 - given)}[rule]
        assert result.scores[at] == pytest.approx(expected, abs=1e-12)
        assert bool(result.truth[at]) == any(row.label for row in theirs)
        assert result.cases[at] == theirs[int(given.argmax())].case_id


@pytest.mark.parametrize(
    ("kind", "classes", "level"),
    [
        (TaskKind.SINGLE, ("well", "ill"), "image"),
        *(
            pytest.param(kind, classes, level, marks=pytest.mark.slow)
            for kind, classes, level in (
                (TaskKind.SINGLE, ("well", "ill"), "patient"),
                (TaskKind.SINGLE, MANY, "image"),
                (TaskKind.SINGLE, MANY, "patient"),
                (TaskKind.MULTI, ("effusion", "nodule"), "image"),
                (TaskKind.MULTI, ("effusion", "nodule"), "patient"),
            )
        ),
    ],
)
def test_a_cell_opens_the_list_it_counts_at_fifty_thresholds(home, kind, classes, level):
    drawn = draw(home.db, kind, classes, patients=24)
    finding = 1 if kind is TaskKind.MULTI else None
    for threshold in np.linspace(0, 1, 50).tolist():
        point = PointView(
            None,
            drawn.run,
            finding or 0,
            1,
            threshold,
            level=Level(level),
            patient_rule=PatientRule("mean" if level == "patient" else ""),
        )
        request = score_arrays.binary_scores(home.db, drawn.run, split="test", finding=finding, point=point)
        rows = predictions.list_predictions(home.db, drawn.run, split="test", finding=finding, point=point)
        truth = dict(zip(request.cases.tolist(), request.truth.tolist(), strict=True))
        counted = [
            [
                sum(truth[row.case_id] == (t == 1) and (row.predicted_class == 1) == (c == 1) for row in rows)
                for c in (0, 1)
            ]
            for t in (0, 1)
        ]
        assert request.matrix(threshold) == counted
        for t in (0, 1):
            for c in (0, 1):
                cases = request.cases[(request.truth == t) & (request.predicted_positive(threshold) == c)].tolist()
                assert len(cases) == counted[t][c]
                assert [one.case_id for one in predictions.predictions_of_cases(home.db, drawn.run, cases)] == cases


def test_what_cannot_be_asked_is_one_sentence(home):
    number = draw(home.db, TaskKind.NUMBER, ())
    several = draw(home.db, TaskKind.MULTI, ("effusion", "nodule"), name="two", unknown=1.0)
    with pytest.raises(InvalidInput, match="predicts a number and has no classes"):
        score_arrays.binary_scores(home.db, number.run, split="test")
    with pytest.raises(InvalidInput, match="no finding was chosen; its findings are: Effusion, Nodule"):
        score_arrays.binary_scores(home.db, several.run, split="test")
    with pytest.raises(InvalidInput, match="is labelled for Nodule; label some and freeze again"):
        score_arrays.binary_scores(home.db, several.run, split="test", finding=1)
    with pytest.raises(InvalidInput, match="There is no split 'tset'; choose train, val, test or all"):
        score_arrays.binary_scores(home.db, several.run, split="tset", finding=1)
    with pytest.raises(NotFound, match="There is no run 99"):
        score_arrays.binary_scores(home.db, 99, split="test")
    with pytest.raises(NotFound, match="There is no run 99"):
        operating_points.current_or_default(home.db, 99)


def test_facts_stand_by_case_and_unknown_where_there_is_none(home):
    drawn = draw(home.db)
    cases = list(reversed(drawn.cases[:12]))
    result = metadata_columns.facts(home.db, cases)
    assert set(result) == {"site", "sex", "age", "row", "image size"}
    assert result["row"] == [str(at) for at in range(11, -1, -1)]
    assert [at for at, age in enumerate(result["age"]) if age == "unknown"] == [1, 6, 11]
    assert set(result["image size"]) == {"64×48"}
    assert metadata_columns.facts(home.db, []) == {}


def test_what_a_page_keeps_is_made_anew_when_a_split_is_predicted_anew(home):
    drawn = draw(home.db)
    before = predictions.predictions_version(home.db, drawn.run, "test")
    assert before[0] == 60
    assert predictions.predictions_version(home.db, drawn.run, "all")[0] == 180
    case = predictions.list_predictions(home.db, drawn.run, split="test")[0].case_id
    with home.db.transaction() as session:
        predictions.write_predictions(session, drawn.run, [(case, predictions.CaseOutput([0.5, 0.5]))], checkpoint="d")
    assert predictions.predictions_version(home.db, drawn.run, "test") != before
    assert predictions.predictions_version(home.db, 99, "test") == (0, 0, "", "")
