"""Drawings as a CSV: one line each, its geometry as JSON, and its box and number of pixels for those who count."""

import csv
import io
import json
from collections.abc import Iterator

from core.errors import InvalidInput
from core.imaging.drawings import masks
from core.imaging.drawings.records import DrawingRecord, DrawingSet, Source, short_names

COLUMNS = (
    "sha256",
    "item",
    "file",
    "frame",
    "rows",
    "columns",
    "shape",
    "class",
    "x",
    "y",
    "width",
    "height",
    "pixels",
    "reader",
    "at",
    "key",
    "case_sha256",
    "case_item",
    "geometry",
)
NEEDED = ("sha256", "item", "frame", "shape", "class", "reader", "at", "key", "case_sha256", "case_item", "geometry")
LONGEST_FIELD = 16 << 20  # a mask's runs


def write(album: DrawingSet) -> bytes:
    """The file of an album, in its order."""
    names = short_names(album.drawings)
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in album.drawings:
        lines.writerow(_fields(one, names[one.source.sha256, one.source.item]))
    return text.getvalue().encode()


def read(data: bytes) -> Iterator[DrawingRecord]:
    """The drawings of such a file.

    Raises:
        InvalidInput: a column is missing, or a line cannot be understood, named by its number.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        missing = [name for name in NEEDED if name not in (lines.fieldnames or ())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("is neither COCO JSON nor a CSV in UTF-8 nor DICOM.") from error
    if missing:
        raise InvalidInput(f"has no column '{missing[0]}'; a CSV of drawings has {', '.join(NEEDED)}.")
    try:
        for line in lines:
            yield _drawn(line, f"line {lines.line_num}")
    except csv.Error as error:
        raise InvalidInput(f"line {lines.line_num} is no line of a CSV; export it again.") from error


def _fields(one: DrawingRecord, name: str) -> list[str | int | float]:
    pixels = masks.mask(one.shape, one.geometry, one.source.rows, one.source.columns)
    case = one.case or one.source
    return [
        one.source.sha256,
        one.source.item,
        name,
        one.frame,
        one.source.rows,
        one.source.columns,
        one.shape,
        one.label or "",
        *masks.bounds(pixels),
        int(pixels.sum()),
        one.reader,
        repr(one.at),
        one.key,
        case.sha256,
        case.item,
        json.dumps(one.geometry, separators=(",", ":"), allow_nan=False),
    ]


def _drawn(line: dict[str, str], where: str) -> DrawingRecord:
    try:
        return DrawingRecord(
            source=Source(sha256=line["sha256"].strip().lower(), item=line["item"]),
            frame=int(line["frame"]),
            shape=line["shape"],
            geometry=json.loads(line["geometry"]),
            label=line["class"] or None,
            key=line["key"],
            reader=line["reader"],
            at=float(line["at"]),
            where=where,
            case=Source(sha256=line["case_sha256"].strip().lower(), item=line["case_item"]),
        )
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"{where} cannot be understood ({error}); export it again.") from error
