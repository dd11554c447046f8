"""Read and write drawings as CSV: one line each, with geometry as JSON, bounding box and pixel count."""

import csv
import io
import json
from collections.abc import Iterator

from core.errors import InvalidInput
from core.imaging.drawings import masks
from core.imaging.drawings.records import DrawingRecord, DrawingSet, Source, short_names
from core.imaging.tables.formulas import CsvWriter, unguard

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
LONGEST_FIELD = 16 << 20  # characters; the run lengths of a mask


def write(album: DrawingSet) -> bytes:
    """Return the CSV file of a drawing set, in the same order."""
    names = short_names(album.drawings)
    text = io.StringIO(newline="")
    lines = CsvWriter(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for drawing in album.drawings:
        lines.writerow(_row(drawing, names[drawing.source.sha256, drawing.source.item]))
    return text.getvalue().encode()


def read(data: bytes) -> Iterator[DrawingRecord]:
    """Yield the drawings of a CSV file.

    Raises:
        InvalidInput: a missing column or an invalid line, named by its number.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        missing = [name for name in NEEDED if name not in (lines.fieldnames or ())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("is not COCO JSON, UTF-8 CSV or DICOM.") from error
    if missing:
        raise InvalidInput(f"has no column '{missing[0]}'; a CSV of drawings has {', '.join(NEEDED)}.")
    try:
        for line in lines:
            yield _record(_unguarded(line), f"line {lines.line_num}")
    except csv.Error as error:
        raise InvalidInput(f"line {lines.line_num} is not valid CSV; export it again.") from error


def _row(drawing: DrawingRecord, name: str) -> list[str | int | float]:
    pixels = masks.mask(drawing.shape, drawing.geometry, drawing.source.rows, drawing.source.columns)
    case = drawing.case or drawing.source
    return [
        drawing.source.sha256,
        drawing.source.item,
        name,
        drawing.frame,
        drawing.source.rows,
        drawing.source.columns,
        drawing.shape,
        drawing.label or "",
        *masks.bounds(pixels),
        int(pixels.sum()),
        drawing.reader,
        repr(drawing.at),
        drawing.key,
        case.sha256,
        case.item,
        json.dumps(drawing.geometry, separators=(",", ":"), allow_nan=False),
    ]


def _unguarded(line: dict[str, str]) -> dict[str, str]:
    return {name: unguard(cell) if isinstance(cell, str) else cell for name, cell in line.items()}


def _record(line: dict[str, str], where: str) -> DrawingRecord:
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
        raise InvalidInput(f"{where} cannot be read ({error}); export it again.") from error
