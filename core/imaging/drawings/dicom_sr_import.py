"""The planar regions of a DICOM measurement report (TID 1500) as drawings: ours without loss, others as they look."""

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


def read(found: Any) -> Iterator[DrawingRecord]:
    """What was drawn on which image.

    Raises:
        InvalidInput: a region that no shape of ours is.
    """
    reader = next((str(one.PersonName) for one in _named(found, OBSERVER)), "")
    series = _series(found)
    groups = [group for part in _named(found, MEASUREMENTS) for group in _named(part, GROUP)]
    for number, group in enumerate(groups, start=1):
        where = f"measurement group {number}"
        for region in _named(group, REGION):
            if region.get("GraphicData") is not None and region.ValueType == "SCOORD":
                yield _drawn(found, group, region, series, reader, where)


def _drawn(found: Any, group: Any, region: Any, series: dict[str, str], reader: str, where: str) -> DrawingRecord:
    image = _children(region)[0].ReferencedSOPSequence[0]
    instance = str(image.ReferencedSOPInstanceUID)
    kept = next((json.loads(str(one.TextValue)) for one in _named(group, DRAWING)), None)
    numbers = [float(number) for number in region.GraphicData]
    points = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    rows, columns = kept["size"] if kept and "size" in kept else (0, 0)
    shape, geometry = _ours(kept, points, where) if kept else _theirs(str(region.GraphicType), points, where)
    sha256, item = kept["image"] if kept else ("", "")
    case = Source(sha256=kept["case"][0], item=kept["case"][1]) if kept else None
    key = (
        next((str(one.TextValue) for one in _named(group, TRACKING)), "")
        if kept
        else str(uuid.uuid5(uuid.NAMESPACE_OID, f"{found.SOPInstanceUID}|{where}"))
    )
    return DrawingRecord(
        source=Source(sha256, item, "", series.get(instance, ""), instance, rows=rows, columns=columns),
        frame=kept["frame"] if kept else int(image.get("ReferencedFrameNumber") or 1) - 1,
        shape=shape,
        geometry=geometry,
        label=kept["class"] if kept else _finding(group),
        key=key,
        reader=reader,
        at=_at(group) if kept else None,
        case=case,
        where=where,
    )


def _ours(kept: dict[str, Any], points: masks.Points, where: str) -> tuple[str, dict[str, Any]]:
    shape = str(kept["shape"])
    if "geometry" in kept:
        return shape, kept["geometry"]
    if shape == "box":
        return shape, {"points": [points[0], points[2]]}
    if shape == "mask":
        rows, columns = (int(side) for side in kept["size"])
        if not 0 < rows * columns <= geometry_schema.MAX_PIXELS:
            raise InvalidInput(f"{where} has a mask of {columns} × {rows} pixels; that cannot be.")
        return shape, {"counts": masks.to_counts(masks.fill(points, rows, columns))}
    return shape, {"points": points if shape == "point" else points[:-1]}


def _theirs(kind: str, points: masks.Points, where: str) -> tuple[str, dict[str, Any]]:
    if kind == "POINT":
        return "point", {"points": points}
    if kind == "POLYLINE" and points[0] == points[-1]:
        return "polygon", {"points": points[:-1]}
    if kind == "CIRCLE":
        (x, y), rim = points
        radius = math.dist((x, y), rim)
        return "ellipse", {"points": [[x - radius, y - radius], [x + radius, y + radius]], "angle": 0.0}
    if kind == "ELLIPSE":
        (x0, y0), (x1, y1), one, other = points
        x, y, across, down = (x0 + x1) / 2, (y0 + y1) / 2, math.dist((x0, y0), (x1, y1)) / 2, math.dist(one, other) / 2
        frame = [[x - across, y - down], [x + across, y + down]]
        return "ellipse", {"points": frame, "angle": math.degrees(math.atan2(y1 - y0, x1 - x0))}
    raise InvalidInput(
        f"{where} is an open line or several points ({kind}); a drawing is a closed outline or one point."
    )


def _finding(group: Any) -> str | None:
    for one in _named(group, FINDING):
        code = one.ConceptCodeSequence[0]
        is_none = (code.get("CodingSchemeDesignator"), code.get("CodeValue")) == (SCHEME, NO_CLASS)
        return None if is_none else str(code.CodeMeaning)
    return None


def _at(group: Any) -> float | None:
    said = str(group.get("ObservationDateTime") or "")
    return datetime.datetime.strptime(said, "%Y%m%d%H%M%S.%f%z").timestamp() if said else None


def _series(found: Any) -> dict[str, str]:
    """The series by instance."""
    return {
        str(one.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID)
        for name in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in found.get(name) or []
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }


def _named(item: Any, code: str) -> list[Any]:
    return [
        one
        for one in _children(item)
        if one.get("ConceptNameCodeSequence") and str(one.ConceptNameCodeSequence[0].get("CodeValue")) == code
    ]


def _children(item: Any) -> list[Any]:
    return list(item.get("ContentSequence") or [])
