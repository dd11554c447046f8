"""From a key to the next image on the screen: 1024 × 1024, 16 bit, in Chromium, a second of looking before each key."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.dicom import write_files
from tests.benchmarks.measure import Benchmark, Sides, Taken, process, python
from tests.benchmarks.served import chromium, free_port, page, server

APP = Path(__file__).parent / "references" / "label_app.py"
EDGE, IMAGES, KEYS, LOOK_MS = 1024, 96, 6, 1000
OURS = "root => root.dataset.painted"  # which image the canvas holds, '' while it holds none
THEIRS = """root => {
  const image = root.querySelector('[data-testid=stImage] img');
  return image && image.complete && image.naturalWidth ? image.src : '';
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


@contextmanager
def sides(folder: Path) -> Iterator[Sides]:
    """Both servers run all the time on the same files, and only one page is asked for anything."""
    files = folder / "files"
    write_files(files, IMAGES, edge=EDGE)
    home, port, other = str(folder / "home"), free_port(), free_port()
    process(python("-m", "dashboard", "--home", home, "import", str(files)), cwd=folder)
    task = make_task(Path(home))
    ours = python("-m", "dashboard", "--home", home, "serve", "--no-browser", "--port", str(port))
    theirs = python("-m", "streamlit", "run", str(APP), "--server.headless", "true", "--browser.gatherUsageStats",
                    "false", "--server.port", str(other))  # fmt: skip
    with ExitStack() as stack:
        for argv, at, name in ((ours, port, "ours"), (theirs, other, "theirs")):
            (folder / name).mkdir()
            stack.enter_context(server(argv, at, folder / name, IMAGES=str(files)))
        browser = stack.enter_context(chromium())
        mine = opened(stack.enter_context(page(browser)), f"http://127.0.0.1:{port}/label?task={task}", ".rv-root")
        reference = opened(stack.enter_context(page(browser)), f"http://127.0.0.1:{other}/", "[data-testid=stMain]")
        both = Sides(ours=lambda: take(mine, OURS), reference=lambda: take(reference, THEIRS))
        both.ours(), both.reference()  # the first keys find everything cold, on both sides
        yield both
        mine.owner_frame().page.wait_for_function("root => root.dataset.waiting === '0'", arg=mine)
        said = sqlite3.connect(folder / "labels.sqlite").execute("SELECT count(*) FROM label").fetchone()[0]
        assert (labelled(Path(home), task), said % KEYS) == (said, 0), "an answer was lost"


def opened(shown: Any, url: str, root: str) -> Any:
    """The element that holds the image, on a page that tells when a key fell."""
    shown.add_init_script(LISTEN)
    shown.goto(url)
    return shown.locator(root).element_handle()


def take(root: Any, image: str) -> Taken:
    """The median of some keys, in milliseconds."""
    shown = root.owner_frame().page
    shown.bring_to_front()
    took = [key(shown, root, image) for _ in range(KEYS)]
    return Taken(median(took), sum(took) / 1000)


def key(shown: Any, root: Any, image: str) -> float:
    """Wait for an image, look at it, answer, and wait for the next."""
    shown.wait_for_function(image, arg=root)
    shown.wait_for_timeout(LOOK_MS)
    root.evaluate(WATCH % image)
    shown.keyboard.press("1")
    shown.wait_for_function("() => window.took !== null")
    return float(shown.evaluate("() => window.took"))


def make_task(home: Path) -> int:
    """A task of two answers."""
    from core.services import tasks, workspace
    from core.settings import Settings

    db = workspace.open_home(Settings.read(home))
    try:
        return tasks.create(db, name="opacity", classes=["none", "opacity"]).id
    finally:
        db.close()


def labelled(home: Path, task: int) -> int:
    """How many cases have an answer."""
    from core.services import labeling, workspace
    from core.settings import Settings

    db = workspace.open_home(Settings.read(home))
    try:
        return labeling.progress(db, task).labelled
    finally:
        db.close()


BENCHMARK = Benchmark(
    name="label_latency", unit="ms from key to next image", goal="<=0.25", sides=sides,
    against="a Streamlit page with st.image that runs again",
)  # fmt: skip
