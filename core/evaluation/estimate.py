"""Between a number and its figure: the value, what it is on each resample, and how many cases and patients carry it."""

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
ONE_PATIENT = "No interval: it rests on the cases of a single patient."


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an interval reaches from and to, and how it was made."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """`value` and `draws` (resamples,), NaN where undefined; `carriers` and `effective` n are of patients.

    `kind`: "proportion" of cases, "share" of anything from 0 to 1, "signed" from -1 to 1, "error" that resampling
    raises, with `off` (resamples,), what its parts are off by. `deviation` is DeLong's standard error, `single` that no
    patient has two cases. `bounds` where they are known already, `parts` what it is the plain mean of. `undefined` says
    why there is no number, `note` anything else; `scale` is what a person's unit is.
    """

    value: float
    draws: Floats
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
        """As a person may see it."""
        if self.undefined:
            return MetricValue(None, None, None, self.cases, self.undefined)
        bounds, value = self.bounds or _bounds(self), self.value * self.scale
        if bounds is None:
            return MetricValue(value, None, None, self.cases, f"{self.note} {ONE_PATIENT}".strip())
        thin = _thin(self.draws) if bounds.method == RESAMPLED else ""
        note = f"{self.note} {thin}".strip()
        low, high = bounds.low * self.scale, bounds.high * self.scale
        return MetricValue(value, low, high, self.cases, note, bounds.method)


@dataclass(frozen=True, slots=True)
class PatientIndex:
    """Which patient each case is of: `row` (n,) numbers from 0 to below `patients`."""

    patient_of_case: NDArray[np.intp]
    patients: int

    def total(self, amounts: Floats) -> Floats:
        """Sums (patients,) of amounts (n,)."""
        return np.bincount(self.patient_of_case, weights=amounts, minlength=self.patients).astype(np.float64)

    def sizes(self, among: Bools) -> Floats:
        """How many of these cases (n,) each patient has (patients,)."""
        return np.bincount(self.patient_of_case[among], minlength=self.patients).astype(np.float64)


def patient_counts(sizes: Floats) -> tuple[int, float]:
    """How many patients carry a number, and its effective n; sizes (patients,) are their shares in it."""
    return int((sizes > 0).sum()), effective_n(sizes)


def metric_values(measures: Mapping[str, Estimate]) -> dict[str, MetricValue]:
    """Each as a person may see it."""
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
        return _reached(measure)
    if (-1 if measure.kind == "signed" else 0) < value < 1 and any(is_degenerate(part) for part in measure.parts):
        return _of_parts(measure)
    if measure.kind == "signed":  # on the logit scale of (1 + value) / 2, which is Fisher's z of the value
        inside = _bounds(replace(measure, kind="share", value=(1 + value) / 2, draws=(1 + measure.draws) / 2))
        return None if inside is None else Bounds(2 * inside.low - 1, 2 * inside.high - 1, inside.method)
    found = bootstrap_interval(value, measure.draws, carriers=measure.n_patients, effective=measure.effective)
    return None if found is None else Bounds(*found, interval_method(value, measure.draws, carriers=measure.n_patients))


def is_degenerate(measure: Estimate) -> bool:
    """Whether resamples keep back how unsure it is: all of them have its value, or that of a part of it.

    A sensitivity of 8/8 is 1 on every resample, so in a mean it would pass for known.
    """
    if measure.n_patients < 2:
        return False
    return does_not_vary(measure.draws, carriers=measure.n_patients) or any(
        is_degenerate(part) for part in measure.parts
    )


def _of_parts(measure: Estimate) -> Bounds | None:
    """Of a mean, from the intervals of what it is the mean of (MOVER, see mover.py)."""
    parts = measure.parts
    each = [found for part in parts if (found := part.bounds or _bounds(part)) is not None]
    if len(each) < len(parts):
        return None
    together = correlations([part.draws for part in parts])
    down = mover_half_width(
        [(part.value - one.low) / len(parts) for part, one in zip(parts, each, strict=True)], together
    )
    up = mover_half_width(
        [(one.high - part.value) / len(parts) for part, one in zip(parts, each, strict=True)], together
    )
    return Bounds(measure.value - down, measure.value + up, PARTS)


def _reached(measure: Estimate) -> Bounds | None:
    """Value ± what it is off by in 95 of 100 resamples at most, so this interval covers at least 95 %.

    An error is a sum of absolute gaps, which resampling raises: quantiles of its draws covered 56 % where a model is
    calibrated. By the triangle inequality it is never further off than the sum of what its gaps are off by.
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


def _thin(draws: Floats) -> str:
    usable = int((~np.isnan(draws)).sum())
    if math.isclose(usable, len(draws)) or usable >= _FEW * len(draws):
        return ""
    return f"Interval from {usable} of {len(draws)} resamples; the others lack a class, which few patients have."
