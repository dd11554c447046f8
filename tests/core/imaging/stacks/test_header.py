"""Attributes are read from a header with or without the quick parser, and survive their JSON."""

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.imaging.dicom.fast_header import parse_header
from core.imaging.importers.dicom import read
from core.imaging.stacks import SliceAttributes
from core.imaging.stacks.header import read_attributes
from tests.core.imaging.dicom.test_fast_header import file

HEADER = {
    "Modality": "MR",
    "ImageType": ["ORIGINAL", "PRIMARY", "M"],
    "AcquisitionNumber": 3,
    "EchoNumbers": 2,
    "EchoTime": "24.5",
    "InversionTime": "150",
    "FlipAngle": "12",
    "TemporalPositionIdentifier": 4,
    "TriggerTime": "120.5",
    "NominalPercentageOfCardiacPhase": 40.0,
    "DiffusionBValue": 800.0,
    "StudyDate": "20200102",
    "AcquisitionDate": "20200103",
    "AcquisitionTime": "000130.5",
    "InstanceNumber": 7,
    "SliceLocation": "-12.5",
}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_both_ways_of_reading_say_the_same(tmp_path: Path, syntax: str):
    path = file(tmp_path / "a.dcm", syntax=syntax, **HEADER)
    (image,) = read(path, path.read_bytes())
    quick = parse_header(path.read_bytes())
    assert quick is not None
    attributes = read_attributes(quick, image.format)
    assert attributes == read_attributes(pydicom.dcmread(path), image.format)
    assert attributes.image_type == ("ORIGINAL", "PRIMARY", "M")
    assert (attributes.acquisition, attributes.echo, attributes.temporal_position, attributes.instance) == (3, 2, 4, 7)
    assert (attributes.echo_ms, attributes.trigger_ms, attributes.slice_location) == (24.5, 120.5, -12.5)
    assert (attributes.cardiac_phase, attributes.b_value) == (40.0, 800.0)
    assert (attributes.inversion_ms, attributes.flip_degrees) == (150.0, 12.0)
    assert attributes.acquired_s == 86_400 + 90.5


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_the_time_of_the_content_is_that_of_acquisition_where_nothing_else_is_given(tmp_path: Path, syntax: str):
    times = {"StudyDate": "20200102", "ContentDate": "20200102", "ContentTime": "000010"}
    path = file(tmp_path / "a.dcm", syntax=syntax, **times)
    (image,) = read(path)
    quick = parse_header(path.read_bytes())
    assert read_attributes(quick, image.format).acquired_s == 10.0
    assert read_attributes(pydicom.dcmread(path), image.format).acquired_s == 10.0


def test_the_json_says_the_same_and_holds_no_date(tmp_path: Path):
    path = file(tmp_path / "a.dcm", **HEADER)
    (image,) = read(path)
    attributes = read_attributes(pydicom.dcmread(path), image.format)
    stored = attributes.to_json()
    assert SliceAttributes.of(stored, image.format, "") == attributes
    assert "2020" not in repr(stored)
    assert SliceAttributes.of({}, image.format, "d").digest == "d"


def test_zero_is_a_value(tmp_path: Path):
    path = file(tmp_path / "a.dcm", TriggerTime="0", DiffusionBValue=0.0)
    (image,) = read(path)
    stored = read_attributes(pydicom.dcmread(path), image.format).to_json()
    assert stored["trigger_ms"] == stored["b_value"] == 0.0


def test_odd_values_are_left_out():
    header = {"AcquisitionTime": "noon", "EchoNumbers": "two", "TriggerTime": float("nan"), "ImageType": "ORIGINAL"}
    attributes = read_attributes(header, _format())
    assert attributes == SliceAttributes(rows=1, columns=1, image_type=("ORIGINAL",))


def _format():
    from core.imaging.pixel_format import PixelFormat

    return PixelFormat(1, 1, 1, 1, "uint8", 8, "MONOCHROME2", 1.0, 0.0, 0.0, 1.0, 0.5, 1.0)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("group", "creator", "element", "vr", "value", "expected"),
    [
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", 800, 800.0),
        (0x0043, "GEMS_PARM_01", 0x39, "IS", [1000000800, 8, 0, 0], 800.0),
        (0x0043, "GEMS_PARM_01", 0x39, "IS", [50, 8, 0, 0], 50.0),
        (0x2001, "Philips Imaging DD 001", 0x03, "FL", 1000.0, 1000.0),
        (0x0065, "Image Private Header", 0x09, "FD", 600.0, 600.0),
        (0x0065, "Image Private Header", 0x09, "UN", b"\0" * 3, None),
        (0x0019, "SIEMENS MR HEADER", 0x0C, "IS", None, None),
        (0x0019, "ANOTHER MAKER", 0x0C, "IS", 800, None),
    ],
)
def test_b_values_of_before_the_standard(
    tmp_path: Path, syntax: str, group: int, creator: str, element: int, vr: str, value: object, expected: float | None
):
    path = file(tmp_path / "a.dcm", syntax=syntax)
    ds = pydicom.dcmread(path)
    ds.private_block(group, "OF SOMEONE ELSE", create=True).add_new(element, "LO", "x")  # takes the first block
    ds.private_block(group, creator, create=True).add_new(element, vr, value)
    ds.save_as(path)
    (image,) = read(path)
    quick = parse_header(path.read_bytes())
    assert quick is not None
    for header in (quick, pydicom.dcmread(path)):
        assert read_attributes(header, image.format).b_value == expected


def test_the_standards_b_value_comes_first(tmp_path: Path):
    path = file(tmp_path / "a.dcm", DiffusionBValue=0.0)
    ds = pydicom.dcmread(path)
    ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", 800)
    (image,) = read(path)
    assert read_attributes(ds, image.format).b_value == 0.0
