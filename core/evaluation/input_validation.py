"""Validation of the inputs of a report: whatever does not fit is rejected before a metric is computed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.metrics import Floats


def check(
    probabilities: Floats,
    truth: NDArray[Any],
    patients: Sequence[object],
    classes: Sequence[str],
    *,
    positive: int | None,
    threshold: float,
) -> None:
    """Check that probabilities (images, classes), truth (images,) and patients fit each other.

    Raises:
        InvalidInput: no images, mismatched shapes, or an invalid probability, class or threshold.
    """
    images, width = len(truth), len(classes)
    if not images:
        raise InvalidInput("No predictions to evaluate; predict this split first, or choose another.")
    if probabilities.shape != (images, width) or truth.shape != (images,) or len(patients) != images:
        raise InvalidInput(
            f"Probabilities of shape {probabilities.shape}, {images} labels and {len(patients)} patients do not match: "
            f"each image needs one label, one patient and {width} probabilities; predict the split again."
        )
    # Written so that NaN, which compares false with everything, is rejected too.
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InvalidInput("A probability is outside 0 to 1 or not a number; predict with another checkpoint.")
    if not np.isin(truth, np.arange(width)).all():
        raise InvalidInput(f"A label is not a class: labels range from 0 to {width - 1}; correct it and predict again.")
    if width < 2 or not (positive is None or 0 <= positive < width):
        raise InvalidInput(
            f"Class {positive} cannot be the positive class of {width}; a report needs at least two classes."
        )
    if not 0 <= threshold <= 1:
        raise InvalidInput(f"The threshold is {threshold!r}; give a probability from 0 to 1, such as 0.5.")
