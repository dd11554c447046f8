"""What scores say before anybody draws a threshold: how they rank the cases, and whether they mean what they say."""

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

NO_PROBABILITY = "Undefined: these scores are no probabilities from 0 to 1."


def ranking_metrics(
    scores: Floats, truth: Bools, owners: PatientIndex, *, name: str, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Every measure that needs no threshold: auroc, average_precision, brier, ece; scores and truth (n,)."""
    statistics: dict[str, Statistic] = {}
    if truth.any():
        statistics["average_precision"] = weighted_average_precision(scores, truth, owners.patient_of_case)
    if truth.any() and not truth.all():
        statistics["auroc"] = weighted_auroc(scores, truth, owners.patient_of_case)
    drawn = bootstrap(statistics, patients=owners.patients, resamples=resamples, seed=seed)
    return {
        "auroc": auroc_estimate(scores, truth, owners, drawn.get("auroc"), name),
        "average_precision": _precision(statistics, drawn, truth, owners, name),
        **_calibration(scores, truth, owners, resamples=resamples, seed=seed),
    }


def auroc_estimate(
    scores: Floats, truth: Bools, owners: PatientIndex, drawn: Floats | None, name: str, *, value: float | None = None
) -> Estimate:
    """AUROC with its values on resamples (None where a class is absent); scores and truth (n,).

    `value` spares counting it where it is known.
    """
    value, single = auroc(scores, truth) if value is None else value, _single(owners)
    if value is None or drawn is None:
        return _absent(len(truth), _one_class(truth, name))
    sides = [patient_counts(owners.sizes(side)) for side in (truth, ~truth)]
    carriers, effective = (min(side[at] for side in sides) for at in (0, 1))
    deviation = None
    if single and carriers > 1:
        deviation = math.sqrt(max(0.0, float(delong(scores[None], truth)[1][0, 0])))
    return Estimate(value, drawn, len(truth), int(carriers), effective, single=single, deviation=deviation)


def _precision(
    statistics: dict[str, Statistic], drawn: dict[str, Floats], truth: Bools, owners: PatientIndex, name: str
) -> Estimate:
    if "average_precision" not in statistics:
        return _absent(len(truth), _one_class(truth, name))
    value = float(statistics["average_precision"](np.ones((owners.patients, 1)))[0])
    return Estimate(
        value, drawn["average_precision"], len(truth), *patient_counts(owners.sizes(truth)), single=_single(owners)
    )


def _calibration(
    scores: Floats, truth: Bools, owners: PatientIndex, *, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Brier score and ECE; the latter's draws are of the same bins."""
    n = len(truth)
    if not ((scores >= 0) & (scores <= 1)).all():
        return {"brier": _absent(n, NO_PROBABILITY), "ece": _absent(n, NO_PROBABILITY)}
    sizes, gaps = owners.sizes(np.ones(n, dtype=bool)), scores - truth
    cell = bin_index(scores, ECE_BINS) * owners.patients + owners.patient_of_case
    by_bin = np.bincount(cell, weights=gaps, minlength=ECE_BINS * owners.patients).reshape(ECE_BINS, owners.patients)
    amounts = np.vstack([by_bin, owners.total(gaps**2), sizes])
    drawn, single = resampled_sums(amounts, resamples=resamples, seed=seed), _single(owners)
    error = expected_calibration_error(scores, truth, bins=ECE_BINS)
    shares = divide(drawn[:-2], np.broadcast_to(drawn[-1], drawn[:-2].shape))
    off = np.abs(shares - by_bin.sum(axis=1, keepdims=True) / n).sum(axis=0)
    return {
        "brier": Estimate(
            brier_score(scores, truth), divide(drawn[-2], drawn[-1]), n, *patient_counts(sizes), single=single
        ),
        "ece": Estimate(
            error,
            np.abs(shares).sum(axis=0),
            n,
            *patient_counts(sizes),
            "error",
            single,
            bootstrap_error=off,
            note=ECE_NOTE,
        ),
    }


def _absent(cases: int, why: str) -> Estimate:
    return Estimate(math.nan, np.empty(0), cases, 0, 0.0, undefined=why)


def _single(owners: PatientIndex) -> bool:
    return bool(np.bincount(owners.patient_of_case, minlength=1).max() <= 1)


def _one_class(truth: Bools, name: str) -> str:
    return f"Undefined: every case here is {name}." if truth.any() else f"Undefined: no case here is {name}."
