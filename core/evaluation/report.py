"""Evaluation report of a run on a split: all metrics with patient-level intervals, curves and the confusion matrix.

The metrics are computed by the same functions as on the Review page, so the command line and the page always agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.binary_metrics import class_estimates
from core.evaluation.curves import Curve, precision_recall, roc
from core.evaluation.estimate import Estimate, PatientIndex, metric_values
from core.evaluation.input_validation import check
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import Floats, confusion_matrix
from core.evaluation.multiclass import multiclass_metrics, ordinal_metrics

Classes = NDArray[np.intp]

_POINTS = 500


@dataclass(frozen=True, slots=True)
class Report:
    """Evaluation report. `metrics` by name are macro averages with more than two classes, and `per_class` one-vs-rest.

    `roc` and `pr` are by class name, with two classes only the positive one. `confusion` counts cases by reference
    class (row) and predicted class (column).
    """

    images: int
    patients: int
    classes: tuple[str, ...]
    positive: str | None
    threshold: float
    resamples: int
    seed: int
    metrics: dict[str, MetricValue]
    per_class: dict[str, dict[str, MetricValue]]
    roc: dict[str, Curve]
    pr: dict[str, Curve]
    confusion: list[list[int]]

    def to_json(self) -> dict[str, Any]:
        """Return plain values with stable keys, without NaN."""
        return {
            "images": self.images,
            "patients": self.patients,
            "classes": list(self.classes),
            "positive": self.positive,
            "threshold": self.threshold,
            "resamples": self.resamples,
            "seed": self.seed,
            "metrics": _plain(self.metrics),
            "per_class": {name: _plain(figures) for name, figures in self.per_class.items()},
            "roc": _plain(self.roc),
            "pr": _plain(self.pr),
            "confusion": self.confusion,
        }


def report(
    probabilities: ArrayLike,
    truth: ArrayLike,
    patients: Sequence[object],
    classes: Sequence[str],
    *,
    positive: int | None = None,
    threshold: float = 0.5,
    ordered: bool = False,
    resamples: int = 1000,
    seed: int = 0,
) -> Report:
    """Evaluate probabilities (cases, classes) against class indices (cases,), given the patient of each case.

    With two classes, the last is positive by default and predicted where its probability is at least `threshold`. With
    more, the most probable class is predicted; `positive` then evaluates one class against the rest. `ordered` classes
    also get weighted kappa and the mean distance.

    Raises:
        InvalidInput: no cases, mismatched shapes, or an invalid probability or class.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    check(p, y, patients, classes, positive=positive, threshold=threshold)
    y = y.astype(np.intp)
    names, patient_of_case = np.unique(np.asarray([str(one) for one in patients]), return_inverse=True)
    positive_class = len(classes) - 1 if positive is None and len(classes) == 2 else positive
    metrics, per_class = _all_metrics(
        p,
        y,
        PatientIndex(patient_of_case, len(names)),
        classes,
        positive_class,
        _predicted_classes(p, positive_class, threshold),
        ordered=ordered,
        resamples=resamples,
        seed=seed,
    )
    curves = classes if positive_class is None else [classes[positive_class]]
    return Report(
        images=len(y),
        patients=len(names),
        classes=tuple(classes),
        positive=None if positive_class is None else classes[positive_class],
        threshold=threshold,
        resamples=resamples,
        seed=seed,
        metrics=metrics,
        per_class=per_class,
        roc={name: roc(p[:, c], y == c).thinned(_POINTS) for c, name in enumerate(classes) if name in curves},
        pr={
            name: precision_recall(p[:, c], y == c).thinned(_POINTS) for c, name in enumerate(classes) if name in curves
        },
        confusion=confusion_matrix(_predicted_classes(p, positive_class, threshold), y, classes=len(classes)),
    )


def _all_metrics(
    p: Floats,
    y: Classes,
    index: PatientIndex,
    classes: Sequence[str],
    positive_class: int | None,
    called: Classes,
    *,
    ordered: bool,
    resamples: int,
    seed: int,
) -> tuple[dict[str, MetricValue], dict[str, dict[str, MetricValue]]]:
    """Return the metrics overall, and of each class where no class is positive."""

    def estimates_of(c: int) -> dict[str, Estimate]:
        return class_estimates(p[:, c], called == c, y == c, index, name=classes[c], resamples=resamples, seed=seed)

    ordinal = ordinal_metrics(called, y, index, classes=len(classes), resamples=resamples, seed=seed) if ordered else {}
    if positive_class is not None:
        return metric_values(estimates_of(positive_class) | ordinal), {}
    by_class = {name: estimates_of(c) for c, name in enumerate(classes)}
    overall = multiclass_metrics(by_class, called, y, index, classes=len(classes), resamples=resamples, seed=seed)
    return metric_values(overall | ordinal), {name: metric_values(estimates) for name, estimates in by_class.items()}


def _predicted_classes(p: Floats, positive_class: int | None, threshold: float) -> Classes:
    """Return the predicted class (cases,): by the threshold with two classes, else the most probable one."""
    if positive_class is None or p.shape[1] != 2:
        most_probable: Classes = np.argmax(p, axis=1).astype(np.intp)
        return most_probable
    called: Classes = np.where(p[:, positive_class] >= threshold, np.intp(positive_class), np.intp(1 - positive_class))
    return called


def _plain(items: Mapping[str, MetricValue] | Mapping[str, Curve]) -> dict[str, Any]:
    return {name: item.to_json() for name, item in items.items()}
