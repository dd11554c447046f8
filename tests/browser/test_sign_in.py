"""On another address a person signs in by the form, and the token does not stay in the address bar."""

import pytest
from playwright.sync_api import expect

from tests.browser.servers import standing

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A server with an empty home; the tests change nothing there."""
    with standing(tmp_path_factory.mktemp("sign-in") / "home", host="127.0.0.2") as server:
        yield server


def test_the_form_opens_the_pages_and_a_wrong_token_says_so(elsewhere, page):
    page.goto(elsewhere.url)
    field = page.get_by_label("Token")
    field.fill("not this one")
    field.press("Enter")
    expect(page.get_by_text("Wrong token")).to_be_visible()
    page.get_by_label("Token").fill(elsewhere.token)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("No images yet")).to_be_visible()


def test_the_printed_address_opens_again_and_again_and_keeps_no_token(elsewhere, page):
    for _ in range(2):
        page.goto(f"{elsewhere.url}/images?token={elsewhere.token}")
        expect(page.get_by_text("No images yet")).to_be_visible()
        assert "token" not in page.url
