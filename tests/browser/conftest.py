"""Homes with pictures and the servers on them, each made once for all tests of a process that label in them.

Every test has a task of its own, so that none meets the answers, drawings or comments of another.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.services.annotation import annotations, tasks
from core.services.workspace import home
from core.settings import Settings
from tests.browser.drawn import draws, studio
from tests.browser.homes import imported, new_name
from tests.browser.servers import Server, standing

__all__ = ["draws", "studio"]

CASES = 30


@pytest.fixture(scope="session")
def thirty_pictures(tmp_path_factory) -> Path:
    """A home with thirty pictures of different sizes; to be copied, never changed."""
    folder = tmp_path_factory.mktemp("thirty")
    (folder / "pictures").mkdir()
    for number in range(CASES):
        pixels = np.random.default_rng(number).integers(0, 65535, (64 + 9 * number, 80 + 5 * number), dtype=np.uint16)
        Image.fromarray(pixels).save(folder / "pictures" / f"{number:02}.png")
    return imported(folder / "home", folder / "pictures")


@pytest.fixture(scope="session")
def thirty_served(thirty_pictures, tmp_path_factory) -> Iterator[Server]:
    with standing(shutil.copytree(thirty_pictures, tmp_path_factory.mktemp("served") / "home")) as server:
        yield server


@pytest.fixture
def labelling(thirty_served, page):
    """A new task about the thirty pictures, open in the browser: (database, server, cases)."""
    with label_page(thirty_served, page) as opened:
        yield opened


@pytest.fixture
def labelling_alone(thirty_pictures, tmp_path, serve, page):
    """The same on a home and a server of the test's own, which it may kill, lock or start again."""
    with label_page(serve(shutil.copytree(thirty_pictures, tmp_path / "home")), page) as opened:
        yield opened


@contextmanager
def label_page(server: Server, page) -> Iterator[tuple]:
    """A new task on a server of thirty pictures, open in the browser: (database, server, cases)."""
    db = home.open_home(Settings.read(server.home))
    task = tasks.create(db, name=new_name(db), classes=["none", "some", "much"])
    # The browser intercepts from the start: a request may pass by the first route that is laid on a living page.
    page.route("**/nothing-of-ours", lambda route: route.abort())
    page.goto(f"{server.url}/label?task={task.id}")
    yield db, server, annotations.queue(db, task_id=task.id, limit=CASES)
    db.close()


@pytest.fixture(scope="session")
def twelve_pictures(tmp_path_factory) -> Path:
    """A home with twelve small pictures; to be copied, never changed."""
    folder = tmp_path_factory.mktemp("twelve")
    (folder / "pictures").mkdir()
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 255, (40 + 7 * number, 90 - 3 * number), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{number:02}.png")
    return imported(folder / "home", folder / "pictures")


@pytest.fixture(scope="session")
def twelve_served(twelve_pictures, tmp_path_factory) -> Iterator[Server]:
    with standing(shutil.copytree(twelve_pictures, tmp_path_factory.mktemp("served") / "home")) as server:
        yield server


@contextmanager
def page_of(grey: int, edge: int, folder: Path, **task: object) -> Iterator[str]:
    """For all tests of a module: the address of the label page on one plain picture."""
    Image.fromarray(np.full((edge, edge), grey, dtype=np.uint8)).save(folder / "plain.png")
    with standing(imported(folder / "home", folder / "plain.png")) as server:
        db = home.open_home(Settings.read(server.home))
        made = tasks.create(db, name="finding", **task)
        db.close()
        yield f"{server.url}/label?task={made.id}"
