"""From the start of the process to the first content in a browser: CPU of the server and all it started."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken, process, python
from tests.benchmarks.pictures import write_pictures
from tests.benchmarks.served import chromium, cpu_of, page, server
from tests.ports import free_port

ONE_LINE = Path(__file__).parent / "references" / "one_line.py"
IMAGES = 12


@contextmanager
def sides(folder: Path, _repetitions: Repetitions) -> Iterator[Sides]:
    """A home with some images and a task; each side is started once before anything is counted."""
    home = str(folder / "home")
    write_pictures(folder / "pictures", IMAGES, edge=64)
    arguments = (str(folder / "pictures"), "--metadata", str(folder / "pictures" / "data.csv"))
    process(
        python("-m", "dashboard", "--home", home, "import", *arguments, "--task", "kind", "--label-column", "kind"),
        cwd=folder,
    )
    ours = python("-m", "dashboard", "--home", home, "serve", "--no-browser", "--port")
    theirs = python(
        "-m",
        "streamlit",
        "run",
        str(ONE_LINE),
        "--server.headless",
        "true",
        "--browser.gatherUsageStats",
        "false",
        "--server.port",
    )
    with chromium() as browser:
        both = Sides(
            ours=lambda: start(browser, folder, ours, lambda shown: shown.get_by_text("Labelling tasks").wait_for()),
            reference=lambda: start(browser, folder, theirs, lambda shown: shown.get_by_text("Hello").wait_for()),
        )
        both.ours(), both.reference()  # both have their compiled modules then
        yield both


def start(browser: Any, folder: Path, argv: list[str], seen: Callable[[Any], None]) -> Taken:
    """Start it, open it, and stop counting when its content is on the screen."""
    port, began = free_port(), time.perf_counter()
    with server([*argv, str(port)], port, folder) as serving, page(browser) as shown:
        shown.goto(f"http://127.0.0.1:{port}/")
        seen(shown)
        return Taken(cpu_of(serving), time.perf_counter() - began)


BENCHMARK = Benchmark(
    name="server_start",
    unit="CPU-seconds to first content",
    goal="<=1.3",
    sides=sides,
    against="`streamlit run` of a one-line app",
)
