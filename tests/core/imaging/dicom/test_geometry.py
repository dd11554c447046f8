"""Where pixels lie: what the standard says of spacings, cosines and places; what is not said stays unknown."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from core.imaging.dicom.geometry import geometry_from_header
from core.imaging.importers import dicom, nifti
from core.imaging.pixel_format import PixelFormat

AXIAL, CORONAL, SAGITTAL = [1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1]


def header(**values: Any) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def group(name: str, **values: Any) -> Dataset:
    return header(**{name: [header(**values)]})


def frames(*places: list[float]) -> list[Dataset]:
    return [group("PlanePositionSequence", ImagePositionPatient=place) for place in places]


@pytest.mark.parametrize(
    ("values", "spacing", "at"),
    [
        ({"Modality": "CT", "PixelSpacing": [0.5, 0.7]}, (0.5, 0.7), "patient"),
        ({"Modality": "MR", "PixelSpacing": [0.5, 0.7], "ImagerPixelSpacing": [0.5, 0.7]}, (0.5, 0.7), "patient"),
        ({"Modality": "OT", "PixelSpacing": [2, 2], "ImageOrientationPatient": AXIAL}, (2.0, 2.0), "patient"),
        ({"Modality": "DX", "ImagerPixelSpacing": [0.14, 0.15]}, (0.14, 0.15), "detector"),
        (
            {"Modality": "DX", "PixelSpacing": ["0.14", "0.2"], "ImagerPixelSpacing": [0.14, 0.2]},
            (0.14, 0.2),
            "detector",
        ),
        ({"Modality": "DX", "PixelSpacing": [0.13, 0.13], "ImagerPixelSpacing": [0.14, 0.14]}, (0.13, 0.13), "patient"),
        (
            {
                "Modality": "CR",
                "PixelSpacing": [0.14, 0.14],
                "ImagerPixelSpacing": [0.14, 0.14],
                "PixelSpacingCalibrationType": "FIDUCIAL",
            },
            (0.14, 0.14),
            "patient",
        ),
        ({"Modality": "CR", "PixelSpacing": [0.14, 0.14]}, (0.14, 0.14), ""),
        (
            {"Modality": "MG", "ImagerPixelSpacing": [0.1, 0.2], "EstimatedRadiographicMagnificationFactor": 2},
            (0.05, 0.1),
            "patient",
        ),
        (
            {"Modality": "MG", "ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": 1},
            (0.1, 0.1),
            "detector",
        ),
        ({"Modality": "CT", "PixelSpacing": [0, 0.7]}, None, ""),
        ({"Modality": "CT", "PixelSpacing": 0.7}, None, ""),
        ({"Modality": "DX"}, None, ""),
        ({}, None, ""),
        ({"Modality": ["CT", "PT"]}, None, ""),
    ],
)
def test_a_spacing_holds_in_the_patient_at_the_detector_or_is_not_known_to(values, spacing, at):
    geometry = geometry_from_header(header(**values))
    assert geometry["spacing"] == (pytest.approx(spacing) if spacing else None)
    assert geometry["spacing_at"] == at


def region(**more: Any) -> Dataset:
    return header(
        RegionSpatialFormat=1,
        PhysicalUnitsXDirection=3,
        PhysicalUnitsYDirection=3,
        PhysicalDeltaX=0.02,
        PhysicalDeltaY=0.03,
        **more,
    )


def test_an_ultrasound_picture_of_one_region_in_centimetres_can_be_measured_in():
    geometry = geometry_from_header(header(Modality="US", SequenceOfUltrasoundRegions=[region()]))
    assert (geometry["spacing"], geometry["spacing_at"]) == (pytest.approx((0.3, 0.2)), "patient")
    doppler = region()
    doppler.PhysicalUnitsXDirection = 4  # seconds
    for regions in ([region(), region()], [doppler], []):
        assert geometry_from_header(header(Modality="US", SequenceOfUltrasoundRegions=regions))["spacing"] is None


def test_a_multi_frame_image_says_it_of_all_its_frames_or_of_each():
    measures = group("PixelMeasuresSequence", PixelSpacing=[0.5, 0.6])
    shared = group("PlaneOrientationSequence", ImageOrientationPatient=CORONAL)
    shared.PixelMeasuresSequence = measures.PixelMeasuresSequence
    each = frames([1, 2, 3], [1, 4.5, 3], [1, 7, 3])
    geometry = geometry_from_header(
        header(SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=each)
    )
    assert geometry == {
        "spacing": (0.5, 0.6),
        "spacing_at": "patient",
        "orientation": tuple(map(float, CORONAL)),
        "place": (1.0, 2.0, 3.0),
        "slice_mm": 2.5,
        "frame_ms": None,
    }
    for uneven in ([[1, 2, 3], [1, 4, 3], [1, 9, 3]], [[1, 2, 3], [9, 2, 3]]):  # the second is the same plane again
        more = header(SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames(*uneven))
        assert geometry_from_header(more)["slice_mm"] is None


@pytest.mark.parametrize(
    ("offsets", "slice_mm"),
    [
        ([0, 2.5, 5], 2.5),
        ([-761.87, -764.87, -767.87], 3.0),
        ([0, 2, 5], None),
        ([0, 0], None),
        ([0], None),
        (7, None),
        (None, None),
    ],
)
def test_a_dose_says_the_offsets_of_its_frames(offsets, slice_mm):
    geometry = geometry_from_header(header(Modality="RTDOSE", GridFrameOffsetVector=offsets))
    assert geometry["slice_mm"] == (None if slice_mm is None else pytest.approx(slice_mm))


@pytest.mark.parametrize(
    ("values", "ms"),
    [
        ({"FrameTime": 40}, 40.0),
        ({"CineRate": 25}, 40.0),
        ({"RecommendedDisplayFrameRate": 50, "CineRate": 25}, 20.0),
        ({"FrameTime": 0, "CineRate": 25}, 40.0),
        ({"CineRate": 0}, None),
        ({"FrameTime": [1, 2]}, None),
        ({}, None),
    ],
)
def test_a_film_runs_as_its_file_says(values, ms):
    assert geometry_from_header(header(**values))["frame_ms"] == ms


@pytest.mark.parametrize("wrong", [[1, 0, 0, 1, 0, 0], [2, 0, 0, 0, 1, 0], [1, 0, 0], [0] * 6, 7])
def test_cosines_that_are_none_are_unknown(wrong):
    assert geometry_from_header(header(ImageOrientationPatient=wrong))["orientation"] is None


def test_no_nonsense_refuses_a_file_or_is_taken_for_a_place(tmp_path: Path):
    import warnings

    path = tmp_path / "odd.dcm"
    made = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))
    with warnings.catch_warnings(), pydicom.config.disable_value_validation():
        warnings.simplefilter("ignore")
        for name in ("SpacingBetweenSlices", "FrameTime", "ImagerPixelSpacing"):
            made.add_new(name, "LO", "a word")  # kept as it stands, under a VR that no number has
        made.save_as(path)
    (geometry,) = dicom.read(path, path.read_bytes())
    assert (geometry.format.slice_mm, geometry.format.frame_ms) == (None, None)
    assert geometry.format.spacing == (0.661468, 0.661468)


def test_the_slices_of_a_real_series_lie_one_behind_the_other(data_dir: Path):
    formats = []
    for path in sorted((data_dir / "series" / "mr_prostate_adc_20").glob("*.dcm")):
        (geometry,) = dicom.read(path, path.read_bytes())
        formats.append(geometry.format)
        read = pydicom.dcmread(path, stop_before_pixels=True)
        assert geometry.format.place == tuple(map(float, read.ImagePositionPatient))
        assert geometry.format.orientation == tuple(map(float, read.ImageOrientationPatient))
    assert {one.spacing_at for one in formats} == {"patient"}
    assert {one.slice_mm for one in formats} == {3.0}


def test_a_catalogue_from_before_reads_as_it_did():
    old = {
        "rows": 2,
        "columns": 3,
        "frames": 1,
        "channels": 1,
        "dtype": "uint16",
        "bits": 16,
        "photometric": "MONOCHROME2",
        "slope": 1.0,
        "intercept": 0.0,
        "low": 0.0,
        "high": 9.0,
        "window_center": 4.0,
        "window_width": 9.0,
        "voi_function": "LINEAR",
        "unit": "",
        "spacing": [0.5, 0.7],
        "decoder": "numpy",
    }
    geometry = PixelFormat.from_json(old)
    assert (geometry.spacing, geometry.spacing_at, geometry.orientation, geometry.place) == ((0.5, 0.7), "", None, None)
    assert {name: geometry.to_json()[name] for name in old} == old


@pytest.mark.parametrize("codes", ["RAS", "LPS", "SAR", "PIL"])
def test_a_volume_lies_where_its_affine_says(tmp_path: Path, codes: str):
    turn = nibabel.orientations
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    affine[:3, 3] = [-10, -20, -30]
    image = nibabel.Nifti1Image(np.arange(7 * 9 * 5, dtype=np.int16).reshape(7, 9, 5), affine)
    ways = turn.ornt_transform(turn.axcodes2ornt("RAS"), turn.axcodes2ornt(codes))
    nibabel.save(image.as_reoriented(ways), tmp_path / "x.nii")
    (geometry,) = nifti.read(tmp_path / "x.nii")
    assert (geometry.format.spacing, geometry.format.spacing_at, geometry.format.slice_mm) == (
        (2.0, 1.0),
        "patient",
        3.0,
    )
    assert geometry.format.orientation == tuple(map(float, AXIAL))
    # The upper left pixel is the patient's right front: 7 and 9 voxels from the affine's corner, less one.
    assert geometry.format.place == (10.0 - 6 * 1.0, 20.0 - 8 * 2.0, -30.0)


def test_an_oblique_volume_and_one_in_metres(tmp_path: Path):
    tilt = np.radians(20)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    affine[:3] *= 0.002
    image = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), affine)
    image.header.set_xyzt_units("meter")
    nibabel.save(image, tmp_path / "x.nii")
    (geometry,) = nifti.read(tmp_path / "x.nii")
    assert geometry.format.spacing == pytest.approx((2.0, 2.0), rel=1e-5)
    # Down the picture is to the back, and by the tilt to the feet: in DICOM's axes (0, cos, -sin).
    assert geometry.format.orientation == pytest.approx((1, 0, 0, 0, np.cos(tilt), -np.sin(tilt)), abs=1e-6)


def test_a_volume_that_does_not_say_which_way_it_lies_has_no_letters(tmp_path: Path):
    image = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), None)
    image.header.set_zooms((1.0, 2.0, 3.0))
    nibabel.save(image, tmp_path / "x.nii")
    (geometry,) = nifti.read(tmp_path / "x.nii")
    assert (geometry.format.spacing, geometry.format.orientation, geometry.format.place) == ((2.0, 1.0), None, None)
