"""Values of every real DICOM file are those that pydicom and dcmtk have, but for the listed exceptions."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

from core.imaging.decoded_image import DecodedImage
from core.imaging.pixel_format import full_range_window
from core.imaging.voi_lut import is_padding
from tests.core.imaging.second_opinions import dcmtk
from tests.core.imaging.second_opinions.images import header_of, images_in

pytestmark = pytest.mark.slow
FOLDERS = ("dicom", "series", "cxr_dicom_derived")
WHITE = 65535

PYDICOM_REFUSES = {
    "dicom/odd_and_broken/JPEG-lossy.dcm": "no plugin has 12-bit JPEG (PS3.5 8.2.1); dcmtk's values are ours",
    "dicom/plain_and_syntaxes/JPGExtended.dcm": "no plugin has 12-bit JPEG (PS3.5 8.2.1); dcmtk's values are ours",
    "dicom/odd_and_broken/liver_nonbyte_aligned_rle.dcm": "no plugin has RLE of single bits (PS3.5 8.2.2 and G.2)",
}
"""Files that pydicom does not decode, and why ours is right."""

COMPLETED: dict[str, dict[str, Any]] = {
    # No transfer syntax (PS3.10 7.1 requires one); the data set is explicit little-endian.
    "dicom/odd_and_broken/OT-PAL-8-face.dcm": {"TransferSyntaxUID": "1.2.840.10008.1.2.1"},
    # NumberOfFrames is "1A", no integer string (PS3.5 6.2); its bytes are 15 frames of 10 × 10 cells of 32 bits.
    "dicom/odd_and_broken/badVR.dcm": {"NumberOfFrames": 15},
}
"""What pydicom needs to know before it decodes a file."""

DCMTK_REFUSES = {
    "dicom/colour_and_multiframe/parametric_map_float.dcm": "no FloatPixelData (PS3.3 C.7.6.24)",
    "dicom/odd_and_broken/J2K_pixelrep_mismatch.dcm": "no JPEG 2000 (PS3.5 8.2.4)",
    "dicom/odd_and_broken/badVR.dcm": "NumberOfFrames is no integer string (PS3.5 6.2): dcmtk has the first frame only",
    "dicom/odd_and_broken/liver_nonbyte_aligned_rle.dcm": "no RLE of single bits (PS3.5 8.2.2 and G.2)",
    "dicom/plain_and_syntaxes/JPEG2000.dcm": "no JPEG 2000 (PS3.5 8.2.4)",
    "dicom/plain_and_syntaxes/MR_small_jp2klossless.dcm": "no JPEG 2000 (PS3.5 8.2.4)",
    "dicom/plain_and_syntaxes/RG1_J2KI.dcm": "no JPEG 2000 (PS3.5 8.2.4)",
}
"""Grey files that dcmtk does not draw, and why ours is right."""


def test_values_are_those_of_pydicom(data_dir: Path):
    compared, refused, different = 0, set(), {}
    for name, path, image in images_in(data_dir, *FOLDERS):
        values = pydicom_values(name, path, image)
        if values is None:
            refused.add(name)
            continue
        difference, allowed = worst(image, values), tolerance(image)
        compared += 1
        if not difference <= allowed:
            different[name] = difference
    assert different == {}
    assert refused == set(PYDICOM_REFUSES)
    assert compared > 150


def test_values_are_those_of_dcmtk(data_dir: Path):
    compared, refused, different = 0, set(), {}
    for name, path, image in images_in(data_dir, *FOLDERS):
        if image.format.channels == 3 or image.format.low == image.format.high:
            continue
        for frame, difference in enumerate(dcmtk_differences(path, image)):
            if difference is None:
                refused.add(name)
                break
            compared += 1
            if not difference <= dcmtk_tolerance(image):
                different[name, frame] = difference
    assert different == {}
    assert refused == set(DCMTK_REFUSES)
    assert compared > 150


def pydicom_values(name: str, path: Path, image: DecodedImage) -> np.ndarray | None:
    """Modality values or colours of a file as pydicom has them, in the layout and frame order of the image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = pydicom.dcmread(path, force=True)
        for keyword, value in COMPLETED.get(name, {}).items():
            setattr(header.file_meta if keyword == "TransferSyntaxUID" else header, keyword, value)
        try:
            frames = pixel_array(header)
        except (RuntimeError, AttributeError, ValueError):
            return None
        values = modality_or_colour(header, frames, image).reshape(image.samples.shape)
    return values[list(image.format.frame_order)] if image.format.frame_order else values


def modality_or_colour(header: Any, frames: np.ndarray, image: DecodedImage) -> np.ndarray:
    if header.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(frames, header)
        # Entries of 16 bits are shown by their high bytes where these tell all colours apart (PS3.3 C.7.6.3.1.6).
        return colours >> 8 if colours.dtype == np.uint16 and image.format.dtype == "uint8" else colours
    if "DoseGridScaling" in header:  # makes doses of the stored values (PS3.3 C.8.8.3); pydicom leaves it to the caller
        return frames * float(header.DoseGridScaling)
    return frames if image.format.channels == 3 else np.asarray(apply_modality_lut(frames, header))


def our_values(image: DecodedImage) -> np.ndarray:
    return image.samples.astype(np.float64) * image.format.slope + image.format.intercept


def inside(image: DecodedImage) -> np.ndarray:
    """Where the samples are of the image, not padding; of colour everywhere."""
    outside = is_padding(image.samples, image.format)
    return np.ones(image.samples.shape, bool) if outside is None else ~outside


def worst(image: DecodedImage, values: np.ndarray) -> float:
    return float(np.abs(our_values(image) - values.astype(np.float64))[inside(image)].max())


def tolerance(image: DecodedImage) -> float:
    """Half a step where a note says that 16 bits cannot hold the values, else rounding of floats of 32 bits."""
    single = float(np.spacing(np.float32(max(abs(image.format.low), abs(image.format.high)))))
    return abs(image.format.slope) * (0.501 if "quantised" in image.notes else 1e-6) + single


def dcmtk_tolerance(image: DecodedImage) -> float:
    """How far dcmtk may be away, in 65535ths of the range of values: one, and what it or Rounds rounds.

    dcmtk cuts modality values to whole numbers, which PS3.3 C.11.1.1.2 does not ask for: slopes are decimal strings.
    """
    slope, unit = abs(image.format.slope), WHITE / (image.format.high - image.format.low)
    return 1.0 + unit * (slope * 0.501 if "quantised" in image.notes else 0.0 if slope.is_integer() else 1.0)


def dcmtk_differences(path: Path, image: DecodedImage) -> Iterator[float | None]:
    """The greatest difference of each frame, in 65535ths of the range of values."""
    low, high = image.format.low, image.format.high
    center, width, function = full_range_window(low, high)
    scale = dose_scale(path)
    whole = replace(image.format, window_center=center, window_width=width, voi_function=function)
    for frame, values in enumerate(our_values(image)[..., 0]):
        greys = dcmtk.draw(path, whole, frame, bits=16, scale=scale)
        if greys is None:
            yield None
            continue
        expected = np.clip((values - low) / (high - low), 0.0, 1.0) * WHITE
        drawn = WHITE - greys if image.format.photometric == "MONOCHROME1" else greys
        yield float((np.abs(expected - drawn) * inside(image)[frame, ..., 0]).max())


def dose_scale(path: Path) -> float:
    """DoseGridScaling, by which dcmtk's values of a dose are to be multiplied (PS3.3 C.8.8.3), else 1."""
    return float(header_of(path).get("DoseGridScaling") or 1.0)
