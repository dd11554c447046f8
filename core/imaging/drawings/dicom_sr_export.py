r"""Export drawings as DICOM structured reports (TID 1500): one per reader and source, a region (TID 1410) per drawing.

SCOORD coordinates (PS3.3 C.18.6) run from the upper left corner of the first pixel, 0\0, to the lower right corner of
the last, Columns\Rows, as ours do; no half pixel is added. A mask becomes the outline of its pixels, with the even-odd
rule. What a region cannot express (box or polygon, the frame of an ellipse, the case) is added as JSON text.
"""

import datetime
import json
import math
from collections import defaultdict
from typing import Any

import numpy as np

from core.imaging.drawings import masks
from core.imaging.drawings.dicom_common import (
    EQUIPMENT,
    SCHEME,
    UTF_8,
    NotWritable,
    Original,
    class_code,
    counts_frames,
    drawings_digest,
    fit_text,
    ignore_warnings,
    software_version,
    source_header,
    stable_uid,
    to_part10,
)
from core.imaging.drawings.records import DrawingRecord, DrawingSet

SERIES_NUMBER = 9002
DRAWING = "drawing"  # code of the JSON text item
EXPLICIT_MOST = 65_534 // 4  # maximum number of 32-bit values in an element of an explicit VR transfer syntax
STEPS = 72  # points of the polyline that replaces an ellipse extending beyond the image


def write(album: DrawingSet, original: Original, drawings: tuple[DrawingRecord, ...]) -> list[tuple[str, bytes]]:
    """Return name and bytes of the reports of one series or multi-frame image, one per reader.

    Raises:
        NotWritable: a source that cannot be referenced.
    """
    with ignore_warnings():
        headers = {sha256: source_header(path, original.deidentification) for sha256, path in original.paths.items()}
        by_reader: dict[str, list[DrawingRecord]] = defaultdict(list)
        for drawing in drawings:
            by_reader[drawing.reader].append(drawing)
        try:
            return [_report(album, headers, reader, tuple(by_reader[reader])) for reader in sorted(by_reader)]
        except (ValueError, AttributeError, KeyError, IndexError, TypeError) as error:
            raise NotWritable(f"has a header that a report cannot reference ({error})") from error


def _report(
    album: DrawingSet, headers: dict[str, Any], reader: str, drawings: tuple[DrawingRecord, ...]
) -> tuple[str, bytes]:
    from highdicom.sr import ComprehensiveSR
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    evidence = [headers[sha256] for sha256 in dict.fromkeys(one.source.sha256 for one in drawings)]
    groups = [_group(one, headers[one.source.sha256]) for one in drawings]
    longest = max(len(one.GraphicData) for group in groups for one in group[0].ContentSequence if "GraphicData" in one)
    at, source = datetime.datetime.fromtimestamp(max(one.at or 0.0 for one in drawings)), evidence[0]
    report = ComprehensiveSR(
        **EQUIPMENT,
        software_versions=software_version(),
        evidence=evidence,
        content=_content(reader, groups)[0],
        series_instance_uid=stable_uid("SR", source.SeriesInstanceUID, album.task),
        series_number=SERIES_NUMBER,
        sop_instance_uid=stable_uid("SR", source.SOPInstanceUID, album.task, drawings_digest(drawings)),
        instance_number=1,
        series_description=fit_text(f"Drawings of {album.task}"),
        content_date=at.date(),
        content_time=at.time(),
        is_complete=True,
        specific_character_set=UTF_8,
        transfer_syntax_uid=ExplicitVRLittleEndian if longest <= EXPLICIT_MOST else ImplicitVRLittleEndian,
    )
    return f"sr-{drawings_digest(drawings)[:16]}", to_part10(report)


def _content(reader: str, groups: list[Any]) -> Any:
    from highdicom.sr import MeasurementReport, ObservationContext, ObserverContext, PersonObserverIdentifyingAttributes
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    person = ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(name=fit_text(reader) or "Somebody"),
    )
    return MeasurementReport(
        observation_context=ObservationContext(observer_person_context=person),
        imaging_measurements=groups,
        procedure_reported=Code("363679005", "SCT", "Imaging"),
    )


def _group(drawing: DrawingRecord, source: Any) -> Any:
    from highdicom.sr import (
        ImageRegion,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        SourceImageForRegion,
        TextContentItem,
        TrackingIdentifier,
    )

    kind, points = region(drawing)
    group = PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=stable_uid("drawing", drawing.key), identifier=drawing.key),
        referenced_region=ImageRegion(
            kind,
            np.asarray(points, dtype=np.float32),
            SourceImageForRegion(
                source.SOPClassUID, source.SOPInstanceUID, [drawing.frame + 1] if counts_frames(source) else None
            ),
        ),
        finding_type=class_code(drawing.label),
    )
    name = _concept(DRAWING, "Drawing as it was made")
    group[0].ContentSequence.append(
        TextContentItem(name=name, value=_comment_json(drawing), relationship_type="CONTAINS")
    )
    at = datetime.datetime.fromtimestamp(drawing.at or 0.0, datetime.UTC)
    group[0].ObservationDateTime = at.strftime("%Y%m%d%H%M%S.%f+0000")
    return group


def region(drawing: DrawingRecord) -> tuple[str, list[list[float]]]:
    """Return graphic type and points of a drawing's region."""
    if drawing.shape == "point":
        return "POINT", drawing.geometry["points"]
    if drawing.shape == "ellipse":
        return _ellipse(drawing)
    if drawing.shape == "mask":
        points = masks.outline(
            masks.from_counts(drawing.geometry["counts"], drawing.source.rows, drawing.source.columns)
        )
    elif drawing.shape == "box":
        (x0, y0), (x1, y1) = drawing.geometry["points"]
        points = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    else:
        points = drawing.geometry["points"]
    return "POLYLINE", [*points, points[0]]


def _ellipse(drawing: DrawingRecord) -> tuple[str, list[list[float]]]:
    """Return the ends of the major axis, then of the minor axis; a polyline if one lies outside the image."""
    (x0, y0), (x1, y1) = drawing.geometry["points"]
    x, y, across, down = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2
    turn = math.radians(drawing.geometry["angle"])

    def at(angle: float) -> list[float]:
        along, aside = across * math.cos(angle), down * math.sin(angle)
        return [
            x + along * math.cos(turn) - aside * math.sin(turn),
            y + along * math.sin(turn) + aside * math.cos(turn),
        ]

    ends = [at(math.pi), at(0.0), at(-math.pi / 2), at(math.pi / 2)]
    ends = ends if across >= down else [*ends[2:], *ends[:2]]
    rows, columns = drawing.source.rows, drawing.source.columns
    if all(0 <= px <= columns and 0 <= py <= rows for px, py in ends):
        return "ELLIPSE", ends
    rim = [at(2 * math.pi * step / STEPS) for step in range(STEPS + 1)]
    return "POLYLINE", [[min(max(0.0, px), float(columns)), min(max(0.0, py), float(rows))] for px, py in rim]


def _comment_json(drawing: DrawingRecord) -> str:
    case = drawing.case or drawing.source
    content: dict[str, Any] = {"shape": drawing.shape, "class": drawing.label, "frame": drawing.frame}
    content |= {"image": [drawing.source.sha256, drawing.source.item], "case": [case.sha256, case.item]}
    if drawing.shape == "ellipse":
        content["geometry"] = drawing.geometry
    if drawing.shape == "mask":
        content["size"] = [drawing.source.rows, drawing.source.columns]
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _concept(value: str, meaning: str) -> Any:
    from highdicom.sr import CodedConcept

    return CodedConcept(value, SCHEME, meaning)
