"""The frames of a DICOM Segmentation: on the planes of their sources, or without, where these do not say any."""

from copy import deepcopy
from typing import Any

import numpy as np

from core.imaging.drawings import masks

Segments = dict[tuple[str, int], dict[str | None, masks.Mask]]  # by sha256 and frame, then by class


def placed(
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
    made = Segmentation(source_images=sources, pixel_array=pixels, segment_descriptions=described, **about)
    if int(made.NumberOfFrames) != sum(map(len, segments.values())):
        raise ValueError("of frames that say not where they lie only the first is written")
    return made


def unplaced(
    original: Any, segments: Segments, present: list[str | None], described: list[Any], about: dict[str, Any]
) -> Any:
    """The library writes one frame of a source without place: all of ours as its segments, told apart afterwards."""
    from highdicom.seg import Segmentation

    frames = [
        (frame, name, mask)
        for (_, frame), found in sorted(segments.items(), key=lambda pair: pair[0][1])
        for name, mask in sorted(found.items(), key=lambda pair: present.index(pair[0]))
    ]
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
    _tell_apart(made, [(frame, present.index(name) + 1) for frame, name, _ in frames])
    return made


def shared(source: Any) -> Any:
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


def _tell_apart(made: Any, frames: list[tuple[int, int]]) -> None:
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
        group.DerivationImageSequence = deepcopy(group.DerivationImageSequence)  # one and the same in all groups
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = frame + 1
