"""Name what an import noticed and did not refuse: one row per kind, for the report, the pages and the doctor.

Law: whatever is read in another way than it lies in the file has a note; a silent repair is a defect.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteKind:
    """A kind of note: its `title`, what it means for the reader of the images, and what to do about it.

    `of` is what has the note: an "image", a "stack" of slices, a "link" in the folder, a "file name", or a "label" or
    a "column" of the table.
    """

    title: str
    meaning: str
    way_out: str
    of: str = "image"


NOTES: Mapping[str, NoteKind] = {
    "turned": NoteKind(
        "Turned upright",
        "The file says that its picture was taken turned or mirrored; it is stored as it is meant to be seen.",
        "Compare one of them with the original; save the picture upright if it is wrong.",
    ),
    "frames": NoteKind(
        "Several pages or frames",
        "A picture file with several pages, or an animation, was read as one stack of frames in their order.",
        "Save the pages as separate files if they do not belong together.",
    ),
    "missing_frames": NoteKind(
        "Fewer frames than described",
        "The description in the file speaks of more frames than the file holds; the page that it lists was read.",
        "Compare with the original; export it again if frames are missing.",
    ),
    "previews": NoteKind(
        "Smaller copies left out",
        "The file also holds previews, masks or further pictures; only the main pictures were read.",
        "Save a picture that is missing as a separate file.",
    ),
    "alpha": NoteKind(
        "Transparency left out",
        "The picture is transparent in places; its greys or colours are shown there as they lie in the file.",
        "Lay the picture over a background before the import if its transparent parts matter.",
    ),
    "extra_channel": NoteKind(
        "Further channels left out",
        "The file has more channels per pixel than its grey or its colours, without saying what they mean.",
        "Save a channel that matters as a separate page.",
    ),
    "print_colours": NoteKind(
        "Print colours converted",
        "The picture has colours for print (CMYK or Lab); they were converted to RGB without a colour profile.",
        "Save the picture as RGB if its exact colours matter.",
    ),
    "exif": NoteKind(
        "Camera data unreadable",
        "The block that says which way up the picture is meant (EXIF) is damaged; the picture is as it was stored.",
        "Check that the picture is upright; save it again without EXIF.",
    ),
    "extras": NoteKind(
        "Damaged extras left out",
        "Texts, a colour profile or other extras of the file are damaged; the picture itself is whole.",
        "Save the picture again if you need them.",
    ),
    "quantised": NoteKind(
        "Values in 65,536 steps",
        "The values do not fit into 16 bits; each was rounded to the nearest of 65,536 equal steps.",
        "Use the original file where exact values matter.",
    ),
    "not_finite": NoteKind(
        "Values that are no numbers",
        "Some values are NaN or infinite; they are background, outside of every window and statistic.",
        "Check that the file is meant so; such values often mark what lies outside the body.",
    ),
    "volumes": NoteKind(
        "First of several volumes",
        "The file holds several volumes, such as times or directions; only the first one was read.",
        "Save the other volumes as separate files to import them.",
    ),
    "complex": NoteKind(
        "Magnitude of complex values",
        "The values are complex numbers; their magnitude was read.",
        "Save the phase or the real part as a separate file if you need it.",
    ),
    "no_orientation": NoteKind(
        "Orientation unknown",
        "The file does not say how its axes lie in the patient; left and right may be exchanged.",
        "Compare one of them with its source, or convert from the DICOM files again (dcm2niix writes the orientation).",
    ),
    "bad_scaling": NoteKind(
        "Scaling left out",
        "The slope or the offset in the header is not a number; the values are as stored.",
        "Check the values against the source.",
    ),
    "pair": NoteKind(
        "Header and voxels in two files",
        "A header (.hdr) and its voxels (.img) were read together, and are stored as one NIfTI file.",
        "Nothing to do; keep both files together.",
    ),
    "label_left_out": NoteKind(
        "Label left out",
        "The label is negative, infinite, empty or NaN, which often means 'not labelled'; the image has no label.",
        "Give the labels as a CSV, or save the archive with class names or whole numbers from 0.",
    ),
    "respelt": NoteKind(
        "Spellings of a class merged",
        "Labels that differ only in capitals, width, blanks or a fraction of zero are one class.",
        "Choose to keep spellings apart if they mean different things.",
        of="label",
    ),
    "no_label_column": NoteKind(
        "No column of labels",
        "No column of the table was taken as the labels of the task: an image has one only where its file has one.",
        "Choose the column (--label-column). Findings in several columns go into a task of findings (labels import).",
        of="column",
    ),
    "doubtful_label": NoteKind(
        "Labels that may be none, or several",
        "A label such as ? or unknown may mean that there is none, and one such as A|B may name several findings; each "
        "is a class of its own.",
        "Empty such cells before the import, or retire the class; use a task of findings where images have several.",
        of="label",
    ),
    "cut_number": NoteKind(
        "IDs cut by a spreadsheet",
        "An ID such as 1.23457E+11 has lost its last digits; patients with different IDs may have the same one now.",
        "Export the table again with this column as text, and import it into a new home.",
        of="column",
    ),
    "shared_split": NoteKind(
        "Patients in several splits",
        "A column of the table puts images of one patient, or of one person with several patient IDs, in more than one "
        "split. It is stored as given, and a dataset that is split by this column counts them.",
        "Split by patient when you make a dataset, or correct the column, if each person should be in one split.",
        of="column",
    ),
    "identity_column": NoteKind(
        "Columns left out",
        "A column of the table may identify patients, by its title or its values; it is not stored.",
        "Choose to keep a column that identifies nobody.",
        of="column",
    ),
    "names_keyed": NoteKind(
        "Names that look like a person",
        "Words, dates or numbers in file or folder names may identify a person; each is stored as a code. Tables that "
        "name these files still fit.",
        "Choose to keep the names if they identify nobody, or to cut them.",
        of="file name",
    ),
    "names_cut": NoteKind(
        "Names that look like a person, cut",
        "Words, dates or numbers in file or folder names may identify a person; they are cut out of the stored name.",
        "Nothing to do; tables that name these files still fit.",
        of="file name",
    ),
    "names_kept": NoteKind(
        "Names that look like a person, stored",
        "Words, dates or numbers in file or folder names may identify a person; they are stored as chosen.",
        "Import again into a new home with coded names if they do identify somebody.",
        of="file name",
    ),
    "texts_masked": NoteKind(
        "Dates and numbers in texts masked",
        "A text of the table contains a date, a telephone number or an e-mail address, which may identify a person: "
        "they are masked.",
        "Give the column a role yourself if its texts identify nobody.",
        of="file name",
    ),
    "link_outside": NoteKind(
        "Link out of the folder",
        "A link in the folder leads to files elsewhere; they were read under the name of the link.",
        "Remove the link if its files do not belong to this import.",
        of="link",
    ),
    "link_above": NoteKind(
        "Link to a folder above",
        "A link leads to a folder that contains the chosen one; it was not followed.",
        "Choose the upper folder instead if its files belong to this import.",
        of="link",
    ),
    "window_outside": NoteKind(
        "Window outside the values",
        "The window in the header would show the image all black or all white. It is shown at all its values, or at "
        "the window of the other slices of its stack.",
        "Nothing to do for slices of air; else look at one, and compare its values with the source.",
    ),
    "frame_count": NoteKind(
        "Frames counted by their bytes",
        "The header names no number of frames, or another one than the pixel data have; all that lie there are read.",
        "Compare the number of frames with the scanner's.",
    ),
    "background": NoteKind(
        "Background around a round image",
        "One value fills all that lies outside a circle; it is background: black, and in no window or statistic.",
        "Nothing to do, unless that value is part of the image: then ask the maker of the files to mark padding.",
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
    "mosaic": NoteKind(
        "Mosaic of slices",
        "The image is a mosaic: all slices of a volume lie beside each other in one picture, and are read so.",
        "Convert the series to NIfTI (dcm2niix takes mosaics apart) where a volume is needed.",
    ),
    "series_cut": NoteKind(
        "One of several stacks of a series",
        "The series mixes planes, sizes, kinds of images, echoes or phases; each of them is a stack by itself.",
        "Look through the stacks of the series; their titles say what sets them apart.",
        of="stack",
    ),
    "duplicate_slice": NoteKind(
        "Several slices at one place",
        "The stack has more than one slice at the same place, and nothing in the files sets them apart.",
        "Exclude the slices that are there twice.",
        of="stack",
    ),
    "missing_slice": NoteKind(
        "Slices are missing",
        "The distance between two slices is twice the usual one, or more; a volume is too short there.",
        "Import the missing files, or leave the stack out of volume models.",
        of="stack",
    ),
    "unplaced_slices": NoteKind(
        "Slices without a position",
        "No slice says where it lies in the patient; they are in the order of their numbers, at unknown distances.",
        "Check the order of one stack; export the series again with its positions where distances matter.",
        of="stack",
    ),
    "uneven_spacing": NoteKind(
        "Uneven distances between slices",
        "The distances between slices differ by more than 10 %; the stack's spacing is their median.",
        "Check that the series is complete, and do not measure along the stack.",
        of="stack",
    ),
    "tilted_gantry": NoteKind(
        "Slices shifted along the stack",
        "Each slice is shifted within its plane, as with a tilted gantry; the stack is a slanted block.",
        "Measure within a slice only; resample the series before use where the shape along the stack matters.",
        of="stack",
    ),
    "frames_reordered": NoteKind(
        "Frames put in order",
        "The frames do not lie in the file in the order of their places; they are shown and stored by place.",
        "Compare with the original where the frame numbers of another program matter.",
    ),
    "frames_repeat": NoteKind(
        "Several frames at one place",
        "The file has several frames at the same place (phases, echoes); they are shown one phase after the other, or "
        "in the order of the file where nothing in it sets them apart.",
        "Export the phases as separate objects where a volume is needed.",
    ),
    "frames_unplaced": NoteKind(
        "Frames without a common plane",
        "The frames of the file lie in several planes, or some have no place; they are shown in the order of the file.",
        "Export each plane as a separate object where a volume is needed.",
    ),
}
"""Every kind by its name, in the order of the report."""
IMAGE_KINDS = frozenset(name for name, kind in NOTES.items() if kind.of in ("image", "stack"))
STACK_KINDS = frozenset(name for name, kind in NOTES.items() if kind.of == "stack")
