"""Read which way up a picture is meant (EXIF, eXIf and TIFF have the same tag), and turn it upright."""

import numpy as np

from core.imaging.voi_lut import Array

TAG = 274
UPRIGHT = 1


def read_exif(block: bytes | None) -> tuple[int, tuple[str, ...]]:
    """Return the orientation of an EXIF block and notes; a damaged block costs the orientation, never the picture."""
    from PIL import Image

    if not block:
        return UPRIGHT, ()
    exif = Image.Exif()
    try:
        exif.load(block)
        return check_orientation(exif.get(TAG, UPRIGHT))
    except Exception:  # Pillow raises many kinds of error on damaged EXIF
        return UPRIGHT, ("exif",)


def check_orientation(value: object) -> tuple[int, tuple[str, ...]]:
    """Return the orientation (1 to 8) and notes; any other value counts as upright and is noted."""
    if isinstance(value, int) and 1 <= value <= 8:
        return value, (("turned",) if value != UPRIGHT else ())
    return UPRIGHT, (("exif",) if value != 0 else ())  # 0 is what cameras write that do not know


def turn_upright(page: Array, orientation: int) -> Array:
    """Return the page (rows, columns, …) as it is meant to be seen (TIFF 6.0, tag Orientation)."""
    if orientation >= 5:  # the stored rows are the columns of the upright picture
        page = page.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        page = np.flip(page, axis=1)
    if orientation in (3, 4, 7, 8):
        page = np.flip(page, axis=0)
    return page
