"""Colours over greys."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from core.errors import InvalidInput
from core.explain.overlay import inferno, overlay, overlay_png

GREY = np.full((40, 60), 100, np.uint8)


def test_inferno_runs_from_black_to_pale_yellow_and_only_gets_lighter():
    table = inferno()
    assert table.shape == (256, 3)
    assert table[0].tolist() == [0, 0, 4]
    assert table[255].tolist() == [252, 255, 164]
    assert (np.diff(table @ [0.2126, 0.7152, 0.0722]) > 0).all()


def test_inferno_is_matplotlibs_to_within_a_few_greys():
    matplotlib = pytest.importorskip("matplotlib")
    known = np.round(matplotlib.colormaps["inferno"](np.arange(256))[:, :3] * 255)
    assert np.abs(inferno() - known).max() <= 12


def test_cold_places_show_the_image_and_hot_ones_the_map():
    values = np.zeros((8, 8), np.float32)
    values[:, 4:] = 1.0
    painted = overlay(GREY, values, opacity=1.0)
    assert painted.shape == (40, 60, 3)
    assert painted[20, 5].tolist() == [100, 100, 100]
    assert painted[20, 55].tolist() == [252, 255, 164]
    half = overlay(GREY, values, opacity=0.5)[20, 55]
    assert half.tolist() == pytest.approx([176, 177.5, 132], abs=1)
    assert np.array_equal(overlay(GREY, values, opacity=0.0), np.repeat(GREY[..., None], 3, axis=2))


def test_a_png_of_the_images_own_size():
    colour = np.zeros((40, 60, 3), np.uint8)
    colour[..., 2] = 200
    with Picture.open(BytesIO(overlay_png(colour, np.zeros((8, 8), np.float32)))) as picture:
        assert (picture.format, picture.size, picture.getpixel((3, 3))) == ("PNG", (60, 40), (0, 0, 200))


def test_an_opacity_outside_is_refused():
    with pytest.raises(InvalidInput, match=r"Opacity is 1\.5; give a number from 0 to 1"):
        overlay(GREY, np.zeros((8, 8), np.float32), opacity=1.5)
