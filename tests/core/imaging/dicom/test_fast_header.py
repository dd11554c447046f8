"""Pixels looked at where they lie in the file are those pydicom decodes, whatever their depth, sign and syntax."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pydicom.uid import SecondaryCaptureImageStorage as SecondaryCapture

from core.errors import RejectedFile
from core.imaging.importers.dicom import read

ROWS, COLUMNS = 300, 500  # at 16 bits long enough to be left where they lie, at 8 not


def file(path: Path, bits: int = 16, *, syntax: str = ExplicitVRLittleEndian, frames: int = 1, **changes: Any) -> Path:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = syntax
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = SecondaryCapture
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = "1.2.3"
    values = {
        "Rows": ROWS,
        "Columns": COLUMNS,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "NumberOfFrames": frames,
    }
    for name, value in {**values, **changes}.items():
        setattr(header, name, value)
    noise = np.random.default_rng(bits).integers(0, 1 << bits, frames * ROWS * COLUMNS)
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    header.PixelData = noise.astype(f"{order}u{bits // 8}").tobytes()
    header["PixelData"].VR = "OW"
    header.save_as(path, enforce_file_format=True)
    return path


def stored(path: Path) -> tuple[np.ndarray, str]:
    """The stored values as the import reads them with the file's bytes in memory, and who decoded them."""
    (images,) = read(path, path.read_bytes())
    format = images.format
    values = images.samples[..., 0] * format.slope + format.intercept
    return np.round(values).astype(np.int64).reshape(format.frames, ROWS, COLUMNS), format.decoder


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize(("bits", "used"), [(16, 16), (16, 12), (16, 10), (8, 8), (8, 6)])
@pytest.mark.parametrize("frames", [1, 3])
def test_plain_pixels_are_those_of_pydicom(tmp_path: Path, syntax: str, signed: int, bits: int, used: int, frames: int):
    path = file(
        tmp_path / "a.dcm",
        bits,
        syntax=syntax,
        frames=frames,
        PixelRepresentation=signed,
        BitsStored=used,
        HighBit=used - 1,
    )
    values, decoder = stored(path)
    assert decoder == "numpy"
    expected = pydicom.dcmread(path).pixel_array.reshape(frames, ROWS, COLUMNS)
    assert np.array_equal(values, expected)
    (again,) = read(path)
    (same,) = read(path, path.read_bytes())
    assert np.array_equal(again.samples, same.samples)
    assert {**again.format.to_json(), "decoder": ""} == {**same.format.to_json(), "decoder": ""}


def test_what_does_not_lie_plainly_is_left_to_pydicom(tmp_path: Path):
    path = file(tmp_path / "a.dcm", syntax=ExplicitVRBigEndian)
    values, decoder = stored(path)
    assert decoder == "pydicom"
    assert np.array_equal(values[0], pydicom.dcmread(path).pixel_array)


def test_bytes_after_the_last_pixel_are_left_out(tmp_path: Path):
    path = file(tmp_path / "a.dcm", frames=2)
    header = pydicom.dcmread(path)
    expected = header.pixel_array[0]
    header.NumberOfFrames = 1
    header.save_as(path)
    assert np.array_equal(stored(path)[0][0], expected)


@pytest.mark.parametrize("missing", [1, 1000, ROWS * COLUMNS * 2])
def test_a_file_cut_off_in_its_pixels_is_refused_with_what_is_there(tmp_path: Path, missing: int):
    path = file(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(RejectedFile) as withdata:
        list(read(path, path.read_bytes()))
    with pytest.raises(RejectedFile) as without:
        list(read(path))
    assert str(withdata.value) == str(without.value)
    assert "truncated" in str(withdata.value)


@pytest.mark.parametrize("change", [{"BitsStored": 0}, {"BitsStored": 17}, {"NumberOfFrames": -1}, {"Rows": 60000}])
def test_a_header_that_promises_nonsense_is_refused(tmp_path: Path, change: dict[str, Any]):
    path = file(tmp_path / "a.dcm", **change)
    with pytest.raises(RejectedFile):
        list(read(path, path.read_bytes()))
