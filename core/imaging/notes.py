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
    "series_cut": NoteKind(
        "One of several stacks of a series",
        "The series mixes planes, sizes, kinds of images, echoes or phases; each of them is a stack by itself.",
        "Look through the stacks of the series; their titles say what sets them apart.",
    ),
    "duplicate_slice": NoteKind(
        "Several slices at one place",
        "The stack has more than one slice at the same place, and nothing in the files sets them apart.",
        "Exclude the slices that are there twice.",
    ),
    "missing_slice": NoteKind(
        "Slices are missing",
        "The distance between two slices is twice the usual one, or more; a volume is compressed there.",
        "Import the missing files, or leave the stack out of volume models.",
    ),
    "uneven_spacing": NoteKind(
        "Uneven distances between slices",
        "The distances between slices differ by more than 10 %; the stack's spacing is their median.",
        "Check that the series is complete, and do not measure along the stack.",
    ),
    "tilted_gantry": NoteKind(
        "Slices shifted along the stack",
        "Each slice is shifted within its plane, as with a tilted gantry; the stack is a slanted block.",
        "Measure within a slice only; resample the series before use where the shape along the stack matters.",
    ),
    "frames_reordered": NoteKind(
        "Frames put in order",
        "The frames do not lie in the file in the order of their places; they are shown and stored by place.",
        "Compare with the original where the frame numbers of another program matter.",
    ),
    "frames_repeat": NoteKind(
        "Several frames at one place",
        "The file has several frames at the same place (phases, echoes); they are shown in the order of the file.",
        "Export the phases as separate objects where a volume is needed.",
    ),
}
"""Every kind by its name, in the order of the report."""
