"""Pairs of header and voxels are one image; either half alone is refused as what it is."""

import gzip
import hashlib
from pathlib import Path

import nibabel
import numpy as np
import pytest

from core.imaging.nifti.pair import join_pair
from core.imaging.reader_pool import FileRejection, ReadFile, list_files
from core.imaging.store import Store
from core.imaging.voi_lut import read_samples
from tests.core.imaging.results import read_files

ARRAY = np.arange(-60, 60, dtype=np.int16).reshape(4, 5, 6)
KINDS = {
    "analyze": nibabel.AnalyzeImage,
    "spm": nibabel.Spm99AnalyzeImage,
    "nifti1": nibabel.Nifti1Pair,
    "nifti2": nibabel.Nifti2Pair,
}


def save(folder: Path, kind: str, order: str = "<", name: str = "x") -> None:
    folder.mkdir(exist_ok=True)
    head = KINDS[kind].header_class(endianness=order)
    head.set_data_dtype(ARRAY.dtype)
    nibabel.save(KINDS[kind](ARRAY, np.diag([2.0, 3.0, 4.0, 1.0]), head), folder / f"{name}.img")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_one_image_with_its_values(tmp_path: Path, kind: str, order: str):
    save(tmp_path / "in", kind, order)
    (tmp_path / "in" / "x.mat").unlink(missing_ok=True)  # SPM's own affine
    assert [path.name for path in list_files(tmp_path / "in")] == ["x.hdr"]
    store = Store(tmp_path / "home")
    (result,) = read_files(list_files(tmp_path / "in"), store=store, reference=True)
    assert isinstance(result, ReadFile)
    (image,) = result.images
    samples = read_samples(store.pixels(result.sha256), image.format, offset=image.offset)[..., 0]
    frames = samples * image.format.slope + image.format.intercept
    across = -1 if kind.startswith("nifti") else 1  # what says no orientation counts from the patient's right
    assert np.array_equal(frames[:, ::-1, ::across].transpose(2, 1, 0), ARRAY)
    assert image.format.spacing == (3.0, 2.0)
    assert image.notes == (("pair",) if kind.startswith("nifti") else ("pair", "no_orientation"))
    assert store.verify(result.sha256)
    again = nibabel.Nifti1Image if kind != "nifti2" else nibabel.Nifti2Image
    assert np.array_equal(np.asanyarray(again.from_bytes(store.original(result.sha256).read_bytes()).dataobj), ARRAY)


def test_pairs_with_equal_headers_are_two_files(tmp_path: Path):
    for name, offset in (("a", 0), ("b", 1)):
        save(tmp_path, "nifti1", name=name)
        voxels = (tmp_path / f"{name}.img").read_bytes()
        (tmp_path / f"{name}.img").write_bytes(bytes([offset]) + voxels[1:])
    assert (tmp_path / "a.hdr").read_bytes() == (tmp_path / "b.hdr").read_bytes()
    results = list(read_files(list_files(tmp_path), store=None))
    assert len({result.sha256 for result in results if isinstance(result, ReadFile)}) == 2


def test_either_half_and_compressed_voxels_give_the_same_file(tmp_path: Path):
    save(tmp_path, "nifti1")
    joined = join_pair(tmp_path / "x.hdr")
    assert joined is not None
    assert join_pair(tmp_path / "x.img") == joined
    assert list_files(tmp_path / "x.img") == [tmp_path / "x.img"]
    (result,) = read_files([tmp_path / "x.img"], store=None)
    assert isinstance(result, ReadFile)
    assert result.sha256 == hashlib.sha256(joined).hexdigest()
    (tmp_path / "x.img.gz").write_bytes(gzip.compress((tmp_path / "x.img").read_bytes()))
    (tmp_path / "x.img").unlink()
    assert join_pair(tmp_path / "x.hdr") == joined


def test_a_half_alone_is_refused_as_what_it_is(tmp_path: Path):
    save(tmp_path, "nifti1")
    (tmp_path / "x.img").rename(tmp_path / "y.img")
    reasons = {one.path.name: one.reason for one in read_files(list_files(tmp_path), store=None) if one.reason}
    assert "header of a volume whose voxels are in a second file" in reasons["x.hdr"]
    assert "no .hdr file of the same name" in reasons["y.img"]


def test_truncated_voxels_are_refused(tmp_path: Path):
    save(tmp_path, "analyze")
    (tmp_path / "x.img").write_bytes((tmp_path / "x.img").read_bytes()[:-10])
    (result,) = read_files(list_files(tmp_path), store=None)
    assert isinstance(result, FileRejection)
    assert "damaged or truncated" in result.reason


def test_other_files_of_these_names_stay_files_of_their_own(tmp_path: Path):
    (tmp_path / "x.hdr").write_bytes(b"#?RADIANCE\n" + bytes(400))
    (tmp_path / "x.img").write_bytes(bytes(range(256)) * 9)
    assert [path.name for path in list_files(tmp_path)] == ["x.hdr", "x.img"]


def test_damaged_compressed_voxels_are_refused_as_such(tmp_path: Path):
    save(tmp_path, "nifti1")
    packed = gzip.compress((tmp_path / "x.img").read_bytes())
    (tmp_path / "x.img").unlink()
    for damaged in (packed[:-20], packed[:12] + b"\xff" * 20, b"\x1f\x8b\x00rubbish"):
        (tmp_path / "x.img.gz").write_bytes(damaged)
        (result,) = read_files(list_files(tmp_path), store=None)
        assert isinstance(result, FileRejection)
        assert "damaged or truncated voxels" in result.reason
