"""Import the planar regions of a DICOM measurement report (TID 1500): without loss from Rounds, else as shapes."""

import datetime
import json
import math
import uuid
from collections.abc import Iterator
from typing import Any

from core.errors import InvalidInput
from core.imaging.drawings import geometry_schema, masks
from core.imaging.drawings.dicom_common import NO_CLASS, SCHEME
from core.imaging.drawings.records import DrawingRecord, Source

MEASUREMENTS, GROUP, REGION, FINDING = "126010", "125007", "111030", "121071"
TRACKING, OBSERVER, DRAWING = "112039", "121008", "drawing"


def read(dataset: Any) -> Iterator[DrawingRecord]:
    """Yield the drawings of a report.

    Raises:
        InvalidInput: a region that is none of our shapes.
    """
    reader = next((str(one.PersonName) for one in _items_named(dataset, OBSERVER)), "")
    series = _series_by_instance(dataset)
    groups = [group for part in _items_named(dataset, MEASUREMENTS) for group in _items_named(part, GROUP)]
    for number, group in enumerate(groups, start=1):
        where = f"measurement group {number}"
        for region in _items_named(group, REGION):
            if region.get("GraphicData") is not None and region.ValueType == "SCOORD":
                yield _record(dataset, group, region, series, reader, where)


def _record(dataset: Any, group: Any, region: Any, series: dict[str, str], reader: str, where: str) -> DrawingRecord:
    image = _children(region)[0].ReferencedSOPSequence[0]
    instance = str(image.ReferencedSOPInstanceUID)
    extension = next((json.loads(str(one.TextValue)) for one in _items_named(group, DRAWING)), None)
    numbers = [float(number) for number in region.GraphicData]
    points = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    rows, columns = extension["size"] if extension and "size" in extension else (0, 0)
    shape, geometry = (
        _from_rounds(extension, points, where) if extension else _from_sr(str(region.GraphicType), points, where)
    )
    sha256, item = extension["image"] if extension else ("", "")
    case = Source(sha256=extension["case"][0], item=extension["case"][1]) if extension else None
    key = (
        next((str(one.TextValue) for one in _items_named(group, TRACKING)), "")
        if extension
        else str(uuid.uuid5(uuid.NAMESPACE_OID, f"{dataset.SOPInstanceUID}|{where}"))
    )
    return DrawingRecord(
        source=Source(sha256, item, "", series.get(instance, ""), instance, rows=rows, columns=columns),
        frame=extension["frame"] if extension else int(image.get("ReferencedFrameNumber") or 1) - 1,
        shape=shape,
        geometry=geometry,
        label=extension["class"] if extension else _finding(group),
        key=key,
        reader=reader,
        at=_at(group) if extension else None,
        case=case,
        where=where,
    )


def _from_rounds(extension: dict[str, Any], points: masks.Points, where: str) -> tuple[str, dict[str, Any]]:
    shape = str(extension["shape"])
    if "geometry" in extension:
        return shape, extension["geometry"]
    if shape == "box":
        return shape, {"points": [points[0], points[2]]}
    if shape == "mask":
        rows, columns = (int(side) for side in extension["size"])
        if not 0 < rows * columns <= geometry_schema.MAX_PIXELS:
            raise InvalidInput(
                f"{where} has a mask of {columns} × {rows} pixels, which is not plausible; export it again."
            )
        return shape, {"counts": masks.to_counts(masks.fill(points, rows, columns))}
    return shape, {"points": points if shape == "point" else points[:-1]}


def _from_sr(kind: str, points: masks.Points, where: str) -> tuple[str, dict[str, Any]]:
    if kind == "POINT":
        return "point", {"points": points}
    if kind == "POLYLINE" and points[0] == points[-1]:
        return "polygon", {"points": points[:-1]}
    if kind == "CIRCLE":
        (x, y), rim = points
        radius = math.dist((x, y), rim)
        return "ellipse", {"points": [[x - radius, y - radius], [x + radius, y + radius]], "angle": 0.0}
    if kind == "ELLIPSE":
        (x0, y0), (x1, y1), minor_start, minor_end = points
        x, y, across, down = (
            (x0 + x1) / 2,
            (y0 + y1) / 2,
            math.dist((x0, y0), (x1, y1)) / 2,
            math.dist(minor_start, minor_end) / 2,
        )
        frame = [[x - across, y - down], [x + across, y + down]]
        return "ellipse", {"points": frame, "angle": math.degrees(math.atan2(y1 - y0, x1 - x0))}
    raise InvalidInput(
        f"{where} is an open line or several points ({kind}); a drawing is a closed outline or one point."
    )


def _finding(group: Any) -> str | None:
    for item in _items_named(group, FINDING):
        code = item.ConceptCodeSequence[0]
        is_none = (code.get("CodingSchemeDesignator"), code.get("CodeValue")) == (SCHEME, NO_CLASS)
        return None if is_none else str(code.CodeMeaning)
    return None


def _at(group: Any) -> float | None:
    text = str(group.get("ObservationDateTime") or "")
    return datetime.datetime.strptime(text, "%Y%m%d%H%M%S.%f%z").timestamp() if text else None


def _series_by_instance(dataset: Any) -> dict[str, str]:
    """Return Series Instance UIDs by SOP Instance UID."""
    return {
        str(item.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID)
        for name in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in dataset.get(name) or []
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }


def _items_named(item: Any, code: str) -> list[Any]:
    return [
        item
        for item in _children(item)
        if item.get("ConceptNameCodeSequence") and str(item.ConceptNameCodeSequence[0].get("CodeValue")) == code
    ]


def _children(item: Any) -> list[Any]:
    return list(item.get("ContentSequence") or [])
