"""How good a run is on a split: every number with its interval by patient, its curves and its confusion matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.curves import Curve, precision_recall, roc
from core.evaluation.drawing import draw
from core.evaluation.figure import Figure
from core.evaluation.inputs import check
from core.evaluation.measures import Measure, Owners, averages, calibration, one_against_rest
from core.evaluation.metrics import Floats, confusion_matrix

Classes = NDArray[np.intp]

_POINTS = 500
_OVERALL = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`metrics` by name; with more than two classes means over classes, and each class against the rest in `per_class`.

    `roc` and `pr` are by class name, for two classes the positive one only. `confusion` counts images by true class
    (row) and called class (column).
    """

    images: int
    patients: int
    classes: tuple[str, ...]
    positive: str | None
    threshold: float
    resamples: int
    seed: int
    metrics: dict[str, Figure]
    per_class: dict[str, dict[str, Figure]]
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
    resamples: int = 1000,
    seed: int = 0,
) -> Report:
    """Of probabilities (images, classes), true class indices (images,) and the patient of each image.

    Two classes: the last is positive unless told, called where its probability is at least `threshold`. More:
    the most probable class is called; `positive` then sets one class against the rest.

    Raises:
        InvalidInput: no image, shapes that do not fit, a value that is no probability or no class.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(truth)
    check(p, y, patients, classes, positive=positive, threshold=threshold)
    y = y.astype(np.intp)
    names, row = np.unique(np.asarray(patients), return_inverse=True)
    owners = Owners(row, len(names))
    chosen = len(classes) - 1 if positive is None and len(classes) == 2 else positive
    groups = _measures(p, y, owners, classes, chosen, threshold)
    figures = draw(groups, patients=len(names), resamples=resamples, seed=seed)
    curves = classes if chosen is None else [classes[chosen]]
    return Report(
        images=len(y),
        patients=len(names),
        classes=tuple(classes),
        positive=None if chosen is None else classes[chosen],
        threshold=threshold,
        resamples=resamples,
        seed=seed,
        metrics=figures.pop(_OVERALL),
        per_class=figures,
        roc={name: roc(p[:, c], y == c).thinned(_POINTS) for c, name in enumerate(classes) if name in curves},
        pr={
            name: precision_recall(p[:, c], y == c).thinned(_POINTS) for c, name in enumerate(classes) if name in curves
        },
        confusion=confusion_matrix(_called(p, chosen, threshold), y, classes=len(classes)),
    )


def _measures(
    p: Floats, y: Classes, owners: Owners, classes: Sequence[str], chosen: int | None, threshold: float
) -> dict[str, dict[str, Measure]]:
    """Measures overall, under the key "", and of each class where there is no positive one."""
    if chosen is not None:
        score, truth = p[:, chosen], y == chosen
        called = _called(p, chosen, threshold) == chosen
        one = one_against_rest(score, called, truth, owners, name=classes[chosen])
        return {_OVERALL: one | calibration(score, truth, owners)}
    called_class = _called(p, None, threshold)
    per_class = {
        name: one_against_rest(p[:, c], called_class == c, y == c, owners, name=name) for c, name in enumerate(classes)
    }
    return {_OVERALL: averages(per_class, right=called_class == y, owners=owners), **per_class}


def _called(p: Floats, chosen: int | None, threshold: float) -> Classes:
    """The class each image is called (images,): by the threshold where there are two, else the most probable."""
    if chosen is None or p.shape[1] != 2:
        best: Classes = np.argmax(p, axis=1).astype(np.intp)
        return best
    called: Classes = np.where(p[:, chosen] >= threshold, np.intp(chosen), np.intp(1 - chosen))
    return called


def _plain(items: Mapping[str, Figure] | Mapping[str, Curve]) -> dict[str, Any]:
    return {name: item.to_json() for name, item in items.items()}
