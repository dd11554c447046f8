"""Check the depth of colours, which are stored and shown with 8 bits per channel."""

import numpy as np

from core.errors import RejectedFile
from core.imaging.voi_lut import Array

KINDS = {"u": "unsigned integers", "i": "signed integers", "f": "floating-point numbers", "b": "yes or no"}


def require_eight_bits(colour: Array, bits: int) -> Array:
    """Return colours (…, 3) in 8 bits if they have no more; 16-bit files often say each byte twice.

    Raises:
        RejectedFile: colours that would be cut.
    """
    if colour.dtype == np.uint8:
        return np.ascontiguousarray(colour)
    if colour.dtype == np.uint16 and bits == 16 and (colour == (colour >> 8) * np.uint16(257)).all():
        return (colour >> 8).astype(np.uint8)
    raise RejectedFile(
        f"has colours of {bits} bits ({KINDS.get(colour.dtype.kind, colour.dtype.name)}), and Rounds reads colours of "
        "8 bits; save it with 8 bits per channel, or as grey with 16."
    )
