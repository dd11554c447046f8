"""Threshold-free metrics: discrimination (AUROC, average precision) and calibration (Brier score, ECE)."""

import math

import numpy as np

from core.evaluation.bootstrap import (
    Statistic,
    bootstrap,
    divide,
    resampled_sums,
    weighted_auroc,
    weighted_average_precision,
)
from core.evaluation.calibration import ECE_BINS, ECE_NOTE, bin_index, brier_score, expected_calibration_error
from core.evaluation.delong import delong
from core.evaluation.estimate import Estimate, PatientIndex, patient_counts
from core.evaluation.metrics import Bools, Floats, auroc

NO_PROBABILITY = "Undefined: these scores are not probabilities from 0 to 1."


def ranking_metrics(
    scores: Floats, truth: Bools, index: PatientIndex, *, name: str, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Return the estimates of auroc, average_precision, brier and ece; scores and truth (n,)."""
    statistics: dict[str, Statistic] = {}
    if truth.any():
        statistics["average_precision"] = weighted_average_precision(scores, truth, index.patient_of_case)
    if truth.any() and not truth.all():
        statistics["auroc"] = weighted_auroc(scores, truth, index.patient_of_case)
    resampled = bootstrap(statistics, patients=index.patients, resamples=resamples, seed=seed)
    return {
        "auroc": auroc_estimate(scores, truth, index, resampled.get("auroc"), name),
        "average_precision": _precision(statistics, resampled, truth, index, name),
        **_calibration(scores, truth, index, resamples=resamples, seed=seed),
    }


def auroc_estimate(
    scores: Floats,
    truth: Bools,
    index: PatientIndex,
    resampled: Floats | None,
    name: str,
    *,
    value: float | None = None,
) -> Estimate:
    """Return the AUROC with its values on resamples (None where a class is absent); scores and truth (n,).

    Pass `value` where it is already known.
    """
    value, single = auroc(scores, truth) if value is None else value, _single(index)
    if value is None or resampled is None:
        return _absent(len(truth), _one_class(truth, name))
    sides = [patient_counts(index.sizes(side)) for side in (truth, ~truth)]
    carriers, effective = (min(side[at] for side in sides) for at in (0, 1))
    deviation = None
    if single and carriers > 1:
        deviation = math.sqrt(max(0.0, float(delong(scores[None], truth)[1][0, 0])))
    return Estimate(value, resampled, len(truth), int(carriers), effective, single=single, deviation=deviation)


def _precision(
    statistics: dict[str, Statistic], resampled: dict[str, Floats], truth: Bools, index: PatientIndex, name: str
) -> Estimate:
    if "average_precision" not in statistics:
        return _absent(len(truth), _one_class(truth, name))
    value = float(statistics["average_precision"](np.ones((index.patients, 1)))[0])
    return Estimate(
        value, resampled["average_precision"], len(truth), *patient_counts(index.sizes(truth)), single=_single(index)
    )


def _calibration(
    scores: Floats, truth: Bools, index: PatientIndex, *, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Return the Brier score and the ECE; resamples of the ECE use the same bins."""
    n = len(truth)
    if not ((scores >= 0) & (scores <= 1)).all():
        return {"brier": _absent(n, NO_PROBABILITY), "ece": _absent(n, NO_PROBABILITY)}
    sizes, gaps = index.sizes(np.ones(n, dtype=bool)), scores - truth
    cell = bin_index(scores, ECE_BINS) * index.patients + index.patient_of_case
    by_bin = np.bincount(cell, weights=gaps, minlength=ECE_BINS * index.patients).reshape(ECE_BINS, index.patients)
    amounts = np.vstack([by_bin, index.total(gaps**2), sizes])
    resampled, single = resampled_sums(amounts, resamples=resamples, seed=seed), _single(index)
    error = expected_calibration_error(scores, truth, bins=ECE_BINS)
    shares = divide(resampled[:-2], np.broadcast_to(resampled[-1], resampled[:-2].shape))
    errors = np.abs(shares - by_bin.sum(axis=1, keepdims=True) / n).sum(axis=0)
    return {
        "brier": Estimate(
            brier_score(scores, truth), divide(resampled[-2], resampled[-1]), n, *patient_counts(sizes), single=single
        ),
        "ece": Estimate(
            error,
            np.abs(shares).sum(axis=0),
            n,
            *patient_counts(sizes),
            "error",
            single,
            bootstrap_error=errors,
            note=ECE_NOTE,
        ),
    }


def _absent(cases: int, reason: str) -> Estimate:
    return Estimate(math.nan, np.empty(0), cases, 0, 0.0, undefined=reason)


def _single(index: PatientIndex) -> bool:
    return bool(np.bincount(index.patient_of_case, minlength=1).max() <= 1)


def _one_class(truth: Bools, name: str) -> str:
    return f"Undefined: every case is {name}." if truth.any() else f"Undefined: no case is {name}."
