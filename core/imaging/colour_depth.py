"""Keep the depth of colours: 8 or 16 bits per channel are stored."""

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array

KINDS = {"u": "unsigned integers", "i": "signed integers", "f": "floating-point numbers", "b": "yes or no"}


def stored_colour(colour: Array, bits: int) -> tuple[Array, int]:
    """Return colours (…, 3) as they are stored, with the bits of their white; 16-bit files often say each byte twice.

    Raises:
        RejectedFile: colours that would be cut.
    """
    if colour.dtype == np.uint8:
        return np.ascontiguousarray(colour), 8
    if colour.dtype != np.uint16:
        raise RejectedFile(
            f"has colours of {bits} bits ({KINDS.get(colour.dtype.kind, colour.dtype.name)}), and Rounds reads colours "
            "of 8 to 16 bits; save it with 8 or 16 bits per channel."
        )
    if bits == 16 and (colour == (colour >> 8) * np.uint16(257)).all():
        return (colour >> 8).astype(np.uint8), 8
    return np.ascontiguousarray(colour), bits
