"""Drawings as DICOM Segmentation: binary, a segment per class, only frames on which something is drawn.

A pixel of a segment is set where a drawing of its class is, by the rule of `masks`; drawings of one class are united,
so a SEG knows neither shapes nor who drew which. Its frames have the grid of the source's: nothing is resampled.
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
from core.imaging.drawings.dicom_seg_frames import Segments, placed, shared, unplaced
from core.imaging.drawings.records import DrawingRecord, DrawingSet

SERIES_NUMBER = 9001
ALIKE = 1e-3  # of a direction cosine: a pixel at 1000 pixels' distance
TRACKED: tuple[str, ...] = ("ImageOrientationPatient", "FrameOfReferenceUID", "Rows", "Columns")


def write(album: DrawingSet, original: Original, drawings: tuple[DrawingRecord, ...]) -> list[tuple[str, bytes]]:
    """The object of one series, or of one image of several frames; several where slices do not lie as one stack.

    Raises:
        NotWritable: a source to which nothing can refer, or nothing that covers a pixel.
    """
    with ignore_warnings():
        headers = {sha256: shared(source_header(path, original.pseudonym)) for sha256, path in original.paths.items()}
        _agree(list(headers.values()))
        parts, claims = defaultdict[str, list[DrawingRecord]](list), defaultdict[str, list[str]](list)
        for sha256, source in headers.items():
            claims[source.SOPInstanceUID].append(sha256)  # copies in other bytes claim to be one and the same
        for one in drawings:
            source = headers[one.source.sha256]
            alone = "" if source.get("ImagePositionPatient") else one.source.sha256
            copy = claims[source.SOPInstanceUID].index(one.source.sha256)
            parts[repr([alone, copy, *(source.get(name) for name in TRACKED)])].append(one)
        return [made for part in parts.values() for made in _objects(album, headers, tuple(part))]


def _agree(sources: list[Any]) -> None:
    """Slices of one stack may differ in the last digit of their orientation; a SEG has one for all."""
    met: list[Any] = []
    for source in sources:
        mine = source.get("ImageOrientationPatient")
        if not mine or len(mine) != 6:
            continue
        same = next((one for one in met if all(abs(a - b) < ALIKE for a, b in zip(one, mine, strict=True))), None)
        if same is None:
            met.append(mine)
        else:
            source.ImageOrientationPatient = same


def _objects(
    album: DrawingSet, headers: dict[str, Any], drawings: tuple[DrawingRecord, ...]
) -> list[tuple[str, bytes]]:
    segments = segment_masks(drawings)
    present = [name for name in (*album.classes, None) if any(name in found for found in segments.values())]
    if not present:
        raise NotWritable("has drawings so small that no pixel's middle lies inside, and a segmentation is of pixels")
    hashes = list(dict.fromkeys(sha256 for sha256, _ in segments))
    sources = [headers[sha256] for sha256 in hashes]
    described = [_segment(number, name, drawings) for number, name in enumerate(present, start=1)]
    about = _about(album, sources[0], drawings)
    try:
        made = placed(sources, segments, present, described, about)
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        if len(hashes) > 1:
            alone = [tuple(one for one in drawings if one.source.sha256 == sha256) for sha256 in hashes]
            return [made for part in alone for made in _objects(album, headers, part)]
        # A source of several frames that says not where these lie: each refers to its own, and no place is made up.
        try:
            made = unplaced(sources[0], segments, present, described, about)
        except (ValueError, AttributeError, KeyError, IndexError, TypeError) as error:
            raise NotWritable(f"has a header that no segmentation can refer to ({error})") from error
    _complete(made, sources[0])
    _name_images(made, dict(zip((str(source.SOPInstanceUID) for source in sources), hashes, strict=True)), sources[0])
    return [(f"seg-{drawings_digest(drawings)[:16]}", to_part10(made))]


def _complete(made: Any, source: Any) -> None:
    """What the standard asks for and the library leaves open."""
    of_all = made.SharedFunctionalGroupsSequence[0]
    if "PlaneOrientationSequence" not in of_all:
        made.PatientOrientation = source.get("PatientOrientation") or ""
    measures = of_all.get("PixelMeasuresSequence")
    if measures and not measures[0].get("SliceThickness"):  # half a measure is an error, and the source has it too
        del of_all.PixelMeasuresSequence


def _name_images(made: Any, hashes: dict[str, str], source: Any) -> None:
    """Which image each frame is on: several files may claim one UID, and some have frames that their kind has not."""
    frames = []
    for group in made.PerFrameFunctionalGroupsSequence:
        reference = group.DerivationImageSequence[0].SourceImageSequence[0]
        number = int(reference.get("ReferencedFrameNumber") or 1)
        frames.append([hashes[str(reference.ReferencedSOPInstanceUID)], "", number - 1])
        if "ReferencedFrameNumber" in reference and not counts_frames(source):
            del reference.ReferencedFrameNumber
    block = made.private_block(PRIVATE, CREATOR, create=True)
    block.add_new(IMAGES, "UT", json.dumps(frames, separators=(",", ":")))


def segment_masks(drawings: tuple[DrawingRecord, ...]) -> Segments:
    """The pixels of each class on each frame, without those that are empty."""
    found: Segments = defaultdict(dict)
    for one in drawings:
        pixels = masks.mask(one.shape, one.geometry, one.source.rows, one.source.columns)
        if pixels.any():
            here = found[one.source.sha256, one.frame]
            here[one.label] = here[one.label] | pixels if one.label in here else pixels
    return found


def _segment(number: int, name: str | None, drawings: tuple[DrawingRecord, ...]) -> Any:
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes

    made = SegmentDescription(
        segment_number=number,
        segment_label=fit_text(name) if name is not None else "Without a class",
        segmented_property_category=codes.SCT.SpatialAndRelationalConcept,
        segmented_property_type=class_code(name),
        algorithm_type="MANUAL",
    )
    readers = sorted({one.reader for one in drawings if one.label == name})
    made.SegmentDescription = f"Drawn by {', '.join(readers)}"[:1024]
    return made


def _about(album: DrawingSet, source: Any, drawings: tuple[DrawingRecord, ...]) -> dict[str, Any]:
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
