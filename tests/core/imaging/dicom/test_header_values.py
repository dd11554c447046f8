"""Optional things that are broken are left out with a note; what the values need is refused by its name."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.errors import RejectedFile
from tests.core.imaging.dicom.drawn import image, values, write

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
RAMP = np.arange(1024, dtype=np.uint16).reshape(32, 32)


def item(**values: Any) -> Dataset:
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def lut(count: int, first: int, bits: int, data: bytes) -> Sequence:
    return Sequence([item(LUTDescriptor=[count, first, bits], LUTData=data)])


def replaced(path: Path, before: bytes, after: bytes) -> Path:
    data = path.read_bytes()
    assert data.count(before) == 1
    path.write_bytes(data.replace(before, after))
    return path


FULL = (511.5, 1023.0, "LINEAR_EXACT")


@pytest.mark.parametrize(
    ("more", "window", "notes"),
    [
        ({}, FULL, ()),
        ({"WindowCenter": 40, "WindowWidth": 400}, (40, 400, "LINEAR"), ()),
        ({"WindowCenter": 1050, "WindowWidth": 60}, (1050, 60, "LINEAR"), ()),
        ({"WindowCenter": 1100, "WindowWidth": 60}, FULL, ("window_outside",)),
        ({"WindowCenter": -600, "WindowWidth": 1200}, FULL, ("window_outside",)),
        ({"WindowCenter": 1100, "WindowWidth": 60, "VOILUTFunction": "SIGMOID"}, (1100, 60, "SIGMOID"), ()),
        ({"WindowCenter": 1120, "WindowWidth": 60, "VOILUTFunction": "SIGMOID"}, FULL, ("window_outside",)),
        ({"VOILUTSequence": lut(256, 2000, 8, bytes(range(256)))}, FULL, ("voi_lut", "window_outside")),
        ({"WindowCenter": 40, "WindowWidth": 0}, FULL, ("ignored_attribute",)),
        ({"WindowCenter": 40, "WindowWidth": -5}, FULL, ("ignored_attribute",)),
        ({"WindowCenter": 40}, FULL, ("ignored_attribute",)),
        ({"WindowCenter": [40, 500], "WindowWidth": [400, 90]}, (40, 400, "LINEAR"), ()),
        ({"WindowCenter": [40, 500], "WindowWidth": [0, 90]}, (500, 90, "LINEAR"), ("ignored_attribute",)),
        ({"WindowCenter": [40, 500], "WindowWidth": 400}, (40, 400, "LINEAR"), ()),
        (
            {"WindowCenter": "0.5", "WindowWidth": "0.5", "VOILUTFunction": "LINEAR_EXACT"},
            (0.5, 0.5, "LINEAR_EXACT"),
            (),
        ),
        ({"WindowCenter": 4, "WindowWidth": 9, "VOILUTFunction": "CUBIC"}, (4, 9, "LINEAR"), ("ignored_attribute",)),
        ({"VOILUTSequence": lut(256, 100, 8, bytes(range(256)))}, (227.5, 255.0, "LINEAR_EXACT"), ("voi_lut",)),
        ({"VOILUTSequence": Sequence([Dataset()])}, FULL, ("ignored_attribute",)),
        ({"VOILUTSequence": Sequence([])}, FULL, ()),
        ({"VOILUTSequence": lut(256, 0, 16, b"\0\0")}, FULL, ("ignored_attribute",)),
        ({"ModalityLUTSequence": Sequence([Dataset()])}, FULL, ("ignored_attribute",)),
        ({"ModalityLUTSequence": lut(1024, 0, 16, b"")}, FULL, ("ignored_attribute",)),
        ({"IconImageSequence": Sequence([Dataset()])}, FULL, ()),
        ({"overlay": DataElement(0x60000010, "US", 9)}, FULL, ()),
        ({"overlay": DataElement(0x60003000, "OW", b"\0\0")}, FULL, ("overlay",)),
        ({"overlay": DataElement(0x60023000, "OW", b"")}, FULL, ("overlay",)),
    ],
)
def test_a_broken_window_or_table_costs_no_picture(
    tmp_path: Path, more: dict[str, Any], window: tuple[float, float, str], notes: tuple[str, ...]
):
    decoded = image(write(tmp_path / "a.dcm", RAMP, **more))
    format = decoded.format
    assert (format.window_center, format.window_width, format.voi_function) == window
    assert np.array_equal(values(decoded)[0], RAMP)
    assert decoded.notes == notes


@pytest.mark.parametrize("keyword", ["WindowCenter", "PixelSpacing", "ImagePositionPatient"])
def test_a_decimal_comma_in_what_is_optional_is_left_out(tmp_path: Path, keyword: str):
    several = {"PixelSpacing": 2, "ImagePositionPatient": 3}.get(keyword, 1)
    more: dict[str, Any] = {keyword: ["0.1437"] * several if several > 1 else "0.1437"}
    path = write(tmp_path / "a.dcm", RAMP, **more)
    path.write_bytes(path.read_bytes().replace(b"0.1437", b"0,1437"))
    decoded = image(path)
    assert decoded.format.spacing is None
    assert decoded.format.window_center == FULL[0]
    assert decoded.notes == ("ignored_attribute",)


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept", "DoseGridScaling"])
def test_a_slope_that_is_no_number_is_refused_by_name(tmp_path: Path, keyword: str):
    path = replaced(write(tmp_path / "a.dcm", RAMP, **{keyword: "1.2345"}), b"1.2345", b"1,2345")
    with pytest.raises(RejectedFile, match=f"has the {keyword} '1,2345', which is no number"):
        image(path)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_modality_table_of_any_width_gives_its_entries(tmp_path: Path, bits: int):
    entries = (np.arange(1024) // 4 << (bits - 8)).astype("<u2")
    data = (entries >> (bits - 8)).astype(np.uint8).tobytes() if bits == 8 else entries.tobytes()
    decoded = image(write(tmp_path / "a.dcm", RAMP, ModalityLUTSequence=lut(1024, 0, bits, data)))
    assert np.array_equal(values(decoded)[0].ravel(), entries)


def test_each_frame_has_its_rescale_or_the_shared_one(tmp_path: Path):
    def group(**rescale: float) -> Dataset:
        return item(PixelValueTransformationSequence=Sequence([item(**rescale)])) if rescale else Dataset()

    frames = np.stack([RAMP, RAMP, RAMP])
    path = write(
        tmp_path / "a.dcm",
        frames,
        SharedFunctionalGroupsSequence=Sequence([group(RescaleSlope=2, RescaleIntercept=1)]),
        PerFrameFunctionalGroupsSequence=Sequence([group(), group(RescaleSlope=3, RescaleIntercept=0), group()]),
    )
    decoded = image(path)
    expected = np.stack([RAMP * 2.0 + 1, RAMP * 3.0, RAMP * 2.0 + 1])
    assert np.abs(values(decoded) - expected).max() <= decoded.format.slope


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DiffusionBValue", 1000.0),
        ("NominalPercentageOfCardiacPhase", 5.0),
        ("TemporalPositionIndex", 3),
        ("PixelPaddingValue", 7),
        ("HighBit", 15),
        ("BitsStored", 16),
        ("PixelRepresentation", 0),
    ],
)
def test_a_value_of_an_impossible_length_costs_no_picture(tmp_path: Path, name: str, value: float, syntax: str):
    path = write(tmp_path / "a.dcm", RAMP, syntax=syntax, **{name: value})
    data, tag = path.read_bytes(), tag_for_keyword(name)
    form, offset = ("<H", 6) if syntax == ExplicitVRLittleEndian else ("<I", 4)
    at = data.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF), 132) + offset
    (length,) = struct.unpack_from(form, data, at)
    start = at + struct.calcsize(form)
    path.write_bytes(
        data[:at] + struct.pack(form, length - 1) + data[start : start + length - 1] + data[start + length :]
    )
    decoded = image(path)
    assert np.array_equal(values(decoded)[0], RAMP)
    assert "ignored_attribute" in decoded.notes


@pytest.mark.parametrize(("kind", "notes"), [("MOSAIC", ("mosaic",)), ("NORM", ())])
def test_a_mosaic_of_slices_is_noted(tmp_path: Path, kind: str, notes: tuple[str, ...]):
    path = write(tmp_path / "a.dcm", RAMP, ImageType=["ORIGINAL", "PRIMARY", "M", "ND", kind])
    assert image(path).notes == notes


@pytest.mark.parametrize(
    ("windows", "window"),
    [
        ([(500, 90)] * 4, (500, 90, "LINEAR")),
        ([(500, 90)] * 3 + [None], (500, 90, "LINEAR")),
        ([(500, 90), None, None, None], FULL),
        ([(500, 90), (400, 90), (300, 90), (200, 90)], FULL),
    ],
    ids=["of all", "of most", "of one", "each its own"],
)
def test_frames_share_the_window_that_most_of_them_bring(
    tmp_path: Path, windows: list[tuple[int, int] | None], window: tuple[float, float, str]
):
    groups = [
        item(FrameVOILUTSequence=Sequence([item(WindowCenter=brought[0], WindowWidth=brought[1])]))
        if brought
        else Dataset()
        for brought in windows
    ]
    path = write(tmp_path / "a.dcm", np.stack([RAMP] * 4), PerFrameFunctionalGroupsSequence=Sequence(groups))
    format = image(path).format
    assert (format.window_center, format.window_width, format.voi_function) == window


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(("vr", "first"), [("US", 64912), ("SS", -624)])
def test_a_table_over_values_below_zero_begins_below_zero(tmp_path: Path, syntax: str, vr: str, first: int):
    table = Dataset()
    table.add(DataElement(0x00283002, vr, [256, first, 16]))
    table.add(DataElement(0x00283006, "US", list(range(256))))
    format = image(
        write(
            tmp_path / "a.dcm",
            RAMP,
            syntax=syntax,
            RescaleSlope=1,
            RescaleIntercept=-1024,
            VOILUTSequence=Sequence([table]),
        )
    ).format
    assert format.window_bounds == (-624, -369)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize(
    ("photometric", "samples", "shown", "noted"),
    [
        (None, 1, "MONOCHROME2", True),
        (None, 3, "RGB", True),
        (None, None, "MONOCHROME2", True),
        ("monochrome1", 1, "MONOCHROME1", False),
        (" MONOCHROME1", None, "MONOCHROME1", True),
        ("rgb", None, "RGB", True),
        ("GRAYSCALE", 1, "MONOCHROME2", True),
        ("RGB", 1, "MONOCHROME2", True),
    ],
)
def test_greys_and_colours_that_the_header_leaves_open(
    tmp_path: Path, photometric: str | None, samples: int | None, shown: str, noted: bool, syntax: str
):
    colour = np.stack([RAMP % 251, RAMP % 17, RAMP % 83], axis=-1).astype(np.uint8)
    array = colour if shown == "RGB" else RAMP
    decoded = image(
        write(tmp_path / "a.dcm", array, PhotometricInterpretation=photometric, SamplesPerPixel=samples, syntax=syntax)
    )
    assert np.array_equal(values(decoded)[0], array)
    assert decoded.format.photometric == shown
    assert ("assumed_layout" in decoded.notes) is noted


@pytest.mark.parametrize(
    ("rescales", "exact"),
    [
        ([(1, -1000), (2, 0), (3, 7)], True),
        ([(0.5, 0), (0.25, 10), (-1, 3)], True),
        ([(0.1, 0), (0.3, 0), (-0.2, 1.1)], True),
        ([(0.3719, 0), (1.1303, 0.77), (0.05001, 0)], False),
    ],
)
@pytest.mark.parametrize("padding", [None, 5])
def test_values_of_frames_are_exact_where_16_bits_can_hold_them(
    tmp_path: Path, rescales: list[tuple[float, float]], exact: bool, padding: int | None
):
    groups = [
        item(PixelValueTransformationSequence=Sequence([item(RescaleSlope=str(slope), RescaleIntercept=str(add))]))
        for slope, add in rescales
    ]
    frames = np.stack([RAMP % 2000] * 3)
    path = write(
        tmp_path / "a.dcm", frames, PerFrameFunctionalGroupsSequence=Sequence(groups), PixelPaddingValue=padding
    )
    decoded = image(path)
    expected = np.stack([frames[0].astype(float) * slope + add for slope, add in rescales])
    error = np.abs(values(decoded) - expected)[frames != padding].max()
    assert error <= (1e-6 * np.abs(expected).max() if exact else decoded.format.slope / 2 + 1e-3)
    assert ("quantised" in decoded.notes) is not exact


@pytest.mark.parametrize(
    ("photometric", "shape", "shown", "notes"),
    [
        ("MONOCHROME2", None, "MONOCHROME2", ()),
        ("MONOCHROME2", "IDENTITY", "MONOCHROME2", ()),
        ("MONOCHROME1", "INVERSE", "MONOCHROME1", ()),
        ("MONOCHROME2", "INVERSE", "MONOCHROME1", ("polarity",)),
        ("MONOCHROME1", "IDENTITY", "MONOCHROME1", ("polarity",)),
        ("MONOCHROME1", None, "MONOCHROME1", ()),
    ],
)
def test_the_polarity_is_that_of_both_statements(
    tmp_path: Path, photometric: str, shape: str | None, shown: str, notes: tuple[str, ...]
):
    decoded = image(write(tmp_path / "a.dcm", RAMP, PhotometricInterpretation=photometric, PresentationLUTShape=shape))
    assert decoded.format.photometric == shown
    assert decoded.notes == notes


@pytest.mark.parametrize(
    ("more", "side"),
    [
        ({}, None),
        ({"Laterality": "R"}, "R"),
        ({"Laterality": "U"}, None),
        ({"ImageLaterality": "U", "Laterality": "R"}, "U"),
        ({"ImageLaterality": "L", "Laterality": "R"}, "L"),
        ({"ImageLaterality": "", "Laterality": "R"}, "R"),
        ({"SharedFunctionalGroupsSequence": ["L"]}, "L"),
        ({"PerFrameFunctionalGroupsSequence": ["R", "R"]}, "R"),
        ({"PerFrameFunctionalGroupsSequence": ["R", "L"]}, None),
    ],
)
def test_the_side_is_a_fact(tmp_path: Path, more: dict[str, Any], side: str | None):
    groups = {
        name: Sequence([item(FrameAnatomySequence=Sequence([item(FrameLaterality=one)])) for one in value])
        for name, value in more.items()
        if isinstance(value, list)
    }
    assert image(write(tmp_path / "a.dcm", RAMP, **{**more, **groups})).facts.get("laterality") == side
