"""One Chromium for all tests of a process; no test sees what another left in it."""

import os
import shutil

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

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
TIMEOUT_MS = 60_000

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
    """Its path. Absent, browser tests skip by name; on CI absence is a failure.

    The headless shell is the same engine without a window's frame: a page costs a third less.
    """
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        message = "no Chromium; install it with: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def browser(chromium):
    """Chromium, started by the first test that needs it."""
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def context(browser):
    """What the pages of a process share: Streamlit's scripts, read and compiled once, half the work of a page."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="session")
def forget(context):
    """Make the browser forget cookies, storage, routes and permissions, as if the next page were a stranger's."""
    devtools = context.new_cdp_session(context.new_page())

    def forget() -> None:
        context.unroute_all()
        context.set_offline(False)
        context.clear_permissions()
        context.clear_cookies()
        devtools.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})

    return forget


@pytest.fixture
def page(context, forget):
    """A page of 1440 × 900 without cookies or storage of another test, which is closed with all that it opened.

    A script error on it fails the test.
    """
    before = set(context.pages)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    for opened in set(context.pages) - before:
        opened.close()
    forget()
    assert not errors, errors


def settled(page: Page) -> None:
    """The page has drawn what was asked of it."""
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible()


def pick(field: Locator, option: Locator) -> None:
    """Open a list and choose; the list closes whenever what lies behind it scrolls, as at a late picture."""
    for _ in range(10):
        field.click()
        try:
            option.click(timeout=5_000)
        except TooLate:
            continue
        return
    option.click()
