"""Percentiles of many images equal numpy's of all values at once."""

from dataclasses import replace

import numpy as np
import pytest

from core.imaging.pixel_format import PixelFormat
from core.imaging.value_percentiles import BINS, ValueHistogram

PLAIN = PixelFormat(40, 50, 1, 1, "uint16", 16, "MONOCHROME2", 1.0, -1024.0, 0.0, 0.0, 0.0, 1.0, unit="HU")
SHARES = (0.0, 0.5, 25.0, 50.0, 99.5, 100.0)


@pytest.mark.parametrize("slopes", [(1.0, 1.0, 1.0), (0.37, 12.5, 1.0)])
def test_they_equal_those_of_numpy_without_padding(slopes):
    rng, images = np.random.default_rng(7), []
    for number, slope in enumerate(slopes):
        samples = rng.integers(1, 4096 >> number, (40, 50, 1)).astype(np.uint16)
        samples[:5] = 0
        images.append((samples, replace(PLAIN, slope=slope, padding=(0.0, 0.0))))
    values = np.concatenate([samples[5:].ravel() * form.slope + form.intercept for samples, form in images])
    histogram = ValueHistogram(values.min(), values.max())
    for samples, form in images:
        histogram.add(samples, form)
    expected = np.percentile(values, SHARES, method="inverted_cdf")
    assert np.abs(np.array(histogram.percentiles(SHARES)) - expected).max() <= np.ptp(values) / BINS * 1.01
    assert histogram.counts.sum() == values.size


def test_whole_numbers_are_exact():
    samples = np.random.default_rng(1).normal(1000, 200, (40, 50, 1)).round().astype(np.uint16)
    values = samples.ravel() - 1024.0
    histogram = ValueHistogram(values.min(), values.max())
    histogram.add(samples, PLAIN)
    assert histogram.percentiles(SHARES) == np.percentile(values, SHARES, method="inverted_cdf").tolist()


def test_images_of_one_value_have_it_as_every_percentile():
    histogram = ValueHistogram(-24.0, -24.0)
    histogram.add(np.full((4, 4, 1), 1000, np.uint16), PLAIN)
    assert histogram.percentiles((0.5, 99.5)) == [-24.0, -24.0]
