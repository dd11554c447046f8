"""Maps over the picture: colours, opacity, threshold, outline, changed in the browser and read back from its canvas."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import page_of

pytestmark = pytest.mark.browser
HEAT = np.zeros((8, 8), dtype=np.uint8)
HEAT[2:6, 2:6] = 128
HEAT[3:5, 3:5] = 255


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    """The label page on a grey picture of 80 × 80."""
    with page_of(90, 80, tmp_path_factory.mktemp("grey"), classes=["none", "some"]) as address:
        yield address


@pytest.fixture
def mapped(grey, page):
    """The picture under a map of 8 × 8, one image pixel on one screen pixel: the viewer's root."""
    drawn = io.BytesIO()
    Image.fromarray(HEAT).save(drawn, format="PNG")
    answer = {
        "body": drawn.getvalue(),
        "content_type": "image/png",
        "headers": {"X-Title": "gradcam%3A%20some", "X-Warnings": "heat%20outside"},
    }
    page.route("**/api/map/**", lambda route: route.fulfill(**answer))
    page.goto(grey)
    root = page.locator('.rv-root[data-painted*=":"]')
    root.wait_for()
    page.keyboard.press("z")
    root.evaluate(PUT)
    expect(root).to_have_attribute("data-overlay", "run 1 · gradcam: some")
    return root


def set_look(root, **look):
    root.evaluate("(node, look) => node.roundsViewer.viewer.maps.set(look)", look)


def over(root, column, row):
    """[r, g, b, alpha] of what lies over the picture at the middle of a pixel of the map."""
    return root.evaluate(OVER, [column * 10 + 5, row * 10 + 5])


def test_low_heat_is_clear_and_high_heat_has_the_maps_colour(mapped):
    set_look(mapped, opacity=1)
    assert over(mapped, 0, 0)[3] == 0
    assert over(mapped, 3, 3) == pytest.approx([252, 255, 164, 255], abs=6)
    set_look(mapped, colours="viridis")
    assert over(mapped, 3, 3) == pytest.approx([253, 231, 37, 255], abs=6)


def test_what_speaks_against_the_map_stands_by_it(mapped, page):
    expect(page.locator(".rv-map")).to_have_text(
        "run 1 · gradcam: some · not a segmentation heat outside", use_inner_text=True
    )


def test_opacity_is_live(mapped):
    set_look(mapped, opacity=0.5)
    assert over(mapped, 3, 3)[3] == pytest.approx(128, abs=3)
    set_look(mapped, opacity=0)
    assert over(mapped, 3, 3)[3] == 0


def test_below_the_threshold_nothing_is_shown(mapped):
    set_look(mapped, opacity=1, threshold=0.9)
    assert over(mapped, 2, 2)[3] == 0
    assert over(mapped, 3, 3)[3] == 255
    set_look(mapped, threshold=0)
    assert over(mapped, 2, 2)[3] > 0


def test_the_outline_runs_where_the_heat_crosses_the_threshold(mapped):
    set_look(mapped, opacity=1, threshold=0.25, outline=True)
    # From 0 to 128 between the middles of columns 1 and 2 (15 and 25): 64 is crossed halfway, at 20.
    assert mapped.evaluate(OVER, [20, 40]) == pytest.approx([255, 255, 255, 255], abs=60)
    assert mapped.evaluate(OVER, [12, 40])[3] == 0


def test_a_map_that_cannot_be_made_is_a_sentence_and_the_picture_stays(mapped, page):
    page.unroute("**/api/map/**")
    page.route("**/api/map/**", lambda route: route.fulfill(status=422, json={"error": "Run 1 has no checkpoint."}))
    mapped.evaluate(PUT.replace("/api/map/1", "/api/map/2"))
    expect(mapped.locator(".rv-map")).to_have_text("Run 1 has no checkpoint.")
    expect(mapped).to_have_attribute("data-overlay", "")
    assert mapped.evaluate("node => node.roundsViewer.greyAt(40, 40)") == [90, 90, 90]


def test_the_page_is_told_once_that_a_map_it_waits_for_has_come(mapped):
    assert mapped.evaluate(REPORTED, True) == ["maps"]
    assert mapped.evaluate(REPORTED, False) == []  # a map that was there before the page was drawn


REPORTED = """async (node, waits) => {
  const { viewer } = node.roundsViewer, [pane] = viewer.panes, sent = [];
  const map = { url: `/api/map/1/1/gradcam/${waits}`, title: '', pending: waits ? [pane.slice.image.id] : [] };
  viewer.send = (name) => sent.push(name);
  await Promise.all([viewer.maps.put(pane, map), viewer.maps.put(pane, map)]);
  await viewer.maps.put(pane, map);
  return sent;
}"""
PUT = """node => {
  const { viewer } = node.roundsViewer;
  return viewer.maps.put(viewer.panes[0], { url: '/api/map/1/1/gradcam?sig=1', title: 'run 1' });
}"""
OVER = """(node, point) => {
  const pane = node.roundsViewer.viewer.panes[0];
  const [x, y] = pane.toScreen(point).map((part) => Math.floor(part * pane.ratio));
  return [...pane.ink.getContext('2d').getImageData(x, y, 1, 1).data];
}"""
