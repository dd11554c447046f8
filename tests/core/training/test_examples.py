"""An image as a model meets it, against known greys."""

from dataclasses import replace

import numpy as np
import pytest

from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import format_of_unsigned
from core.training.examples import ImageRef, channel_count, median_edge, read_image
from tests.core.training.textures import example_of

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
    window_center=40.0,
    window_width=400.0,
)
STORED = np.array([0, 863, 864, 1064, 1264, 1265, 4095], "<u2")
GREYS = [0, 0, 0, 127.82, 255, 255, 255]


def of(plane):
    return example_of("1", plane.pixels, plane.offset, plane.format, 0, "train")


def example(path, samples, form, **changes):
    path.write_bytes(samples.tobytes())
    return replace(ImageRef(path, 0, form), **changes)


def wide(path, samples, form):
    """Seven equal rows, so that a square of 7 needs no resizing."""
    return example(path, np.tile(samples, (7, 1)), replace(form, rows=7))


def test_the_window_is_the_files_own_at_full_depth(tmp_path):
    image = read_image(wide(tmp_path / "ct.raw", STORED, CT), size=7, channels=1)
    assert image.dtype == np.uint16
    assert image[0, 0] / 257.0 == pytest.approx(GREYS, abs=0.01)


def test_monochrome1_is_inverted_last(tmp_path):
    image = read_image(wide(tmp_path / "ct.raw", STORED, replace(CT, photometric="MONOCHROME1")), size=7, channels=1)
    assert image[0, 0] / 257.0 == pytest.approx([255 - grey for grey in GREYS], abs=0.01)


def test_sixteen_bits_are_more_than_256_greys(tmp_path):
    ramp = np.arange(65536, dtype="<u2").reshape(1, 256, 256)
    samples, form = format_of_unsigned(ramp, bits=16, decoder="made")
    assert len(np.unique(read_image(example(tmp_path / "r.raw", samples, form), size=256, channels=1))) >= 65_000


def test_the_middle_frame_is_read_from_its_offset(tmp_path):
    samples, form = format_of_unsigned(
        np.stack([np.full((4, 4), grey, np.uint8) for grey in (10, 20, 30)]), bits=8, decoder="made"
    )
    padded = np.concatenate([np.full(5, 99, np.uint8), samples.ravel()])
    image = read_image(example(tmp_path / "f.raw", padded, form, offset=5), size=4, channels=1)
    assert np.unique(image).tolist() == [20 * 257]


def test_shrinking_averages_and_keeps_the_whole_image(tmp_path):
    board = (np.indices((64, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)[None]
    samples, form = format_of_unsigned(board, bits=8, decoder="made")
    image = read_image(example(tmp_path / "b.raw", samples, form), size=8, channels=1)
    assert image.shape == (1, 8, 8)
    assert image / 257.0 == pytest.approx(127.5, abs=6)  # picking pixels would give 0 or 255


def test_colour_and_grey_meet_in_one_shape(tmp_path):
    red = np.zeros((1, 4, 4, 3), np.uint8)
    red[..., 0] = 200
    samples, form = format_of_unsigned(red, bits=8, decoder="made", colour=True)
    coloured = example(tmp_path / "c.raw", samples, form)
    assert read_image(coloured, size=4, channels=3)[:, 0, 0].tolist() == [200 * 257, 0, 0]
    assert read_image(coloured, size=4, channels=1)[0, 0, 0] / 257 == pytest.approx(0.299 * 200, abs=0.01)
    grey = example(tmp_path / "g.raw", *format_of_unsigned(np.full((1, 4, 4), 7, np.uint8), bits=8, decoder="made"))
    assert read_image(grey, size=4, channels=3)[:, 0, 0].tolist() == [7 * 257] * 3
    assert (channel_count([of(grey)]), channel_count([of(grey), of(coloured)])) == (1, 3)


def test_the_edge_is_the_median_longer_side(tmp_path):
    forms = [replace(CT, rows=rows, columns=columns) for rows, columns in ((10, 20), (30, 5), (400, 300))]
    assert median_edge([example_of("1", tmp_path, 0, form, 0, "train") for form in forms]) == 30
