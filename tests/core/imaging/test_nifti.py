"""NIfTI volumes as radiologists look: a point of space is found through the affine, whatever the file's axes."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from core.errors import RejectedFile
from core.imaging.importers.nifti import read
from core.imaging.importers.signatures import is_nifti


def read_single(path: Path):
    (image,) = read(path)
    return image


def values(image) -> np.ndarray:
    return image.samples[..., 0] * image.format.slope + image.format.intercept


def save(path: Path, array: np.ndarray, affine: np.ndarray | None = None) -> Path:
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


NAMES = [
    "totalseg_example_ct_sm.nii.gz",
    "totalseg_example_mr_sm.nii.gz",
    "totalseg_example_seg.nii.gz",
    "monai_anatomical.nii",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_voxel_is_where_its_affine_says(data_dir: Path, name: str):
    volume = nibabel.load(data_dir / "nifti" / name)
    array = np.asanyarray(volume.dataobj)
    image = read_single(data_dir / "nifti" / name)
    frames, rows, columns = values(image).shape
    canonical = nibabel.as_closest_canonical(volume)
    assert (columns, rows, frames) == canonical.shape
    rng = np.random.default_rng(0)
    for voxel in rng.integers(0, array.shape, (50, 3)):
        # From the file's index to millimetres, from there to the index in right-front-up order.
        place = volume.affine @ [*voxel, 1]
        x, y, z = np.round((np.linalg.inv(canonical.affine) @ place)[:3]).astype(int)
        shown = values(image)[z, rows - 1 - y, columns - 1 - x]
        assert shown == pytest.approx(float(array[tuple(voxel)]), abs=image.format.slope * 0.51)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "SAR", "PIL"])
def test_the_patients_right_front_and_head_are_where_radiologists_look_for_them(tmp_path: Path, codes: str):
    array = np.zeros((7, 9, 5), np.int16)
    array[6, 8, 4] = 100  # RAS+: furthest to the right, to the front and to the head
    image = nibabel.Nifti1Image(array, np.diag([1.0, 2.0, 3.0, 1.0]))
    turned = image.as_reoriented(
        nibabel.orientations.ornt_transform(
            nibabel.orientations.axcodes2ornt("RAS"), nibabel.orientations.axcodes2ornt(codes)
        )
    )
    nibabel.save(turned, tmp_path / "x.nii.gz")
    decoded = read_single(tmp_path / "x.nii.gz")
    assert decoded.samples.shape == (5, 9, 7, 1)
    assert [int(at) for at in np.argwhere(values(decoded) == 100)[0]] == [4, 0, 0]  # last frame, top row, left column
    assert decoded.format.spacing == (2.0, 1.0)


def test_integers_are_exact_and_real_numbers_nearly(tmp_path: Path):
    whole = np.arange(-300, 420, dtype=np.int16).reshape(8, 9, 10)
    image = read_single(save(tmp_path / "i.nii", whole))
    assert (image.format.low, image.format.high, image.format.slope) == (-300.0, 419.0, 1.0)
    assert sorted(values(image).ravel()) == sorted(whole.ravel())
    real = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
    image = read_single(save(tmp_path / "f.nii", real))
    assert np.allclose(np.sort(values(image).ravel()), np.sort(real.ravel()), atol=image.format.slope * 0.51)


def test_of_four_axes_the_first_volume_is_taken_and_said(tmp_path: Path):
    image = read_single(
        save(tmp_path / "t.nii.gz", np.stack([np.full((3, 3, 3), n, np.int16) for n in (7, 8)], axis=3))
    )
    assert set(values(image).ravel()) == {7.0}
    assert image.facts["volumes"] == "first of 2"
    assert image.notes == ("volumes",)


def test_two_axes_are_one_frame(tmp_path: Path):
    array = np.arange(20, dtype=np.int16).reshape(4, 5)
    image = read_single(save(tmp_path / "flat.nii", array))
    assert np.array_equal(values(image)[0], np.flip(array.T))


def test_one_axis_is_refused_as_what_it_is(tmp_path: Path):
    with pytest.raises(RejectedFile, match="1 dimensions"):
        read_single(save(tmp_path / "line.nii", np.zeros(4, np.int16)))


def test_content_decides_gzipped_or_not(tmp_path: Path):
    plain = save(tmp_path / "x.nii", np.ones((3, 3, 3), np.int16)).read_bytes()
    for name, content in (("a.dat", plain), ("b.nii", gzip.compress(plain))):
        (tmp_path / name).write_bytes(content)
        assert is_nifti(content[:4096])
        assert read_single(tmp_path / name).samples.shape == (3, 3, 3, 1)
    assert not is_nifti(gzip.compress(b"a letter" * 100))
    assert is_nifti(gzip.compress(plain[:100]) + gzip.compress(plain[100:]))
    assert not is_nifti(gzip.compress(b"a letter") + b"behind")


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
@pytest.mark.parametrize("ending", ["nii", "nii.gz"])
def test_a_truncated_volume_is_refused(tmp_path: Path, share: float, ending: str):
    array = np.random.default_rng(0).integers(0, 999, (9, 9, 9)).astype(np.int16)
    whole = save(tmp_path / f"w.{ending}", array).read_bytes()
    (tmp_path / f"cut.{ending}").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RejectedFile, match="damaged or truncated"):
        read_single(tmp_path / f"cut.{ending}")
