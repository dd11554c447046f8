"""The server is killed for a minute while somebody labels: the answers wait in the browser, then each arrives once."""

import time

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations
from tests.browser.conftest import labelling_alone, thirty_pictures
from tests.browser.test_labelling import current, painted
from tests.browser.test_lost_connection import AWAY, SETTLED, TITLES, ahead_fetched, give

__all__ = ["labelling_alone", "thirty_pictures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
GONE_S = 60


def label_on(page, given: list[tuple[int, int]]) -> None:
    """One more answer, on the next image where it is here, else once more on one before."""
    root = page.locator(".rv-root")
    root.evaluate(SETTLED)
    if not root.get_attribute("data-painted").count(":"):
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        painted(page)
    key = len(given) % 3
    given.append((current(page), key))
    page.keyboard.press(str(key + 1))


def test_a_server_killed_for_a_minute_gets_every_answer_once(labelling_alone, page, serve):
    db, server, cases = labelling_alone
    root = page.locator(".rv-root")
    given = give(page, "12312")
    expect(root).to_have_attribute("data-waiting", "0")
    ahead_fetched(page)
    given += give(page, "3")  # may be on its way when the server dies
    server.process.kill()
    server.process.wait()
    gone, before = time.monotonic(), sum(len(annotations.history(db, case.id)) for case in cases)
    while time.monotonic() < gone + GONE_S:
        label_on(page, given)
        page.wait_for_timeout(1500)
    expect(root.locator(".rv-said")).to_have_text(AWAY)
    waiting = int(root.get_attribute("data-waiting"))
    assert waiting >= len(given) - before > 20
    serve(server.home, port=server.port)
    expect(root).to_have_attribute("data-waiting", "0")
    given += give(page, "21")
    expect(root).to_have_attribute("data-waiting", "0")
    for case in cases:
        answers = [TITLES.index(answer.text) for answer in annotations.history(db, case.id)]
        assert answers == [label for given_to, label in given if given_to == case.id]
