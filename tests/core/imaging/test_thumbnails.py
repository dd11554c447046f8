"""Thumbnails do not mix what lies outside an image into its edge."""

from dataclasses import replace

import numpy as np
import pytest

from core.imaging.thumbnails import thumbnail
from core.imaging.voi_lut import format_of_unsigned


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("padding", [0, 60000])
def test_padding_is_black_and_leaves_the_rest_as_it_is(photometric: str, padding: int):
    samples = np.full((1, 640, 640), 1000, np.uint16)
    samples[:, :, :333] = padding
    samples, format = format_of_unsigned(samples, bits=16, decoder="")
    limits = (float(padding), float(padding))
    format = replace(
        format, photometric=photometric, padding=limits, window_center=1000.0, window_width=500.0, voi_function="LINEAR"
    )
    shown = np.asarray(thumbnail(samples[0], format, edge=128)).astype(int)
    assert shown.shape == (128, 128)
    assert shown[:, :64].max() == 0
    assert abs(shown[:, 70:] - 127).max() <= 2
    assert shown.max() <= 140  # no grey of a mean of both
