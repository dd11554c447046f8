"""From a move of the operating point to matrix, list and figures of 20,000 cases on the screen, in Chromium."""

import csv
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import reviewed
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken, python
from tests.benchmarks.served import chromium, page, server, streamlit
from tests.ports import free_port

APP = Path(__file__).parent / "references" / "threshold_app.py"
CASES, COLD, LOOK_MS = 20_000, 4, 300
KEYS = ("PageUp", "ArrowRight", "PageDown", "ArrowLeft", "ArrowLeft", "ArrowRight")

# What has been drawn at which threshold, '' while the parts do not agree.
OURS = """() => {
  const deep = (name) => [...document.querySelectorAll('*')].flatMap((node) => node.shadowRoot
    ? [...node.shadowRoot.querySelectorAll(name)] : []).concat([...document.querySelectorAll(name)])[0];
  const bar = deep('.rp-root')?.dataset.at, cells = deep('.rm-root')?.dataset.at;
  const table = document.querySelector('.rd-figures')?.dataset.at, strip = deep('.rg-root')?.dataset.drawn;
  return bar && bar === cells && Number(table) === Number(bar) && strip?.endsWith(` at ${table}`) ? bar : '';
}"""
THEIRS = """() => [...document.querySelectorAll('[data-testid=stCaptionContainer]')].at(-1)?.textContent || ''"""

# From the key until the frame in which everything stands at another threshold than before has been drawn.
WATCH = """() => {
  const shown = %s, before = shown();
  window.took = null;
  addEventListener('keydown', (key) => {
    const look = () => {
      const now = shown();
      if (!now || now === before) return requestAnimationFrame(look);
      const drawn = new MessageChannel();  // a message is read after the frame in whose making it was sent
      drawn.port1.onmessage = () => { window.took = performance.now() - key.timeStamp; };
      drawn.port2.postMessage(0);
    };
    look();
  }, { capture: true, once: true });
}"""


@contextmanager
def sides(folder: Path, repetitions: Repetitions, *, cases: int = CASES) -> Iterator[Sides]:
    """Both servers run all the time on the same scores."""
    home, port, other = folder / "home", free_port(), free_port()
    run = reviewed.make(home, cases=cases)
    ours = python("-m", "dashboard", "--home", str(home), "serve", "--no-browser", "--port", str(port))
    with ExitStack() as stack:
        for argv, at, name in ((ours, port, "ours"), (streamlit(APP, other), other, "theirs")):
            (folder / name).mkdir()
            stack.enter_context(server(argv, at, folder / name, SCORES=str(_frame(folder, cases))))
        browser = stack.enter_context(chromium())
        our_tab, theirs = (stack.enter_context(page(browser)) for _ in range(2))
        our_tab.goto(f"http://127.0.0.1:{port}/review?run={run}&split=val&truth=1&called=0")
        theirs.goto(f"http://127.0.0.1:{other}/")
        sliders = our_tab.locator(".rp-range"), theirs.locator("[data-testid=stSlider] input")
        for slider, shown in zip(sliders, (OURS, THEIRS), strict=True):
            take(slider, shown, COLD)
        yield Sides(
            ours=lambda: take(sliders[0], OURS, repetitions.keys_each),
            reference=lambda: take(sliders[1], THEIRS, repetitions.keys_each),
        )


def take(slider: Any, shown: str, moves: int) -> Taken:
    """What 95 of 100 moves do not exceed, in milliseconds."""
    began = time.perf_counter()
    slider.page.bring_to_front()
    took = sorted(move(slider, shown, KEYS[at % len(KEYS)]) for at in range(moves))
    return Taken(took[-(-len(took) * 95 // 100) - 1], time.perf_counter() - began, tuple(took))


def move(slider: Any, shown: str, key: str) -> float:
    """Wait until all is drawn, look at it, move, and wait for the next."""
    on = slider.page
    on.wait_for_function(shown)
    on.wait_for_timeout(LOOK_MS)
    slider.focus()
    on.evaluate(WATCH % shown)
    on.keyboard.press(key)
    on.wait_for_function("() => window.took !== null")
    return float(on.evaluate("() => window.took"))


def _frame(folder: Path, cases: int) -> Path:
    """The reference's file: truth and score of each case."""
    import numpy as np

    file = folder / "frame.csv"
    with np.load(folder / "pictures.npz") as archive, (folder / "scores.csv").open() as scores:
        truth = archive["val_labels"].ravel()[:cases]
        rows = {int(row["item"].split("/")[1]): row["score"] for row in csv.DictReader(scores)}
    lines = [f"{at},{truth[at]},{rows[at]}" for at in range(cases)]
    file.write_text("\n".join(["case,truth,score", *lines]))
    return file


BENCHMARK = Benchmark(
    name="operating_point",
    unit="ms from a move to matrix, list and figures of 20,000 cases, p95",
    goal="<=300",
    goal_of="ours",
    sides=sides,
    against="a Streamlit page with a slider and scikit-learn's figures, no intervals",
)
