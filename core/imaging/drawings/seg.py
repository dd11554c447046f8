"""Drawings as DICOM Segmentation: binary, a segment per class, only frames on which something is drawn.

A pixel of a segment is set where a drawing of its class is, by the rule of `masks`; drawings of one class are united,
so a SEG knows neither shapes nor who drew which. Its frames have the grid of the source's: nothing is resampled.
"""

import datetime
from collections import defaultdict
from typing import Any

import numpy as np

from core.imaging.drawings import masks
from core.imaging.drawings.dicom import (
    MAKER,
    UTF_8,
    NotWritable,
    Original,
    code_of,
    digest,
    fitting,
    header,
    quiet,
    software,
    uid,
    written,
)
from core.imaging.drawings.record import Album, Drawn

SERIES_NUMBER = 9001
Segments = dict[tuple[str, int], dict[str | None, masks.Mask]]  # by sha256 and frame, then by class
TRACKED: tuple[str, ...] = ("ImageOrientationPatient", "FrameOfReferenceUID", "Rows", "Columns")


def write(album: Album, original: Original, drawings: tuple[Drawn, ...]) -> list[tuple[str, bytes]]:
    """The object of one series, or of one image of several frames; several where slices do not lie as one stack.

    Raises:
        NotWritable: a source to which nothing can refer, or nothing that covers a pixel.
    """
    with quiet():
        headers = {sha256: _shared(header(path, original.pseudonym)) for sha256, path in original.paths.items()}
        parts: dict[str, list[Drawn]] = defaultdict(list)
        for one in drawings:
            source = headers[one.source.sha256]
            alone = "" if source.get("ImagePositionPatient") else one.source.sha256
            parts[repr([alone, *(source.get(name) for name in TRACKED)])].append(one)
        return [made for part in parts.values() for made in _objects(album, headers, tuple(part))]


def _objects(album: Album, headers: dict[str, Any], drawings: tuple[Drawn, ...]) -> list[tuple[str, bytes]]:
    segments = united(drawings)
    present = [name for name in (*album.classes, None) if any(name in found for found in segments.values())]
    if not present:
        raise NotWritable("has drawings so small that no pixel's middle lies inside, and a segmentation is of pixels")
    hashes = list(dict.fromkeys(sha256 for sha256, _ in segments))
    sources = [headers[sha256] for sha256 in hashes]
    described = [_segment(number, name, drawings) for number, name in enumerate(present, start=1)]
    about = _about(album, sources[0], drawings)
    try:
        made = _placed(sources, segments, present, described, about)
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        if len(hashes) > 1:
            alone = [tuple(one for one in drawings if one.source.sha256 == sha256) for sha256 in hashes]
            return [made for part in alone for made in _objects(album, headers, part)]
        # A source of several frames that says not where these lie: each refers to its own, and no place is made up.
        try:
            made = _unplaced(sources[0], segments, present, described, about)
        except (ValueError, AttributeError, KeyError, IndexError, TypeError) as error:
            raise NotWritable(f"has a header that no segmentation can refer to ({error})") from error
    _complete(made, sources[0])
    return [(f"seg-{digest(drawings)[:16]}", written(made))]


def _complete(made: Any, source: Any) -> None:
    """What the standard asks for and the library leaves open."""
    shared = made.SharedFunctionalGroupsSequence[0]
    if "PlaneOrientationSequence" not in shared:
        made.PatientOrientation = source.get("PatientOrientation") or ""
    measures = shared.get("PixelMeasuresSequence")
    if measures and not measures[0].get("SliceThickness"):  # half a measure is an error, and the source has it too
        del shared.PixelMeasuresSequence


def united(drawings: tuple[Drawn, ...]) -> Segments:
    """The pixels of each class on each frame, without those that are empty."""
    found: Segments = defaultdict(dict)
    for one in drawings:
        pixels = masks.mask(one.shape, one.geometry, one.source.rows, one.source.columns)
        if pixels.any():
            here = found[one.source.sha256, one.frame]
            here[one.label] = here[one.label] | pixels if one.label in here else pixels
    return found


def _placed(
    sources: list[Any], segments: Segments, present: list[str | None], described: list[Any], about: dict[str, Any]
) -> Any:
    """With the sources' own planes: as many as there are slices, or frames of the one source."""
    from highdicom.seg import Segmentation

    shas = list(dict.fromkeys(sha256 for sha256, _ in segments))
    count = int(sources[0].get("NumberOfFrames") or 1)
    planes = [(shas[0], frame) for frame in range(count)] if count > 1 else [(sha256, 0) for sha256 in shas]
    shape = (len(planes), int(sources[0].Rows), int(sources[0].Columns), len(present))
    pixels = np.zeros(shape, np.uint8)
    for at, plane in enumerate(planes):
        for name, mask in segments.get(plane, {}).items():
            pixels[at, :, :, present.index(name)] = mask
    return Segmentation(source_images=sources, pixel_array=pixels, segment_descriptions=described, **about)


