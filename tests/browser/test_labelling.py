"""Labels by keys in a real browser: each on the image that was painted, and none lost while the server is away."""

import re

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations

pytestmark = pytest.mark.browser


def current(page):
    return int(page.locator(".rv-root").get_attribute("data-case"))


def painted(page):
    expect(page.locator(".rv-root")).to_have_attribute("data-painted", re.compile(":"))


def test_twenty_quick_keys_are_twenty_right_labels(labelling, page):
    db, _, cases = labelling
    painted(page)
    root = page.locator(".rv-root")
    # Keys fall as fast as they can; the page itself records which image was painted when each one fell.
    root.evaluate(RECORD)
    while root.evaluate("() => window.fell.length") < 20:
        page.keyboard.press(str(1 + root.evaluate("() => window.fell.length") % 3))
    fell = root.evaluate("() => window.fell")[:20]
    expect(root).to_have_attribute("data-waiting", "0")
    assert [case for case, _ in fell] == [case.id for case in cases[:20]]
    assert [annotations.case(db, case).label for case, _ in fell] == [label for _, label in fell]
    assert all(len(annotations.history(db, case)) == 1 for case, _ in fell)


def test_answers_wait_while_the_server_is_away_and_arrive_once(labelling, page):
    db, _, cases = labelling
    painted(page)
    page.keyboard.press("1")
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-waiting", "0")
    painted(page)
    page.route("**/api/labels**", lambda route: route.abort())
    page.keyboard.press("2")
    painted(page)
    page.keyboard.press("3")
    expect(root).to_have_attribute("data-waiting", "2")
    expect(page.get_by_text("The server does not answer; your answers wait here.")).to_be_visible()
    assert annotations.progress(db, cases[0].task_id).labelled == 1
    page.unroute("**/api/labels**")
    expect(root).to_have_attribute("data-waiting", "0")
    assert [annotations.case(db, case.id).label for case in cases[:3]] == [0, 1, 2]
    assert all(len(annotations.history(db, case.id)) == 1 for case in cases[:3])


def test_undo_steps_back_over_cases(labelling, page):
    db, _, cases = labelling
    for number in range(3):
        painted(page)
        assert current(page) == cases[number].id
        page.keyboard.press("2")
    page.keyboard.press("u")
    page.keyboard.press("Backspace")
    expect(page.locator(".rv-root")).to_have_attribute("data-case", str(cases[1].id))
    expect(page.locator(".rv-root")).to_have_attribute("data-waiting", "0")
    assert [annotations.case(db, case.id).answer for case in cases[:3]] == ["label", "withdrawn", "withdrawn"]


def test_the_mouse_windows_zooms_and_inverts(labelling, page):
    root = page.locator(".rv-root")
    painted(page)
    before = root.get_attribute("data-window")
    box = root.locator(".rv-screen").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 360, box["y"] + 250, steps=4)
    page.mouse.up()
    assert root.get_attribute("data-window") != before
    grey = root.evaluate("node => node.roundsViewer.greyAt(5, 5)[0]")
    page.keyboard.press("i")
    assert root.evaluate("node => node.roundsViewer.greyAt(5, 5)[0]") == 255 - grey
    page.mouse.wheel(0, -400)
    assert root.evaluate("node => node.roundsViewer.viewer.active.view.zoom") > 0
    page.keyboard.press("f")
    assert root.evaluate("node => node.roundsViewer.viewer.active.view.zoom") == 0


# Notes each answer beside the image that was on the screen when it was given.
RECORD = """node => {
    window.fell = [];
    const viewer = node.roundsViewer.viewer;
    const post = viewer.outbox.post.bind(viewer.outbox);
    viewer.outbox.post = (kind, said) => {
        window.fell.push([Number(node.dataset.painted && node.dataset.case), said.label]);
        post(kind, said);
    };
}"""
