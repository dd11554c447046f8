"""Drawing on real images in a real browser: every tool leaves what was drawn, in the image's own coordinates."""

import math

import pytest

from core.imaging.drawings import masks
from core.services.annotation import annotations, drawings
from tests.browser.drawn import near

pytestmark = pytest.mark.browser


@pytest.fixture
def drawn(draws):
    """A radiograph, drawing switched on."""
    return draws()


def only(drawn):
    (drawing,) = drawn.stored()
    return drawing


def size(drawn):
    return drawn.root.evaluate(
        "n => (({ rows, columns }) => [rows, columns])(n.roundsViewer.viewer.active.slice.image)"
    )


def disc(drawn, x, y, radius):
    rows, columns = size(drawn)
    return [[math.hypot(at_x + 0.5 - x, at_y + 0.5 - y) <= radius for at_x in range(columns)] for at_y in range(rows)]


def test_every_tool_by_mouse(drawn):
    drawn.keys("2", "b")
    drawn.drag((100, 120), (180, 220))
    drawn.keys("3", "e")
    drawn.click(300, 140)  # two clicks set what a drag would
    drawn.click(380, 260)
    drawn.keys("p")
    for place in [(200, 300), (260, 290), (240, 360)]:
        drawn.click(*place)
    drawn.page.mouse.dblclick(*drawn.at(210, 350))
    drawn.keys("1", "o")
    drawn.drag((60, 300), (120, 300), (120, 380), (60, 380), (60, 301))
    drawn.keys("0", "t")
    drawn.click(250, 200)
    drawn.keys("2", "m")
    drawn.click(330, 400)
    box, ellipse, polygon, outline, point, mask = drawn.stored()
    assert [one.shape for one in drawn.stored()] == ["box", "ellipse", "polygon", "freehand", "point", "mask"]
    assert [one.label for one in drawn.stored()] == [1, 2, 2, 0, None, 1]
    near(box.geometry["points"], [[100, 120], [180, 220]])
    near(ellipse.geometry["points"], [[300, 140], [380, 260]])
    assert ellipse.geometry["angle"] == 0
    near(polygon.geometry["points"], [[200, 300], [260, 290], [240, 360], [210, 350]])
    near(outline.geometry["points"][:4], [[60, 300], [120, 300], [120, 380], [60, 380]])
    near(point.geometry["points"], [[250, 200]])
    (exact,) = [one["geometry"] for one in drawn.shown() if one["shape"] == "mask"]
    assert exact == mask.geometry
    pixels = masks.from_counts(mask.geometry["counts"], *size(drawn))
    expected = disc(drawn, 330, 400, 8)
    assert pixels.sum() > 150
    assert (pixels != expected).sum() < 0.1 * pixels.sum()
    assert annotations.history(drawn.db, drawn.case) == []  # no digit answered the case
    assert drawn.ink(140, 120)[:3] == (0xE6, 0x9F, 0x00)  # the upper side of the box, in its class's colour
    drawn.page.reload()
    drawn.painted()
    drawn.await_shown(6)
    assert drawn.ink(140, 120)[:3] == (0xE6, 0x9F, 0x00)
    assert drawn.ink(150, 170)[3] == 0  # nothing inside of it
    assert len(drawings.history(drawn.db, drawn.case)) == 6


LOOKS = {
    "zoomed": ["+", "+"],
    "panned": ["+", "+", "+", "Shift+ArrowLeft", "Shift+ArrowUp"],
    "mirrored": ["h"],
    "upside down": ["v"],
    "turned": ["."],
    "turned and mirrored": [",", "h", "+"],
}


def test_a_box_lies_where_it_was_drawn_however_the_picture_is_turned(drawn):
    drawn.keys("d")
    for keys in LOOKS.values():
        drawn.keys(*keys, "d", "b")
        drawn.drag((230, 240), (290, 270))
        near(only(drawn).geometry["points"], [[230, 240], [290, 270]])
        drawn.keys("Delete", "d", "f")
        drawn.root.evaluate("node => node.roundsViewer.viewer.active.look({ zoom: 0, x: 0, y: 0, o: [1, 0, 0, 1] })")
        assert drawn.stored() == []


