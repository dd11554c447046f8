"""Two runs that answer with numbers, on the same cases: how far their errors are apart, and on which cases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.bootstrap import Statistic, bootstrap
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
ALIKE = "No interval: on these cases the two runs do not differ in it."
EVEN = "No interval: every resample of the patients has this difference."


@dataclass(frozen=True, slots=True, eq=False)
class RegressionComparison:
    """`differences` are first minus second, on the same resamples of patients; `first` and `second` the runs' figures.

    `nearer` are rows of the cases whose absolute error is smaller by the second run, `further` of those where it is
    larger: those where it changed most first.
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
    """Of two predictions and the true values (cases,), and the patient of each case.

    Intervals are difference ± t · (its spread over resamples of whole patients, the same ones for both runs), t of
    Student with patients - 1 degrees.

    Raises:
        InvalidInput: no case, shapes that do not fit, or a value that is no number.
    """
    mine, beside = (regression_report(one, truth, patients, resamples=resamples, seed=seed) for one in (first, second))
    p, q, y = (np.asarray(one, dtype=np.float64) for one in (first, second, truth))
    names, row = np.unique(np.asarray(patients), return_inverse=True)
    owners = PatientIndex(row, len(names))
    one, other = statistics(p, y, owners), statistics(q, y, owners)
    apart = {name: _minus(one[name], other[name]) for name in COMPARED}
    draws = bootstrap(apart, patients=len(names), resamples=resamples, seed=seed)
    grown = np.abs(q - y) - np.abs(p - y)
    rising, falling = np.argsort(grown, kind="stable"), np.argsort(-grown, kind="stable")
    return RegressionComparison(
        {name: _difference(apart[name], draws[name], len(names), len(y)) for name in COMPARED},
        mine,
        beside,
        rising[grown[rising] < 0],
        falling[grown[falling] > 0],
    )


def incompatibility(
    cases: tuple[NDArray[np.int64], NDArray[np.int64]],
    truths: tuple[Floats, Floats],
    patients: tuple[Sequence[str], Sequence[str]],
) -> str:
    """Why two runs cannot be compared, in a sentence; '' where they can. The cases of each, in their order."""
    one, other = cases
    only = [int((~np.isin(a, b)).sum()) for a, b in ((one, other), (other, one))]
    if any(only):
        return (
            f"The test sets differ: {only[0]} cases are only in the first and {only[1]} only in the second of "
            f"{len(one)} and {len(other)}; predict both runs on one snapshot's split."
        )
    if differing := int((truths[0] != truths[1]).sum()):
        return (
            f"The truth of {differing} of {len(one)} cases differs between the two test sets; predict both runs on "
            "one snapshot, so that both are judged by the same labels."
        )
    if list(patients[0]) != list(patients[1]):
        return "The same cases are of other patients in the second test set; predict both runs on one snapshot."
    return ""


def _minus(one: Statistic, other: Statistic) -> Statistic:
    return lambda counts: one(counts) - other(counts)


def _difference(statistic: Statistic, draws: Floats, patients: int, images: int) -> MetricValue:
    value = float(statistic(np.ones((patients, 1)))[0])
    if math.isnan(value):
        return MetricValue(None, None, None, images, CONSTANT_TRUTH)
    if patients < 2:
        return MetricValue(value, None, None, images, ONE_PATIENT)
    spread = standard_error(draws, carriers=patients)
    if is_constant(spread, value):
        return MetricValue(value, None, None, images, ALIKE if math.isclose(value, 0, abs_tol=1e-12) else EVEN)
    reach = student_quantile(patients - 1, 0.95) * spread
    return MetricValue(value, value - reach, value + reach, images, method=RESAMPLED)
