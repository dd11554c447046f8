"""Chosen windows: the viewer and a training have one table of presets, and colour has none."""

import re
from dataclasses import replace
from pathlib import Path

from core.imaging.pixel_format import PixelFormat
from core.imaging.window_presets import CT_PRESETS, with_full_range, with_window

VIEWER = Path(__file__).parents[3] / "dashboard/viewer/base/window_presets.js"
CT = PixelFormat(
    4, 4, 1, 1, "uint16", 16, "MONOCHROME2", 1.0, -1024.0, -1000.0, 500.0, 40.0, 400.0, "SIGMOID", unit="HU"
)


def test_the_presets_are_those_of_the_viewer():
    named = re.findall(r'\["([\w ]+)", (-?\d+), (\d+)\]', VIEWER.read_text())
    viewer = {f"CT {title.lower()}": (float(level), float(width)) for title, level, width in named}
    assert {name: viewer[name] for name in CT_PRESETS} == dict(CT_PRESETS)


def test_a_window_in_hu_is_linear_and_one_of_fractions_exact():
    lung = with_window(CT, -600.0, 1500.0)
    assert (lung.window_center, lung.window_width, lung.voi_function) == (-600.0, 1500.0, "LINEAR")
    fractions = with_window(replace(CT, unit=""), 0.5, 1.0)
    assert (fractions.voi_function, fractions.window_bounds) == ("LINEAR_EXACT", (0.0, 1.0))


def test_the_range_of_an_image_is_that_of_its_values():
    assert with_full_range(CT).window_bounds == (-1000.0, 500.0)
    assert with_full_range(replace(CT, high=-1000.0)).window_width == 1.0


def test_colour_keeps_its_format():
    colour = replace(CT, channels=3)
    assert with_window(colour, 1.0, 2.0) is colour
    assert with_full_range(colour) is colour
