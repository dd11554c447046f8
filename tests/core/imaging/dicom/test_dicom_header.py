"""The quick reading of plain headers says what pydicom says, of every file it dares to read; of the others nothing."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_files
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.errors import RejectedFile
from core.imaging.decoded_image import DecodedImage
from core.imaging.dicom import fast_header
from core.imaging.importers import dicom
from tests.benchmarks.dicom import write_files

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


@pytest.fixture
def by_pydicom(monkeypatch: pytest.MonkeyPatch):
    """Read the bytes without the quick way."""

    def read(data: bytes) -> DecodedImage | str:
        with monkeypatch.context() as patch:
            patch.setattr(dicom, "parse_header", lambda _: None)
            return described(data)

    return read


def described(data: bytes) -> DecodedImage | str:
    try:
        (importer,) = dicom.read(Path("none.dcm"), data)
    except RejectedFile as error:
        return str(error)
    return importer


def same(plain: DecodedImage | str, other: DecodedImage | str) -> bool:
    if isinstance(plain, str) or isinstance(other, str):
        return plain == other
    full = [(a.item, a.format, a.identity, a.facts, a.attributes, a.label) for a in (plain, other)]
    return full[0] == full[1] and np.array_equal(plain.samples, other.samples)


def is_quick(data: bytes) -> bool:
    return dicom._fast_header(data) is not None


@pytest.fixture
def made(tmp_path: Path) -> Dataset:
    """A data set as a scanner writes it, to be changed and saved."""
    write_files(tmp_path / "files", 1, edge=48)
    return pydicom.dcmread(tmp_path / "files" / "IM000000.dcm")


def saved(header: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> bytes:
    header.file_meta.TransferSyntaxUID = syntax
    header.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True, enforce_file_format=True)
    return path.read_bytes()


@pytest.mark.slow
def test_every_real_file_is_read_the_same(data_dir: Path, by_pydicom):
    files = [path for path in (data_dir / "dicom").rglob("*") if path.is_file()]
    files += sorted((data_dir / "series").rglob("*.dcm"))[::7] + sorted((data_dir / "cxr_dicom_derived").rglob("*.dcm"))
    files += [Path(name) for name in get_testdata_files("*.dcm")]
    quick = 0
    for path in files:
        data = path.read_bytes()
        quick += is_quick(data)
        assert same(described(data), by_pydicom(data)), path
    assert quick >= 20


TEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"PatientName": "Doe^Jane^^Dr^"},
    {"PatientName": "Doe^Jane  "},
    {"PatientName": ""},
    {"PatientID": " 12 "},
    {"PatientID": None},
    {"PatientBirthDate": "19430217"},
    {"PatientAge": "018M"},
    {"PatientSex": "O"},
    {"OtherPatientNames": "Miller^Jane"},
    {"OtherPatientNames": ["Miller^Jane", "Roe^J"]},
    {"ViewPosition": "LL "},
    {"PatientName": "Müller^Jürgen"},
    {"PatientName": "Yamada^Tarou=山田^太郎"},
    {"IssuerOfPatientID": "North"},
    {"WindowCenter": [40, 300], "WindowWidth": [400, 1500]},
    {"WindowCenter": "4e2", "WindowWidth": "1.5E+03"},
    {"WindowWidth": 0},
    {"WindowCenter": None},
    {"RescaleSlope": "-1.5", "RescaleIntercept": "+10"},
    {"Modality": "CT"},
    {"RescaleType": "HU"},
    {"VOILUTFunction": "SIGMOID"},
    {"PhotometricInterpretation": "MONOCHROME1"},
    {"ImagePositionPatient": [1, -2.5, 3e1], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
    {"InstanceNumber": "-7"},
    {"PixelSpacing": [0.5, 0.25]},
    {"PixelSpacing": [0, 1]},
    {"NumberOfFrames": 2},
    {"BitsStored": 12, "HighBit": 11},
    {"PixelRepresentation": 1},
    {"PatientComments": "line one\nline two"},
    {"SpecificCharacterSet": "ISO_IR 192"},
    {"SpecificCharacterSet": "ISO_IR 13", "PatientName": "~"},
    {"DoseGridScaling": "0.001"},
    {"ImagerPixelSpacing": [0.14, 0.14]},
    {"ImagerPixelSpacing": [0.7, 0.7]},
    {"ImagerPixelSpacing": 0.7},
    {"PixelSpacingCalibrationType": "FIDUCIAL "},
    {"PixelSpacing": None, "ImagerPixelSpacing": ["1.4e-1", "+0.2"]},
    {"ImagerPixelSpacing": [0.7, 0.7], "EstimatedRadiographicMagnificationFactor": "1.25"},
    {"FrameTime": "33.3"},
    {"SpacingBetweenSlices": "-2.5"},
    {"SpacingBetweenSlices": "2.5"},
    {"CineRate": " 15 "},
    {"CineRate": 0},
    {"RecommendedDisplayFrameRate": 30, "FrameTime": 0},
    {"Modality": "CT", "PixelSpacing": [0, 0]},
    {"ImagePositionPatient": [1, 2], "ImageOrientationPatient": [1, 0, 0, 0, 1]},
    {"ImageOrientationPatient": [1] * 6},
)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("change", TEXTS, ids=str)
def test_every_value_is_read_the_same(made, tmp_path: Path, by_pydicom, syntax: str, change: dict[str, Any]):
    if any(not str(value).isascii() for value in change.values()):
        made.SpecificCharacterSet = "ISO_IR 192"
    for name, value in change.items():
        setattr(made, name, value)
    data = saved(made, tmp_path / "changed.dcm", syntax)
    assert same(described(data), by_pydicom(data))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_what_scanners_write_is_read_the_quick_way(made, tmp_path: Path, syntax: str):
    made.private_block(0x0009, "ACME", create=True).add_new(1, "LO", "kept to itself")
    made.RequestAttributesSequence = [Dataset()]
    made.RequestAttributesSequence[0].ScheduledProcedureStepID = "1"
    assert is_quick(saved(made, tmp_path / "a.dcm", syntax))


@pytest.mark.parametrize(
    "change",
    [
        {"PatientName": "M\xfcller"},
        {"OtherPatientNames": ["A^B", "C^D"]},
        {"PatientName": "A=B"},
        {"SpecificCharacterSet": "ISO_IR 13"},
        {"NumberOfFrames": 2},
        {"SamplesPerPixel": 3},
        {"BitsAllocated": 32},
        {"OtherPatientIDsSequence": [Dataset()]},
        {"ModalityLUTSequence": [Dataset()]},
        {"DataSetTrailingPadding": b"\0\0"},
    ],
    ids=str,
)
def test_what_could_be_read_in_two_ways_is_left_to_pydicom(made, tmp_path: Path, by_pydicom, change: dict[str, Any]):
    for name, value in change.items():
        setattr(made, name, value)
    data = saved(made, tmp_path / "odd.dcm")
    assert not is_quick(data)
    assert same(described(data), by_pydicom(data))


def test_sequences_without_a_length_are_left_to_pydicom(made, tmp_path: Path, by_pydicom):
    made.RequestAttributesSequence = [Dataset()]
    made["RequestAttributesSequence"].is_undefined_length = True
    data = saved(made, tmp_path / "open.dcm")
    assert not is_quick(data)
    assert same(described(data), by_pydicom(data))


def test_damaged_headers_are_read_the_same_or_left_alone(made, tmp_path: Path, by_pydicom):
    whole = saved(made, tmp_path / "whole.dcm")
    rng, header, quick = random.Random(0), len(whole) - 48 * 48 * 2, 0
    for _ in range(600):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(header)] = rng.choice((0, 32, 48, 92, 255, rng.randrange(256)))
        data = bytes(damaged)
        quick += is_quick(data)
        assert same(described(data), by_pydicom(data))
    for cut in range(0, len(whole), 37):
        assert not is_quick(whole[:cut])
    assert quick > 100


def test_the_table_is_the_standards():
    for tag, (keyword, vr, _) in fast_header.READ.items():
        assert pydicom.datadict.keyword_for_tag(tag) == keyword
        assert pydicom.datadict.dictionary_VR(tag) == vr.decode()
