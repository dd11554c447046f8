"""What a reader meets when something fails: no answer is lost, none is kept that was refused, and the list goes on."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations
from core.settings import Settings
from dashboard.server.signed_urls import Signer
from tests.browser.test_labelling import current, painted

pytestmark = pytest.mark.browser
REFUSALS = (401, 403, 429, 500, 503)  # which another attempt may overcome


def answered(db, cases):
    return [annotations.case(db, case.id).label for case in cases]


def refuses(status):
    return lambda route: route.fulfill(status=status, body="no")


def test_an_answer_waits_until_the_server_takes_it(labelling, page):
    db, _, cases = labelling
    root = page.locator(".rv-root")
    for status in REFUSALS:
        painted(page)
        page.route("**/api/labels**", refuses(status))
        page.keyboard.press("3")
        expect(root.locator(".rv-said")).not_to_be_empty()
        expect(root).to_have_attribute("data-waiting", "1")
        page.unroute("**/api/labels**")
        expect(root).to_have_attribute("data-waiting", "0")
        expect(root.locator(".rv-said")).to_be_empty()
    assert answered(db, cases[: len(REFUSALS) + 1]) == [2] * len(REFUSALS) + [None]


def test_answers_that_wait_survive_a_reload_and_a_second_page(labelling, page):
    db, _, cases = labelling
    painted(page)
    page.context.route("**/api/labels**", lambda route: route.abort())
    page.keyboard.press("2")
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-waiting", "1")
    painted(page)
    other = page.context.new_page()  # the same reader, the same task, a second page: it answers too and is closed
    other.goto(page.url)
    painted(other)
    assert current(other) == cases[0].id
    other.keyboard.press("ArrowRight")
    other.keyboard.press("ArrowRight")
    expect(other.locator(".rv-root")).to_have_attribute("data-case", str(cases[2].id))
    painted(other)
    other.keyboard.press("3")
    expect(other.locator(".rv-root")).to_have_attribute("data-waiting", "2")
    other.close()
    page.keyboard.press("1")
    expect(root).to_have_attribute("data-waiting", "2")
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.unroute("**/api/labels**")
    page.reload()
    expect(root).to_have_attribute("data-waiting", "0")
    assert answered(db, cases[:3]) == [1, 0, 2]
    assert all(len(annotations.history(db, case.id)) == 1 for case in cases[:3])


def test_a_refused_answer_is_taken_back_on_the_page_and_the_next_ones_go_on(labelling, page):
    db, _, cases = labelling
    painted(page)
    refusal = json.dumps({"error": "This case is closed."})

    def refuse_the_first(route):
        is_first = json.loads(route.request.post_data)["case"] == cases[0].id
        return route.fulfill(status=422, body=refusal) if is_first else route.continue_()

    page.route("**/api/labels**", refuse_the_first)
    page.keyboard.press("2")
    painted(page)
    page.keyboard.press("3")
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-waiting", "0")
    expect(root.locator(".rv-sent")).to_contain_text("1 not taken")
    expect(root.locator(".rv-title")).to_contain_text("1 of 30")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(root.locator(".rv-now")).to_contain_text("no answer")
    assert answered(db, cases[:2]) == [None, 2]


def test_an_image_that_cannot_be_fetched_is_one_sentence_takes_no_answer_and_the_list_goes_on(labelling, page):
    db, _, cases = labelling
    painted(page)
    broken = f"**/api/pixels/{cases[7].image_ids[0]}/**"
    gone = json.dumps({"error": "The pixels of this image are gone from the store; import its file again."})
    page.route(broken, lambda route: route.fulfill(status=404, body=gone))
    root = page.locator(".rv-root")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-painted", "broken")
    expect(root.locator(".rv-said")).to_contain_text("gone from the store")
    page.keyboard.press("1")
    page.keyboard.press("0")
    assert current(page) == cases[7].id
    page.keyboard.press("ArrowRight")
    painted(page)
    assert current(page) == cases[8].id
    page.keyboard.press("2")
    expect(root).to_have_attribute("data-waiting", "0")
    assert answered(db, cases[7:9]) == [None, 1]
    page.unroute(broken)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    painted(page)  # it is asked for again, not remembered as broken


def test_at_the_end_of_the_list_a_server_that_is_away_is_asked_now_and_then(labelling, page):
    painted(page)
    page.route("**/api/queue**", lambda route: route.abort())
    root = page.locator(".rv-root")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-painted", "end")
    expect(root.locator(".rv-said")).to_contain_text("The server does not answer")
    with page.expect_request("**/api/queue**"):
        pass
    since = time.monotonic()
    with page.expect_request("**/api/queue**"):
        pass
    assert time.monotonic() - since > 1
    page.unroute("**/api/queue**")
    painted(page)  # the list goes on by itself


def test_the_last_case_says_how_many_have_no_answer(labelling, page):
    painted(page)
    root = page.locator(".rv-root")
    for number in range(30):
        expect(root).to_have_attribute("data-painted", re.compile(":"))
        if number == 0:
            page.keyboard.press("1")
        else:
            page.keyboard.press("ArrowRight")
    expect(root.locator(".rv-said")).to_contain_text("29 have no answer")


def test_digits_typed_into_a_field_label_nothing(labelling, page):
    db, _, cases = labelling
    painted(page)
    page.evaluate("() => document.body.prepend(document.createElement('input'))")
    page.locator("body > input").focus()
    page.keyboard.type("123u")
    assert page.locator("body > input").input_value() == "123u"
    assert current(page) == cases[0].id
    assert annotations.history(db, cases[0].id) == []


def test_answers_wait_under_the_name_of_their_home(labelling, page, tmp_path):
    """Two homes served one after the other at one address share the browser's storage, never their answers."""
    _, server, _ = labelling
    painted(page)
    page.route("**/api/labels**", lambda route: route.abort())
    page.keyboard.press("2")
    expect(page.locator(".rv-root")).to_have_attribute("data-waiting", "1")
    stored = page.evaluate("() => Object.keys(localStorage).filter(name => name.startsWith('rounds-outbox'))")
    other = Settings.read(tmp_path / "other")
    other.make_home()
    assert [Signer.of(Settings.read(server.home)).home in name for name in stored] == [True]
    assert [Signer.of(other).home in name for name in stored] == [False]
