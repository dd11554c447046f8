"""What a reader does to the picture, by keys, in a real browser, on real images: window, turn, scroll, compare."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from core.imaging.store import Store
from core.imaging.voi_lut import read_samples
from core.services.annotation import tasks
from core.services.images import images
from core.services.workspace import home as workspace_home
from core.settings import Settings
from db.vocabulary import Unit
from tests.browser.homes import imported
from tests.browser.servers import standing

pytestmark = pytest.mark.browser
PAINTED = re.compile(":")
CT = "series/ct_chest_lungfcp_48"
FILM = "dicom/colour_and_multiframe/examples_ybr_color.dcm"


@pytest.fixture(scope="module")
def ward(data_dir, tmp_path_factory):
    """For all who only look: a server on a home with the chest CT and a task about it, and the page's address."""
    home = tmp_path_factory.mktemp("ward") / "home"
    with standing(imported(home, data_dir / CT)) as server:
        yield server, f"{server.url}/label?task={viewer_of(home, Unit.SERIES)}"


@pytest.fixture
def reading(ward, page):
    """The label page on the chest CT: its viewer's root."""
    return opened(page, ward[1])


def viewer_of(home, unit):
    """A task about the images of a home: its id."""
    db = workspace_home.open_home(Settings.read(home))
    task = tasks.create(db, name="finding", classes=["none", "some"], unit=unit)
    db.close()
    return task.id


def opened(page, url):
    page.goto(url)
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-painted", PAINTED)
    return root


def served(rounds, serve, unit):
    """The address of the label page on a home of its own."""
    task = viewer_of(rounds.home, unit)
    return f"{serve(rounds.home).url}/label?task={task}"


def view(root):
    return root.evaluate("node => node.roundsViewer.viewer.active.view")


def window(root):
    center, width, inverted = root.get_attribute("data-window").split(",")
    return float(center), float(width), inverted == "true"


def at(root):
    return int(root.get_attribute("data-painted").split(":")[1])


def all_painted(page, root):
    every = "node => node.roundsViewer.viewer.panes.every(pane => pane.painted)"
    page.wait_for_function(every, arg=root.element_handle())


def pressed(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_windows_by_name_by_number_and_back(reading, page):
    file_window = window(reading)
    pressed(page, "p")
    expect(reading.locator(".rv-presets")).to_have_value("1")
    assert window(reading)[:2] == (-600, 1500)
    pressed(page, "t")
    page.keyboard.type("350")
    pressed(page, "Tab")
    page.keyboard.type("50")
    pressed(page, "Enter")
    assert window(reading)[:2] == (50, 350)
    expect(reading.locator(".rv-presets option:checked")).to_have_text("Mediastinum")
    pressed(page, "1")  # the fields gave the keys back: this answers
    expect(page.locator(".rv-root")).to_have_attribute("data-waiting", "0")
    pressed(page, "u")
    expect(reading).to_have_attribute("data-painted", PAINTED)
    pressed(page, "i")
    assert window(reading)[2]
    pressed(page, "w")
    assert window(reading) == file_window


def test_a_window_that_is_no_number_is_refused_and_the_old_one_stays(reading, page):
    file_window = window(reading)
    pressed(page, "t")
    page.keyboard.type("wide")
    pressed(page, "Enter")
    expect(page.get_by_text('A window is two numbers, its width above 0; "wide" is none.')).to_be_visible()
    assert window(reading) == file_window


def test_turned_and_mirrored_pictures_say_so_at_their_edges(reading, page):
    def letters():
        return [reading.locator(f".rv-{edge}").inner_text() for edge in ("left", "right", "top", "bottom")]

    assert letters() == ["R", "L", "A", "P"]
    pressed(page, "h")
    assert letters() == ["L", "R", "A", "P"]
    pressed(page, ".")  # what was on the left is on top
    assert letters() == ["P", "A", "L", "R"]
    pressed(page, ",", "h", "v")
    assert letters() == ["R", "L", "P", "A"]


def test_a_point_of_the_image_is_found_again_however_it_is_seen(reading, page):
    there_and_back = """node => {
      const pane = node.roundsViewer.viewer.active;
      return pane.toImage(pane.toScreen([101.5, 37.25]));
    }"""
    for key in ("+", "Shift+ArrowLeft", "h", ".", "+", "v", "Shift+ArrowDown", ",", "-"):
        pressed(page, key)
        assert reading.evaluate(there_and_back) == pytest.approx([101.5, 37.25], abs=1e-6)


def test_slices_by_keys_wheel_and_slider_keep_the_window(reading, page):
    pressed(page, "p")
    before = window(reading)
    middle = at(reading)
    for key, expected in {"ArrowDown": middle + 1, "PageUp": middle - 9, "End": 47, "Home": 0}.items():
        pressed(page, key)
        expect(reading).to_have_attribute("data-painted", re.compile(f":{expected}$"))
    box = reading.locator(".rv-pane").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, 120)
    expect(reading).to_have_attribute("data-painted", re.compile(":1$"))
    reading.locator(".rv-slices").fill("30")
    expect(reading).to_have_attribute("data-painted", re.compile(":30$"))
    expect(reading.locator(".rv-slice")).to_have_text("31 / 48")
    assert window(reading) == before


def test_cine_plays_and_stops(reading, page):
    first = at(reading)
    pressed(page, " ")
    expect(reading).not_to_have_attribute("data-painted", re.compile(f":({first}|{first + 1}|)$"))
    pressed(page, " ")
    assert not reading.evaluate("node => node.roundsViewer.viewer.active.cine.runs")


