"""A small picture of a large one: a few samples of each block, then the window, then Pillow's filter for the rest."""

from typing import TYPE_CHECKING

import numpy as np

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, to_grey

if TYPE_CHECKING:
    from PIL import Image


def thumbnail(samples: Array, format: PixelFormat, *, edge: int) -> "Image.Image":
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
    lines = np.add(samples[:rows:step], samples[half:rows:step], dtype=np.uint32)
    total = lines[:, :columns:step] + lines[:, half:columns:step]
    return ((total + 2) >> 2).astype(samples.dtype)
