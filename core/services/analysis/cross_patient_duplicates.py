"""Find near-duplicate images of two patients: one patient ID is likely wrong, and a patient split cannot help."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.curation.near_duplicates import EDGE, fingerprint, near_duplicates
from core.services.analysis.analysis import Json
from core.training.examples import read_image

if TYPE_CHECKING:
    from core.training.examples import Example

MOST = 20_000  # images that are compared, each with each


def across_patients(examples: "Sequence[Example]", tell: Callable[[int], None]) -> list[Json]:
    """Return near-duplicate pairs of different patients, most similar first: cases, images, patients and splits."""
    compared, fingerprints = examples[:MOST], []
    for example in compared:
        fingerprints.append(fingerprint(read_image(example.picture, size=EDGE, channels=1)[0] / np.float32(65535)))
        tell(len(fingerprints))
    if not fingerprints:
        return []
    duplicates = near_duplicates(np.stack(fingerprints), [one.patient for one in compared])
    return [
        {
            "cases": [int(one.key) for one in both],
            "images": [int(one.picture.image) for one in both],
            "patients": [one.patient for one in both],
            "splits": [one.split for one in both],
            "alike": pair.alike,
            "crosses_splits": both[0].split != both[1].split,
        }
        for pair in duplicates
        for both in [(compared[pair.first], compared[pair.second])]
    ]
