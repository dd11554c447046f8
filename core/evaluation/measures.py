"""What a report measures: each a statistic over patients, so that the value and its resamples take the same road."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.calibration import expected_calibration_error
from core.evaluation.metrics import RATIOS, Bools, Floats, Outcomes
from core.evaluation.resampling import Statistic, mean, ratio, weighted_auroc, weighted_average_precision


@dataclass(frozen=True, slots=True)
class Owners:
    """Which patient each image is of: `row` (images,) numbers from 0 to below `patients`."""

    row: NDArray[np.intp]
    patients: int

    def total(self, amounts: Floats) -> Floats:
        """Sums (patients,) of amounts (images,)."""
        return np.bincount(self.row, weights=amounts, minlength=self.patients).astype(np.float64)

    def carriers(self, among: Bools) -> int:
        """How many patients have one of these images (images,)."""
        return len(np.unique(self.row[among]))


@dataclass(frozen=True, slots=True)
class Measure:
    """A number to be drawn: `statistic` over patients' counts, the images and patients it rests on.

    `undefined` says why there is no number, `no_interval` why there is none around it; `note` anything else.
    """

    statistic: Statistic
    images: int
    carriers: int
    undefined: str = ""
    no_interval: str = ""
    note: str = ""


def one_against_rest(scores: Floats, called: Bools, truth: Bools, owners: Owners, *, name: str) -> dict[str, Measure]:
    """Every measure of one class against the rest; scores, called and truth (images,)."""
    outcomes = Outcomes.of(called, truth)
    found: dict[str, Measure] = {
        "auroc": _auroc(scores, truth, owners, name),
        "average_precision": _average_precision(scores, truth, owners, name),
    }
    for key, kind in RATIOS.items():
        found[key] = proportion(kind.counted(outcomes), kind.among(outcomes), owners, kind.undefined.format(name=name))
    found["balanced_accuracy"] = _balanced(found)
    return found


def proportion(counted: Floats, among: Floats, owners: Owners, undefined: str) -> Measure:
    """Σ counted / Σ among, both (images,)."""
    there = among > 0
    return Measure(
        ratio(owners.total(counted), owners.total(among)),
        int(there.sum()),
        owners.carriers(there),
        undefined="" if there.any() else f"Undefined: {undefined}.",
    )


def calibration(probabilities: Floats, truth: Bools, owners: Owners) -> dict[str, Measure]:
    """Brier score, and the expected calibration error of ten bins without an interval."""
    everything = np.ones(len(truth))
    error = expected_calibration_error(probabilities, truth)
    return {
        "brier": proportion((probabilities - truth) ** 2, everything, owners, "there is no image"),
        "ece": Measure(
            lambda counts: np.full(counts.shape[1], error),
            len(truth),
            owners.patients,
            no_interval="No interval: resampling adds noise that counts as miscalibration.",
        ),
    }


def averages(per_class: Mapping[str, Mapping[str, Measure]], *, right: Bools, owners: Owners) -> dict[str, Measure]:
    """Of each measure the plain mean over classes; accuracy is the share of images (images,) called right.

    Balanced accuracy of many classes is the mean sensitivity.
    """
    keys = next(iter(per_class.values()))
    by_key = {key: {name: measures[key] for name, measures in per_class.items()} for key in keys}
    means = {key: _averaged(measures, images=len(right)) for key, measures in by_key.items()}
    accuracy = proportion(right.astype(np.float64), np.ones(len(right)), owners, "there is no image")
    return means | {"accuracy": accuracy, "balanced_accuracy": means["sensitivity"]}


def _averaged(measures: Mapping[str, Measure], *, images: int) -> Measure:
    """Over the classes where the measure is defined; the note names those where it is not."""
    defined = [measure for measure in measures.values() if not measure.undefined]
    absent = [name for name, measure in measures.items() if measure.undefined]
    if not defined:
        return next(iter(measures.values()))
    return Measure(
        mean(*(measure.statistic for measure in defined)),
        images,
        min(measure.carriers for measure in defined),
        note=f"Mean of {len(defined)} of {len(measures)} classes; undefined for {', '.join(absent)}." if absent else "",
    )


def _balanced(found: Mapping[str, Measure]) -> Measure:
    parts = (found["sensitivity"], found["specificity"])
    return Measure(
        mean(*(part.statistic for part in parts)),
        sum(part.images for part in parts),
        min(part.carriers for part in parts),
        undefined=parts[0].undefined or parts[1].undefined,
    )


def _auroc(scores: Floats, truth: Bools, owners: Owners, name: str) -> Measure:
    carriers = min(owners.carriers(truth), owners.carriers(~truth))
    return Measure(weighted_auroc(scores, truth, owners.row), len(truth), carriers, undefined=_one_class(truth, name))


def _average_precision(scores: Floats, truth: Bools, owners: Owners, name: str) -> Measure:
    undefined = "" if truth.any() else _one_class(truth, name)
    statistic = weighted_average_precision(scores, truth, owners.row)
    return Measure(statistic, len(truth), owners.carriers(truth), undefined=undefined)


def _one_class(truth: Bools, name: str) -> str:
    if not truth.any():
        return f"Undefined: no image here is {name}."
    return f"Undefined: every image here is {name}." if truth.all() else ""
