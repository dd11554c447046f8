"""Discrimination on images: the published example, and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluation.metrics import RATIOS, Outcomes, auroc, confusion_matrix, midranks
from tests.core.evaluation.cohorts import scored


def test_auroc_of_the_four_images_everybody_knows():
    assert auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize("ties", [False, True])
def test_auroc_agrees_with_scikit_learn(ties):
    scores, truth, _ = scored(0, ties=ties)
    assert auroc(scores, truth) == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-9)


@pytest.mark.parametrize("truth", [[True, True], [False, False], []])
def test_auroc_of_one_class_is_undefined(truth):
    assert auroc(np.zeros(len(truth)), np.array(truth, dtype=bool)) is None


def test_ties_share_their_mean_rank():
    assert midranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1, 3.5, 2]


SCIKIT = {
    "accuracy": sk.accuracy_score,
    "sensitivity": sk.recall_score,
    "specificity": lambda y, c: sk.recall_score(~y, ~c),
    "ppv": sk.precision_score,
    "npv": lambda y, c: sk.precision_score(~y, ~c),
    "f1": sk.f1_score,
}


@pytest.mark.parametrize("name", RATIOS)
def test_every_ratio_agrees_with_scikit_learn(name):
    scores, truth, _ = scored(1)
    outcomes = Outcomes.of(scores >= 0.5, truth)
    ours = RATIOS[name].counted(outcomes).sum() / RATIOS[name].among(outcomes).sum()
    assert ours == pytest.approx(SCIKIT[name](truth, scores >= 0.5), abs=1e-9)


def test_confusion_has_the_truth_in_rows():
    called, truth = np.array([0, 1, 1, 2, 2]), np.array([0, 0, 1, 2, 1])
    assert confusion_matrix(called, truth, classes=3) == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
