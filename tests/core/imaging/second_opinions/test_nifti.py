"""Every real NIfTI file has the values that its bytes say, at the places that its header says (without nibabel)."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from core.imaging.pixel_format import PixelFormat
from tests.core.imaging.second_opinions.images import images_in
from tests.core.imaging.second_opinions.test_stacks import middle
from tests.core.imaging.second_opinions.test_values import our_values, tolerance

pytestmark = pytest.mark.slow
TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}


def test_each_voxel_has_its_value_at_its_place(data_dir: Path):
    compared = 0
    for name, path, image in images_in(data_dir, "nifti"):
        values, affine = read_nifti(path)
        ours, places = our_values(image)[..., 0], affine_of(image.format)
        voxels = np.random.default_rng(0).integers(0, values.shape, (20_000, 3))
        world = (np.c_[voxels, np.ones(len(voxels))] @ affine.T)[:, :3] * (-1, -1, 1)  # RAS to LPS
        at = np.linalg.solve(places[:, :3], (world - places[:, 3]).T).T
        assert np.abs(at - np.round(at)).max() < 0.02, name
        frame, row, column = np.round(at).astype(int).T
        difference = np.abs(ours[frame, row, column] - values[tuple(voxels.T)])
        assert difference.max() <= tolerance(image) + 1e-6 * np.abs(values).max(), name
        compared += 1
    assert compared >= 5


def affine_of(format: PixelFormat) -> np.ndarray:
    """From frame, row and column to mm in LPS axes, by the middles of slices."""
    right, down = np.array(format.orientation[:3]), np.array(format.orientation[3:])
    along = middle(format, 1) - middle(format)
    return np.c_[along, down * format.spacing[0], right * format.spacing[1], format.place]


def read_nifti(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Values (x, y, z) and affine of a NIfTI-1 file."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    order = "<" if struct.unpack_from("<i", raw)[0] == 348 else ">"
    x, y, z = struct.unpack_from(f"{order}3h", raw, 42)
    (kind,) = struct.unpack_from(f"{order}h", raw, 70)
    offset, slope, intercept = struct.unpack_from(f"{order}3f", raw, 108)
    stored = np.frombuffer(raw, order + TYPES[kind], x * y * z, int(offset)).reshape((x, y, z), order="F")
    scaled = stored * slope + intercept if slope and np.isfinite(slope) else stored
    return scaled.astype(np.float64), _affine(raw, order)


def _affine(raw: bytes, order: str) -> np.ndarray:
    """The sform, else the qform."""
    qform, sform = struct.unpack_from(f"{order}2h", raw, 252)
    if sform > 0:
        return np.array(struct.unpack_from(f"{order}12f", raw, 280)).reshape(3, 4)
    assert qform > 0
    b, c, d, *offset = struct.unpack_from(f"{order}6f", raw, 256)
    side, *sizes = struct.unpack_from(f"{order}4f", raw, 76)
    a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    return np.c_[turn * np.array(sizes) * (1, 1, -1 if side < 0 else 1), offset]
