"""What a report accepts; anything else is refused in a sentence before a number is made of it."""

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
    """Return quietly if probabilities (images, classes), truth (images,) and patients fit each other.

    Raises:
        InvalidInput: no image, shapes that do not fit, a value that is no probability or no class.
    """
    images, width = len(truth), len(classes)
    if not images:
        raise InvalidInput("There is no prediction to evaluate; predict this split first, or choose another.")
    if probabilities.shape != (images, width) or truth.shape != (images,) or len(patients) != images:
        raise InvalidInput(
            f"Probabilities of shape {probabilities.shape}, {images} labels and {len(patients)} patients do not fit: "
            f"each image needs one label, one patient and {width} probabilities; predict the split again."
        )
    # Written so that NaN, which is neither above nor below anything, is refused too.
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InvalidInput("A probability is outside 0 to 1 or not a number; predict with another checkpoint.")
    if not np.isin(truth, np.arange(width)).all():
        raise InvalidInput(f"A label is no class: labels go from 0 to {width - 1} here; correct it and predict again.")
    if width < 2 or not (positive is None or 0 <= positive < width):
        raise InvalidInput(
            f"Class {positive} cannot be the positive one of {width}; a report needs two classes or more."
        )
    if not 0 <= threshold <= 1:
        raise InvalidInput(f"The threshold is {threshold!r}; give a probability from 0 to 1, such as 0.5.")
