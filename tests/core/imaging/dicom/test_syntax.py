"""Files that do not say how they are encoded, or say it wrongly, are read as their bytes look."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from core.imaging.importers import HEAD, find_importer
from tests.core.imaging.dicom.drawn import image, padded, values, without_meta, write
from tests.core.imaging.dicom.test_codestreams import LOSSLESS, rle

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
ARRAY = np.random.default_rng(0).integers(0, 4096, (20, 30)).astype(np.uint16)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_without_preamble_and_meta(tmp_path: Path, syntax: str):
    decoded = image(without_meta(write(tmp_path / "a.dcm", ARRAY, syntax=syntax, stored=12)))
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ("no_transfer_syntax",)


@pytest.mark.parametrize("prefix", [b"DICM", b""])
@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
    ],
)
def test_without_preamble(tmp_path: Path, syntax: str, prefix: bytes):
    frames = [rle(ARRAY)] if syntax == RLELossless else None
    path = write(tmp_path / "a.dcm", ARRAY, syntax=syntax, stored=12, frames=frames)
    path.write_bytes(prefix + path.read_bytes()[132:])
    assert find_importer(path.read_bytes()[:HEAD]) is not None
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ()


@pytest.mark.parametrize("name", LOSSLESS)
def test_compressed_without_meta(tmp_path: Path, name: str):
    syntax, encode = LOSSLESS[name]
    if name == "deflated":
        pytest.skip("deflated frames begin like nothing")
    decoded = image(without_meta(write(tmp_path / "a.dcm", ARRAY, syntax=syntax, stored=12, frames=[encode(ARRAY)])))
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ("no_transfer_syntax",)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_meta_without_transfer_syntax(tmp_path: Path, syntax: str):
    path = write(tmp_path / "a.dcm", ARRAY, syntax=syntax, stored=12)
    data, uid = path.read_bytes(), padded(syntax)
    at = data.index(b"\x02\0\x10\0UI")
    assert data[at + 8 : at + 8 + len(uid)] == uid
    length = int.from_bytes(data[140:144], "little") - 8 - len(uid)
    path.write_bytes(data[:140] + length.to_bytes(4, "little") + data[144:at] + data[at + 8 + len(uid) :])
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ("no_transfer_syntax",)


@pytest.mark.parametrize(
    ("written", "declared"),
    [(ImplicitVRLittleEndian, ExplicitVRLittleEndian), (ExplicitVRLittleEndian, ImplicitVRLittleEndian)],
)
def test_another_encoding_than_declared(tmp_path: Path, written: str, declared: str):
    path = write(tmp_path / "a.dcm", ARRAY, syntax=written, stored=12)
    data = path.read_bytes()
    at, length = data.index(b"\x02\0\x10\0UI"), len(padded(written))
    change = len(padded(declared)) - length
    size = int.from_bytes(data[140:144], "little") + change
    head = data[:140] + size.to_bytes(4, "little") + data[144 : at + 6]
    path.write_bytes(head + len(padded(declared)).to_bytes(2, "little") + padded(declared) + data[at + 8 + length :])
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ("wrong_transfer_syntax",)


def test_uncompressed_that_says_it_is_compressed(tmp_path: Path):
    path = write(tmp_path / "a.dcm", ARRAY, syntax=ExplicitVRLittleEndian, stored=12)
    rle = "1.2.840.10008.1.2.5"
    path.write_bytes(path.read_bytes().replace(padded(ExplicitVRLittleEndian), padded(rle), 1))
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ("wrong_transfer_syntax",)


def test_compressed_that_says_it_is_not(tmp_path: Path):
    syntax, encode = LOSSLESS["JPEG-LS"]
    path = write(tmp_path / "a.dcm", ARRAY, syntax=syntax, stored=12, frames=[encode(ARRAY)])
    data = path.read_bytes()
    at, length = data.index(b"\x02\0\x10\0UI"), len(padded(syntax))
    plain = padded(ExplicitVRLittleEndian)
    size = int.from_bytes(data[140:144], "little") + len(plain) - length
    head = data[:140] + size.to_bytes(4, "little") + data[144 : at + 6] + len(plain).to_bytes(2, "little")
    path.write_bytes(head + plain + data[at + 8 + length :])
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], ARRAY)
    assert decoded.notes == ("wrong_transfer_syntax",)
