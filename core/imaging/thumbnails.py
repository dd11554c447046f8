"""Draw thumbnails: average a few samples per block, apply the window, then resize with Pillow's Lanczos filter."""

from typing import TYPE_CHECKING

import numpy as np

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, to_grey

if TYPE_CHECKING:
    from PIL import Image


def thumbnail(samples: Array, format: PixelFormat, *, edge: int) -> "Image.Image":
    """Return one frame (rows, columns, channels) at its default window, at most `edge` pixels on each side."""
    from PIL import Image

    picture = Image.fromarray(to_grey(_block_means(samples, max(1, min(format.rows, format.columns) // edge)), format))
    picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return picture


def _block_means(samples: Array, step: int) -> Array:
    """Return the mean of four samples of each block of step × step; windowing every sample would be slower."""
    if step == 1:
        return samples
    rows, columns = (step * (size // step) for size in samples.shape[:2])
    half = step // 2
    lines = np.add(samples[:rows:step], samples[half:rows:step], dtype=np.uint32)
    total = lines[:, :columns:step] + lines[:, half:columns:step]
    return ((total + 2) >> 2).astype(samples.dtype)
