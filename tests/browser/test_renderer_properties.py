"""Both renderers of the viewer show what `core.imaging` computes, for any samples, rescale, window and padding."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dashboard
from core.imaging.pixel_format import PixelFormat
from core.imaging.voi_lut import to_grey

pytestmark = pytest.mark.browser
HOST = "http://viewer.test"
GREYS = """async ([module, name, image, samples, window]) => {
    const renderer = globalThis[name] ||= new (await import(`/render/${module}.js`))[name](
        document.createElement("canvas"), true);
    const typed = image.dtype === "uint8" ? Uint8Array : Uint16Array;
    renderer.develop(image, typed.from(samples), window);
    return samples.map((_, column) => renderer.greyAt(column, 0));
}"""
PLAIN = PixelFormat(1, 1, 1, 1, "uint16", 16, "MONOCHROME2", 1.0, 0.0, 0.0, 65535.0, 0.0, 1.0)


@st.composite
def looks(draw: st.DrawFn) -> tuple[PixelFormat, list[int], bool]:
    """A format with its window, samples of one row, and whether the reader inverts.

    Steps of the values are whole, or the window is a few of them wide: a graphics card has single floats, which decide
    otherwise at the very edge of a narrower one.
    """
    dtype = draw(st.sampled_from(["uint8", "uint16"]))
    most = 255 if dtype == "uint8" else 65535
    whole = draw(st.booleans())
    slope = 1.0 if whole else draw(st.floats(1e-3, 100))
    intercept = float(draw(st.integers(-65536, 1000))) if whole else draw(st.floats(-5e4, 5e4))
    at = draw(st.integers(0, most)) * slope + intercept
    width = float(draw(st.integers(1, 70_000))) if whole else draw(st.floats(3, 70_000)) * slope + 1
    padding = draw(st.none() | st.tuples(*[st.integers(0, most).map(float)] * 2).map(lambda ends: tuple(sorted(ends))))
    samples = draw(st.lists(st.integers(0, most), min_size=1, max_size=6))
    format = replace(
        PLAIN,
        columns=len(samples),
        dtype=dtype,
        photometric=draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"])),
        slope=slope,
        intercept=intercept,
        low=min(samples) * slope + intercept,
        high=max(samples) * slope + intercept,
        window_center=at,
        window_width=width,
        voi_function=draw(st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"])),
        padding=padding,
    )
    return format, samples, draw(st.booleans())


def served(route) -> None:
    path = Path(dashboard.__file__).parent / "viewer" / route.request.url.removeprefix(f"{HOST}/")
    if path.is_file():
        route.fulfill(path=path, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


@pytest.mark.parametrize(("module", "name"), [("canvas2d", "Canvas2d"), ("webgl", "WebGl")])
def test_a_renderer_shows_the_greys_of_the_library(module, name, page):
    page.route(f"{HOST}/**", served)
    page.goto(HOST)

    @given(look=looks())
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    def agree(look):
        format, samples, inverted = look
        window = {"center": format.window_center, "width": format.window_width, "voi": format.voi_function}
        shown = page.evaluate(GREYS, [module, name, format.to_json(), samples, {**window, "inverted": inverted}])
        array = np.array(samples, format.dtype).reshape(1, -1, 1)
        expected = to_grey(array, format, invert=inverted)[0].astype(int)
        assert np.abs(np.array(shown) - expected[:, np.newaxis]).max() <= 1, (shown, expected)

    agree()
