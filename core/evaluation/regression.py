"""Metrics of predicted numbers (regression) with intervals over patients."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core.errors import InvalidInput
from core.evaluation.bootstrap import Statistic, bootstrap, divide, ratio
from core.evaluation.confidence_intervals import standard_error, student_quantile
from core.evaluation.estimate import PatientIndex
from core.evaluation.metric_value import RESAMPLED, MetricValue
from core.evaluation.metrics import Floats

CONSTANT_TRUTH = "Undefined: all cases have the same value."
BOUNDS = {
    "mae": (0.0, math.inf),
    "mse": (0.0, math.inf),
    "rmse": (0.0, math.inf),
    "r2": (-math.inf, 1.0),
    "bias": (-math.inf, math.inf),
}
ONE_PATIENT = "No interval: all cases are of a single patient."
NO_SPREAD = "No interval: all resamples of the patients give the same value."
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class RegressionReport:
    """Metrics of predicted numbers: mae, rmse and bias in the number's unit, mse in its square, r2.

    Bias is the mean of predicted − true, r2 the explained variance.
    """

    images: int
    patients: int
    resamples: int
    metrics: dict[str, MetricValue]

    def to_json(self) -> dict[str, Any]:
        """Return plain values with stable keys, without NaN."""
        return {**asdict(self), "metrics": {name: one.to_json() for name, one in self.metrics.items()}}


def regression_report(
    predicted: ArrayLike, truth: ArrayLike, patients: Sequence[object], *, resamples: int = 1000, seed: int = 0
) -> RegressionReport:
    """Return the metrics of predicted and true values (cases,), given the patient of each case.

    Intervals are value ± t · (standard deviation over resamples of whole patients), with Student's t and patients − 1
    degrees of freedom. None where all resamples agree: identical errors carry no information about their spread.

    Raises:
        InvalidInput: no cases, mismatched shapes, or a value that is not a finite number.
    """
    p, y = np.asarray(predicted, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if not len(y) or p.shape != y.shape or len(patients) != len(y) or not np.isfinite([p, y]).all():
        raise InvalidInput(
            f"{p.size} predicted values, {y.size} true values and {len(patients)} patients do not match; each case "
            "needs one finite number of each. Predict the split again."
        )
    names, patient_of_case = np.unique(np.asarray(patients), return_inverse=True)
    by_name = statistics(p, y, PatientIndex(patient_of_case, len(names)))
    draws = bootstrap(by_name, patients=len(names), resamples=resamples, seed=seed)
    metrics = {key: _figure(one, draws[key], len(names), len(y), *BOUNDS[key]) for key, one in by_name.items()}
    return RegressionReport(len(y), len(names), resamples, metrics)


def statistics(p: Floats, y: Floats, index: PatientIndex) -> dict[str, Statistic]:
    """Return each metric of predicted and true values (cases,) as a statistic on resamples of patients."""
    count = index.total(np.ones(len(y)))
    squared = ratio(index.total((p - y) ** 2), count)
    # centred first: sums of squares of large numbers lose their small differences to rounding
    middle = y - y.mean()
    plain, square = index.total(middle), index.total(middle**2)

    def variance(counts: Floats) -> Floats:
        return divide(square @ counts, count @ counts) - divide(plain @ counts, count @ counts) ** 2

    def explained(counts: Floats) -> Floats:
        spread = variance(counts)
        return 1.0 - divide(squared(counts), np.where(spread > 1e-12 * float(square.sum() or 1.0), spread, 0.0))

    return {
        "mae": ratio(index.total(np.abs(p - y)), count),
        "mse": squared,
        "rmse": lambda counts: np.sqrt(squared(counts)),
        "r2": explained,
        "bias": ratio(index.total(p - y), count),
    }


def is_constant(spread: float, value: float) -> bool:
    """Return whether the spread over resamples is no more than rounding, and so does not measure uncertainty."""
    return spread <= _ROUNDING * max(1.0, abs(value))


def _figure(statistic: Statistic, draws: Floats, patients: int, images: int, least: float, most: float) -> MetricValue:
    value = float(statistic(np.ones((patients, 1)))[0])
    if math.isnan(value):
        return MetricValue(None, None, None, images, CONSTANT_TRUTH)
    if patients < 2:
        return MetricValue(value, None, None, images, ONE_PATIENT)
    spread = standard_error(draws, carriers=patients)
    if is_constant(spread, value):
        return MetricValue(value, None, None, images, NO_SPREAD)
    reach = student_quantile(patients - 1, 0.95) * spread
    return MetricValue(value, max(least, value - reach), min(most, value + reach), images, method=RESAMPLED)
