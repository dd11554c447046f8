"""Estimates: a metric's value with its bootstrap distribution, from which the confidence interval is computed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confidence_intervals import (
    LEVEL,
    bootstrap_interval,
    does_not_vary,
    effective_n,
    interval_method,
    logit_interval,
    normal_quantile,
    wilson,
)
from core.evaluation.metric_value import DELONG, PARTS, RESAMPLED, WILSON, MetricValue
from core.evaluation.metrics import Bools, Floats
from core.evaluation.mover import correlations, mover_half_width

Kind = Literal["share", "proportion", "signed", "error"]
_FEW = 0.95
ONE_PATIENT = "No interval: all cases are of a single patient."


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of an interval and the method that gave it."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its `bootstrap` values (resamples,), NaN where undefined.

    `n_patients` and `effective` n are of patients.

    `kind`: "proportion" of cases, other "share" from 0 to 1, "signed" from -1 to 1, or "error", which resampling
    inflates and which therefore has `bootstrap_error` (resamples,), the deviations of its parts. `deviation` is
    DeLong's standard error, `single` is True where no patient has two cases. `bounds` are set where already known,
    `parts` are the estimates it averages. `undefined` says why there is no value, `note` anything else; `scale`
    converts to the displayed unit.
    """

    value: float
    bootstrap: Floats
    cases: int
    n_patients: int
    effective: float
    kind: Kind = "share"
    single: bool = False
    deviation: float | None = None
    bounds: Bounds | None = None
    parts: "tuple[Estimate, ...]" = ()
    bootstrap_error: Floats | None = None
    undefined: str = ""
    note: str = ""
    scale: float = 1.0

    def figure(self) -> MetricValue:
        """Return the value with its interval and notes for display."""
        if self.undefined:
            return MetricValue(None, None, None, self.cases, self.undefined)
        bounds, value = self.bounds or _bounds(self), self.value * self.scale
        if bounds is None:
            return MetricValue(value, None, None, self.cases, f"{self.note} {ONE_PATIENT}".strip())
        thin = _few_resamples(self.bootstrap) if bounds.method == RESAMPLED else ""
        note = f"{self.note} {thin}".strip()
        low, high = bounds.low * self.scale, bounds.high * self.scale
        return MetricValue(value, low, high, self.cases, note, bounds.method)


@dataclass(frozen=True, slots=True)
class PatientIndex:
    """The patient of each case: `patient_of_case` (n,) holds numbers from 0 to below `patients`."""

    patient_of_case: NDArray[np.intp]
    patients: int

    def total(self, amounts: Floats) -> Floats:
        """Return the sums (patients,) of amounts (n,)."""
        return np.bincount(self.patient_of_case, weights=amounts, minlength=self.patients).astype(np.float64)

    def sizes(self, among: Bools) -> Floats:
        """Return the number of cases per patient (patients,) within the mask (n,)."""
        return np.bincount(self.patient_of_case[among], minlength=self.patients).astype(np.float64)


def patient_counts(sizes: Floats) -> tuple[int, float]:
    """Return the number of patients behind a metric and its effective n; `sizes` (patients,) are their cases in it."""
    return int((sizes > 0).sum()), effective_n(sizes)


def metric_values(measures: Mapping[str, Estimate]) -> dict[str, MetricValue]:
    """Return each estimate as a value with its interval, for display."""
    return {name: measure.figure() for name, measure in measures.items()}


def _bounds(measure: Estimate) -> Bounds | None:
    value, n = measure.value, measure.cases
    if measure.single and measure.kind == "proportion":
        return Bounds(*wilson(value * n, n), WILSON)
    if measure.deviation and 0 < value < 1:
        return Bounds(*logit_interval(value, normal_quantile(LEVEL) * measure.deviation), DELONG)
    if measure.n_patients < 2:
        return None
    if measure.kind == "error":
        return _error_bounds(measure)
    if (-1 if measure.kind == "signed" else 0) < value < 1 and any(is_degenerate(part) for part in measure.parts):
        return _of_parts(measure)
    if measure.kind == "signed":  # on the logit scale of (1 + value) / 2, which is Fisher's z of the value
        inside = _bounds(replace(measure, kind="share", value=(1 + value) / 2, bootstrap=(1 + measure.bootstrap) / 2))
        return None if inside is None else Bounds(2 * inside.low - 1, 2 * inside.high - 1, inside.method)
    interval = bootstrap_interval(value, measure.bootstrap, carriers=measure.n_patients, effective=measure.effective)
    return (
        None
        if interval is None
        else Bounds(*interval, interval_method(value, measure.bootstrap, carriers=measure.n_patients))
    )


def is_degenerate(measure: Estimate) -> bool:
    """Return whether the bootstrap hides the uncertainty: all resamples agree, or those of one part do.

    A sensitivity of 8/8 is 1 on every resample, so within a mean it would look certain.
    """
    if measure.n_patients < 2:
        return False
    return does_not_vary(measure.bootstrap, carriers=measure.n_patients) or any(
        is_degenerate(part) for part in measure.parts
    )


def _of_parts(measure: Estimate) -> Bounds | None:
    """Return the interval of a mean from the intervals of its parts (MOVER, see mover.py)."""
    parts = measure.parts
    intervals = [bounds for part in parts if (bounds := part.bounds or _bounds(part)) is not None]
    if len(intervals) < len(parts):
        return None
    correlation = correlations([part.bootstrap for part in parts])
    down = mover_half_width(
        [(part.value - one.low) / len(parts) for part, one in zip(parts, intervals, strict=True)], correlation
    )
    up = mover_half_width(
        [(one.high - part.value) / len(parts) for part, one in zip(parts, intervals, strict=True)], correlation
    )
    return Bounds(measure.value - down, measure.value + up, PARTS)


def _error_bounds(measure: Estimate) -> Bounds | None:
    """Return value ± the 95 % quantile of the deviations, so the interval covers at least 95 %.

    An error sums absolute gaps, which resampling inflates: quantiles of its draws covered 56 % for a calibrated model.
    By the triangle inequality its deviation is at most the sum of the deviations of its gaps.
    """
    defined = (
        measure.bootstrap_error[~np.isnan(measure.bootstrap_error)]
        if measure.bootstrap_error is not None
        else np.empty(0)
    )
    if len(defined) < 2:
        return None
    reach = float(np.quantile(defined, LEVEL)) * math.sqrt(measure.n_patients / (measure.n_patients - 1))
    return Bounds(max(0.0, measure.value - reach), min(1.0, measure.value + reach), RESAMPLED)


def _few_resamples(draws: Floats) -> str:
    usable = int((~np.isnan(draws)).sum())
    if math.isclose(usable, len(draws)) or usable >= _FEW * len(draws):
        return ""
    return f"Interval from {usable} of {len(draws)} resamples; the others lack a class that few patients have."
