"""Frames in a second while a window is dragged: 1024 × 1024, 16 bit, on the renderer that needs no graphics card."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.dicom import write_files
from tests.benchmarks.label_latency import OURS, THEIRS, make_task
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.served import both, page
from tests.benchmarks.stack_scroll import opened, slide

APP = Path(__file__).parent / "references" / "window_app.py"
EDGE, MOVES = 1024, 240
KEYS = ["ArrowRight"] * 12 + ["ArrowLeft"] * 12  # the reference shows nothing while its slider is dragged

# Counts the frames that were drawn through another window than the frame before.
COUNT = """root => {
  window.frames_ = [];
  let before = root.dataset.window;
  const look = () => {
    const now = root.dataset.window;
    if (now !== before) {
      before = now;
      const drawn = new MessageChannel();  // a message is read after the frame in whose making it was sent
      drawn.port1.onmessage = () => window.frames_.push(performance.now());
      drawn.port2.postMessage(0);
    }
    window.looking = requestAnimationFrame(look);
  };
  look();
}"""
COUNTED = "() => { cancelAnimationFrame(window.looking); return window.frames_; }"


@contextmanager
def sides(folder: Path, _repetitions: Repetitions) -> Iterator[Sides]:
    """Both servers run all the time on the same file."""
    write_files(folder / "files", 1, edge=EDGE)
    with both(folder, APP, make_task) as served, page(served.browser) as first, page(served.browser) as other:
        first.add_init_script("localStorage.setItem('rounds-renderer', '2d')")
        ours = opened(first, served.ours, ".rv-root", OURS)
        assert ours.get_attribute("data-renderer") == "2d"
        app = opened(other, served.theirs, "[data-testid=stMain]", THEIRS)
        drawn = Sides(ours=lambda: drag(ours), reference=lambda: slide(app, KEYS))
        drawn.ours(), drawn.reference()  # both have drawn a window once
        yield drawn


def drag(root: Any) -> Taken:
    """To and fro with the mouse, as fast as the browser takes it."""
    shown, began = root.owner_frame().page, time.perf_counter()
    shown.bring_to_front()
    box = root.query_selector(".rv-pane").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shown.mouse.move(x, y)
    shown.mouse.down()
    root.evaluate(COUNT)
    for number in range(MOVES):
        offset = (number % 60) * 2 if number % 120 < 60 else 120 - (number % 60) * 2
        shown.mouse.move(x + offset, y + offset / 3)
    drawn = shown.evaluate(COUNTED)
    shown.mouse.up()
    return Taken((len(drawn) - 1) / (drawn[-1] - drawn[0]) * 1000, time.perf_counter() - began)


BENCHMARK = Benchmark(
    name="window_drag",
    unit="frames per second on the 2-D fallback",
    goal=">=30",
    goal_of="ours",
    sides=sides,
    against="a Streamlit page with sliders and st.image",
)
