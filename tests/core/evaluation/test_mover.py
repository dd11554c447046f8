"""Means of figures where a part does not vary: its own interval counts, by hand and in how often the truth is held."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.averaging import macro_average
from core.evaluation.binary_metrics import metrics_at_threshold
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.confidence_intervals import wilson
from core.evaluation.estimate import Estimate
from core.evaluation.metric_value import EFFECTIVE, PARTS, RESAMPLED
from core.evaluation.mover import correlations, mover_half_width
from core.evaluation.multiclass import multilabel_metrics
from tests.core.evaluation.cohorts import sides


def test_independent_parts_go_as_far_as_the_root_of_their_squares_and_alike_ones_as_their_sum():
    assert mover_half_width((3, 4)) == mover_half_width((3, -4)) == 5
    assert mover_half_width((3, 4), np.ones((2, 2))) == 7
    assert mover_half_width((3, -4), np.ones((2, 2))) == 1
    assert mover_half_width((1, 2, 2), np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])) == pytest.approx(np.sqrt(9 + 2))


def test_parts_go_together_as_their_resamples_do_and_not_where_one_does_not_vary():
    draws = np.random.default_rng(0).random(50)
    gaps = np.where(np.arange(50) < 5, np.nan, -draws)
    expected = [[1, 0, -1], [0, 1, 0], [-1, 0, 1]]
    assert correlations([draws, np.full(50, 0.7), gaps]) == pytest.approx(np.array(expected))


def test_a_sensitivity_of_8_of_8_keeps_its_width_in_balanced_accuracy():
    result = metrics_at_threshold(sides(8, 8, 900, 1000), 0.5)["balanced_accuracy"]
    (se, _), (least, most) = wilson(8, 8), wilson(900, 1000)
    assert se == pytest.approx(8 / (8 + 1.959964**2))
    assert result.value == pytest.approx(0.95)
    assert result.ci_low == pytest.approx(0.95 - np.hypot(1 - se, 0.9 - least) / 2)
    assert result.ci_high == pytest.approx(0.95 + (most - 0.9) / 2)
    assert (round(result.ci_low, 3), round(result.ci_high, 3), result.method) == (0.787, 0.959, PARTS)
    turned = metrics_at_threshold(sides(900, 1000, 8, 8), 0.5)["balanced_accuracy"]
    assert (turned.ci_low, turned.ci_high) == pytest.approx((result.ci_low, result.ci_high))


def test_of_several_pictures_a_patient_the_width_is_that_of_the_patients():
    result = metrics_at_threshold(sides(16, 16, 150, 200, each=2), 0.5, resamples=100)
    low = wilson(8, 8)[0]
    assert (result["sensitivity"].ci_low, result["sensitivity"].method) == (low, EFFECTIVE)
    away = np.hypot(1 - low, result["specificity"].value - result["specificity"].ci_low)
    assert result["balanced_accuracy"].ci_low == pytest.approx(result["balanced_accuracy"].value - away / 2)


def test_where_both_sides_vary_resamples_tell_and_where_the_mean_is_1_it_is_wilson_s_of_the_smaller_side():
    assert metrics_at_threshold(sides(7, 8, 90, 100), 0.5)["balanced_accuracy"].method == RESAMPLED
    both = metrics_at_threshold(sides(8, 8, 100, 100), 0.5)["balanced_accuracy"]
    assert (both.ci_low, both.ci_high, both.method) == (*wilson(8, 8), EFFECTIVE)


def test_a_mean_over_classes_keeps_the_width_of_a_class_at_1():
    draws = np.random.default_rng(1).normal(0, 0.05, 200)
    known = Estimate(1.0, np.ones(200), 9, 9, 9.0)
    above, below = (Estimate(0.6, 0.6 + sign * draws, 40, 40, 40.0) for sign in (1, -1))
    result = macro_average({"a": known, "b": above, "c": below}, cases=89).figure()
    least, far = wilson(9, 9)[0], [0.6 - one.figure().ci_low for one in (above, below)]
    # b and c go against each other on the resamples, so of the two only the difference is left
    assert result.ci_low == pytest.approx(2.2 / 3 - np.hypot(1 - least, far[0] - far[1]) / 3)
    assert (result.method, result.n) == (PARTS, 89)
    signed = {name: replace(one, kind="signed") for name, one in (("a", known), ("b", above))}
    apart = [one.value - one.figure().ci_low for one in signed.values()]
    assert macro_average(signed, cases=49).figure().ci_low == pytest.approx(0.8 - np.hypot(*apart) / 2)


def test_what_a_finding_keeps_back_is_not_lost_in_the_mean_over_findings():
    result = [sides(8, 8, 80, 100), sides(30, 40, 70, 100)]
    report = multilabel_metrics(
        [replace(one, name=name) for one, name in zip(result, "ab", strict=True)], (0.5, 0.5), resamples=50
    )
    low = {name: one["balanced_accuracy"] for name, one in report.each.items()}
    assert (low["a"].method, low["b"].method) == (PARTS, RESAMPLED)
    assert report.macro["balanced_accuracy"].method == PARTS
    assert (
        report.macro["balanced_accuracy"].ci_low
        < report.macro["balanced_accuracy"].value - (low["a"].value - low["a"].ci_low) / 2.2
    )


def test_balanced_accuracy_and_ppv_of_few_ill_hold_the_truth():
    """20 ill, 200 well: in a third of such cohorts all ill ones are called so. By resamples alone 85 % held 0.925."""
    rng, truth = np.random.default_rng(5), np.repeat([1, 0], [20, 200])
    se, sp, ill = 0.95, 0.9, 0.02
    true = {"balanced_accuracy": (se + sp) / 2, "ppv": se * ill / (se * ill + (1 - sp) * (1 - ill))}
    hits = dict.fromkeys(true, 0)
    for _ in range(400):
        called = rng.random(220) < np.where(truth, se, 1 - sp)
        run = BinaryScores.of(range(220), called.astype(float), truth, range(220), name="ill")
        result = metrics_at_threshold(run, 0.5, prevalence=ill, resamples=100)
        for name, value in true.items():
            hits[name] += result[name].ci_low <= value <= result[name].ci_high
    assert all(number >= 0.92 * 400 for number in hits.values()), hits
