"""DICOM: every real file decodes as pydicom decodes it, or is refused by name; identity stays out of facts."""

import csv
import random
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels.processing import apply_color_lut

from core.errors import RejectedFile
from core.imaging.importers.dicom import read
from core.imaging.reader_pool import FileRejection as Refusal
from core.imaging.reader_pool import ReadFile
from core.imaging.stacks import SliceAttributes, build_stacks
from core.imaging.store import Store
from core.imaging.voi_lut import read_samples
from tests.core.imaging.results import read_files

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")  # odd headers are what is tested
# Pydicom does not decode them: 12-bit JPEG, RLE of single bits, no transfer syntax, no number of frames.
MORE_THAN_PYDICOM = {
    "dicom/odd_and_broken/JPEG-lossy.dcm": 1,
    "dicom/odd_and_broken/OT-PAL-8-face.dcm": 1,
    "dicom/odd_and_broken/badVR.dcm": 15,
    "dicom/odd_and_broken/liver_nonbyte_aligned_rle.dcm": 3,
    "dicom/plain_and_syntaxes/JPGExtended.dcm": 1,
}


def read_single(path: Path):
    (image,) = read(path)
    return image


def rows(data_dir: Path) -> list[dict[str, str]]:
    with (data_dir / "dicom_index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def taken(data_dir: Path, tmp_path_factory: pytest.TempPathFactory):
    """Every DICOM of the index as the import reads it, by its path in the index."""
    store = Store(tmp_path_factory.mktemp("home"))
    results = read_files([data_dir / row["path"] for row in rows(data_dir)], store=store)
    return store, {result.path.relative_to(data_dir).as_posix(): result for result in results}


def test_every_file_is_taken_or_refused_as_the_index_says(data_dir: Path, taken):
    _, results = taken
    assert set(results) == {row["path"] for row in rows(data_dir)}
    refused = {path for path, result in results.items() if isinstance(result, Refusal)}
    undecodable = {row["path"] for row in rows(data_dir) if not row["decode"].startswith("ok")}
    assert refused == undecodable - set(MORE_THAN_PYDICOM)


def test_every_refusal_is_a_sentence_without_identity(data_dir: Path, taken):
    _, results = taken
    for path, result in results.items():
        if isinstance(result, Refusal):
            assert result.reason.endswith("."), path
            assert "\n" not in result.reason
            assert not named(data_dir / path) & set(result.reason.lower().split()), path


def named(path: Path) -> set[str]:
    header = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    texts = [str(header.get(name) or "") for name in ("PatientName", "PatientID", "PatientBirthDate")]
    return {part for text in texts for part in text.lower().replace("^", " ").split() if len(part) > 3}


def reference(header: Any, channels: int) -> np.ndarray:
    """Pydicom's own decoding: RGB, or modality values."""
    decoded = header.pixel_array
    if channels == 3:
        if header.PhotometricInterpretation == "PALETTE COLOR":
            decoded = apply_color_lut(decoded, header)
        return decoded >> 8 if decoded.dtype == np.uint16 else decoded
    slope = float(header.get("DoseGridScaling") or header.get("RescaleSlope") or 1)
    return decoded * slope + float(header.get("RescaleIntercept") or 0)


def test_every_decodable_file_has_the_pixels_of_pydicom(data_dir: Path, taken):
    store, results = taken
    compared = 0
    for row in rows(data_dir):
        result = results[row["path"]]
        if not isinstance(result, ReadFile) or row["path"] in MORE_THAN_PYDICOM:
            continue
        format = result.images[0].format
        image = np.asarray(read_samples(store.pixels(result.sha256), format, offset=result.images[0].offset))
        expected = reference(pydicom.dcmread(data_dir / row["path"], force=True), format.channels)
        values = image if format.channels == 3 else image * format.slope + format.intercept
        # Real and 32-bit values are kept to one part in 65,535; everything else to the last bit.
        allowed = format.slope * 0.51 if format.bits == 32 else 1e-6
        assert values.size == expected.size, row["path"]
        assert np.abs(values.ravel() - expected.ravel().astype(np.float64)).max() <= allowed, row["path"]
        compared += 1
    assert compared >= 130


@pytest.mark.parametrize(
    ("name", "colour", "near"),
    [
        ("SC_ybr_full_422_uncompressed.dcm", (255, 0, 0), 2),
        ("SC_rgb_rle_2frame.dcm", (255, 0, 0), 0),
        ("examples_ybr_color.dcm", (0, 0, 0), 6),
        ("examples_jpeg2k.dcm", (0, 0, 0), 0),
    ],
)
def test_red_is_red_and_black_is_black(data_dir: Path, name: str, colour: tuple[int, ...], near: int):
    image = next(read(data_dir / "dicom" / "colour_and_multiframe" / name))
    assert np.abs(image.samples[0, 0, 0].astype(int) - colour).max() <= near  # the first pixel of each, as one sees it


def test_size_frames_and_depth_are_the_headers(data_dir: Path, taken):
    _, results = taken
    for row in rows(data_dir):
        result = results[row["path"]]
        if isinstance(result, ReadFile):
            format = result.images[0].format
            assert (format.rows, format.columns) == (int(row["rows"]), int(row["cols"])), row["path"]
            frames = MORE_THAN_PYDICOM.get(row["path"]) or int(row["frames"] or 1)
            assert format.frames == frames, row["path"]
            stored = row["bits"].split("/")[-1]  # empty where the pixels are real numbers
            assert format.bits == int(stored or 32), row["path"]
            assert format.decoder


def test_a_ct_series_is_one_stack_in_the_order_of_its_positions(data_dir: Path, tmp_path: Path):
    files = sorted((data_dir / "series" / "ct_chest_lungfcp_48").rglob("*.dcm"))
    names = list(range(len(files)))
    random.Random(0).shuffle(names)
    for path, name in zip(files, names, strict=True):
        shutil.copy(path, tmp_path / f"{name:03}.dcm")
    results = [r for r in read_files(sorted(tmp_path.iterdir()), store=None) if isinstance(r, ReadFile)]
    assert len(results) == 48
    assert len({result.images[0].identity.series_uid for result in results}) == 1
    read = [result.images[0] for result in results]
    (stack,) = build_stacks([SliceAttributes.of(one.attributes, one.format, one.pixel_sha256) for one in read])
    ordered = [results[at] for at in stack.order]
    heights = [float(pydicom.dcmread(r.path, stop_before_pixels=True).ImagePositionPatient[2]) for r in ordered]
    assert heights == sorted(heights)
    assert len(set(heights)) == 48
    assert {result.images[0].format.unit for result in results} == {"HU"}


def test_facts_hold_no_identity(data_dir: Path, taken):
    _, results = taken
    for path, result in results.items():
        if isinstance(result, ReadFile):
            identity, facts = result.images[0].identity, result.images[0].facts
            fact_values = {value.lower() for value in facts.values()}
            secret = {
                text.lower() for text in (identity.patient_id, identity.patient_name, identity.birth_date) if text
            }
            assert not secret & fact_values, path
            assert identity.patient_name not in repr(result.images[0]) or not identity.patient_name


def test_truncated_variants_are_refused_or_read_but_never_crash(tmp_path: Path):
    whole = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    for number in range(30):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(whole[: 133 + (len(whole) - 600) * number // 30])
        with pytest.raises(RejectedFile) as refused:
            read_single(path)
        assert str(refused.value).endswith(".")


@pytest.mark.parametrize("name", ["JPEG2000.dcm", "SC_rgb_jpeg_gdcm.dcm", "MR_small_RLE.dcm", "SC_rgb_rle_2frame.dcm"])
def test_truncated_compressed_files_never_crash(tmp_path: Path, name: str):
    whole = Path(get_testdata_file(name)).read_bytes()
    for number in range(1, 8):
        path = tmp_path / "cut.dcm"
        path.write_bytes(whole[: len(whole) * number // 8])
        with suppress(RejectedFile):  # any other exception is a crash
            image = read_single(path)
            assert image.samples.shape[1:3] == (image.format.rows, image.format.columns)


@pytest.mark.parametrize(
    ("name", "shape", "photometric"),
    [
        ("CT_small.dcm", (1, 128, 128, 1), "MONOCHROME2"),
        ("MR_small.dcm", (1, 64, 64, 1), "MONOCHROME2"),
        ("SC_rgb_rle_2frame.dcm", (2, 100, 100, 3), "RGB"),
        ("examples_palette.dcm", (1, 350, 800, 3), "RGB"),
        ("examples_rgb_color.dcm", (1, 240, 320, 3), "RGB"),
    ],
)
def test_files_inside_the_pydicom_package(name: str, shape: tuple[int, ...], photometric: str):
    image = read_single(Path(get_testdata_file(name)))
    assert image.samples.shape == shape
    assert image.format.photometric == photometric


def test_a_ct_is_in_hounsfield_units_with_its_spacing():
    path = Path(get_testdata_file("CT_small.dcm"))
    header, image = pydicom.dcmread(path), read_single(path)
    values = image.samples[0, ..., 0] * image.format.slope + image.format.intercept
    assert np.array_equal(values, header.pixel_array * header.RescaleSlope + header.RescaleIntercept)
    assert (image.format.low, image.format.high) == (values.min(), values.max())
    assert image.format.unit == "HU"
    assert image.format.spacing == tuple(float(one) for one in header.PixelSpacing)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Rows": 0}, "both must be at least 1"),
        ({"Rows": 4096}, "is truncated: its header declares"),
        ({"PixelData": None}, "without pixel data"),
    ],
)
def test_a_damaged_header_is_refused_by_name(tmp_path: Path, change: dict[str, Any], reason: str):
    header = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    for keyword, value in change.items():
        if value is None:
            delattr(header, keyword)
        else:
            setattr(header, keyword, value)
    header.save_as(tmp_path / "odd.dcm")
    with pytest.raises(RejectedFile, match=reason):
        read_single(tmp_path / "odd.dcm")


def test_monochrome1_is_kept_as_such(tmp_path: Path):
    header = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    header.PhotometricInterpretation = "MONOCHROME1"
    header.save_as(tmp_path / "negative.dcm")
    assert read_single(tmp_path / "negative.dcm").format.photometric == "MONOCHROME1"


@pytest.mark.parametrize(("age", "years"), [("056Y", "56"), ("018M", "1"), ("052W", "0"), ("abc", None)])
def test_ages_are_years(tmp_path: Path, age: str, years: str | None):
    header = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    header.PatientAge = "000Y"
    header["PatientAge"]._value = age
    header.save_as(tmp_path / "aged.dcm")
    assert read_single(tmp_path / "aged.dcm").facts.get("age") == years


@pytest.mark.parametrize("cut", [200, 3000])
def test_a_file_that_ends_within_its_compressed_pixels_is_named_truncated(tmp_path: Path, cut: int):
    path = tmp_path / "cut.dcm"
    path.write_bytes(Path(get_testdata_file("MR_small_RLE.dcm")).read_bytes()[:-cut])
    with pytest.raises(RejectedFile, match="is truncated"):
        list(read(path, path.read_bytes()))
