"""Nearly the same picture under two patients: one of them is likely mistaken, and a split by patient cannot help."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.curation.near_duplicates import EDGE, fingerprint, near_duplicates
from core.services.analysis.analysis import Json
from core.training.examples import read_image

if TYPE_CHECKING:
    from core.training.examples import Example

MOST = 20_000  # pictures that are compared, each with each


def across_patients(every: "Sequence[Example]", tell: Callable[[int], None]) -> list[Json]:
    """Pairs of cases of different patients, most alike first: their cases, images, patients and splits."""
    shown, prints = every[:MOST], []
    for one in shown:
        prints.append(fingerprint(read_image(one.picture, size=EDGE, channels=1)[0] / np.float32(65535)))
        tell(len(prints))
    if not prints:
        return []
    found = near_duplicates(np.stack(prints), [one.patient for one in shown])
    return [
        {
            "cases": [int(one.key) for one in both],
            "images": [int(one.picture.image) for one in both],
            "patients": [one.patient for one in both],
            "splits": [one.split for one in both],
            "alike": pair.alike,
            "crosses_splits": both[0].split != both[1].split,
        }
        for pair in found
        for both in [(shown[pair.first], shown[pair.second])]
    ]
