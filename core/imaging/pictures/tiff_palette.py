"""Look up the colours of a TIFF palette, whose entries have 16 bits though most programs write 8."""

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array


def palette_colours(indices: Array, colormap: Array | None) -> Array:
    """Return (rows, columns, 3) in 8 bits where the palette has no more, or in 16 bits where it is grey.

    Raises:
        RejectedFile: no palette, or real colours of 16 bits.
    """
    if colormap is None or indices.max(initial=0) >= colormap.shape[1]:
        raise RejectedFile("has a palette with too few colours for its pixels; save it as RGB.")
    table = np.asarray(colormap, np.uint16).T
    return _narrowed(table)[indices.astype(np.intp)]


def _narrowed(table: Array) -> Array:
    high = table >> 8
    if (table < 256).all():  # written by programs that took it for 8 bits
        return table.astype(np.uint8)
    if (table == high * 257).all() or (table == high << 8).all():
        return high.astype(np.uint8)
    return table
