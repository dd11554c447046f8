"""From a key to the next image on the screen: 16 bit, in Chromium, a second of looking before each key."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from db.vocabulary import Unit
from tests.benchmarks.dicom import write_files
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.served import both, page

APP = Path(__file__).parent / "references" / "label_app.py"
COLD, LOOK_MS = 6, 1000
OURS = "root => root.dataset.painted"  # which image the canvas holds, '' while it holds none
THEIRS = """root => {
  const image = root.querySelector('[data-testid=stImage] img');
  return image && image.complete && image.naturalWidth ? image.src : '';
}"""

# The next image lies in the browser, as it does when its reader looks at this one for a while.
AHEAD = """async root => {
  const { ready } = await import(new URL('base/loader.js', root.getRootNode().querySelector('link.rv-style').href));
  const { cases, index } = root.roundsViewer.viewer;
  const next = cases[index + 1];
  return Boolean(next && ready({ url: next.images[0].urls[0] }));
}"""

# Before the page's own listeners, which may keep a key to themselves.
LISTEN = "addEventListener('keydown', key => window.fell?.(key.timeStamp), { capture: true });"

# From the key until the frame that holds an image other than the one before has been drawn.
WATCH = """root => {
  const shown = %s, before = shown(root);
  window.took = null;
  window.fell = at => {
    window.fell = null;
    const look = () => {
      const now = shown(root);
      if (!now || now === before) return requestAnimationFrame(look);
      const drawn = new MessageChannel();  // a message is read after the frame in whose making it was sent
      drawn.port1.onmessage = () => { window.took = performance.now() - at; };
      drawn.port2.postMessage(0);
    };
    look();
  };
}"""


@dataclass(frozen=True)
class Size:
    """Of the images."""

    rows: int
    columns: int


@contextmanager
def sides(folder: Path, repetitions: Repetitions, *, size: Size) -> Iterator[Sides]:
    """Both servers run all the time on the same files, and only one page is asked for anything."""
    keys = repetitions.keys_each
    write_files(folder / "files", repetitions.rounds * keys + COLD + 4, edge=size.rows, columns=size.columns)
    with both(folder, APP, make_task) as served, page(served.browser) as first, page(served.browser) as other:
        ours = opened(first, served.ours, ".rv-root")
        reference = opened(other, served.theirs, "[data-testid=stMain]")
        # The first keys find everything cold, on both sides.
        take(ours, OURS, COLD, AHEAD), take(reference, THEIRS, COLD)
        yield Sides(ours=lambda: take(ours, OURS, keys, AHEAD), reference=lambda: take(reference, THEIRS, keys))
        ours.owner_frame().page.wait_for_function("root => root.dataset.waiting === '0'", arg=ours)
        labels = sqlite3.connect(folder / "labels.sqlite").execute("SELECT count(*) FROM label").fetchone()[0]
        assert (labelled(served.home, served.task), labels) == (repetitions.rounds * keys + COLD,) * 2, (
            "an answer was lost"
        )


def opened(shown: Any, url: str, root: str) -> Any:
    """The element that holds the image, on a page that tells when a key fell."""
    shown.add_init_script(LISTEN)
    shown.goto(url)
    return shown.locator(root).element_handle()


def take(root: Any, image: str, keys: int, ahead: str = "") -> Taken:
    """The median of some keys, in milliseconds."""
    shown = root.owner_frame().page
    shown.bring_to_front()
    took = [key(shown, root, image, ahead) for _ in range(keys)]
    return Taken(median(took), sum(took) / 1000, tuple(took))


def key(shown: Any, root: Any, image: str, ahead: str) -> float:
    """Wait for an image, look at it, answer, and wait for the next."""
    shown.wait_for_function(image, arg=root)
    shown.wait_for_timeout(LOOK_MS)
    if ahead:
        shown.wait_for_function(ahead, arg=root)
    root.evaluate(WATCH % image)
    shown.keyboard.press("1")
    shown.wait_for_function("() => window.took !== null")
    return float(shown.evaluate("() => window.took"))


def make_task(home: Path, unit: Unit = Unit.IMAGE) -> int:
    """A task of two answers."""
    from core.services.annotation import tasks
    from core.services.workspace import home as workspace_home
    from core.settings import Settings

    db = workspace_home.open_home(Settings.read(home))
    try:
        return tasks.create(db, name="opacity", classes=["none", "opacity"], unit=unit).id
    finally:
        db.close()


def labelled(home: Path, task: int) -> int:
    """How many cases have an answer."""
    from core.services.annotation import annotations
    from core.services.workspace import home as workspace_home
    from core.settings import Settings

    db = workspace_home.open_home(Settings.read(home))
    try:
        return annotations.progress(db, task).labelled
    finally:
        db.close()


BENCHMARK = Benchmark(
    name="label_latency",
    unit="ms from key to next image",
    goal="<=0.15",
    sides=partial(sides, size=Size(1024, 1024)),
    against="a Streamlit page with st.image that runs again",
)
LARGE = Benchmark(
    name="label_latency_3000x2500",
    unit="ms from key to next image, prefetched",
    goal="<=0.25",
    sides=partial(sides, size=Size(3000, 2500)),
    against="a Streamlit page with st.image that runs again",
)
