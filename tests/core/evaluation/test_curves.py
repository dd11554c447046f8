"""Points of the curves, against scikit-learn."""

import json

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluation.curves import EMPTY, precision_recall, roc
from tests.core.evaluation.cohorts import scored


@pytest.mark.parametrize("ties", [False, True])
def test_roc_agrees_with_scikit_learn(ties):
    scores, truth, _ = scored(2, ties=ties)
    x, y, thresholds = sk.roc_curve(truth, scores, drop_intermediate=False)
    ours = roc(scores, truth)
    np.testing.assert_allclose([ours.x, ours.y], [x, y], atol=1e-9)
    assert ours.thresholds[0] is None
    np.testing.assert_allclose(ours.thresholds[1:], thresholds[1:])


@pytest.mark.parametrize("ties", [False, True])
def test_precision_recall_agrees_with_scikit_learn(ties):
    scores, truth, _ = scored(3, ties=ties)
    precision, recall, thresholds = sk.precision_recall_curve(truth, scores)
    ours = precision_recall(scores, truth)
    np.testing.assert_allclose([ours.x, ours.y], [recall[-2::-1], precision[-2::-1]], atol=1e-9)
    np.testing.assert_allclose(ours.thresholds, thresholds[::-1])


def test_without_positives_or_negatives_there_is_no_curve():
    scores = np.array([0.2, 0.7])
    assert roc(scores, np.array([True, True])) == roc(scores, np.array([False, False])) == EMPTY
    assert precision_recall(scores, np.array([False, False])) == EMPTY


def test_thinning_keeps_the_ends_and_leaves_short_curves_alone():
    scores, truth, _ = scored(4)
    whole = roc(scores, truth)
    thin = whole.thinned(50)
    assert len(thin.x) == len(thin.y) == len(thin.thresholds) == 50
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1]) == (0, 0, 1, 1)
    assert set(zip(thin.x, thin.y, strict=True)) <= set(zip(whole.x, whole.y, strict=True))
    assert whole.thinned(len(whole.x)) is whole


def test_json_holds_three_lists_without_infinity():
    scores, truth, _ = scored(5, n=20)
    result = json.loads(json.dumps(roc(scores, truth).to_json(), allow_nan=False))
    assert [len(result[key]) for key in ("x", "y", "thresholds")] == [21] * 3
