"""Near-duplicates: the same exposure again, but reprocessed, brighter, noisier or compressed.

Images are compared by their fine detail, after subtracting a smooth background: chest radiographs look alike at low
frequencies, but only the same exposure has the same ribs, vessels and noise in the same places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Prints = NDArray[np.float32]
EDGE = 96  # edge in pixels at which images are compared
SMOOTH = 2.0  # sigma in pixels of the Gaussian background that is subtracted
LEAST = 0.94  # correlation of the detail from which two images count as the same
AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two rows with nearly the same image; `alike` is the correlation of their detail."""

    first: int
    second: int
    alike: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"first": self.first, "second": self.second, "alike": self.alike}


def fingerprint(picture: NDArray[np.floating]) -> Prints:
    """Return the detail of an image (EDGE, EDGE) as a unit vector; all 0 for an image without detail."""
    from scipy import ndimage

    fine = picture - ndimage.gaussian_filter(picture, SMOOTH)
    flat = np.asarray(fine - fine.mean(), dtype=np.float32).ravel()
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-6 else np.zeros_like(flat)


def near_duplicates(prints: Prints, owners: Sequence[str], *, least: float = LEAST) -> list[NearDuplicate]:
    """Return pairs of rows (n, EDGE²) of different owners with at least that correlation, most similar first."""
    owner = np.unique(np.asarray(owners), return_inverse=True)[1]
    pairs = []
    for start in range(0, len(prints), AT_ONCE):
        alike = prints[start : start + AT_ONCE] @ prints[start:].T
        for row, column in np.argwhere(alike >= least):
            first, second = start + int(row), start + int(column)
            if first < second and owner[first] != owner[second]:
                pairs.append(NearDuplicate(first, second, float(min(1.0, alike[row, column]))))
    return sorted(pairs, key=lambda pair: (-pair.alike, pair.first, pair.second))