def test_change_erase_undo_and_redo(drawn):
    drawn.keys("2", "b")
    drawn.drag((100, 100), (200, 160))
    drawn.keys("v")
    drawn.click(150, 130)
    drawn.drag((150, 130), (170, 140))  # the whole
    near(only(drawn).geometry["points"], [[120, 110], [220, 170]], by=1)
    drawn.drag((220, 170), (250, 200))  # its lower right corner
    near(only(drawn).geometry["points"], [[120, 110], [250, 200]], by=1)
    drawn.drag((120, 155), (100, 300))  # its left side moves sideways only
    near(only(drawn).geometry["points"], [[100, 110], [250, 200]], by=1)
    drawn.keys("3")
    assert only(drawn).label == 2
    drawn.keys("Delete")
    assert drawn.stored() == []
    drawn.keys("Control+z")
    assert only(drawn).label == 2
    drawn.keys("Control+z")
    assert only(drawn).label == 1
    drawn.keys("Control+z", "Control+z", "Control+z")
    near(only(drawn).geometry["points"], [[100, 100], [200, 160]])
    drawn.keys("Control+z")
    assert drawn.stored() == []
    drawn.keys("Control+z")
    drawn.wait_for_status("There is nothing to undo in this case.")
    drawn.keys("Control+Shift+Z", "Control+y", "Control+y")
    near(only(drawn).geometry["points"], [[120, 110], [250, 200]], by=1)
    drawn.sent()
    versions = [(one.label, one.erased) for one in drawings.history(drawn.db, drawn.case)]
    assert (
        versions
        == [(1, False)] * 4 + [(2, False), (2, True), (2, False)] + [(1, False)] * 4 + [(1, True)] + [(1, False)] * 3
    )


def test_handles_of_an_ellipse_a_polygon_and_a_mask(drawn):
    drawn.keys("e")
    drawn.drag((200, 200), (300, 240))
    drawn.keys("v")
    top = drawn.at(250, 200)
    drawn.page.mouse.move(top[0], top[1] - 26)  # the handle above it turns it
    drawn.page.mouse.down()
    drawn.page.mouse.move(*drawn.at(350, 220), steps=5)
    drawn.page.mouse.up()
    assert abs(only(drawn).geometry["angle"] - 90) <= 1
    near(only(drawn).geometry["points"], [[200, 200], [300, 240]])
    drawn.drag((250, 270), (250, 290))  # the end of its long side, which now points down; the other end stays
    near(only(drawn).geometry["points"], [[190, 210], [310, 250]], by=1.5)
    drawn.keys("Delete", "p")
    for place in [(100, 100), (200, 100), (200, 200)]:
        drawn.click(*place)
    drawn.keys("Enter", "v")
    drawn.drag((150, 150), (120, 190))  # the middle of a side is a corner to be
    near(only(drawn).geometry["points"], [[100, 100], [200, 100], [200, 200], [120, 190]], by=1)
    drawn.page.keyboard.down("Alt")
    drawn.click(120, 190)  # and is none any more
    drawn.page.keyboard.up("Alt")
    near(only(drawn).geometry["points"], [[100, 100], [200, 100], [200, 200]])
    drawn.keys("Delete", "m")
    drawn.drag((300, 300), (360, 300))
    before = only(drawn)
    drawn.page.keyboard.down("Shift")
    drawn.click(330, 300)
    drawn.page.keyboard.up("Shift")
    rows, columns = size(drawn)
    left, top, width, height = masks.bounds(masks.from_counts(only(drawn).geometry["counts"], rows, columns))
    assert not masks.from_counts(only(drawn).geometry["counts"], rows, columns)[300, 330]
    assert masks.bounds(masks.from_counts(before.geometry["counts"], rows, columns)) == (left, top, width, height)
    drawn.keys("v", "ArrowRight", "ArrowRight", "Shift+ArrowDown")
    drawn.keys("Escape")  # what arrows moved is taken back
    assert masks.bounds(masks.from_counts(only(drawn).geometry["counts"], rows, columns)) == (left, top, width, height)
    drawn.keys("ArrowRight", "ArrowRight", "Shift+ArrowDown", "m")
    moved = masks.bounds(masks.from_counts(only(drawn).geometry["counts"], rows, columns))
    assert moved == (left + 2, top + 10, width, height)
    assert len(drawings.history(drawn.db, drawn.case, only(drawn).key)) == 3


