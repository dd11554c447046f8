"""How near predicted numbers come to the true ones, with intervals by patient."""

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

CONSTANT_TRUTH = "Undefined: every case here has the same value."
BOUNDS = {
    "mae": (0.0, math.inf),
    "mse": (0.0, math.inf),
    "rmse": (0.0, math.inf),
    "r2": (-math.inf, 1.0),
    "bias": (-math.inf, math.inf),
}
ONE_PATIENT = "No interval: it rests on the cases of a single patient."
NO_SPREAD = "No interval: every resample of the patients has this value."
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class RegressionReport:
    """`metrics`: mae and rmse in the number's unit, mse in its square, r2 (share of the variance explained).

    Also bias (predicted - true, in the unit).
    """

    images: int
    patients: int
    resamples: int
    metrics: dict[str, MetricValue]

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys, without NaN."""
        return {**asdict(self), "metrics": {name: one.to_json() for name, one in self.metrics.items()}}


def regression_report(
    told: ArrayLike, truth: ArrayLike, patients: Sequence[object], *, resamples: int = 1000, seed: int = 0
) -> RegressionReport:
    """Of predicted and true values (cases,) and the patient of each case.

    Intervals are value ± t · (spread over resamples of whole patients), t of Student with patients - 1 degrees.
    None where no resample differs: errors that are all alike say nothing of how far others spread.

    Raises:
        InvalidInput: no case, shapes that do not fit, or a value that is no number.
    """
    p, y = np.asarray(told, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if not len(y) or p.shape != y.shape or len(patients) != len(y) or not np.isfinite([p, y]).all():
        raise InvalidInput(
            f"{p.size} predicted and {y.size} true values of {len(patients)} patients do not fit; each case needs one "
            "finite number of each, so predict the split again."
        )
    names, row = np.unique(np.asarray(patients), return_inverse=True)
    found = statistics(p, y, PatientIndex(row, len(names)))
    draws = bootstrap(found, patients=len(names), resamples=resamples, seed=seed)
    figures = {key: _figure(one, draws[key], len(names), len(y), *BOUNDS[key]) for key, one in found.items()}
    return RegressionReport(len(y), len(names), resamples, figures)


def statistics(p: Floats, y: Floats, owners: PatientIndex) -> dict[str, Statistic]:
    """Each figure of predicted and true values (cases,), as it is on resamples of their patients."""
    count = owners.total(np.ones(len(y)))
    squared = ratio(owners.total((p - y) ** 2), count)
    # deviations from one middle first: sums of squares of large numbers lose what they differ by
    middle = y - y.mean()
    plain, square = owners.total(middle), owners.total(middle**2)

    def variance(counts: Floats) -> Floats:
        return divide(square @ counts, count @ counts) - divide(plain @ counts, count @ counts) ** 2

    def explained(counts: Floats) -> Floats:
        spread = variance(counts)
        return 1.0 - divide(squared(counts), np.where(spread > 1e-12 * float(square.sum() or 1.0), spread, 0.0))

    return {
        "mae": ratio(owners.total(np.abs(p - y)), count),
        "mse": squared,
        "rmse": lambda counts: np.sqrt(squared(counts)),
        "r2": explained,
        "bias": ratio(owners.total(p - y), count),
    }


def is_constant(spread: float, value: float) -> bool:
    """Whether that spread of a value over resamples is no more than rounding, and so no measure of how sure it is."""
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
