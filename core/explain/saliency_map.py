"""What every explainer gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
ROUNDING = 1e-6  # relative: a network's float32 numbers differ by as much where they are the same


@dataclass(frozen=True, slots=True)
class SaliencyMap:
    """Where a model looked: `values` (H, W) in [0, 1] over its input, for one class of one image, and how it was made.

    A map without any contrast is all 0: the method found nothing to point at. Of a model of several pictures `plane` is
    which of those it sees, in its order, and `plane_weights` what each of them counted, summing to 1; () where the
    model does not weigh them. `all_images` are the maps of all of them, `values` among them, on one scale. `layer` is
    the one that was read, "" where the method reads none.
    """

    values: Values
    method: str
    class_index: int
    probability: float
    plane: int = 0
    plane_weights: tuple[float, ...] = ()
    all_images: tuple[Values, ...] = ()
    layer: str = ""


def min_max_scale(values: NDArray[np.floating]) -> Values:
    """Smallest to 0, largest to 1; all 0 where there is no contrast or no number."""
    finite = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if high - low <= max(1e-12, ROUNDING * max(abs(low), abs(high))):
        return np.zeros(finite.shape, np.float32)
    return ((finite - low) / (high - low)).astype(np.float32)


def resize_to_image(values: Values, rows: int, columns: int) -> Values:
    """A map at the size of the original. The whole image was stretched to the input, so the map stretches back."""
    from PIL import Image as Picture

    resized = Picture.fromarray(np.ascontiguousarray(values, np.float32)).resize(
        (columns, rows), Picture.Resampling.BILINEAR
    )
    return np.clip(np.asarray(resized, dtype=np.float32), 0.0, 1.0)
