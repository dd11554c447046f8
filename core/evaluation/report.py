"""How good a run is on a split: every number with its interval by patient, its curves and its confusion matrix.

The numbers take the road of `board`, so that the command line and the page never disagree.
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
    """`metrics` by name; with more than two classes means over classes, and each class against the rest in `per_class`.

    `roc` and `pr` are by class name, for two classes the positive one only. `confusion` counts cases by true class
    (row) and called class (column).
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
        """Plain values with stable keys, without NaN."""
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
    """Of probabilities (cases, classes), true class indices (cases,) and the patient of each case.

    Two classes: the last is positive unless told, called where its probability is at least `threshold`. More:
    the most probable class is called; `positive` then sets one class against the rest. Classes that are `ordered`
    have weighted kappa and the mean distance too.

    Raises:
        InvalidInput: no case, shapes that do not fit, a value that is no probability or no class.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    check(p, y, patients, classes, positive=positive, threshold=threshold)
    y = y.astype(np.intp)
    names, row = np.unique(np.asarray([str(one) for one in patients]), return_inverse=True)
    chosen = len(classes) - 1 if positive is None and len(classes) == 2 else positive
    metrics, per_class = _figures(
        p,
        y,
        PatientIndex(row, len(names)),
        classes,
        chosen,
        _called(p, chosen, threshold),
        ordered=ordered,
        resamples=resamples,
        seed=seed,
    )
    curves = classes if chosen is None else [classes[chosen]]
    return Report(
        images=len(y),
        patients=len(names),
        classes=tuple(classes),
        positive=None if chosen is None else classes[chosen],
        threshold=threshold,
        resamples=resamples,
        seed=seed,
        metrics=metrics,
        per_class=per_class,
        roc={name: roc(p[:, c], y == c).thinned(_POINTS) for c, name in enumerate(classes) if name in curves},
        pr={
            name: precision_recall(p[:, c], y == c).thinned(_POINTS) for c, name in enumerate(classes) if name in curves
        },
        confusion=confusion_matrix(_called(p, chosen, threshold), y, classes=len(classes)),
    )


def _figures(
    p: Floats,
    y: Classes,
    owners: PatientIndex,
    classes: Sequence[str],
    chosen: int | None,
    called: Classes,
    *,
    ordered: bool,
    resamples: int,
    seed: int,
) -> tuple[dict[str, MetricValue], dict[str, dict[str, MetricValue]]]:
    """Figures overall, and of each class where there is no positive one."""

    def one(c: int) -> dict[str, Estimate]:
        return class_estimates(p[:, c], called == c, y == c, owners, name=classes[c], resamples=resamples, seed=seed)

    more = ordinal_metrics(called, y, owners, classes=len(classes), resamples=resamples, seed=seed) if ordered else {}
    if chosen is not None:
        return metric_values(one(chosen) | more), {}
    each = {name: one(c) for c, name in enumerate(classes)}
    whole = multiclass_metrics(each, called, y, owners, classes=len(classes), resamples=resamples, seed=seed)
    return metric_values(whole | more), {name: metric_values(found) for name, found in each.items()}


def _called(p: Floats, chosen: int | None, threshold: float) -> Classes:
    """The class each case is called (cases,): by the threshold where there are two, else the most probable."""
    if chosen is None or p.shape[1] != 2:
        best: Classes = np.argmax(p, axis=1).astype(np.intp)
        return best
    called: Classes = np.where(p[:, chosen] >= threshold, np.intp(chosen), np.intp(1 - chosen))
    return called


def _plain(items: Mapping[str, MetricValue] | Mapping[str, Curve]) -> dict[str, Any]:
    return {name: item.to_json() for name, item in items.items()}
