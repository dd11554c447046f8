"""Complete what a header says of greys and colours, where it is missing, misspelt or impossible (PS3.3 C.7.6.3.1)."""

from typing import Any

from core.imaging.dicom.fast_header import FastHeader
from core.imaging.dicom.values import count

LAYOUT = "assumed_layout"
GREYS = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
COLOURS = ("RGB", "YBR_", "HSV", "ARGB", "CMYK", "XYB")


def complete_photometric(header: Any, notes: list[str]) -> str:
    """Return the photometric interpretation; set it and SamplesPerPixel where the header says none, or none there is.

    A name that does not exist, and a colour of one sample, are read as the usual grey or colour, with a note.
    """
    written = str(header.get("PhotometricInterpretation") or "")
    if isinstance(header, FastHeader):  # which has no other than plain greys
        return written
    name = written.strip().upper()
    samples = count(header, "SamplesPerPixel")
    if samples < 1:
        header.SamplesPerPixel = samples = 3 if name.startswith(COLOURS) else 1
        notes.append(LAYOUT)
    if not name.startswith((*GREYS, *COLOURS)) or (samples == 1 and name.startswith(COLOURS)):
        name = "RGB" if samples == 3 else "MONOCHROME2"
        notes.append(LAYOUT)
    if name != written:
        header.PhotometricInterpretation = name
    return name
