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
}
"""Every kind by its name, in the order of the report."""
