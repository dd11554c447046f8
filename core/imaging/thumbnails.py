"""A small picture of a large one: a few samples of each block, then the window, then Pillow's filter for the rest."""

from typing import TYPE_CHECKING

import numpy as np

from core.imaging.pixels import Array, PixelFormat, to_grey

if TYPE_CHECKING:
    from PIL import Image

EDGE = 256


def thumbnail(samples: Array, format: PixelFormat, *, edge: int = EDGE) -> "Image.Image":
    """One frame (rows, columns, channels) at its default window, no longer than `edge` on either side."""
    from PIL import Image

    picture = Image.fromarray(to_grey(_reduced(samples, max(1, min(format.rows, format.columns) // edge)), format))
    picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return picture


def _reduced(samples: Array, step: int) -> Array:
    """The mean of four samples of each block of step × step: windowing all of them costs more than it shows."""
    if step == 1:
        return samples
    rows, columns = (step * (size // step) for size in samples.shape[:2])
    half = step // 2
    corners = [samples[down:rows:step, across:columns:step] for down in (0, half) for across in (0, half)]
    total = corners[0].astype(np.uint32)
    for corner in corners[1:]:
        total += corner
    return ((total + 2) >> 2).astype(samples.dtype)
