"""Samples to greys against the published numbers and the standard's formulas."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.imaging.voi_lut import (
    PixelFormat,
    format_of_unsigned,
    full_range_window,
    quantize_uint16,
    read_samples,
    to_grey,
    to_unrounded_grey,
    to_values,
    window,
)

CT = PixelFormat(
    rows=1,
    columns=7,
    frames=1,
    channels=1,
    dtype="uint16",
    bits=12,
    photometric="MONOCHROME2",
    slope=1.0,
    intercept=-1024.0,
    low=-1024.0,
    high=3071.0,
    window_center=400.0,
    window_width=40.0,
)
# Window 40 centred on 40 HU after the rescale, see the known answers.
STORED = np.array([[0, 863, 864, 1064, 1264, 1265, 4095]], dtype=np.uint16)[..., np.newaxis]
GREYS = [0.0, 0.0, 0.0, 127.82, 255.0, 255.0, 255.0]


def test_the_known_greys():
    greys = window(to_values(STORED[..., 0], CT), center=40.0, width=400.0)
    assert greys.ravel().tolist() == pytest.approx(GREYS, abs=0.005)


def test_the_known_greys_as_eight_bit():
    shown = to_grey(STORED, CT, center=40.0, width=400.0)
    assert shown.dtype == np.uint8
    assert shown.ravel().tolist() == [0, 0, 0, 128, 255, 255, 255]


def test_monochrome1_is_255_minus_that_and_inverted_last():
    negative = replace(CT, photometric="MONOCHROME1")
    plain = window(to_values(STORED[..., 0], CT), center=40.0, width=400.0)
    shown = to_grey(STORED, negative, center=40.0, width=400.0)
    assert shown.ravel().tolist() == np.round(255.0 - plain).ravel().tolist()
    assert to_grey(STORED, negative, center=40.0, width=400.0, invert=True).ravel().tolist() == [
        0,
        0,
        0,
        128,
        255,
        255,
        255,
    ]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("invert", [False, True])
def test_padding_is_black_whatever_the_polarity(photometric: str, invert: bool):
    padded = replace(CT, photometric=photometric, padding=(1264.0, 4095.0))
    plain = to_grey(STORED, replace(padded, padding=None), center=40.0, width=400.0, invert=invert)
    shown = to_grey(STORED, padded, center=40.0, width=400.0, invert=invert)
    assert shown[0, 4:].tolist() == [0, 0, 0]
    assert shown[0, :4].tolist() == plain[0, :4].tolist()


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("intercept", [0.0, 5e6, -4e8])
@pytest.mark.parametrize("rows", [2, 300])  # fewer pixels than values, and more
def test_values_far_from_zero_keep_their_steps(function: str, intercept: float, rows: int):
    step, width = 0.001, 4.0
    near = replace(CT, slope=step, intercept=0.0, window_center=2.0, window_width=width, voi_function=function)
    far = replace(near, intercept=intercept, window_center=2.0 + intercept)
    samples = np.tile(np.arange(0, 4096, 8, dtype=np.uint16), (rows, 1))[..., np.newaxis]
    expected = [FORMULAS[function](int(sample) * step, 2.0, width) for sample in samples[0, :, 0]]
    for format in (near, far):
        greys = to_unrounded_grey(samples, format)
        assert greys.shape == samples.shape[:2]
        assert np.allclose(greys, expected, atol=0.01)


def test_colour_of_any_depth_is_as_bright():
    samples = np.array([[[0, 1024, 4095]]], dtype=np.uint16)
    colour = replace(CT, channels=3, photometric="RGB", columns=1, low=0.0, high=4095.0)
    assert to_grey(samples, colour).tolist() == [[[0, 64, 255]]]
    assert to_grey(samples, colour, invert=True).tolist() == [[[255, 191, 0]]]
    assert (
        len(np.unique(to_unrounded_grey(np.arange(4096, dtype=np.uint16).reshape(1, -1, 1).repeat(3, 2), colour)))
        == 4096
    )


def linear(x: float, c: float, w: float) -> float:
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    if x > c - 0.5 + (w - 1) / 2:
        return 255.0
    return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255.0


def linear_exact(x: float, c: float, w: float) -> float:
    if x <= c - w / 2:
        return 0.0
    if x > c + w / 2:
        return 255.0
    return ((x - c) / w + 0.5) * 255.0


def sigmoid(x: float, c: float, w: float) -> float:
    return 255.0 / (1.0 + math.exp(-4.0 * (x - c) / w))


FORMULAS = {"LINEAR": linear, "LINEAR_EXACT": linear_exact, "SIGMOID": sigmoid}


@pytest.mark.parametrize("function", list(FORMULAS))
@pytest.mark.parametrize(("center", "width"), [(40.0, 400.0), (2048.0, 4096.0), (0.0, 2.0), (-600.0, 1500.0)])
def test_voi_functions_are_the_standards(function: str, center: float, width: float):
    values = np.linspace(center - 2 * width, center + 2 * width, 2_001)
    expected = [FORMULAS[function](float(x), center, width) for x in values]
    assert np.allclose(window(values, center=center, width=width, function=function), expected, atol=1e-6)


def test_the_three_functions_differ():
    values = np.array([-100.0, 0.0, 40.0, 200.0])
    greys = {name: tuple(window(values, center=40.0, width=400.0, function=name)) for name in FORMULAS}
    assert len(set(greys.values())) == 3


def test_a_window_of_one_is_a_threshold():
    # PS3.3 C.11.2.1.2.1, note 2
    assert window(np.array([39.4, 39.5, 39.6]), center=40.0, width=1.0).tolist() == [0.0, 0.0, 255.0]


def test_colour_is_left_as_it_is_and_can_be_inverted():
    colour = replace(CT, channels=3, dtype="uint8", photometric="RGB", columns=1)
    sample = np.array([[[10, 20, 30]]], dtype=np.uint8)
    assert to_grey(sample, colour).tolist() == [[[10, 20, 30]]]
    assert to_grey(sample, colour, invert=True).tolist() == [[[245, 235, 225]]]


def test_a_spanning_window_uses_the_whole_scale():
    center, width, function = full_range_window(100.0, 300.0)
    assert window(np.array([100.0, 200.0, 300.0]), center=center, width=width, function=function).tolist() == [
        0.0,
        127.5,
        255.0,
    ]
    assert full_range_window(5.0, 5.0)[1] > 0


@pytest.mark.parametrize("top", [1e-6, 1.0, 4e9])
def test_quantised_gives_values_back_within_half_a_step(top: float):
    values = np.random.default_rng(0).uniform(-top, top, 10_000)
    samples, slope, intercept = quantize_uint16(values)
    assert samples.dtype == np.uint16
    assert np.abs(samples * slope + intercept - values).max() <= slope * 0.5001
    assert slope <= 2 * top / 65535


@pytest.mark.parametrize("lowest", [-5e6, 0.0, 1000.0, 7e5])
def test_the_step_of_quantised_values_does_not_grow_with_their_distance_from_zero(lowest: float):
    values = lowest + np.random.default_rng(0).uniform(0.0, 1.0, 10_000)
    samples, slope, intercept = quantize_uint16(values)
    assert slope <= 1.0 / 65535
    assert np.abs(samples * slope + intercept - values).max() <= slope * 0.5001


def test_quantised_takes_constants_and_what_is_not_a_number():
    samples, slope, intercept = quantize_uint16(np.array([np.nan, np.inf, -np.inf, 7.0]))
    assert (samples * slope + intercept).tolist() == pytest.approx([0.0, 0.0, 0.0, 7.0])
    samples, slope, intercept = quantize_uint16(np.zeros(3))
    assert (samples * slope + intercept).tolist() == [0.0, 0.0, 0.0]


def test_samples_lie_little_endian_in_c_order(tmp_path: Path):
    format = replace(CT, rows=2, columns=3, frames=2)
    array = np.arange(12, dtype="<u2").reshape(2, 2, 3, 1) * 257
    path = tmp_path / "x.raw"
    path.write_bytes(b"\xff" * 10 + array.tobytes())
    assert format.nbytes == 24
    assert np.array_equal(read_samples(path, format, offset=10), array)
    assert np.array_equal(read_samples(path, format, offset=10, frame=1), array[1])


def test_a_format_survives_json():
    for format in (CT, replace(CT, spacing=(0.5, 0.7), unit="HU", decoder="gdcm"), replace(CT, padding=(0.0, 3.0))):
        assert PixelFormat.from_json(format.to_json()) == format


def test_a_format_of_before_has_no_padding():
    fields = CT.to_json()
    del fields["padding"]
    assert PixelFormat.from_json(fields) == CT


def test_a_picture_of_one_grey_has_a_window():
    _, format = format_of_unsigned(np.full((1, 2, 2), 300, dtype=np.uint16), bits=16, decoder="x")
    assert format.window_width > 0