def test_by_keyboard_alone(drawn):
    rows, columns = size(drawn)
    x, y = columns // 2, rows // 2
    drawn.keys("3", "b", "ArrowRight", "Enter", *["Shift+ArrowRight"] * 3, *["ArrowDown"] * 4, "Enter")
    first = only(drawn)
    assert (first.shape, first.label) == ("box", 2)
    assert first.geometry == {"points": [[x, y], [x + 30, y + 4]]}
    drawn.keys("Tab", "ArrowLeft", "Shift+ArrowUp", "Alt+ArrowRight", "Alt+Shift+ArrowDown", "1")
    assert only(drawn).geometry == {"points": [[x - 1, y - 10], [x + 30, y + 4]]}
    assert only(drawn).label == 0
    drawn.keys("Delete")
    assert drawn.stored() == []
    drawn.keys("p", "Enter", "Enter", *["Shift+ArrowRight"] * 4, "Space", *["Shift+ArrowDown"] * 3, "Enter")
    drawn.keys("ArrowDown", "Enter", "Backspace", "ArrowUp", "Enter")  # Enter twice in a place closes
    assert only(drawn).geometry == {"points": [[x, y], [x + 40, y], [x + 40, y + 30]]}
    x, y = x + 40, y + 30  # where the crosshair is: another tool takes it over
    drawn.keys("Delete", "o", "Enter", *["Shift+ArrowRight"] * 2, *["Shift+ArrowDown"] * 2)
    drawn.keys(*["Shift+ArrowLeft"] * 2, "Enter")
    near(only(drawn).geometry["points"], [[x, y], [x + 20, y], [x + 20, y + 20], [x, y + 20]], by=0.01)
    drawn.keys("Delete", "t", "Enter")
    assert only(drawn).geometry == {"points": [[x + 0.5, y + 20.5]]}
    drawn.keys("Delete", "m", *["["] * 20, "Enter", *["ArrowRight"] * 3, "Enter")
    pixels = masks.from_counts(only(drawn).geometry["counts"], rows, columns)
    assert masks.bounds(pixels) == (x, y + 20, 4, 1)
    drawn.keys("Escape", "Escape")  # what is chosen, then drawing itself
    assert drawn.root.get_attribute("data-tool") == ""
    drawn.keys("ArrowRight", "ArrowLeft")
    case = drawn.case
    assert annotations.history(drawn.db, case) == []
    drawn.keys("2")
    drawn.sent()
    assert [one.text for one in annotations.history(drawn.db, case)] == ["pneumonia"]


COUNTS = """async (counts) => {
    const { encode, decode } = await import('/api/viewer/any/draw/mask.js');
    return counts.map((one) => encode(decode(one, one.reduce((sum, count) => sum + count, 0))));
}"""
PAINTED = """async ([rows, columns, strokes]) => {
    const { Mask } = await import('/api/viewer/any/draw/mask.js');
    const mask = new Mask({ rows, columns });
    for (const [from, to, radius, value] of strokes) mask.sweep(from, to, radius, value);
    return [mask.geometry.counts, mask.moved([3, -2]).geometry.counts, mask.extent()];
}"""


def test_run_lengths_and_strokes_are_those_of_the_server(drawn):
    import numpy as np

    chance = np.random.default_rng(4)
    drawings = [
        chance.random((rows, columns)) < share
        for rows, columns, share in [(1, 1, 0), (1, 1, 1), (7, 5, 0.5), (64, 3, 0.9), (31, 200, 0.02), (120, 90, 0.5)]
    ]
    counts = [masks.to_counts(one) for one in drawings]
    assert drawn.page.evaluate(COUNTS, counts) == counts
    strokes = [
        [[10, 10], [70.5, 33.2], 6, 1],
        [[40, 0], [40, 60], 3, 0],
        [[5, 50], [5, 50], 9.5, 1],
        [[60, 58], [95, 70], 2, 1],
    ]
    pixels = np.zeros((60, 80), bool)
    y, x = np.mgrid[0:60, 0:80] + 0.5
    for (ax, ay), (bx, by), radius, value in strokes:
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy or 1), 0, 1)
        pixels[np.hypot(x - ax - along * dx, y - ay - along * dy) <= radius] = value
    painted, moved, extent = drawn.page.evaluate(PAINTED, [60, 80, strokes])
    assert painted == masks.to_counts(pixels)
    shifted = np.zeros_like(pixels)
    shifted[:-2, 3:] = pixels[2:, :-3]
    assert moved == masks.to_counts(shifted)
    left, top, width, height = masks.bounds(pixels)
    assert extent == {"left": left, "top": top, "right": left + width, "bottom": top + height}
