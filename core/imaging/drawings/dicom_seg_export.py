"""Export drawings as DICOM Segmentation (PS3.3 A.51): binary, one segment per class, only frames with drawings.

Drawings of one class are united by the rasterisation of `masks`, so a SEG keeps neither shapes nor the reader of each
drawing. Its frames have the pixel grid of the source: nothing is resampled.
"""

import datetime
import json
from collections import defaultdict
from typing import Any

from core.imaging.drawings import masks
from core.imaging.drawings.dicom_common import (
    CREATOR,
    EQUIPMENT,
    IMAGES,
    PRIVATE,
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
from core.imaging.drawings.dicom_seg_frames import (
    Segments,
    segment_on_planes,
    segment_without_planes,
    share_functional_groups,
)
from core.imaging.drawings.records import DrawingRecord, DrawingSet

SERIES_NUMBER = 9001
ALIKE = 1e-3  # tolerance of a direction cosine: one pixel at a distance of 1000 pixels
TRACKED: tuple[str, ...] = ("ImageOrientationPatient", "FrameOfReferenceUID", "Rows", "Columns")


def write(album: DrawingSet, original: Original, drawings: tuple[DrawingRecord, ...]) -> list[tuple[str, bytes]]:
    """Return name and bytes of the SEG objects of one series or multi-frame image; several if slices form no stack.

    Raises:
        NotWritable: a source that cannot be referenced, or no drawing covers a pixel.
    """
    with ignore_warnings():
        headers = {
            sha256: share_functional_groups(source_header(path, original.deidentification))
            for sha256, path in original.paths.items()
        }
        _align_orientations(list(headers.values()))
        parts, claims = defaultdict[str, list[DrawingRecord]](list), defaultdict[str, list[str]](list)
        for sha256, source in headers.items():
            claims[source.SOPInstanceUID].append(sha256)  # different files may have the same UID
        for drawing in drawings:
            source = headers[drawing.source.sha256]
            alone = "" if source.get("ImagePositionPatient") else drawing.source.sha256
            copy = claims[source.SOPInstanceUID].index(drawing.source.sha256)
            parts[repr([alone, copy, *(source.get(name) for name in TRACKED)])].append(drawing)
        return [segmentation for part in parts.values() for segmentation in _objects(album, headers, tuple(part))]


def _align_orientations(sources: list[Any]) -> None:
    """Give slices of one stack the same orientation; they may differ in the last digit, but a SEG has only one."""
    seen: list[Any] = []
    for source in sources:
        orientation = source.get("ImageOrientationPatient")
        if not orientation or len(orientation) != 6:
            continue
        match = next(
            (one for one in seen if all(abs(a - b) < ALIKE for a, b in zip(one, orientation, strict=True))), None
        )
        if match is None:
            seen.append(orientation)
        else:
            source.ImageOrientationPatient = match


def _objects(
    album: DrawingSet, headers: dict[str, Any], drawings: tuple[DrawingRecord, ...]
) -> list[tuple[str, bytes]]:
    segments = segment_masks(drawings)
    present = [
        name for name in (*album.classes, None) if any(name in masks_by_class for masks_by_class in segments.values())
    ]
    if not present:
        raise NotWritable(
            "has only drawings too small to cover the centre of a pixel, so its segmentation would be empty"
        )
    hashes = list(dict.fromkeys(sha256 for sha256, _ in segments))
    sources = [headers[sha256] for sha256 in hashes]
    described = [_segment(number, name, drawings) for number, name in enumerate(present, start=1)]
    about = _attributes(album, sources[0], drawings)
    try:
        segmentation = segment_on_planes(sources, segments, present, described, about)
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        if len(hashes) > 1:
            alone = [tuple(one for one in drawings if one.source.sha256 == sha256) for sha256 in hashes]
            return [item for part in alone for item in _objects(album, headers, part)]
        # A multi-frame source without frame positions: each SEG frame references its source frame, without a position.
        try:
            segmentation = segment_without_planes(sources[0], segments, present, described, about)
        except (ValueError, AttributeError, KeyError, IndexError, TypeError) as error:
            raise NotWritable(f"has a header that a segmentation cannot reference ({error})") from error
    _complete_attributes(segmentation, sources[0])
    _write_image_references(
        segmentation, dict(zip((str(source.SOPInstanceUID) for source in sources), hashes, strict=True)), sources[0]
    )
    return [(f"seg-{drawings_digest(drawings)[:16]}", to_part10(segmentation))]


def _complete_attributes(segmentation: Any, source: Any) -> None:
    """Set the attributes that the standard requires and highdicom leaves out."""
    shared_groups = segmentation.SharedFunctionalGroupsSequence[0]
    if "PlaneOrientationSequence" not in shared_groups:
        segmentation.PatientOrientation = source.get("PatientOrientation") or ""
    measures = shared_groups.get("PixelMeasuresSequence")
    if measures and not measures[0].get(
        "SliceThickness"
    ):  # incomplete measures are invalid, and the source has them too
        del shared_groups.PixelMeasuresSequence


def _write_image_references(segmentation: Any, hashes: dict[str, str], source: Any) -> None:
    """Write the source image of each frame as a private element, because several files may share one UID."""
    frames = []
    for group in segmentation.PerFrameFunctionalGroupsSequence:
        reference = group.DerivationImageSequence[0].SourceImageSequence[0]
        number = int(reference.get("ReferencedFrameNumber") or 1)
        frames.append([hashes[str(reference.ReferencedSOPInstanceUID)], "", number - 1])
        if "ReferencedFrameNumber" in reference and not counts_frames(source):
            del reference.ReferencedFrameNumber
    block = segmentation.private_block(PRIVATE, CREATOR, create=True)
    block.add_new(IMAGES, "UT", json.dumps(frames, separators=(",", ":")))


def segment_masks(drawings: tuple[DrawingRecord, ...]) -> Segments:
    """Return the mask of each class on each frame, without empty ones."""
    segments: Segments = defaultdict(dict)
    for drawing in drawings:
        pixels = masks.mask(drawing.shape, drawing.geometry, drawing.source.rows, drawing.source.columns)
        if pixels.any():
            by_class = segments[drawing.source.sha256, drawing.frame]
            by_class[drawing.label] = by_class[drawing.label] | pixels if drawing.label in by_class else pixels
    return segments


def _segment(number: int, name: str | None, drawings: tuple[DrawingRecord, ...]) -> Any:
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes

    segmentation = SegmentDescription(
        segment_number=number,
        segment_label=fit_text(name) if name is not None else "Without a class",
        segmented_property_category=codes.SCT.SpatialAndRelationalConcept,
        segmented_property_type=class_code(name),
        algorithm_type="MANUAL",
    )
    readers = sorted({one.reader for one in drawings if one.label == name})
    segmentation.SegmentDescription = f"Drawn by {', '.join(readers)}"[:1024]
    return segmentation


def _attributes(album: DrawingSet, source: Any, drawings: tuple[DrawingRecord, ...]) -> dict[str, Any]:
    at = datetime.datetime.fromtimestamp(max(one.at or 0.0 for one in drawings))
    readers = sorted({one.reader for one in drawings})
    return {
        **EQUIPMENT,
        "software_versions": software_version(),
        "segmentation_type": "BINARY",
        "instance_number": 1,
        "series_instance_uid": stable_uid("SEG", source.SeriesInstanceUID, album.task),
        "series_number": SERIES_NUMBER,
        "sop_instance_uid": stable_uid("SEG", source.SOPInstanceUID, album.task, drawings_digest(drawings)),
        "series_description": fit_text(f"Drawings of {album.task}"),
        "content_label": "DRAWINGS",
        "content_description": fit_text(f"Drawings of {album.task}"),
        "content_date": at.date(),
        "content_time": at.time(),
        "specific_character_set": UTF_8,
        "content_creator_name": fit_text(readers[0]) if len(readers) == 1 else "",
    }
