"""`rounds serve` and the command line, in processes of their own."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ports import free_port


@dataclass(frozen=True)
class Server:
    """A running server, its home, and the file that holds what it prints."""

    process: subprocess.Popen
    host: str
    port: int
    home: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def token(self) -> str:
        return self.log.read_text().split("token=")[1].split()[0]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def launch(
    home: Path, folder: Path, *, host: str = "127.0.0.1", port: int | None = None, roots: Sequence[Path] = ()
) -> Server:
    """Start a server and wait until it answers; its log lies in the folder."""
    port = port or free_port(host)
    log = folder / f"serve-{port}.txt"
    argv = [sys.executable, "-m", "dashboard", "--home", str(home), "serve", "--no-browser"]
    argv += [word for root in roots for word in ("--root", str(root))]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*argv, "--port", str(port), "--host", host], stdout=output, stderr=output, cwd=folder
        )
    server = Server(process, host, port, home, log)
    wait_until(lambda: answers(f"{server.url}/_stcore/health"), process, log)
    return server


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except OSError:
        return False


def wait_until(true: Callable[[], object], process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    """Wait for a condition; a server that has ended or takes too long fails with what it printed."""
    end = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Server]]:
    """Start servers on a home; all are stopped at the end."""
    running = []

    def start(home: Path, **options: object) -> Server:
        running.append(launch(home, tmp_path, **options))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@contextmanager
def standing(home: Path, **options: object) -> Iterator[Server]:
    """A server for several tests."""
    server = launch(home, home.parent, **options)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def rounds(tmp_path):
    """The command line on one home: its JSON."""
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
