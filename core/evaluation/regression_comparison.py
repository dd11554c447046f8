"""Comparison of two regression runs on the same cases: differences of their errors, and cases that changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.bootstrap import Statistic, bootstrap
from core.evaluation.comparison import ALIKE
from core.evaluation.confidence_intervals import standard_error, student_quantile
from core.evaluation.estimate import PatientIndex
from core.evaluation.metric_value import RESAMPLED, MetricValue
from core.evaluation.metrics import Floats
from core.evaluation.regression import (
    CONSTANT_TRUTH,
    ONE_PATIENT,
    RegressionReport,
    is_constant,
    regression_report,
    statistics,
)

COMPARED = ("mae", "mse", "rmse", "r2")
NO_SPREAD = "No interval: all resamples of the patients give the same difference."


@dataclass(frozen=True, slots=True, eq=False)
class RegressionComparison:
    """Result of comparing two runs: the first is the baseline, the second the run.

    `differences` are second minus first, on the same resamples of patients. `first` and `second` hold the metrics of
    the runs. `nearer` are rows of the cases whose absolute error is smaller in the second run, `further` those where
    it is larger, largest change first.
    """

    differences: dict[str, MetricValue]
    first: RegressionReport
    second: RegressionReport
    nearer: NDArray[np.intp]
    further: NDArray[np.intp]


def compare_regressions(
    first: ArrayLike,
    second: ArrayLike,
    truth: ArrayLike,
    patients: Sequence[object],
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> RegressionComparison:
    """Compare two sets of predictions against the true values (cases,), given the patient of each case.

    Intervals are difference ± t · (its standard deviation over resamples of whole patients, the same for both runs),
    with Student's t and patients − 1 degrees of freedom.

    Raises:
        InvalidInput: no cases, mismatched shapes, or a value that is not a finite number.
    """
    first_report, second_report = (
        regression_report(predicted, truth, patients, resamples=resamples, seed=seed) for predicted in (first, second)
    )
    p, q, y = (np.asarray(values, dtype=np.float64) for values in (first, second, truth))
    names, patient_of_case = np.unique(np.asarray(patients), return_inverse=True)
    index = PatientIndex(patient_of_case, len(names))
    first_statistics, second_statistics = statistics(p, y, index), statistics(q, y, index)
    gaps = {name: _subtract(second_statistics[name], first_statistics[name]) for name in COMPARED}
    draws = bootstrap(gaps, patients=len(names), resamples=resamples, seed=seed)
    increase = np.abs(q - y) - np.abs(p - y)
    rising, falling = np.argsort(increase, kind="stable"), np.argsort(-increase, kind="stable")
    return RegressionComparison(
        {name: _difference(gaps[name], draws[name], len(names), len(y)) for name in COMPARED},
        first_report,
        second_report,
        rising[increase[rising] < 0],
        falling[increase[falling] > 0],
    )


def incompatibility(
    cases: tuple[NDArray[np.int64], NDArray[np.int64]],
    truths: tuple[Floats, Floats],
    patients: tuple[Sequence[str], Sequence[str]],
) -> str:
    """Return why two runs cannot be compared, or '' where they can. Takes the cases of each run in order."""
    first, second = cases
    unmatched = [int((~np.isin(a, b)).sum()) for a, b in ((first, second), (second, first))]
    if any(unmatched):
        return (
            f"The test sets differ: {unmatched[0]} of {len(first)} cases are only in the first and {unmatched[1]} of "
            f"{len(second)} only in the second; predict both runs on the same dataset split."
        )
    if differing := int((truths[0] != truths[1]).sum()):
        return (
            f"The reference labels of {differing} of {len(first)} cases differ between the two test sets; predict both "
            "runs on the same dataset."
        )
    if list(patients[0]) != list(patients[1]):
        return "The same cases have other patient IDs in the second test set; predict both runs on the same dataset."
    return ""


def _subtract(first: Statistic, second: Statistic) -> Statistic:
    return lambda counts: first(counts) - second(counts)


def _difference(statistic: Statistic, draws: Floats, patients: int, images: int) -> MetricValue:
    value = float(statistic(np.ones((patients, 1)))[0])
    if math.isnan(value):
        return MetricValue(None, None, None, images, CONSTANT_TRUTH)
    if patients < 2:
        return MetricValue(value, None, None, images, ONE_PATIENT)
    spread = standard_error(draws, carriers=patients)
    if is_constant(spread, value):
        return MetricValue(value, None, None, images, ALIKE if math.isclose(value, 0, abs_tol=1e-12) else NO_SPREAD)
    reach = student_quantile(patients - 1, 0.95) * spread
    return MetricValue(value, value - reach, value + reach, images, method=RESAMPLED)
