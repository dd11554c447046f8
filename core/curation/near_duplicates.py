"""The same picture twice though not to the last bit: read out again, a little lighter, noisier, or compressed.

What is compared is a picture's fine detail, smooth light taken away: two chests are alike in the large, but only one
and the same exposure has the same ribs, vessels and noise at the same places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Prints = NDArray[np.float32]
EDGE = 96  # pictures are compared at this size
SMOOTH = 2.0  # pixels of Gaussian blur that are taken away
LEAST = 0.94  # correlation of the detail from which two pictures are called the same
AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two rows that show nearly the same picture; `alike` is the correlation of their detail."""

    first: int
    second: int
    alike: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"first": self.first, "second": self.second, "alike": self.alike}


def fingerprint(picture: NDArray[np.floating]) -> Prints:
    """The detail of a picture (EDGE, EDGE) as a vector of length 1; all 0 of one without any."""
    from scipy import ndimage

    fine = picture - ndimage.gaussian_filter(picture, SMOOTH)
    flat = np.asarray(fine - fine.mean(), dtype=np.float32).ravel()
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-6 else np.zeros_like(flat)


def near_duplicates(prints: Prints, owners: Sequence[str], *, least: float = LEAST) -> list[NearDuplicate]:
    """Rows (n, EDGE²) of different owners that are as alike as that, most alike first."""
    owner = np.unique(np.asarray(owners), return_inverse=True)[1]
    found = []
    for start in range(0, len(prints), AT_ONCE):
        alike = prints[start : start + AT_ONCE] @ prints[start:].T
        for row, column in np.argwhere(alike >= least):
            first, second = start + int(row), start + int(column)
            if first < second and owner[first] != owner[second]:
                found.append(NearDuplicate(first, second, float(min(1.0, alike[row, column]))))
    return sorted(found, key=lambda one: (-one.alike, one.first, one.second))
