"""Draw thumbnails: average a few samples per block, apply the window, then resize with Pillow's Lanczos filter."""

from typing import TYPE_CHECKING

import numpy as np

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import Array, is_padding, to_grey

if TYPE_CHECKING:
    from PIL import Image


def thumbnail(samples: Array, format: PixelFormat, *, edge: int) -> "Image.Image":
    """Return one frame (rows, columns, channels) at its default window, at most `edge` pixels on each side."""
    from PIL import Image

    step = max(1, min(format.rows, format.columns) // edge)
    picture = Image.fromarray(to_grey(_block_means(samples, step, format), format))
    picture.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return picture


def _block_means(samples: Array, step: int, format: PixelFormat) -> Array:
    """Return the mean of four samples of each block of step × step; windowing every sample would be slower.

    Where padding is among the four, return one of them: a mean of padding and image is neither.
    """
    if step == 1:
        return samples
    rows, columns = (step * (size // step) for size in samples.shape[:2])
    half = step // 2
    lines = np.add(samples[:rows:step], samples[half:rows:step], dtype=np.uint32)
    total = lines[:, :columns:step] + lines[:, half:columns:step]
    means: Array = ((total + 2) >> 2).astype(samples.dtype)
    outside = is_padding(samples[:rows, :columns], format)
    if outside is None:
        return means
    mixed = np.logical_or.reduce([outside[top::step, left::step] for top in (0, half) for left in (0, half)])
    return np.where(mixed, samples[half:rows:step, half:columns:step], means)
