"""Calibration and decisions, as published."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from core.evaluation.calibration import brier, expected_calibration_error, net_benefit
from tests.core.evaluation.cohorts import scored

P = np.arange(0.95, 0, -0.10)
Y = np.array([1, 1, 1, 0, 1, 0, 0, 1, 0, 0], dtype=bool)


def test_published_numbers():
    assert brier(P, Y) == pytest.approx(0.1625, abs=1e-6)
    assert expected_calibration_error(P, Y, bins=5) == pytest.approx(0.12, abs=1e-6)
    assert net_benefit(P, Y, threshold=0.2) == pytest.approx(0.425, abs=1e-6)
    assert net_benefit(P, Y, threshold=0.5) == pytest.approx(0.300, abs=1e-6)
    assert net_benefit(np.ones(10), Y, threshold=0.2) == pytest.approx(0.375, abs=1e-6)


def test_brier_agrees_with_scikit_learn():
    scores, truth, _ = scored(0)
    assert brier(scores, truth) == pytest.approx(brier_score_loss(truth, scores), abs=1e-9)


def test_certainty_that_is_right_has_no_error_and_one_falls_in_the_last_bin():
    assert expected_calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0
    assert expected_calibration_error(np.array([1.0, 0.95]), np.array([False, True])) == pytest.approx(0.475)
