"""A browser that loses its server or its network: it says so in one sentence, and no answer is lost or doubled."""

import time

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations
from core.services.workspace.home import SAYS
from db import CatalogueProblem
from tests.browser.test_labelling import current, painted
from tests.faults.places import locked

pytestmark = pytest.mark.browser
TITLES = ["none", "some", "much"]
LOCKED = SAYS[CatalogueProblem.LOCKED]
AWAY = "The server does not answer; your answers wait here."


COUNT_DIALOGS = """() => {
    window.dialogs = 0;
    const note = (changes) => changes.forEach((change) => change.addedNodes.forEach((node) => {
        if (node.classList?.contains("stDialog") || node.querySelector?.(".stDialog")) window.dialogs++;
    }));
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
}"""


def give(page, answers: str) -> list[tuple[int, int]]:
    """Type them, each once its image is on the screen: (case, class position)."""
    given = []
    for key in answers:
        painted(page)
        given.append((current(page), int(key) - 1))
        page.keyboard.press(key)
    return given


def ahead_fetched(page) -> None:
    """The next images are here: they can be read without a server."""
    page.wait_for_load_state("networkidle")
    painted(page)


def check(db, cases, given) -> None:
    """Each answer stands once, and nothing else does."""
    answers = [(case.id, TITLES.index(one.text)) for case in cases for one in annotations.history(db, case.id)]
    assert sorted(answers) == sorted(given)


@pytest.mark.slow
def test_a_server_killed_in_the_middle_and_started_again_gets_every_answer_once(labelling_alone, page, serve):
    db, server, cases = labelling_alone
    root = page.locator(".rv-root")
    given = give(page, "123")
    expect(root).to_have_attribute("data-waiting", "0")
    ahead_fetched(page)
    given += give(page, "2")  # may be on its way when the server dies
    page.evaluate(COUNT_DIALOGS)
    server.process.kill()
    server.process.wait()
    given += give(page, "3")
    expect(root.locator(".rv-said")).to_have_text(AWAY)
    page.wait_for_function("() => window.dialogs > 0")  # Streamlit said so too, and would have made the page inert
    painted(page)
    given.append((current(page), 0))
    root.get_by_role("button", name="none").click()
    painted(page)
    expect(root.locator(".rv-said")).to_have_text(AWAY)
    assert page.locator(".stDialog").count() == 0
    assert int(root.get_attribute("data-waiting")) >= 2
    assert len(annotations.history(db, given[-1][0])) == 0
    serve(server.home, port=server.port)
    expect(root).to_have_attribute("data-waiting", "0")
    expect(root.locator(".rv-said")).to_have_text("")
    check(db, cases, given)
    given += give(page, "12")
    expect(root).to_have_attribute("data-waiting", "0")
    check(db, cases, given)


@pytest.mark.slow
def test_a_browsers_clock_set_back_leaves_answers_in_the_order_they_were_given(labelling, page):
    db, _, cases = labelling
    root = page.locator(".rv-root")
    page.context.route("**/api/labels**", lambda route: route.abort())
    page.on("dialog", lambda dialog: dialog.accept())  # the page asks whether to leave what waits
    given = give(page, "2")
    page.clock.set_system_time(time.time() - 3 * 3600)
    page.reload()  # the case has no answer yet as far as the server knows: it is shown again
    given += give(page, "3")
    expect(root).to_have_attribute("data-waiting", "2")
    page.reload()
    expect(root).to_have_attribute("data-waiting", "2")
    page.context.unroute("**/api/labels**")
    expect(root).to_have_attribute("data-waiting", "0")
    assert given == [(cases[0].id, 1), (cases[0].id, 2)]
    assert [one.text for one in annotations.history(db, cases[0].id)] == ["some", "much"]


@pytest.fixture
def impatient(tmp_path, monkeypatch):
    """Servers that wait for a lock half a second instead of half a minute."""
    monkeypatch.setenv("ROUNDS_DATABASE_URL", f"sqlite:///{tmp_path / 'home' / 'catalogue.sqlite'}?timeout=0.5")


@pytest.mark.slow
def test_a_catalogue_that_a_stranger_keeps_locked_is_said_and_every_answer_kept_once(impatient, labelling_alone, page):
    db, _, cases = labelling_alone
    root = page.locator(".rv-root")
    given = give(page, "1")
    expect(root).to_have_attribute("data-waiting", "0")
    with locked(db):
        given += give(page, "232")
        expect(root.locator(".rv-said")).to_have_text(f"The catalogue {db.file} {LOCKED}")
        expect(root).to_have_attribute("data-waiting", "3")
        check(db, cases, given[:1])
    expect(root).to_have_attribute("data-waiting", "0")
    expect(root.locator(".rv-said")).to_have_text("")
    check(db, cases, given)


def test_a_network_that_is_away_for_a_while_loses_and_doubles_nothing(labelling, page):
    db, _, cases = labelling
    root = page.locator(".rv-root")
    given = give(page, "12")
    ahead_fetched(page)
    expect(root).to_have_attribute("data-waiting", "0")
    page.context.set_offline(True)
    given += give(page, "331")
    expect(root).to_have_attribute("data-waiting", "3")
    expect(root.locator(".rv-said")).to_have_text(AWAY)
    check(db, cases, given[:2])
    page.context.set_offline(False)
    expect(root).to_have_attribute("data-waiting", "0")
    expect(root.locator(".rv-said")).to_have_text("")
    check(db, cases, given)
    given += give(page, "2")
    expect(root).to_have_attribute("data-waiting", "0")
    check(db, cases, given)


def test_an_image_that_did_not_come_is_shown_once_the_server_answers_again(labelling, page):
    cases = labelling[2]
    root = page.locator(".rv-root")
    painted(page)
    ahead_fetched(page)
    page.context.set_offline(True)
    for _ in cases:
        page.keyboard.press("ArrowRight")
        if root.evaluate(SETTLED) == "broken":
            break
    stuck = current(page)
    page.context.set_offline(False)
    painted(page)
    assert current(page) == stuck
    expect(root.locator(".rv-said")).to_have_text("")


def test_an_image_that_a_busy_server_refused_is_shown_by_itself(labelling, page):
    cases = labelling[2]
    root = page.locator(".rv-root")
    painted(page)
    busy = f"**/api/pixels/{cases[7].image_ids[0]}/**"
    page.route(busy, lambda route: route.fulfill(status=503, body="no"))
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-painted", "broken")
    page.unroute(busy)
    painted(page)
    assert current(page) == cases[7].id


# An image that cannot be fetched says so; one that can is painted.
SETTLED = """node => new Promise((done) => {
  const look = () => (node.dataset.painted ? done(node.dataset.painted) : setTimeout(look, 50));
  look();
})"""
