"""One yes/no question about cases: its matrix, its cells, and the same by patient."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from core.errors import InvalidInput
from core.evaluation.binary_scores import PATIENT_RULES, BinaryScores, aggregate_by_patient
from tests.core.evaluation.cohorts import scored


def made(seed=0, *, ties=False):
    scores, truth, owner = scored(seed, ties=ties)
    return BinaryScores.of(np.arange(500) * 3, scores, truth, [f"p{one}" for one in owner], name="ill")


@pytest.mark.parametrize("threshold", np.linspace(0, 1, 50))
def test_the_matrix_is_scikit_learn_s(threshold):
    run = made(ties=True)
    called = run.predicted_positive(threshold)
    assert (called == (run.scores >= threshold)).all()
    assert run.matrix(threshold) == confusion_matrix(run.truth, called, labels=[False, True]).tolist()


def test_columns_name_their_patients():
    run = made()
    assert [run.patients[row] for row in run.owner[:3]] == [f"p{one}" for one in scored(0)[2][:3]]
    assert not run.single
    assert BinaryScores.of([1, 2], [0.1, 0.2], [0, 1], ["b", "a"], name="ill").single


def test_taking_cases_takes_their_patients_only():
    run = made()
    part = run.subset(run.owner < 3)
    assert part.patients == run.patients[:3]
    assert part.scores.tolist() == run.scores[run.owner < 3].tolist()
    assert [part.patients[row] for row in part.owner] == [run.patients[row] for row in run.owner[run.owner < 3]]


@pytest.mark.parametrize("rule", PATIENT_RULES)
def test_a_patient_is_ill_if_any_case_is_and_its_worst_case_speaks(rule):
    run = made(1)
    result = aggregate_by_patient(run, rule)
    assert (result.level, result.single, len(result.cases)) == ("patient", True, len(run.patients))
    for row, name in enumerate(result.patients):
        ours = run.owner == run.patients.index(name)
        scores = run.scores[ours]
        expected = {"max": scores.max(), "mean": scores.mean(), "noisy_or": 1 - np.prod(1 - scores)}[rule]
        assert result.scores[row] == pytest.approx(expected, abs=1e-12)
        assert result.truth[row] == run.truth[ours].any()
        assert result.cases[row] == run.cases[ours][scores.argmax()]


def test_rules_that_do_not_fit_are_refused():
    run = made()
    with pytest.raises(InvalidInput, match="Unknown patient rule 'median'; choose one of max, mean, noisy_or"):
        aggregate_by_patient(run, "median")
    with pytest.raises(InvalidInput, match="Noisy-or needs probabilities"):
        aggregate_by_patient(run.scored_by(run.scores * 3), "noisy_or")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"cases": [1, 2, 2]}, "Case 2 has more than one prediction"),
        ({"scores": [0.1, float("nan"), 0.2]}, "Case 2 has a score that is not a number"),
        ({"scores": [0.1]}, "3 cases, 1 scores, 3 reference labels and 3 patients do not match"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(change, sentence):
    given = {"cases": [1, 2, 3], "scores": [0.1, 0.2, 0.3], "truth": [0, 1, 1], "patients": "abc"}
    with pytest.raises(InvalidInput, match=sentence):
        BinaryScores.of(**(given | change), name="ill")
