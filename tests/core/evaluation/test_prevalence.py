"""PPV and NPV at a typed prevalence where a side is n/n: as unsure as that side, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.binary_metrics import metrics_at_threshold
from core.evaluation.confidence_intervals import wilson
from core.evaluation.metric_value import PARTS, RESAMPLED
from core.evaluation.metrics import RATIOS
from core.evaluation.prevalence import predictive_values
from tests.core.evaluation.cohorts import sides


def test_a_ppv_is_as_unsure_as_a_sensitivity_of_8_of_8():
    result = metrics_at_threshold(sides(8, 8, 900, 1000), 0.5, prevalence=0.02)["ppv"]
    (se, _), (least, most) = wilson(8, 8), wilson(900, 1000)
    odds = 1 / 0.1 * 0.02 / 0.98  # likelihood ratio times the odds of the prevalence
    low = odds * np.exp(-np.hypot(np.log(1 / se), np.log((1 - least) / 0.1)))
    high = odds * 0.1 / (1 - most)  # a sensitivity of 1 cannot be higher, so specificity alone goes up
    assert (result.value, result.ci_low, result.ci_high) == pytest.approx(
        [one / (1 + one) for one in (odds, low, high)]
    )
    assert [round(one, 3) for one in (result.value, result.ci_low, result.ci_high)] == [0.169, 0.117, 0.198]
    assert (result.method, result.note) == (PARTS, "At a prevalence of 0.02.")


def test_it_is_wider_than_by_one_side_alone_and_narrower_than_by_both_at_their_worst():
    result = metrics_at_threshold(sides(8, 8, 900, 1000), 0.5, prevalence=0.02)
    se, sp = result["sensitivity"], result["specificity"]
    alone, worst = (
        float(predictive_values(np.array([se.ci_low]), np.array([item]), 0.02)[0][0]) for item in (sp.value, sp.ci_low)
    )
    assert worst < result["ppv"].ci_low < alone


def test_the_npv_is_the_ppv_with_ill_and_well_changed():
    ppv = metrics_at_threshold(sides(8, 8, 900, 1000), 0.5, prevalence=0.02)["ppv"]
    npv = metrics_at_threshold(sides(900, 1000, 8, 8), 0.5, prevalence=0.98)["npv"]
    assert (npv.value, npv.ci_low, npv.ci_high, npv.method) == pytest.approx(
        (ppv.value, ppv.ci_low, ppv.ci_high, PARTS)
    )


@pytest.mark.parametrize("cells", [(8, 8, 0, 50), (0, 8, 50, 50), (8, 8, 50, 50), (0, 8, 0, 50), (1, 2, 2, 2)])
@pytest.mark.parametrize("each", [1, 2])
def test_no_side_at_its_end_breaks_it(cells, each):
    for name in ("ppv", "npv"):
        result = metrics_at_threshold(sides(*cells, each=each), 0.5, prevalence=0.1, resamples=50)[name]
        if result.value is not None and result.ci_low is not None:
            assert 0 <= result.ci_low <= result.value <= result.ci_high <= 1
            assert result.ci_low < result.ci_high


def test_where_both_sides_vary_resamples_tell():
    assert metrics_at_threshold(sides(7, 8, 90, 100), 0.5, prevalence=0.02)["ppv"].method == RESAMPLED


COMPLEMENTS = {"ppv": ("fp",), "npv": ("fn",)}


@pytest.mark.parametrize("name", COMPLEMENTS)
@pytest.mark.parametrize("prevalence", [None, 0.001, 0.02, 0.5, 0.98])
@pytest.mark.parametrize("cells", [(7, 8, 90, 100), (8, 8, 900, 1000), (8, 8, 50, 50), (0, 8, 50, 60)])
def test_a_predictive_value_and_its_complement_sum_to_1_at_every_prevalence(cells, prevalence, name, monkeypatch):
    value = metrics_at_threshold(sides(*cells), 0.5, prevalence=prevalence, resamples=50)[name]
    monkeypatch.setitem(RATIOS, name, replace(RATIOS[name], numerator=COMPLEMENTS[name]))
    complement = metrics_at_threshold(sides(*cells), 0.5, prevalence=prevalence, resamples=50)[name]
    assert value.value + complement.value == pytest.approx(1, abs=1e-12)
    assert (complement.ci_low, complement.ci_high) == pytest.approx((1 - value.ci_high, 1 - value.ci_low), abs=1e-9)
    assert (complement.n, complement.method, complement.note) == (value.n, value.method, value.note)


def test_a_complement_is_undefined_where_its_predictive_value_is(monkeypatch):
    monkeypatch.setitem(RATIOS, "ppv", replace(RATIOS["ppv"], numerator=("fp",)))
    result = metrics_at_threshold(sides(0, 8, 50, 50), 0.5, prevalence=0.02, resamples=50)["ppv"]
    assert (result.value, result.note) == (None, "Undefined: no case was predicted ill.")
