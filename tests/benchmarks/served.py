"""A server under measurement, and the Chromium that opens it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.measure import environment, process, python
from tests.ports import free_port

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
PATIENCE_S = 120


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; each page of it is opened in a context of its own, without a cache."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("no Chromium; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def page(browser: Any) -> Iterator[Any]:
    """A fresh page, 1440 × 1200."""
    context = browser.new_context(viewport={"width": 1440, "height": 1200})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_S * 1000)
    yield opened
    context.close()


@contextmanager
def server(argv: Sequence[str], port: int, folder: Path, **more: str) -> Iterator[psutil.Process]:
    """A process that listens on `port` of this machine, ended with all that it started."""
    with (folder / "said.txt").open("w") as output:
        started = subprocess.Popen(argv, cwd=folder, env={**environment(), **more}, stdout=output, stderr=output)
    running = psutil.Process(started.pid)
    try:
        _wait_for(port, started, folder)
        yield running
    finally:
        with suppress(psutil.NoSuchProcess):
            for child in running.children(recursive=True):
                child.kill()
        started.kill()
        started.wait()


@dataclass(frozen=True)
class Both:
    """Ours and a reference on the same files, and a browser for both; `task` is what our URL opens."""

    browser: Any
    home: Path
    task: int
    ours: str
    theirs: str


@contextmanager
def both(folder: Path, app: Path, make_task: Callable[[Path], int]) -> Iterator[Both]:
    """Both serve the files of `folder/files` all the time."""
    files, home, port, other = folder / "files", folder / "home", free_port(), free_port()
    process(python("-m", "dashboard", "--home", str(home), "import", str(files)), cwd=folder)
    task = make_task(home)
    ours = python("-m", "dashboard", "--home", str(home), "serve", "--no-browser", "--port", str(port))
    with ExitStack() as stack:
        for argv, at, name in ((ours, port, "ours"), (streamlit(app, other), other, "theirs")):
            (folder / name).mkdir()
            stack.enter_context(server(argv, at, folder / name, IMAGES=str(files)))
        browser, host = stack.enter_context(chromium()), "http://127.0.0.1"
        yield Both(browser, home, task, f"{host}:{port}/label?task={task}", f"{host}:{other}/")


def streamlit(app: Path, port: int) -> list[str]:
    """The command line that serves a reference."""
    return python(
        "-m",
        "streamlit",
        "run",
        str(app),
        "--server.headless",
        "true",
        "--browser.gatherUsageStats",
        "false",
        "--server.port",
        str(port),
    )


def cpu_of(running: psutil.Process) -> float:
    """CPU seconds so far, of it and of every process below it, living or ended."""
    return sum(sum(one.cpu_times()[:4]) for one in (running, *running.children(recursive=True)))


def _wait_for(port: int, started: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and started.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{started.args} does not listen on {port}: {(folder / 'said.txt').read_text()}")
