"""A DICOM Segmentation as mask drawings: one per segment and frame of a source."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.imaging.drawings import geometry_schema, masks
from core.imaging.drawings.dicom_common import CREATOR, IMAGES, NO_CLASS, PRIVATE, SCHEME, frame_position
from core.imaging.drawings.records import DrawingRecord, Source


def read(found: Any) -> Iterator[DrawingRecord]:
    """Masks on the images that the frames were derived from.

    Raises:
        InvalidInput: not binary, or frames that do not say which image they are of.
    """
    kind = str(found.get("SegmentationType", ""))
    if kind != "BINARY":
        raise InvalidInput(f"is a segmentation of the type {kind or 'nothing'}; binary ones are taken.")
    frames, rows, columns = int(found.get("NumberOfFrames") or 1), int(found.Rows), int(found.Columns)
    if not 0 < frames * rows * columns <= 8 * max(len(found.get("PixelData", b"")), geometry_schema.MAX_PIXELS):
        raise InvalidInput(f"says that it has {frames} frames of {columns} × {rows} pixels; that cannot be.")
    labels = {int(one.SegmentNumber): _label(one) for one in found.SegmentSequence}
    pixels = np.asarray(found.pixel_array).reshape(frames, rows, columns).astype(np.bool_)
    series, ours = _series(found), _ours(found)
    for number, group in enumerate(found.PerFrameFunctionalGroupsSequence):
        if not pixels[number].any():
            continue
        where = f"frame {number + 1}"
        segment = int(_group(found, group, "SegmentIdentificationSequence", where).ReferencedSegmentNumber)
        reference = _source(found, group, where)
        instance = str(reference.ReferencedSOPInstanceUID)
        sha256, item, frame = ours[number] if ours else ("", "", _frame(reference))
        yield DrawingRecord(
            source=Source(sha256, item, "", series.get(instance, ""), instance, _place(found, group), rows, columns),
            frame=frame,
            shape="mask",
            geometry={"counts": masks.to_counts(pixels[number])},
            label=labels[segment],
            key=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{found.SOPInstanceUID}|{segment}|{instance}|{sha256}|{frame}")),
            reader=str(found.get("ContentCreatorName") or ""),
            where=where,
        )


def _label(segment: Any) -> str | None:
    types = segment.get("SegmentedPropertyTypeCodeSequence")
    if types and (types[0].get("CodingSchemeDesignator"), types[0].get("CodeValue")) == (SCHEME, NO_CLASS):
        return None
    return str(segment.get("SegmentLabel") or "")


def _ours(found: Any) -> list[tuple[str, str, int]]:
    """Which image each frame is on, where we wrote it."""
    try:
        said = json.loads(found.private_block(PRIVATE, CREATOR)[IMAGES].value)
    except KeyError:
        return []
    return [(str(sha256), str(item), int(frame)) for sha256, item, frame in said]


def _series(found: Any) -> dict[str, str]:
    """The series by instance."""
    return {
        str(one.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID)
        for series in found.get("ReferencedSeriesSequence") or []
        for one in series.get("ReferencedInstanceSequence") or []
    }


def _group(found: Any, group: Any, name: str, where: str) -> Any:
    for one in (group, found.SharedFunctionalGroupsSequence[0]):
        if one.get(name):
            return one[name].value[0]
    raise InvalidInput(f"{where} has no {name}, so it is not known what it is of.")


def _source(found: Any, group: Any, where: str) -> Any:
    derived = _group(found, group, "DerivationImageSequence", where)
    sources = derived.get("SourceImageSequence") or []
    if len(sources) != 1:
        raise InvalidInput(f"{where} was derived from {len(sources)} images; a drawing is on one.")
    return sources[0]


def _frame(reference: Any) -> int:
    return int(reference.get("ReferencedFrameNumber") or 1) - 1


def _place(found: Any, group: Any) -> tuple[float, ...]:
    shared = found.SharedFunctionalGroupsSequence[0]
    parts: list[Any] = [
        next((one[name].value[0] for one in (group, shared) if one.get(name)), {})
        for name in ("PlanePositionSequence", "PlaneOrientationSequence")
    ]
    return frame_position(*parts)
