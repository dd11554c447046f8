"""Metrics of the confusion matrix at a threshold, with all resamples in one matrix product."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.evaluation.averaging import balanced_accuracy
from core.evaluation.bootstrap import divide, resampled_sums
from core.evaluation.estimate import Estimate, PatientIndex, patient_counts
from core.evaluation.metrics import RATIOS, THRESHOLD_METRICS, Bools, Floats, Outcomes, Ratio
from core.evaluation.prevalence import predictive_values_at


@dataclass(frozen=True, slots=True)
class ConfusionCells:
    """The four cells of the confusion matrix: overall (1,), by patient (patients,) and on resamples (resamples,)."""

    total: Outcomes
    patients: Outcomes
    drawn: Outcomes
    single: bool

    @classmethod
    def of(cls, called: Bools, truth: Bools, index: PatientIndex, *, resamples: int, seed: int) -> "ConfusionCells":
        """Count predictions against the reference, both (n,)."""
        counted = cells_by_patient(called, truth, index)
        resampled = resampled_sums(counted, resamples=resamples, seed=seed)
        single = bool(counted.sum(axis=0).max(initial=0) <= 1)
        return cls(Outcomes(*counted.sum(axis=1, keepdims=True)), Outcomes(*counted), Outcomes(*resampled), single)


def cells_by_patient(called: Bools, truth: Bools, index: PatientIndex) -> Floats:
    """Return the counts of each patient in the cells tp, fp, tn, fn (4, patients); `called` and truth (n,)."""
    cell = np.where(called, np.where(truth, 0, 1), np.where(truth, 3, 2))
    flat = np.bincount(cell * index.patients + index.patient_of_case, minlength=4 * index.patients)
    return flat.reshape(4, index.patients).astype(np.float64)


def threshold_metrics(cells: ConfusionCells, *, name: str, prevalence: float | None = None) -> dict[str, Estimate]:
    """Return the estimates of THRESHOLD_METRICS of a class against the rest; predictive values at a given prevalence.

    Raises:
        InvalidInput: a prevalence that is not between 0 and 1.
    """
    estimates = {key: _ratio(kind, cells, kind.undefined.format(name=name)) for key, kind in RATIOS.items()}
    estimates["balanced_accuracy"] = balanced_accuracy(estimates["sensitivity"], estimates["specificity"])
    estimates["mcc"] = _signed(mcc, cells, name)
    estimates["kappa"] = _signed(kappa, cells, name)
    if prevalence is not None:
        estimates |= predictive_values_at(estimates, prevalence)
    return {key: estimates[key] for key in THRESHOLD_METRICS}


def mcc(o: Outcomes) -> Floats:
    """Return Matthews' correlation coefficient, NaN where cases or predictions are of one class.

    Source: Matthews, Biochimica et Biophysica Acta 405 (1975) 442–451.
    """
    sides = (o.tp + o.fp) * (o.tp + o.fn) * (o.tn + o.fp) * (o.tn + o.fn)
    return divide(o.tp * o.tn - o.fp * o.fn, np.sqrt(sides))


def kappa(o: Outcomes) -> Floats:
    """Return Cohen's kappa of predictions and reference, NaN where both are of one class.

    Source: Cohen, Educational and Psychological Measurement 20 (1960) 37–46.
    """
    n = o.tp + o.fp + o.tn + o.fn
    chance = (o.tp + o.fp) * (o.tp + o.fn) + (o.tn + o.fp) * (o.tn + o.fn)  # n² times the share expected by chance
    return divide(n * (o.tp + o.tn) - chance, n * n - chance)


def _ratio(kind: Ratio, cells: ConfusionCells, undefined: str) -> Estimate:
    among = kind.among(cells.patients)
    return Estimate(
        float(kind.value(cells.total)[0]),
        kind.value(cells.drawn),
        int(kind.cases(cells.total)[0]),
        *patient_counts(among),
        kind="proportion" if kind.proportion else "share",
        single=cells.single,
        undefined="" if among.any() else f"Undefined: {undefined}.",
    )


def _signed(statistic: Callable[[Outcomes], Floats], cells: ConfusionCells, name: str) -> Estimate:
    sizes = RATIOS["accuracy"].among(cells.patients)
    value = float(statistic(cells.total)[0])
    undefined = "" if value == value else f"Undefined: {_one_kind(cells.total, name)}."
    return Estimate(
        value,
        statistic(cells.drawn),
        int(sizes.sum()),
        *patient_counts(sizes),
        "signed",
        cells.single,
        undefined=undefined,
    )


def _one_kind(total: Outcomes, name: str) -> str:
    """Return why a margin of the table is empty: all cases, or all predictions, are of one class."""
    tp, fp, tn, fn = (float(cell[0]) for cell in (total.tp, total.fp, total.tn, total.fn))
    if not tp + fn:
        return f"no case is {name}"
    if not tn + fp:
        return f"every case is {name}"
    return f"every case was predicted {name}" if tp + fp else f"no case was predicted {name}"
