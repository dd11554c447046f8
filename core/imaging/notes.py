"""Name what an import noticed and did not refuse: one row per kind, for the report, the pages and the doctor.

Law: whatever is read in another way than it lies in the file has a note; a silent repair is a defect.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteKind:
    """A kind of note: its `title`, what it means for the reader of the images, and what to do about it."""

    title: str
    meaning: str
    way_out: str


NOTES: Mapping[str, NoteKind] = {
    "turned": NoteKind(
        "Turned upright",
        "The file says that its picture was taken turned or mirrored; it is stored as it is meant to be seen.",
        "Compare one of them with the original; save the picture upright if it is wrong.",
    ),
    "frame_count": NoteKind(
        "Frames counted by their bytes",
        "The header names no number of frames, or another one than the pixel data have; all that lie there are read.",
        "Compare the number of frames with the scanner's.",
    ),
    "background": NoteKind(
        "Background around a round image",
        "One value fills all that lies outside a circle; it is background: black, and in no window or statistic.",
        "None is needed; if that value is part of the image, name it to the maker of the files.",
    ),
    "no_value": NoteKind(
        "Pixels without a value",
        "Some pixels are NaN or infinite; they count as background: black, and in no window or statistic.",
        "None is needed where they lie outside the body; otherwise compute the images again.",
    ),
    "depth_reduced": NoteKind(
        "Rounded to 16 bits",
        "The values need more than 16 bits; each is kept to one part in 65,535 of their range.",
        "Use the original where smaller steps matter.",
    ),
    "overlay": NoteKind(
        "Overlay left out",
        "The file brings a drawing to lay over its image (text, marks, a shutter); it is not shown and not learned.",
        "Look at one of them on the workstation where the drawing matters.",
    ),
    "overlay_bits": NoteKind(
        "Bits outside the image left out",
        "Pixels have bits outside those that the header calls stored: an overlay, or a wrong BitsStored.",
        "Look at one of them; if it looks wrapped, correct BitsStored and HighBit and import again.",
    ),
    "polarity": NoteKind(
        "Two statements about black and white",
        "Photometric interpretation and presentation LUT shape contradict each other; the lowest value is shown white.",
        "Look at one of them; correct the header if it is a negative.",
    ),
    "voi_lut": NoteKind(
        "Curve replaced by a window",
        "The file brings a curve of greys (VOI LUT); it is shown by the straight window over the same values.",
        "Set a window by hand where the contrast differs from the workstation's.",
    ),
    "palette_width": NoteKind(
        "Palette of another width",
        "The entries of the palette are wider or narrower than the file says; they are read by their values.",
        "Compare the colours of one of them with the original.",
    ),
    "ignored_attribute": NoteKind(
        "Unreadable or impossible value left out",
        "A value that the picture does not need (window, lookup table, spacing, offsets) is damaged or impossible.",
        "Export the file again if its window or measurements matter.",
    ),
    "assumed_layout": NoteKind(
        "Layout of the pixels assumed",
        "The header does not say how values or colours are meant (sign, order, space); the usual answer is assumed.",
        "Look at one of them; export the file again if it looks wrong.",
    ),
    "no_transfer_syntax": NoteKind(
        "No transfer syntax",
        "The file does not say how it is encoded; it is read as its bytes look.",
        "Export it again as a DICOM part 10 file.",
    ),
    "wrong_transfer_syntax": NoteKind(
        "Another transfer syntax than declared",
        "The file says one encoding and is written in another; it is read as its bytes look.",
        "Tell the maker of the files.",
    ),
}
"""Every kind by its name, in the order of the report."""
