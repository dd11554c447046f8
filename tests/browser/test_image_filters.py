"""Filters of the Images page in Chromium: a link to a filtered page, and the way back."""

import pytest
from playwright.sync_api import expect

from core.services.imports import import_files, import_request
from core.services.workspace import home
from core.settings import Settings
from tests.browser.servers import standing
from tests.core.conftest import small_pictures

pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path):
    source, settings = small_pictures(tmp_path / "pictures"), Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    for _ in import_files.run(db, settings, import_request.ImportRequest(source, source / "data.csv"), by="tester"):
        pass
    db.close()
    with standing(tmp_path / "home") as server:
        yield f"{server.url}/images"


def test_a_filter_is_a_link_and_back_undoes_it(page, url):
    page.goto(url)
    expect(page.get_by_text("12 images", exact=True)).to_be_visible(timeout=30_000)
    page.get_by_role("combobox", name="Site").click()
    page.get_by_role("option", name="north (6)").click()
    expect(page.get_by_text("6 images", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Split").click()
    page.get_by_role("option", name="train (8)").click()
    expect(page.get_by_text("4 images", exact=True)).to_be_visible()
    link = page.url
    page.go_back()
    expect(page.get_by_text("6 images", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_text("12 images", exact=True)).to_be_visible()
    page.goto(link)
    expect(page.get_by_text("4 images", exact=True)).to_be_visible(timeout=30_000)
