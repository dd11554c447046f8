"""400 keys, 20 a second, over pictures of many sizes: every answer lies on the picture that was there at its key.

Each picture holds its own number in the pixels of its first row. At every key the page reads that number back from
what is drawn, before its own listeners hear of the key; the catalogue is held against that record.
"""

import random
import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.workspace import home
from core.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES, KEYS, A_SECOND, BITS = 410, 400, 20, 10
TITLES = ["none", "some", "much"]

# The number in the first row of what is drawn; noted at each key, and with each answer that this key brings about.
RECORD = """([node, bits]) => {
  const viewer = node.roundsViewer.viewer;
  const bit = (at) => (viewer.panes[0].greyAt(at, 0)[0] > 127 ? 2 ** at : 0);
  const seen = () => [...Array(bits).keys()].reduce((sum, at) => sum + bit(at), 0);
  window.given = [];
  window.fell = 0;
  let now = null;
  window.falls = (event) => { now = { seen: seen(), key: event.key }; window.fell++; };
  const post = viewer.outbox.post.bind(viewer.outbox);
  viewer.outbox.post = (kind, said) => {
    window.given.push({ ...now, kind, case: said.case, label: said.label ?? null });
    return post(kind, said);
  };
}"""

# Before the page's own listeners. Every seventh picture comes late: the keys that fall meanwhile find an older one.
FIRST = """addEventListener('keydown', (event) => window.falls?.(event), { capture: true });
const fetched = window.fetch;
window.fetch = async (url, ...more) => {
  const image = /api.pixels.(\\d+)/.exec(url);
  if (image && image[1] % 7 === 3) await new Promise((done) => setTimeout(done, 400));
  return fetched(url, ...more);
};"""


def write(folder: Path) -> None:
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(PICTURES):
        rows, columns = chance.integers(40, 900), chance.integers(BITS, 900)
        pixels = np.full((rows, columns), 30000, np.uint16)
        pixels[:, -1] = np.linspace(0, 65535, rows)  # the window spans all values in every picture
        pixels[0, :BITS] = [65535 * (number >> bit & 1) for bit in range(BITS)]
        Image.fromarray(pixels).save(folder / f"{number:03}.png", compress_level=1)


def type_keys(page, keys: list[str]) -> None:
    """One every twentieth of a second, whatever the page is about."""
    began = time.monotonic()
    for number, key in enumerate(keys):
        page.wait_for_timeout(max(0.0, began + number / A_SECOND - time.monotonic()) * 1000)
        page.keyboard.press(key)


@pytest.mark.parametrize("others", [[], ["u", "ArrowLeft", "ArrowRight"]], ids=["answers", "answers, undo and steps"])
def test_every_answer_lies_on_the_picture_that_was_there(others, tmp_path, rounds, serve, page):
    write(tmp_path / "in")
    rounds("import", tmp_path / "in")
    db = home.open_home(Settings.read(rounds.home))
    task = tasks.create(db, name="finding", classes=TITLES)
    cases = annotations.queue(db, task_id=task.id, limit=PICTURES)
    shown = images.many(db, [case.image_ids[0] for case in cases])
    number_of = {case.id: int(view.name[:3]) for case, view in zip(cases, shown, strict=True)}
    page.add_init_script(FIRST)
    page.goto(f"{serve(rounds.home).url}/label?task={task.id}")
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-painted", re.compile(":"))
    page.evaluate(RECORD, [root.element_handle(), BITS])
    chance = random.Random(1)
    keys = [chance.choice(others if others and chance.random() < 0.2 else "123") for _ in range(KEYS)]
    type_keys(page, keys)
    expect(root).to_have_attribute("data-waiting", "0")
    fell, given = page.evaluate("() => [window.fell, window.given]")
    assert fell == KEYS
    answers = [one for one in given if one["kind"] == "labels"]
    assert PICTURES / 8 < len(answers) < KEYS  # of the keys that fell on no new picture nothing came
    for answer in answers:
        assert (number_of[answer["case"]], answer["label"]) == (answer["seen"], int(answer["key"]) - 1), answer
    for case in cases:
        posted = [one for one in given if one["case"] == case.id]
        stored = annotations.history(db, case.id)
        assert len(stored) == len(posted)
        for answer, row in zip(posted, stored, strict=True):
            assert row.text.startswith("undo: ") if answer["kind"] == "undo" else row.text == TITLES[answer["label"]]
    db.close()
