"""Frames of enhanced objects are stored by place, phase after phase, and the numbers of the file are kept."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from core.imaging.decoded_image import DecodedImage
from core.imaging.importers.dicom import read
from core.imaging.pixel_format import PixelFormat
from tests.core.services.images.stack_files import AXIAL, SAGITTAL, write

Frame = dict[str, Any]


def enhanced(path: Path, frames: list[Frame], *, described: int | None = None) -> DecodedImage:
    """Read an enhanced object whose frames are described by z, value, and attributes of their functional groups."""
    groups = [_group(frame) for frame in frames[:described]]
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = AXIAL
    measures.PixelSpacing, measures.SliceThickness = [1, 1], 5
    shared.PixelMeasuresSequence = Sequence([measures])
    if not any("orientation" in frame for frame in frames):
        shared.PlaneOrientationSequence = Sequence([orientation])
    pixels = np.stack([np.full((16, 16), frame["value"], np.uint16) for frame in frames])
    write(
        path,
        0.0,
        pixels=pixels,
        sop=EnhancedMRImageStorage,
        FrameOfReferenceUID="1.2.3.4",
        Rows=16,
        Columns=16,
        NumberOfFrames=len(frames),
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(groups),
    )
    (image,) = read(path, path.read_bytes())
    return image


def _group(frame: Frame) -> Dataset:
    group, plane, content = Dataset(), Dataset(), Dataset()
    if frame["z"] is not None:
        plane.ImagePositionPatient = [0, 0, frame["z"]]
        group.PlanePositionSequence = Sequence([plane])
    if "orientation" in frame:
        turned = Dataset()
        turned.ImageOrientationPatient = frame["orientation"]
        group.PlaneOrientationSequence = Sequence([turned])
    if "index" in frame:
        content.DimensionIndexValues = frame["index"]
    if "phase" in frame:
        content.TemporalPositionIndex = frame["phase"]
    if "moment" in frame:
        content.FrameAcquisitionDateTime = frame["moment"]
    if "number" in frame:
        content.StackID, content.InStackPositionNumber = "1", frame["number"]
    group.FrameContentSequence = Sequence([content])
    if "trigger" in frame:
        heart = Dataset()
        heart.NominalCardiacTriggerDelayTime = frame["trigger"]
        group.CardiacSynchronizationSequence = Sequence([heart])
    if "b" in frame:
        diffusion = Dataset()
        diffusion.DiffusionBValue = float(frame["b"])
        group.MRDiffusionSequence = Sequence([diffusion])
    return group


def values(image: DecodedImage) -> list[int]:
    return [int(value) for value in image.samples[:, 0, 0, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_frames_follow_their_places(tmp_path: Path, seed: int):
    frames = [{"z": 5.0 * z, "value": 100 + z} for z in range(8)]
    Random(seed).shuffle(frames)
    image = enhanced(tmp_path / "a.dcm", frames)
    assert values(image) == list(range(100, 108))
    assert (image.format.slice_mm, image.format.place) == (5.0, (0.0, 0.0, 0.0))
    assert image.notes == ("frames_reordered",)
    assert [frames[image.format.file_frame(at)]["value"] for at in range(8)] == values(image)
    assert [image.format.stored_frame(image.format.file_frame(at)) for at in range(8)] == list(range(8))
    assert PixelFormat.from_json(image.format.to_json()) == image.format


def test_frames_in_order_are_left_as_they_lie(tmp_path: Path):
    image = enhanced(tmp_path / "a.dcm", [{"z": 5.0 * z, "value": 100 + z} for z in range(4)])
    assert image.format.frame_order is None
    assert image.notes == ()


@pytest.mark.parametrize("name", ["phase", "b", "index", "moment"])
def test_phases_follow_one_after_the_other(tmp_path: Path, name: str):
    number = {
        "phase": lambda p, z: p + 1,
        "b": lambda p, z: 500 * p,
        "index": lambda p, z: [1, p + 1, z + 1],
        "moment": lambda p, z: f"2026010{p + 1}1200{z:02}.5",
    }[name]
    frames = [{"z": 5.0 * z, "value": 100 * (p + 1) + z, name: number(p, z)} for p in range(3) for z in range(4)]
    Random(1).shuffle(frames)
    image = enhanced(tmp_path / "a.dcm", frames)
    assert values(image) == [100 * (p + 1) + z for p in range(3) for z in range(4)]
    assert image.notes == ("frames_reordered", "frames_repeat")
    assert image.format.slice_mm == 5.0


def test_where_nothing_tells_phases_apart_the_order_of_the_file_stays(tmp_path: Path):
    frames = [{"z": 5.0 * z, "value": 10 * z + n} for z in (2, 0, 1) for n in (0, 1)]
    image = enhanced(tmp_path / "a.dcm", frames)
    assert values(image) == [20, 21, 0, 1, 10, 11]
    assert image.notes == ("frames_repeat",)


def test_frames_without_a_common_plane_stay_as_they_are_and_are_noted(tmp_path: Path):
    planes = [{"z": z, "value": int(z), "orientation": AXIAL if z < 3 else SAGITTAL} for z in (4.0, 1.0, 2.0)]
    image = enhanced(tmp_path / "a.dcm", planes)
    assert (values(image), image.notes, image.format.slice_mm) == ([4, 1, 2], ("frames_unplaced",), None)
    one_is_lost = [{"z": z, "value": value} for value, z in enumerate((5.0, None, 0.0))]
    image = enhanced(tmp_path / "b.dcm", one_is_lost)
    assert (values(image), image.notes, image.format.slice_mm) == ([0, 1, 2], ("frames_unplaced",), None)


def test_frames_that_nothing_describes_are_noted(tmp_path: Path):
    image = enhanced(tmp_path / "a.dcm", [{"z": z, "value": int(z)} for z in (5.0, 10.0, 0.0)], described=2)
    assert (values(image), image.notes, image.format.slice_mm) == ([5, 10, 0], ("frames_unplaced",), None)


def test_rounded_cosines_are_one_plane(tmp_path: Path):
    frames = [{"z": 5.0 * z, "value": z, "orientation": [1, 0, 0, 0, 1, 1e-6 * z]} for z in (3, 0, 2, 1)]
    assert values(enhanced(tmp_path / "a.dcm", frames)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "number",
    [
        lambda n: {"phase": n},
        lambda n: {"trigger": 40.0 * n},
        lambda n: {"index": [1, n]},
        lambda n: {"number": n},
        lambda n: {"moment": f"20260101235959.{n}"},
    ],
    ids=["phase", "trigger", "index", "number", "moment"],
)
@pytest.mark.parametrize("z", [5.0, None], ids=["one place", "no place"])
def test_frames_without_places_follow_their_numbers_or_times(tmp_path: Path, z: float | None, number: Any):
    image = enhanced(tmp_path / "a.dcm", [{"z": z, "value": n, **number(n)} for n in (3, 1, 4, 2)])
    assert values(image) == [1, 2, 3, 4]
    assert image.notes == ("frames_reordered",)


def test_a_cine_without_numbers_stays_as_it_is(tmp_path: Path):
    image = enhanced(tmp_path / "a.dcm", [{"z": 5.0, "value": value} for value in (3, 1, 2)])
    assert (values(image), image.notes) == ([3, 1, 2], ())


def test_a_missing_frame_is_noted_and_gives_no_distance(tmp_path: Path):
    image = enhanced(tmp_path / "a.dcm", [{"z": 5.0 * z, "value": z} for z in (0, 1, 2, 4, 5)])
    assert image.notes == ("missing_slice",)
    assert image.format.slice_mm is None