def _unplaced(
    original: Any, segments: Segments, present: list[str | None], described: list[Any], about: dict[str, Any]
) -> Any:
    """The library writes one frame of a source without place: all of ours as its segments, told apart afterwards."""
    from copy import deepcopy

    from highdicom.seg import Segmentation

    frames = [(frame, name, mask) for (_, frame), found in sorted(segments.items(), key=lambda pair: pair[0][1])
              for name, mask in sorted(found.items(), key=lambda pair: present.index(pair[0]))]  # fmt: skip
    source = deepcopy(original)
    for name in ("ImagePositionPatient", "PerFrameFunctionalGroupsSequence"):
        if name in source:
            delattr(source, name)
    spacing = source.get("PixelSpacing")
    source.SharedFunctionalGroupsSequence = [_measured(original, spacing or [1.0, 1.0])]
    if "NumberOfFrames" in source:
        source.NumberOfFrames = 1
    stand_ins = [deepcopy(described[present.index(name)]) for _, name, _ in frames]
    for number, stand_in in enumerate(stand_ins, start=1):
        stand_in.SegmentNumber = number
    pixels = np.stack([mask for _, _, mask in frames], axis=-1)[np.newaxis].astype(np.uint8)
    made = Segmentation(source_images=[source], pixel_array=pixels, segment_descriptions=stand_ins, **about)
    made.SegmentSequence = described
    if not spacing and "PixelMeasuresSequence" in made.SharedFunctionalGroupsSequence[0]:
        del made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence  # a stand-in: the library insists on one
    several = int(original.get("NumberOfFrames") or 1) > 1
    _tell_apart(made, [(frame, present.index(name) + 1) for frame, name, _ in frames], several=several)
    return made


def _shared(source: Any) -> Any:
    """What all frames of an enhanced image say alike counts as said of all, as the library wants it."""
    from pydicom.dataset import Dataset

    frames = source.get("PerFrameFunctionalGroupsSequence") or []
    for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        said = [group.get(name) for group in frames]
        if said and said[0] and all(one == said[0] for one in said):
            if not source.get("SharedFunctionalGroupsSequence"):
                source.SharedFunctionalGroupsSequence = [Dataset()]
            setattr(source.SharedFunctionalGroupsSequence[0], name, said[0])
    return source


def _measured(original: Any, spacing: Any) -> Any:
    from pydicom.dataset import Dataset

    group, measures = Dataset(), Dataset()
    measures.PixelSpacing = spacing
    measures.SliceThickness = original.get("SliceThickness")
    group.PixelMeasuresSequence = [measures]
    return group


def _tell_apart(made: Any, frames: list[tuple[int, int]], *, several: bool) -> None:
    from pydicom.dataset import Dataset

    shared = made.SharedFunctionalGroupsSequence[0]
    if "SegmentIdentificationSequence" in shared:
        del shared.SegmentIdentificationSequence
    place = Dataset()
    place.DimensionOrganizationUID = made.DimensionOrganizationSequence[0].DimensionOrganizationUID
    place.DimensionIndexPointer, place.FunctionalGroupPointer = 0x00209057, 0x00209111  # InStackPositionNumber
    place.DimensionDescriptionLabel = "In-Stack Position Number"
    made.DimensionIndexSequence = [made.DimensionIndexSequence[0], place]
    order = {frame: at for at, frame in enumerate(sorted({frame for frame, _ in frames}), start=1)}
    for group, (frame, segment) in zip(made.PerFrameFunctionalGroupsSequence, frames, strict=True):
        named = Dataset()
        named.ReferencedSegmentNumber = segment
        group.SegmentIdentificationSequence = [named]
        content = group.FrameContentSequence[0]
        content.DimensionIndexValues = [segment, order[frame]]
        content.StackID, content.InStackPositionNumber = "1", order[frame]
        if several:
            group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = frame + 1


def _segment(number: int, name: str | None, drawings: tuple[Drawn, ...]) -> Any:
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes

    made = SegmentDescription(
        segment_number=number, segment_label=fitting(name) if name is not None else "Without a class",
        segmented_property_category=codes.SCT.SpatialAndRelationalConcept, segmented_property_type=code_of(name),
        algorithm_type="MANUAL",
    )  # fmt: skip
    readers = sorted({one.reader for one in drawings if one.label == name})
    made.SegmentDescription = f"Drawn by {', '.join(readers)}"[:1024]
    return made


def _about(album: Album, source: Any, drawings: tuple[Drawn, ...]) -> dict[str, Any]:
    at = datetime.datetime.fromtimestamp(max(one.at or 0.0 for one in drawings))
    readers = sorted({one.reader for one in drawings})
    return {
        **MAKER, "software_versions": software(), "segmentation_type": "BINARY", "instance_number": 1,
        "series_instance_uid": uid("SEG", source.SeriesInstanceUID, album.task), "series_number": SERIES_NUMBER,
        "sop_instance_uid": uid("SEG", source.SOPInstanceUID, album.task, digest(drawings)),
        "series_description": fitting(f"Drawings of {album.task}"), "content_label": "DRAWINGS",
        "content_description": fitting(f"Drawings of {album.task}"), "content_date": at.date(),
        "content_time": at.time(), "specific_character_set": UTF_8,
        "content_creator_name": fitting(readers[0]) if len(readers) == 1 else "",
    }  # fmt: skip
