"""What every test may lean on: the real images, and a home of its own."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.browser.chromium import browser, chromium, context, forget, page
from tests.browser.servers import rounds, serve

__all__ = ["browser", "chromium", "context", "forget", "page", "rounds", "serve"]
REPOSITORY = Path(__file__).parents[1]
LONGEST_FIRST = ("tests/journeys/test_demo.py", "tests/core/training/test_loop.py", "tests/journeys", "tests/browser")


def pytest_configure() -> None:
    """Computes on one thread, as do the processes that tests start, unless the caller sets another number.

    The tests run in several processes: their threads would spin, waiting for each other, and sums would differ in the
    last digit from machine to machine.
    """
    hypothesis.settings.register_profile("any machine", deadline=None)  # an example's time says how busy it is
    hypothesis.settings.load_profile("any machine")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by OpenMP, OpenBLAS and MKL when they are loaded
    gc.set_threshold(50_000, 20, 50)  # as the commands do: modules and tests stay, and to go through them takes seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first: of the processes that share the files one would work alone at the end."""
    items.sort(key=lambda item: [not item.nodeid.startswith(path) for path in LONGEST_FIRST])


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real images. Absent, tests skip by name; on CI absence is a failure."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}; set ROUNDS_TEST_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def data_dir_or_none() -> Path | None:
    """The real images, None where they are absent: for tests that draw images then."""
    folder = data_folder()
    return folder if folder.is_dir() else None


def data_folder() -> Path:
    """Return where the real images are expected; on CI absence is a failure."""
    folder = (REPOSITORY / os.environ.get("ROUNDS_TEST_DATA", "../shared/data")).resolve()
    if os.environ.get("CI") == "true" and not folder.is_dir():
        pytest.fail(f"no real images at {folder}; set ROUNDS_TEST_DATA to the folder that holds them")
    return folder


@pytest.fixture(autouse=True)
def main_stays() -> Iterator[None]:
    """Put `__main__` back after each test.

    Streamlit puts its page in its place, and processes that later tests spawn would begin by running the page.
    """
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
