"""A real Chromium and a real server."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.services.annotation import tasks
from core.services.workspace import home
from core.settings import Settings

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]

COLOURED = """node => {
    const canvas = node.querySelector('.rv-ink');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (Math.abs(data[at] - data[at + 2]) > 12) count++;
    return count;
}"""
"""For a viewer's `evaluate`: how many pixels over its picture are not grey."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Its path. Absent, browser tests skip by name; on CI absence is a failure."""
    path = shutil.which("chromium")
    if path is None:
        message = "no Chromium; install it with: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return path


@pytest.fixture
def page(chromium):
    """A page of its own browser, 1440 × 900; a script error on it fails the test."""
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
        assert not errors, errors


@dataclass
class Server:
    """A running `rounds serve`."""

    process: subprocess.Popen
    url: str
    home: Path
    said: Path

    @property
    def token(self) -> str:
        return self.said.read_text().split("token=")[1].split()[0]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Server]]:
    """Start servers on a home; all are stopped at the end."""
    running = []

    def start(home: Path, host: str = "127.0.0.1", port: int | None = None) -> Server:
        running.append(launched(home, tmp_path, host, port))
        wait_until(lambda: answers(f"{running[-1].url}/_stcore/health"), running[-1].said)
        return running[-1]

    yield start
    for server in running:
        server.stop()


def launched(home: Path, folder: Path, host: str = "127.0.0.1", port: int | None = None) -> Server:
    """A server that was just started; what it says lies in the folder."""
    port = port or free_port()
    said = folder / f"serve-{port}.txt"
    argv = [sys.executable, "-m", "dashboard", "--home", str(home), "serve", "--no-browser"]
    with said.open("w") as words:
        process = subprocess.Popen([*argv, "--port", str(port), "--host", host], stdout=words, stderr=words, cwd=folder)
    return Server(process, f"http://{host}:{port}", home, said)


@contextmanager
def standing(home: Path, *files: Path) -> Iterator[Server]:
    """A server for all tests of a module, on a home into which the files were imported."""
    argv = [sys.executable, "-m", "dashboard", "--home", str(home), "import", *map(str, files)]
    subprocess.run(argv, check=True, capture_output=True, cwd=home.parent)
    server = launched(home, home.parent)
    wait_until(lambda: answers(f"{server.url}/_stcore/health"), server.said)
    yield server
    server.stop()


@contextmanager
def page_of(grey: int, edge: int, folder: Path, **task: object) -> Iterator[str]:
    """For all tests of a module: the address of the label page on one plain picture."""
    Image.fromarray(np.full((edge, edge), grey, dtype=np.uint8)).save(folder / "plain.png")
    with standing(folder / "home", folder / "plain.png") as server:
        db = home.open_home(Settings.read(server.home))
        made = tasks.create(db, name="finding", **task)
        db.close()
        yield f"{server.url}/label?task={made.id}"


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except OSError:
        return False


def wait_until(true: Callable[[], bool], said: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, said.read_text()
        time.sleep(0.1)


@pytest.fixture
def rounds(tmp_path):
    """The command line on one home: its JSON."""
    import json

    home = tmp_path / "home"

    def run(*argv: str, ok: bool = True):
        done = subprocess.run(
            [sys.executable, "-m", "dashboard", "--home", str(home), "--json", *map(str, argv)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert (done.returncode == 0) == ok, done.stderr
        return json.loads(done.stdout)

    run.home = home
    return run
