"""Slices of a CT drawn in a second: 48 of 512 × 512 that lie in the browser, by single keys, to the end and back.

The next key is pressed as soon as a frame with the slice of the last one has been drawn: on our side by the page
itself; a slider takes none from a script, so the reference gets real ones, some milliseconds later.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from db.vocabulary import Unit
from tests.benchmarks.dicom import write_series
from tests.benchmarks.label_latency import LISTEN, OURS, THEIRS, WATCH, make_task
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.served import both, page

APP = Path(__file__).parent / "references" / "stack_app.py"
SLICES, EDGE = 48, 512
STEPS = SLICES - 1

ALL_HERE = """async root => {
  const { ready } = await import(new URL('base/loader.js', root.getRootNode().querySelector('link.rv-style').href));
  return root.roundsViewer.viewer.panes[0].stack.slices.every(slice => ready(slice));
}"""

# Milliseconds for `keys`, each pressed after the frame that shows another image than before has been drawn.
PACE = """async (root, keys) => {
  const shown = %s;
  const drawn = () => new Promise(done => {
    const channel = new MessageChannel();  // a message is read after the frame in whose making it was sent
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  const other = before => new Promise(done => {
    const look = () => shown(root) && shown(root) !== before ? drawn().then(done) : requestAnimationFrame(look);
    requestAnimationFrame(look);
  });
  const began = performance.now();
  for (const key of keys) {
    const before = shown(root);
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await other(before);
  }
  return performance.now() - began;
}"""


@contextmanager
def sides(folder: Path, _repetitions: Repetitions) -> Iterator[Sides]:
    """Both servers run all the time on the same series."""
    write_series(folder / "files", SLICES, edge=EDGE)
    with (
        both(folder, APP, lambda home: make_task(home, Unit.SERIES)) as served,
        page(served.browser) as first,
        page(served.browser) as other,
    ):
        ours = opened(first, served.ours, ".rv-root", OURS)
        ours.owner_frame().page.wait_for_function(ALL_HERE, arg=ours)
        ours.owner_frame().page.keyboard.press("Home")
        app = opened(other, served.theirs, "[data-testid=stMain]", THEIRS)
        drawn = Sides(
            ours=lambda: take(ours, ["ArrowDown"] * STEPS + ["ArrowUp"] * STEPS),
            reference=lambda: slide(app, ["ArrowRight"] * STEPS + ["ArrowLeft"] * STEPS),
        )
        drawn.ours(), drawn.reference()  # both have been through all of it once
        yield drawn


def opened(shown: Any, url: str, root: str, image: str) -> Any:
    """The element that holds the image, once it does."""
    shown.add_init_script(LISTEN)
    shown.goto(url)
    element = shown.locator(root).element_handle()
    shown.wait_for_function(image, arg=element)
    return element


def take(root: Any, keys: list[str]) -> Taken:
    """Of ours, in slices per second."""
    root.owner_frame().page.bring_to_front()
    began = time.perf_counter()
    ms = root.evaluate(PACE % OURS, keys)
    return Taken(len(keys) / ms * 1000, time.perf_counter() - began)


def slide(root: Any, keys: list[str]) -> Taken:
    """Of a reference whose last slider is moved by keys, in pictures per second."""
    shown = root.owner_frame().page
    shown.bring_to_front()
    root.query_selector_all("[data-testid=stSlider] input")[-1].focus()
    began = time.perf_counter()
    for key in keys:
        root.evaluate(WATCH % THEIRS)
        shown.keyboard.press(key)
        shown.wait_for_function("() => window.took !== null")
    took = time.perf_counter() - began
    return Taken(len(keys) / took, took)


BENCHMARK = Benchmark(
    name="stack_scroll",
    unit="slices drawn per second, prefetched",
    goal=">=30",
    goal_of="ours",
    sides=sides,
    against="a Streamlit page with a slider and st.image",
)
