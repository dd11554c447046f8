"""Discrimination on images: the published example, and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as sk

from core.evaluation.metrics import (
    METRICS,
    ORDER,
    RATIOS,
    THRESHOLD_METRICS,
    MetricEntry,
    Outcomes,
    Ratio,
    auroc,
    confusion_matrix,
    midranks,
)
from tests.core.evaluation.cohorts import scored
from tests.core.evaluation.independent import recomputed


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


@pytest.mark.parametrize("name", RATIOS)
def test_every_ratio_agrees_with_scikit_learn(name):
    scores, truth, _ = scored(1)
    outcomes = Outcomes.of(scores >= 0.5, truth)
    ours = outcomes.total(RATIOS[name].numerator).sum() / outcomes.total(RATIOS[name].denominator).sum()
    assert ours == pytest.approx(recomputed([name], truth, scores, scores >= 0.5)[name], abs=1e-9)


def test_the_keys_of_json_and_csv_stay():
    assert ORDER[:2] + THRESHOLD_METRICS + ORDER[-2:] == ORDER
    names = "auroc average_precision accuracy balanced_accuracy sensitivity specificity ppv npv f1 mcc kappa brier ece"
    assert [name for name in ORDER if name in names.split()] == names.split()


def test_every_metric_has_a_title_that_no_other_has():
    titles = [metric.title for metric in METRICS.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("numerator", "denominator", "prevalence"),
    [
        (("fn",), ("tp", "fn"), "independent"),
        (("fn",), ("tn", "fn"), "derived"),
        (("fp",), ("tp", "fp"), "derived"),
        (("tp",), ("fp",), "split"),
        (("fp",), ("fn",), "split"),
        (("tp", "fp"), ("tp", "fp", "tn", "fn"), "split"),
        (("tp",), ("tp", "fp", "fn"), "split"),
    ],
)
def test_a_ratio_depends_on_the_prevalence_as_its_cells_do(numerator, denominator, prevalence):
    ratio = Ratio(numerator, denominator, "no cases")
    assert ratio.prevalence == prevalence
    for wrong in {"independent", "derived", "split"} - {prevalence}:
        with pytest.raises(ValueError, match=f"New: the prevalence is '{wrong}'; write {prevalence}."):
            MetricEntry("New", "threshold", wrong, ratio)


def test_only_a_ratio_is_derived():
    with pytest.raises(ValueError, match="New: the prevalence is 'derived'; write independent or split"):
        MetricEntry("New", "threshold", "derived")


def test_confusion_has_the_truth_in_rows():
    called, truth = np.array([0, 1, 1, 2, 2]), np.array([0, 0, 1, 2, 1])
    assert confusion_matrix(called, truth, classes=3) == [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
