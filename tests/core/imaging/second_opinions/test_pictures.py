"""Pictures of every real DICOM file are those that dcmtk draws in the same window, to one grey."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import is_padding, to_grey
from tests.core.imaging.second_opinions import dcmtk
from tests.core.imaging.second_opinions.images import images_in
from tests.core.imaging.second_opinions.test_values import DCMTK_REFUSES, FOLDERS, dose_scale

pytestmark = pytest.mark.slow

REFUSED = {
    **DCMTK_REFUSES,
    "dicom/colour_and_multiframe/SC_rgb_jpeg.dcm": "the data set is implicit, its syntax explicit (PS3.5 A.4)",
    "dicom/colour_and_multiframe/examples_jpeg2k.dcm": "no JPEG 2000 (PS3.5 8.2.4)",
    "dicom/plain_and_syntaxes/HTJ2K_08_RGB.dcm": "no HTJ2K (PS3.5 8.2.14)",
}
"""Files that dcmtk does not draw, and why ours is right."""


def windows(format: PixelFormat) -> Iterator[PixelFormat]:
    """The format with its first window, narrow ones (dcmtk has few below 1), and one beyond the values."""
    yield format
    if format.channels == 1:
        width, middle = (format.high - format.low) / 3 or 1.0, format.low * 0.6 + format.high * 0.4
        for function in ("LINEAR_EXACT", *(["SIGMOID", "LINEAR"] if width > 2 else [])):
            yield replace(format, window_center=middle, window_width=width, voi_function=function)
        yield replace(format, window_center=format.high, window_width=width * 9, voi_function="LINEAR_EXACT")


def test_pictures_are_those_of_dcmtk(data_dir: Path):
    compared, refused, different = 0, set(), {}
    for name, path, image in images_in(data_dir, *FOLDERS):
        scale = dose_scale(path)
        for number, format in enumerate(windows(image.format)):
            for frame in range(format.frames if number == 0 else 1):
                drawn = dcmtk.draw(path, format, frame, scale=scale)
                if drawn is None:
                    refused.add(name)
                    continue
                difference = np.abs(drawn - to_grey(image.samples[frame], format).astype(np.int64))
                outside = is_padding(image.samples[frame, ..., 0], format)
                worst = int(difference.max() if outside is None else (difference * ~outside).max())
                compared += 1
                if worst > 1:
                    different[name, frame, format.voi_function, number] = worst
    assert different == {}
    assert refused == set(REFUSED)
    assert compared > 700
