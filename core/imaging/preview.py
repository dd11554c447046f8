"""A large frame's every n-th sample: there before the whole. Loads no numpy."""

from typing import TYPE_CHECKING

from core.imaging.pixel_format import PixelFormat

if TYPE_CHECKING:
    from core.imaging.voi_lut import Array

EDGE = 1024  # of a preview at most
LARGE = 1536  # the edge from which a frame has one: below, the whole comes nearly as fast


def is_large(format: PixelFormat) -> bool:
    """Whether a preview is worth its way."""
    return max(format.rows, format.columns) > LARGE


def preview_step(format: PixelFormat) -> int:
    """So many pixels to a sample of the preview, each way."""
    return -(-max(format.rows, format.columns) // EDGE)


def decimate(frame: "Array", step: int) -> "Array":
    """The middle sample of every block of step × step pixels, of those at the far edges the last.

    Samples and not their means: each is a value that was stored, so that window and HU hold of what is shown. The
    middle of a block, so that nothing moves when the whole comes.
    """
    rows, columns = ([min(at + step // 2, count - 1) for at in range(0, count, step)] for count in frame.shape[:2])
    return frame[rows][:, columns].astype(frame.dtype, order="C", copy=False)
