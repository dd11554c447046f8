"""Import a DICOM Segmentation as mask drawings, one per segment and source frame."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import InvalidInput
from core.imaging.dicom.pixels import stored_frames
from core.imaging.drawings import geometry_schema, masks
from core.imaging.drawings.dicom_common import CREATOR, IMAGES, NO_CLASS, PRIVATE, SCHEME, frame_position
from core.imaging.drawings.records import DrawingRecord, Source


def read(dataset: Any) -> Iterator[DrawingRecord]:
    """Yield one mask per frame, on the image from which it was derived.

    Raises:
        InvalidInput: the segmentation is not binary, or a frame does not reference one source image.
    """
    kind = str(dataset.get("SegmentationType", ""))
    if kind != "BINARY":
        raise InvalidInput(f"is a segmentation of type {kind or 'unknown'}; only BINARY segmentations can be imported.")
    frames, rows, columns = int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns)
    if not 0 < frames * rows * columns <= 8 * max(len(dataset.get("PixelData", b"")), geometry_schema.MAX_PIXELS):
        raise InvalidInput(
            f"declares {frames} frames of {columns} × {rows} pixels, which its data cannot contain; export it again."
        )
    labels = {int(one.SegmentNumber): (_label(one), _label_code(one)) for one in dataset.SegmentSequence}
    pixels = stored_frames(dataset)[:frames].reshape(frames, rows, columns).astype(np.bool_)
    series, ours = _series_by_instance(dataset), _rounds_references(dataset)
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        if not pixels[number].any():
            continue
        where = f"frame {number + 1}"
        segment = int(_functional_group(dataset, group, "SegmentIdentificationSequence", where).ReferencedSegmentNumber)
        reference = _source(dataset, group, where)
        instance = str(reference.ReferencedSOPInstanceUID)
        sha256, item, frame = ours[number] if ours else ("", "", _frame(reference))
        yield DrawingRecord(
            source=Source(
                sha256, item, "", series.get(instance, ""), instance, _position(dataset, group), rows, columns
            ),
            frame=frame,
            shape="mask",
            geometry={"counts": masks.to_counts(pixels[number])},
            label=labels[segment][0],
            label_code=labels[segment][1],
            key=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{dataset.SOPInstanceUID}|{segment}|{instance}|{sha256}|{frame}")),
            reader=str(dataset.get("ContentCreatorName") or ""),
            where=where,
        )


def _label(segment: Any) -> str | None:
    return None if _label_code(segment) == NO_CLASS else str(segment.get("SegmentLabel") or "")


def _label_code(segment: Any) -> str:
    """Return the code of the class that Rounds wrote, "" in a segmentation of another tool."""
    types = segment.get("SegmentedPropertyTypeCodeSequence")
    is_ours = types and types[0].get("CodingSchemeDesignator") == SCHEME
    return str(types[0].get("CodeValue") or "") if is_ours else ""


def _rounds_references(dataset: Any) -> list[tuple[str, str, int]]:
    """Return hash, item and frame of the source of each frame, [] if Rounds did not write the file."""
    try:
        references = json.loads(dataset.private_block(PRIVATE, CREATOR)[IMAGES].value)
    except KeyError:
        return []
    return [(str(sha256), str(item), int(frame)) for sha256, item, frame in references]


def _series_by_instance(dataset: Any) -> dict[str, str]:
    """Return Series Instance UIDs by SOP Instance UID."""
    return {
        str(item.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID)
        for series in dataset.get("ReferencedSeriesSequence") or []
        for item in series.get("ReferencedInstanceSequence") or []
    }


def _functional_group(dataset: Any, group: Any, name: str, where: str) -> Any:
    for item in (group, dataset.SharedFunctionalGroupsSequence[0]):
        if item.get(name):
            return item[name].value[0]
    raise InvalidInput(f"{where} has no {name}, so its segment or source image is unknown.")


def _source(dataset: Any, group: Any, where: str) -> Any:
    derived = _functional_group(dataset, group, "DerivationImageSequence", where)
    sources = derived.get("SourceImageSequence") or []
    if len(sources) != 1:
        raise InvalidInput(f"{where} was derived from {len(sources)} images; a drawing belongs to exactly one.")
    return sources[0]


def _frame(reference: Any) -> int:
    return int(reference.get("ReferencedFrameNumber") or 1) - 1


def _position(dataset: Any, group: Any) -> tuple[float, ...]:
    shared = dataset.SharedFunctionalGroupsSequence[0]
    parts: list[Any] = [
        next((one[name].value[0] for one in (group, shared) if one.get(name)), {})
        for name in ("PlanePositionSequence", "PlaneOrientationSequence")
    ]
    return frame_position(*parts)
