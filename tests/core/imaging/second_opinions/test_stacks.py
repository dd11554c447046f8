"""Stacks of every real series have the slices, order, places and spacing that dcm2niix gives them."""

import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from core.imaging.decoded_image import DecodedImage
from core.imaging.pixel_format import PixelFormat
from core.imaging.stacks import build_stacks
from tests.core.imaging.second_opinions.images import images_in, program

pytestmark = pytest.mark.slow
MM = 0.05  # dcm2niix computes with 32-bit numbers, and files round their places

EXCEPTIONS = {
    "dicom/dicomdir_media/77654033/CT2": "one slice lies 202.5 mm before three of 1.25 mm: NIfTI has one spacing, so "
    "dcm2niix takes the first and makes slices up; Rounds shows the 1.25 mm and notes what is missing (PS3.3 C.7.6.2)",
    "dicom/dicomdir_media/98892001/CT2N": "a coronal and a sagittal localizer (PS3.3 C.7.6.1.1.2) have no common "
    "normal (C.7.6.2.1.1); dcm2niix takes them for one volume with a gantry tilted by 45°",
    "dicom/seg_with_source_ct": "frames of a SEG are segments that share places (PS3.3 C.8.20.2, C.7.6.16.2.3); "
    "dcm2niix gives each frame a place of its own",
}
"""Series that dcm2niix reads in another way, and why ours is right."""


def test_stacks_are_those_of_dcm2niix(data_dir: Path, tmp_path: Path):
    different = {}
    names = [*("series/" + path.name for path in sorted((data_dir / "series").iterdir())), *media(data_dir)]
    for number, name in enumerate(names):
        theirs = volumes_of_dcm2niix(data_dir / name, tmp_path / str(number))
        ours = volumes_of_rounds(data_dir, name)
        if not alike(ours, theirs):
            different[name] = (ours, theirs)
    assert set(different) == set(EXCEPTIONS), different
    assert len(names) >= 9


def test_pixels_lie_where_dcm2niix_puts_them(data_dir: Path, tmp_path: Path):
    for number, name in enumerate(("series/ct_chest_lungfcp_48", "series/mr_prostate_adc_20")):
        (loaded,) = convert(data_dir / name, tmp_path / str(number))
        ((_, stack),) = stacks_in(data_dir, name)
        theirs = np.flip(np.asarray(loaded.dataobj).transpose(2, 1, 0), 1)  # NIfTI counts rows from below
        ours = np.stack([image.samples[0, ..., 0] * image.format.slope + image.format.intercept for image in stack])
        assert np.abs(ours - theirs).max() < 1e-3


def media(data_dir: Path) -> list[str]:
    """The series of the DICOMDIR that lie in the patient, and the CT of the SEG."""
    folders = {path.parent for path in (data_dir / "dicom/dicomdir_media").rglob("*") if path.is_file()}
    placed = [path for path in folders if path.name.startswith(("CT", "MR"))]
    return sorted(path.relative_to(data_dir).as_posix() for path in (*placed, data_dir / "dicom/seg_with_source_ct"))


def convert(source: Path, target: Path) -> list[Any]:
    target.mkdir()
    command = [program("dcm2niix"), "-b", "n", "-z", "n", "-f", "%s", "-o", target, source]
    subprocess.run(command, capture_output=True, check=True)
    return [nibabel.load(path) for path in sorted(target.glob("*.nii"))]


def volumes_of_dcm2niix(source: Path, target: Path) -> list[list[float]]:
    """Number of slices, spacing (0 of a single slice) and middles of the first and last slice, in mm in LPS axes."""
    volumes = []
    for loaded in convert(source, target):
        columns, rows, slices = loaded.shape[:3]
        ends = [loaded.affine @ [(columns - 1) / 2, (rows - 1) / 2, at, 1] for at in (0, slices - 1)]
        middles = [value for end in ends for value in end[:3] * (-1, -1, 1)]
        volumes.append([slices, float(loaded.header.get_zooms()[2]) if slices > 1 else 0.0, *middles])
    return volumes


def volumes_of_rounds(data_dir: Path, name: str) -> list[list[float]]:
    """The same of the stacks of a folder."""
    volumes = []
    for spacing, stack in stacks_in(data_dir, name):
        first, last = stack[0].format, stack[-1].format
        if first.frames > 1:
            volumes.append([first.frames, first.slice_mm or 0.0, *middle(first), *middle(first, first.frames - 1)])
        else:
            volumes.append([len(stack), spacing or 0.0, *middle(first), *middle(last)])
    return volumes


def stacks_in(data_dir: Path, name: str) -> list[tuple[float | None, list[DecodedImage]]]:
    """Spacing and images of each stack, in order."""
    series = defaultdict(list)
    for _, _, image in images_in(data_dir, name):
        series[image.identity.series_uid].append(image)
    return [
        (stack.spacing_mm, [images[at] for at in stack.order])
        for images in series.values()
        for stack in build_stacks([image.attributes for image in images if image.attributes])
    ]


def middle(format: PixelFormat, frame: int = 0) -> np.ndarray:
    """The middle of a slice in mm (PS3.3 C.7.6.2.1.1)."""
    assert format.place
    assert format.orientation
    assert format.spacing
    right, down = np.array(format.orientation[:3]), np.array(format.orientation[3:])
    along = np.cross(right, down) * (format.slice_mm or 0.0) * frame
    across = right * format.spacing[1] * (format.columns - 1) / 2 + down * format.spacing[0] * (format.rows - 1) / 2
    return np.array(format.place) + across + along


def alike(ours: list[list[float]], theirs: list[list[float]]) -> bool:
    if len(ours) != len(theirs):
        return False
    pairs = zip(sorted(ours), sorted(theirs), strict=True)
    return all(np.allclose(one, other, rtol=0, atol=MM) for one, other in pairs)
