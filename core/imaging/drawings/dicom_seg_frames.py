"""Build the frames of a DICOM Segmentation on the planes of their sources, or without planes if these have none."""

from copy import deepcopy
from typing import Any

import numpy as np

from core.imaging.drawings import masks

Segments = dict[tuple[str, int], dict[str | None, masks.Mask]]  # by sha256 and frame, then by class


def segment_on_planes(
    sources: list[Any], segments: Segments, present: list[str | None], described: list[Any], about: dict[str, Any]
) -> Any:
    """Return a segmentation on the planes of its sources: one per slice, or per frame of a multi-frame source."""
    from highdicom.seg import Segmentation

    shas = list(dict.fromkeys(sha256 for sha256, _ in segments))
    count = int(sources[0].get("NumberOfFrames") or 1)
    planes = [(shas[0], frame) for frame in range(count)] if count > 1 else [(sha256, 0) for sha256 in shas]
    shape = (len(planes), int(sources[0].Rows), int(sources[0].Columns), len(present))
    pixels = np.zeros(shape, np.uint8)
    for at, plane in enumerate(planes):
        for name, mask in segments.get(plane, {}).items():
            pixels[at, :, :, present.index(name)] = mask
    segmentation = Segmentation(source_images=sources, pixel_array=pixels, segment_descriptions=described, **about)
    if int(segmentation.NumberOfFrames) != sum(map(len, segments.values())):
        raise ValueError("highdicom writes only the first of frames without a position")
    return segmentation


def segment_without_planes(
    original: Any, segments: Segments, present: list[str | None], described: list[Any], about: dict[str, Any]
) -> Any:
    """Return a segmentation without planes.

    highdicom writes one frame of a source without positions, so every frame is written as a segment of its own, and
    segments and frames are restored afterwards.
    """
    from highdicom.seg import Segmentation

    frames = [
        (frame, name, mask)
        for (_, frame), by_class in sorted(segments.items(), key=lambda pair: pair[0][1])
        for name, mask in sorted(by_class.items(), key=lambda pair: present.index(pair[0]))
    ]
    source = deepcopy(original)
    for name in ("ImagePositionPatient", "PerFrameFunctionalGroupsSequence"):
        if name in source:
            delattr(source, name)
    spacing = source.get("PixelSpacing")
    source.SharedFunctionalGroupsSequence = [_pixel_measures(original, spacing or [1.0, 1.0])]
    if "NumberOfFrames" in source:
        source.NumberOfFrames = 1
    stand_ins = [deepcopy(described[present.index(name)]) for _, name, _ in frames]
    for number, stand_in in enumerate(stand_ins, start=1):
        stand_in.SegmentNumber = number
    pixels = np.stack([mask for _, _, mask in frames], axis=-1)[np.newaxis].astype(np.uint8)
    segmentation = Segmentation(source_images=[source], pixel_array=pixels, segment_descriptions=stand_ins, **about)
    segmentation.SegmentSequence = described
    if not spacing and "PixelMeasuresSequence" in segmentation.SharedFunctionalGroupsSequence[0]:
        del segmentation.SharedFunctionalGroupsSequence[
            0
        ].PixelMeasuresSequence  # a placeholder that highdicom requires
    _separate_frames(segmentation, [(frame, present.index(name) + 1) for frame, name, _ in frames])
    return segmentation


def share_functional_groups(dataset: Any) -> Any:
    """Move functional groups that are equal in all frames to the shared ones, as highdicom requires."""
    from pydicom.dataset import Dataset

    frames = dataset.get("PerFrameFunctionalGroupsSequence") or []
    for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        items = [group.get(name) for group in frames]
        if items and items[0] and all(one == items[0] for one in items):
            if not dataset.get("SharedFunctionalGroupsSequence"):
                dataset.SharedFunctionalGroupsSequence = [Dataset()]
            setattr(dataset.SharedFunctionalGroupsSequence[0], name, items[0])
    return dataset


def _pixel_measures(original: Any, spacing: Any) -> Any:
    from pydicom.dataset import Dataset

    group, measures = Dataset(), Dataset()
    measures.PixelSpacing = spacing
    measures.SliceThickness = original.get("SliceThickness")
    group.PixelMeasuresSequence = [measures]
    return group


def _separate_frames(segmentation: Any, frames: list[tuple[int, int]]) -> None:
    from pydicom.dataset import Dataset

    shared = segmentation.SharedFunctionalGroupsSequence[0]
    if "SegmentIdentificationSequence" in shared:
        del shared.SegmentIdentificationSequence
    place = Dataset()
    place.DimensionOrganizationUID = segmentation.DimensionOrganizationSequence[0].DimensionOrganizationUID
    place.DimensionIndexPointer, place.FunctionalGroupPointer = 0x00209057, 0x00209111  # InStackPositionNumber
    place.DimensionDescriptionLabel = "In-Stack Position Number"
    segmentation.DimensionIndexSequence = [segmentation.DimensionIndexSequence[0], place]
    order = {frame: at for at, frame in enumerate(sorted({frame for frame, _ in frames}), start=1)}
    for group, (frame, segment) in zip(segmentation.PerFrameFunctionalGroupsSequence, frames, strict=True):
        named = Dataset()
        named.ReferencedSegmentNumber = segment
        group.SegmentIdentificationSequence = [named]
        content = group.FrameContentSequence[0]
        content.DimensionIndexValues = [segment, order[frame]]
        content.StackID, content.InStackPositionNumber = "1", order[frame]
        group.DerivationImageSequence = deepcopy(
            group.DerivationImageSequence
        )  # all groups share one object until here
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = frame + 1