def value_of(reading, home: Path) -> int:
    """The HU of the pixel (200, 120) of the image that is painted, from the store."""
    image_id, _ = reading.get_attribute("data-painted").split(":")
    db = workspace_home.open_home(Settings.read(home))
    image = images.get(db, int(image_id))
    db.close()
    samples = read_samples(Store(home).pixels(image.sha256), image.format, offset=image.offset, frame=0)
    return round(float(np.squeeze(samples)[120, 200]) * image.format.slope + image.format.intercept)


def test_the_value_under_the_pointer_is_that_of_the_slice_also_after_scrolling(reading, page, ward):
    box = reading.locator(".rv-pane").bounding_box()
    x, y = reading.evaluate("node => node.roundsViewer.viewer.active.toScreen([200.5, 120.5])")
    page.mouse.move(box["x"] + x, box["y"] + y)
    shown = set()
    for key in (None, "ArrowDown", "Home", "End"):
        if key is not None:
            before = reading.get_attribute("data-painted")
            pressed(page, key)
            expect(reading).not_to_have_attribute("data-painted", re.compile(f"^({before}|)$"))
        shown.add(value_of(reading, ward[0].home))
        expect(reading.locator(".rv-cursor")).to_have_text(f"200, 120: {value_of(reading, ward[0].home)} HU")
    assert len(shown) > 1


def test_the_magnifier_looks_closer_where_the_pointer_is(reading, page):
    box = reading.locator(".rv-pane").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    before = reading.evaluate(PATCH)
    pressed(page, "m")
    assert reading.evaluate(PATCH) != before
    pressed(page, "m")
    assert reading.evaluate(PATCH) == before


def test_linked_panes_scroll_zoom_and_window_together_until_they_are_not(reading, page):
    reading.evaluate("""node => {
      const viewer = node.roundsViewer.viewer;
      viewer.grid.others = [viewer.panes[0].stack];
    }""")
    pressed(page, "x")
    expect(reading.locator(".rv-pane")).to_have_count(2)
    state = """node => node.roundsViewer.viewer.panes.map(({at, view, window, painted}) =>
      painted && [at, view.zoom, window.width])"""
    all_painted(page, reading)
    pressed(page, "ArrowDown", "p", "+")
    all_painted(page, reading)
    first, second = reading.evaluate(state)
    assert first == second
    pressed(page, "k", "y", "ArrowDown", "p")
    all_painted(page, reading)
    alone, moved = reading.evaluate(state)
    assert alone == first
    assert (moved[0], moved[2]) == (second[0] + 1, 350)
    pressed(page, "x", "x")
    expect(reading.locator(".rv-pane")).to_have_count(1)


def test_no_pane_keeps_the_picture_of_the_patient_before(data_dir, rounds, serve, page):
    rounds("import", data_dir / "series")
    page.route("**/api/companions/**", lambda route: None)  # an answer that never comes
    root = opened(page, served(rounds, serve, Unit.SERIES))
    root.evaluate("node => { const { grid, panes } = node.roundsViewer.viewer; grid.others = [panes[0].stack]; }")
    pressed(page, "x")
    all_painted(page, root)
    pressed(page, "ArrowRight")
    expect(root).to_have_attribute("data-painted", PAINTED)
    assert root.evaluate("node => node.roundsViewer.viewer.panes.map(pane => Boolean(pane.stack))") == [True, False]


def test_what_is_known_of_the_patient_can_be_hidden_and_stays_so(reading, page):
    facts = reading.locator(".rv-facts").first
    expect(facts).to_contain_text("85 · M")
    pressed(page, "e")
    expect(facts).to_be_hidden()
    page.reload()
    expect(page.locator(".rv-root")).to_have_attribute("data-painted", PAINTED)
    expect(facts).to_be_hidden()
    pressed(page, "e")
    expect(facts).to_be_visible()


def test_a_graphics_card_that_goes_away_leaves_the_picture(ward, page):
    page.add_init_script("localStorage.setItem('rounds-renderer', 'webgl')")
    root = opened(page, ward[1])
    expect(root).to_have_attribute("data-renderer", "webgl")
    grey = root.evaluate("node => node.roundsViewer.greyAt(200, 200)")
    root.evaluate("node => node.roundsViewer.viewer.active.picture.renderer.destroy()")
    expect(root).to_have_attribute("data-renderer", "2d")
    assert root.evaluate("node => node.roundsViewer.greyAt(200, 200)") == grey
    pressed(page, "ArrowDown")
    expect(root).to_have_attribute("data-painted", PAINTED)


def test_colour_frames_of_a_film_are_slices_in_their_own_colours(data_dir, rounds, serve, page):
    rounds("import", data_dir / FILM)
    root = opened(page, served(rounds, serve, Unit.IMAGE))
    red, green, blue = root.evaluate(MOST_COLOURFUL)
    assert max(red, green, blue) - min(red, green, blue) > 40
    expect(root.locator(".rv-window")).to_be_hidden()  # colours have no window
    pressed(page, "ArrowDown")
    expect(root).to_have_attribute("data-painted", PAINTED)


PATCH = """node => {
  const context = node.querySelector('.rv-screen').getContext('2d');
  return context.getImageData(250, 250, 100, 100).data.join();
}"""
MOST_COLOURFUL = """node => {
  const { columns, rows } = node.roundsViewer.viewer.active.slice.image;
  let best = [0, 0, 0];
  const spread = (one) => Math.max(...one) - Math.min(...one);
  for (let y = 0; y < rows; y += 2) for (let x = 0; x < columns; x += 2) {
    const seen = node.roundsViewer.greyAt(x, y);
    if (spread(seen) > spread(best)) best = seen;
  }
  return best;
}"""
