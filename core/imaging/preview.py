"""Reduce a large frame to a preview that arrives before the full frame. Does not import numpy."""

from typing import TYPE_CHECKING

from core.imaging.pixel_format import PixelFormat

if TYPE_CHECKING:
    from core.imaging.voi_lut import Array

EDGE = 1024  # maximum, of a preview
LARGE = 1536  # frames with a longer edge get a preview; smaller ones load nearly as fast without


def is_large(format: PixelFormat) -> bool:
    """Return whether a frame is large enough for a preview."""
    return max(format.rows, format.columns) > LARGE


def preview_step(format: PixelFormat) -> int:
    """Return the reduction factor of the preview along rows and columns."""
    return -(-max(format.rows, format.columns) // EDGE)


def decimate(frame: "Array", step: int) -> "Array":
    """Return the middle sample of each block of step × step pixels (the last one of incomplete blocks).

    Samples, not means, so that each is a stored value and HU and window stay correct. The middle of the block, so
    that nothing shifts when the full frame replaces the preview.
    """
    rows, columns = ([min(at + step // 2, count - 1) for at in range(0, count, step)] for count in frame.shape[:2])
    return frame[rows][:, columns].astype(frame.dtype, order="C", copy=False)
