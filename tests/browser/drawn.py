"""What tests of drawing share: a page with real images to draw on, and where an image's pixel lies on the screen."""

import math
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from core.services.annotation import drawings, tasks
from core.services.workspace import home
from core.settings import Settings
from db import Database
from db.vocabulary import TaskKind, Unit
from tests.browser.homes import imported, new_name
from tests.browser.servers import Server, standing

CLASSES = ["normal", "pneumonia", "effusion"]
PICTURES = 3
STACK = "series/mr_prostate_adc_20"


@dataclass
class Drawn:
    """A page on which somebody draws, and the catalogue behind it."""

    page: Page
    db: Database
    task: int

    @property
    def root(self):
        return self.page.locator(".rv-root")

    @property
    def case(self) -> int:
        return int(self.root.get_attribute("data-case"))

    def painted(self) -> None:
        expect(self.root).to_have_attribute("data-painted", re.compile(":"))

    def sent(self) -> None:
        expect(self.root).to_have_attribute("data-waiting", "0")

    def wait_for_status(self, words) -> None:
        expect(self.root.locator(".rv-said")).to_have_text(words)

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def stored(self):
        """What the catalogue holds once all is sent."""
        self.sent()
        return drawings.standing(self.db, self.case)

    def shown(self) -> list[dict]:
        """What the page shows as standing."""
        return self.root.evaluate("node => [...node.roundsViewer.viewer.drawings.store.standing.values()]")

    def await_shown(self, count: int) -> None:
        ask = "([node, count]) => node.roundsViewer.viewer.drawings.store.standing.size === count"
        self.page.wait_for_function(ask, arg=[self.root.element_handle(), count])

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the image lies on the page: the image is fitted, then zoomed, moved, flipped and turned."""
        pane = self.root.locator(".rv-pane").first.bounding_box()
        look, rows, columns = self.root.evaluate(
            "node => { const { view, slice } = node.roundsViewer.viewer.active;"
            " return [view, slice.image.rows, slice.image.columns]; }"
        )
        (a, b, c, d), wide, high = look["o"], columns, rows
        fit = min(pane["width"] / (high if a == 0 else wide), pane["height"] / (wide if a == 0 else high))
        scale = look["zoom"] or fit
        dx, dy = (x - wide / 2) * scale, (y - high / 2) * scale
        middle = pane["x"] + pane["width"] / 2, pane["y"] + pane["height"] / 2
        return middle[0] + look["x"] + a * dx + b * dy, middle[1] + look["y"] + c * dx + d * dy

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))

    def drag(self, *places: tuple[float, float]) -> None:
        """Down at the first, straight over the others, up at the last."""
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=4)
        self.page.mouse.up()

    def ink(self, x: float, y: float) -> tuple[int, ...]:
        """The colour drawn over a place of the image: red, green, blue, opacity; once this frame is painted."""
        left, top = self.at(x, y)
        return tuple(self.root.evaluate(INK, [left, top]))


INK = """async (node, [x, y]) => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { ink, ratio } = node.roundsViewer.viewer.active;
    const box = ink.getBoundingClientRect();
    return [...ink.getContext('2d').getImageData((x - box.left) * ratio, (y - box.top) * ratio, 1, 1).data];
}"""


def near(actual, expected, by=0.6):
    """Within what a pointer of whole CSS pixels can tell."""
    assert len(actual) == len(expected), (actual, expected)
    for point, other in zip(actual, expected, strict=True):
        assert math.dist(point, other) <= by, (actual, expected)


@pytest.fixture(scope="session")
def studio(data_dir, tmp_path_factory) -> Iterator[Server]:
    """A server on a home with a few real radiographs and a stack of 20 slices, for all tests that draw."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "pictures").mkdir()
    for path in sorted((data_dir / "cxr/hannover").glob("*.png"))[:PICTURES]:
        shutil.copy(path, folder / "pictures")
    shutil.copytree(data_dir / STACK, folder / "pictures/stack")
    with standing(imported(folder / "home", folder / "pictures")) as server:
        yield server


@pytest.fixture
def draws(studio, page) -> Iterator[Callable[..., Drawn]]:
    """Open the label page on a new task, drawing switched on."""
    db = home.open_home(Settings.read(studio.home))

    def start(unit: Unit = Unit.IMAGE, kind: TaskKind = TaskKind.SINGLE) -> Drawn:
        task = tasks.create(db, name=new_name(db), classes=CLASSES, unit=unit, kind=kind)
        page.on("dialog", lambda dialog: dialog.accept())  # the page asks whether to leave what waits
        page.route("**/nothing-of-ours", lambda route: route.abort())
        page.goto(f"{studio.url}/label?task={task.id}")
        drawn = Drawn(page, db, task.id)
        drawn.painted()
        drawn.keys("d")
        return drawn

    yield start
    db.close()
