"""Two runs on the same images."""

import numpy as np
import pytest

from core.evaluation.comparison import auroc_difference, mcnemar
from core.evaluation.metrics import auroc
from tests.core.evaluation.cohorts import cohort, scored


def test_mcnemar_of_the_published_table():
    told = mcnemar(6, 16)  # 59/6/16/80
    assert told.exact_p == pytest.approx(0.0524788, abs=5.1e-8)
    assert (told.chi2, told.p) == pytest.approx((3.681818, 0.0550088), abs=1e-6)


def test_mcnemar_without_disagreement_has_no_statistic():
    assert (mcnemar(0, 0).exact_p, mcnemar(0, 0).chi2, mcnemar(0, 0).p) == (1.0, None, None)


def test_mcnemar_of_even_disagreement_finds_nothing():
    assert (mcnemar(5, 5).exact_p, mcnemar(5, 5).chi2, mcnemar(5, 5).p) == pytest.approx((1, 0, 1))


def test_the_difference_is_that_of_the_aurocs_and_turns_with_the_runs():
    scores, truth, owner = scored(0)
    worse = scores + np.random.default_rng(1).normal(scale=1.0, size=len(scores))
    told = auroc_difference(scores, worse, truth, owner)
    turned = auroc_difference(worse, scores, truth, owner)
    assert told.value == pytest.approx(auroc(scores, truth) - auroc(worse, truth), abs=1e-12)
    assert 0 < told.low < told.value < told.high
    assert (turned.low, turned.high) == pytest.approx((-told.high, -told.low))


def test_paired_resamples_are_tighter_than_two_separate_ones():
    probabilities, truth, owner = cohort(np.random.default_rng(2))
    first = probabilities[:, 1]
    second = first + np.random.default_rng(3).normal(scale=0.01, size=len(first))
    told = auroc_difference(first, second, truth == 1, owner)
    assert told.high - told.low < 0.02  # each AUROC alone has an interval some ten times wider


def test_one_class_or_one_patient_is_said():
    scores = np.array([0.1, 0.2, 0.3])
    assert auroc_difference(scores, scores, np.ones(3, dtype=bool), [1, 2, 3]).value is None
    told = auroc_difference(scores, scores, np.array([True, False, False]), [1, 2, 3])
    assert (told.value, told.low) == (0, None)
    assert "single patient" in told.note
