"""The model sees what the reader sees: the plane of the training loader is the viewer's picture at its first window.

One home holds files and stacks of every kind; one page shows them, one after another, through each renderer.
"""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.curation.recipe import Recipe
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots, training_examples
from core.services.images import image_pixels, images
from core.services.workspace.home import open_home
from core.settings import Settings
from core.training import examples
from core.training.examples import Example, ImageRef
from db.vocabulary import Answer, Unit
from tests.browser.homes import imported
from tests.browser.mixed_files import copy_real, draw
from tests.browser.servers import standing

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FEWEST, FEWEST_STACKS, JPEG_TOLERANCE = 60, 8, 4.0

# The slice of a case that is painted, drawn once more with one screen pixel for one of the image and nothing smoothed.
# A place leads to that slice first. The page waits itself: to ask it again and again takes longer than to paint.
PICTURE = """async (node, [id, place]) => {
  const viewer = node.roundsViewer.viewer, pane = viewer.panes[0];
  const until = async (true_) => {
    while (!true_()) await new Promise((done) => setTimeout(done, 2));
  };
  await until(() => viewer.painted === id);
  if (place !== null) pane.goTo(place);
  await until(() => viewer.painted === id);
  const { picture, slice, stack } = pane;
  [picture.screen.width, picture.screen.height] = [slice.image.columns, slice.image.rows];
  picture.renderer.draw({ a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 }, false);
  const png = picture.screen.toDataURL().split(",")[1];
  pane.resize();
  const slices = stack.slices.map(({ image, frame }) => [String(image.id), frame]);
  return { at: pane.at, slices, renderer: picture.renderer.name, png };
}"""


@dataclass(frozen=True)
class Mixed:
    """A home with its server, the names of its images by id, and what training reads of each case."""

    home: Path
    url: str
    names: dict[str, str]
    tasks: dict[Unit, int]
    examples: dict[Unit, dict[int, Example]]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, data_dir) -> Iterator[Mixed]:
    folder = tmp_path_factory.mktemp("mixed")
    draw(folder / "in" / "drawn")
    copy_real(data_dir, folder / "in" / "real")
    home = imported(folder / "home", folder / "in")
    settings = Settings.read(home)
    db = open_home(settings)
    made = {unit: tasks.create(db, name=unit.value, classes=["no", "yes"], unit=unit).id for unit in UNITS}
    read = {}
    for unit, task in made.items():
        for case in annotations.queue(db, task_id=task, limit=10_000):
            key, label = f"{unit}-{case.id}", case.id % 2
            annotations.label(db, case_id=case.id, answer=Answer.LABEL, label=label, by="ann", key=key)
        frozen = snapshots.freeze(db, task, Recipe(), name=unit.value, by="ann")
        read[unit] = {int(one.key): one for one in training_examples.examples_of(db, settings, frozen.id)}
    planes = {plane.image for one in read[Unit.IMAGE].values() for plane in one.images}
    names = {image: images.get(db, int(image)).name for image in planes}
    db.close()
    with standing(home) as server:
        yield Mixed(home, server.url, names, made, read)


UNITS = (Unit.IMAGE, Unit.SERIES)


@pytest.fixture(autouse=True)
def own_size(monkeypatch):
    """Training reads an image at its own size, not that of a model."""
    monkeypatch.setattr(examples, "resize", lambda values, rows, columns: values)


def model_input(plane: ImageRef) -> np.ndarray:
    """Greys or colours (rows, columns, 3) of 0..255, with fractions."""
    return np.moveaxis(examples.read_image(plane, size=0, channels=3), 0, -1) / 257.0


def shown(page: Page, case: int, place: int | None = None) -> tuple[dict, np.ndarray]:
    """What the first pane shows of a case (`place`: after a step to that slice), and the picture (rows, columns, 3)."""
    seen = page.locator(".rv-root").evaluate(PICTURE, [case, place])
    picture = Image.open(io.BytesIO(base64.b64decode(seen["png"]))).convert("RGB")
    return seen, np.asarray(picture).astype(float)


def cases(page: Page, mixed: Mixed, unit: Unit) -> Iterator[tuple[int, Example]]:
    """Step by key through all cases of a task, as training reads each."""
    page.set_viewport_size({"width": 640, "height": 480})  # a processor that plays graphics card is slow
    page.goto(f"{mixed.url}/label?task={mixed.tasks[unit]}&only=all")
    expect(page.locator(".rv-root")).to_have_attribute("data-painted", re.compile(":"))
    for case in sorted(mixed.examples[unit]):
        yield case, mixed.examples[unit][case]
        page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("renderer", ["2d", "webgl"])
def test_the_models_input_is_the_viewers_picture(mixed, page, renderer):
    page.add_init_script(f"localStorage.setItem('rounds-renderer', '{renderer}')")
    apart = {}
    slices = {plane.image for one in mixed.examples[Unit.SERIES].values() for plane in one.images[1:]}
    for case, example in cases(page, mixed, Unit.IMAGE):
        plane = example.picture
        if plane.image in slices:
            continue  # of stacks the first one: the others take their time below
        seen, picture = shown(page, case)
        assert seen["renderer"] == renderer
        assert seen["slices"][seen["at"]] == [plane.image, plane.format.frames // 2]
        apart[mixed.names[plane.image]] = np.abs(picture - model_input(plane)).max()
    assert len(apart) >= FEWEST
    assert max(apart.values()) <= 1, {name: worst for name, worst in apart.items() if worst > 1}


def test_a_volume_models_slices_are_those_of_the_stack(mixed, page):
    """Every slice at the window of the first one shown, in the same order, from the same one."""
    stacks = 0
    for case, example in cases(page, mixed, Unit.SERIES):
        seen, _ = shown(page, case)
        if any(plane.format.frames > 1 for plane in example.images):
            continue
        stacks += len(example.images) > 1
        assert seen["slices"] == [[plane.image, 0] for plane in example.images]
        assert seen["at"] == example.main
        for place, plane in enumerate(example.images):
            _, picture = shown(page, case, place)
            assert np.abs(picture - model_input(plane)).max() <= 1, mixed.names[plane.image]
    assert stacks >= FEWEST_STACKS


def test_a_thumbnail_has_the_greys_of_the_models_input(mixed):
    settings = Settings.read(mixed.home)
    db = open_home(settings)
    for example in mixed.examples[Unit.IMAGE].values():
        view = images.get(db, int(example.picture.image))
        with Image.open(image_pixels.thumbnail(settings, view)) as file:
            small = np.asarray(file.convert("L"), dtype=float)
        full = Image.fromarray(np.round(model_input(example.picture)).astype(np.uint8)).convert("L")
        full.thumbnail((small.shape[1], small.shape[0]), Image.Resampling.LANCZOS)
        assert np.abs(small - np.asarray(full, dtype=float)).mean() < JPEG_TOLERANCE, view.name
    db.close()
