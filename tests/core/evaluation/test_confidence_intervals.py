"""Intervals of proportions as published; of resampled numbers, never of zero width."""

import math

import numpy as np
import pytest

from core.evaluation.confidence_intervals import bootstrap_interval, difference_interval, wilson


def test_published_proportions():
    assert wilson(81, 263) == pytest.approx((0.25529, 0.36621), abs=5.1e-6)
    assert wilson(9, 10) == pytest.approx((0.59585, 0.98212), abs=5.1e-6)


@pytest.mark.parametrize("successes", [0, 1, 9, 81, 262, 263])
def test_proportions_agree_with_scipy(successes):
    from scipy.stats import binomtest

    theirs = binomtest(successes, 263).proportion_ci(method="wilson")
    assert wilson(successes, 263) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_none_and_all_of_n_have_width(n):
    low, high = wilson(0, n)
    assert low == 0.0 < high < 1
    low, high = wilson(n, n)
    assert 0 < low < high == 1.0


def test_the_spread_on_the_logit_scale_with_student_s_t():
    draws = np.array([0.7, 0.9, np.nan])
    spread = math.sqrt(0.02) * math.sqrt(10 / 9)
    reach = 2.262157162740992 * spread / 0.16  # t of 9 degrees at 97.5 %
    low, high = bootstrap_interval(0.8, draws, carriers=10)
    assert (math.log(low / (1 - low)), math.log(high / (1 - high))) == pytest.approx(
        (math.log(4) - reach, math.log(4) + reach), abs=1e-9
    )


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_without_spread_it_is_wilson_of_the_patients(value):
    assert bootstrap_interval(value, np.full(100, value), carriers=12) == wilson(12 * value, 12)


def test_no_defined_resample_is_no_spread():
    assert bootstrap_interval(0.5, np.array([np.nan, np.nan]), carriers=4) == wilson(2, 4)


@pytest.mark.parametrize("carriers", [0, 1])
def test_one_patient_has_no_interval(carriers):
    assert bootstrap_interval(0.5, np.array([0.4, 0.6]), carriers=carriers) is None
    assert difference_interval(0.1, np.array([0.4, 0.6]), carriers=carriers) is None


def test_extreme_resamples_stay_between_0_and_1():
    low, high = bootstrap_interval(1e-9, np.array([0.0, 1.0] * 50), carriers=2)
    assert 0 <= low < high <= 1
    assert difference_interval(0.9, np.array([0.0, 1.0] * 50), carriers=3) == pytest.approx((-1.0, 1.0))
