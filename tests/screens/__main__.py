"""`python -m tests.screens HOME`: take the README's pictures again, of the home that `rounds demo` made.

They show a copy of it; the home itself stays as it is.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from core.services.annotation import annotations
from core.services.images import images
from core.services.workspace import home as workspace_home
from core.settings import Settings
from db import Database
from tests.browser.chromium import FLAGS, TIMEOUT_MS
from tests.browser.drawn import Drawn
from tests.browser.servers import standing

FOLDER = Path(__file__).parent
SIZE = {"width": 1440, "height": 900}
TILES = 10  # of the list of cases fit into the width


def review(page: Page, db: Database) -> None:
    """The first model on validation, where its operating point is chosen."""
    page.goto(f"{page.url}review?run=1&split=val")
    expect(page.get_by_text("Confusion matrix")).to_be_visible()
    for at in range(TILES):
        page.locator(".rg-tile img").nth(at).evaluate("image => image.decode()")


def train(page: Page, db: Database) -> None:
    """The form with its measured summary and eight images."""
    page.goto(f"{page.url}train?snapshot=1")
    expect(page.locator(".st-key-train_figures")).to_contain_text("of memory on the")
    expect(page.locator('img[alt^="augmented image"]')).to_have_count(8)


def label(page: Page, db: Database) -> None:
    """A case with an opacity, which an ellipse encloses, beside the patient's other image."""
    page.goto(f"{page.url}label?task=1&only=all")
    drawn = Drawn(page, db, task=1)
    drawn.painted()
    while not (boxes := _opacities(db, drawn.case)):
        before = drawn.case
        drawn.keys("ArrowRight")
        expect(drawn.root).not_to_have_attribute("data-case", str(before))
        drawn.painted()
    left, top, right, bottom = boxes[0]
    drawn.keys("x", "d", "2", "e")
    drawn.painted()
    drawn.drag((left, top), (right, bottom))
    drawn.sent()
    drawn.keys("d")


def _opacities(db: Database, case: int) -> list[list[float]]:
    image = images.get(db, annotations.case(db, case).image_ids[0])
    key = json.loads((db.file.parent / "demo-key.json").read_text())
    opacities: list[list[float]] = key["images"][image.sha256]["opacities"]
    return opacities


SCREENS: dict[str, Callable[[Page, Database], None]] = {"label": label, "review": review, "train": train}


def main(home: Path) -> None:
    """Serve a copy of the home and store a picture of each screen beside this file."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        copy = shutil.copytree(home, Path(folder) / "home")
        db = workspace_home.open_home(Settings.read(copy))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with standing(copy) as server:
            for name, show in SCREENS.items():
                page = browser.new_page(viewport=SIZE)
                page.set_default_timeout(TIMEOUT_MS)
                expect.set_options(timeout=TIMEOUT_MS)
                page.goto(f"{server.url}/")
                show(page, db)
                page.screenshot(path=FOLDER / f"{name}.png")
                page.close()
        browser.close()
        db.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
