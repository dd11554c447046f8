"""What stands beside the image is legible, reachable by Tab, and leaves the image its place and its turn."""

import re

import pytest
from playwright.sync_api import expect

from core.services.annotation import comments
from db.vocabulary import TaskKind
from tests.browser.test_answers import keys, reading, sent
from tests.browser.test_legible import illegible

__all__ = ["reading"]
pytestmark = pytest.mark.browser

# The label and the outline of what has the focus.
FOCUSED = """root => {
    const node = root.getRootNode().activeElement;
    if (!node || !root.contains(node)) return null;
    const style = getComputedStyle(node);
    const name = node.getAttribute("aria-label") || node.textContent.trim();
    return [name, parseFloat(style.outlineWidth), style.outlineStyle];
}"""


def test_all_text_is_legible_and_the_image_keeps_its_place_at_1024(reading, page):
    page.set_viewport_size({"width": 1024, "height": 768})
    world = reading(TaskKind.MULTI, [f"finding of number {number}" for number in range(1, 10)])
    root = page.locator(".rv-root")
    comments.comment(world.db, case_id=world.cases[1].id, text="Look.", by="bob", key="to be legible")
    page.reload()
    keys(page, "1", "2", "2", "3", "3", "3", "Enter", "g")
    expect(page.locator(".rv-comment")).to_have_count(1)
    keys(page, "2", "n")
    expect(page.get_by_role("dialog", name="Comment")).to_be_visible()
    assert illegible(root) == []
    page.keyboard.press("Escape")
    box = page.locator(".rv-pane").bounding_box()
    assert box["height"] >= 0.7 * 768
    assert box["width"] >= 0.7 * 1024
    column = page.locator(".rv-answers")
    assert column.evaluate("node => node.scrollWidth <= node.clientWidth")
    for answer in page.locator(".rv-list .rv-answer").all():  # nothing of a finding is cut off
        assert answer.evaluate("node => node.scrollWidth <= node.clientWidth + 1 && node.clientHeight < 90")
    keys(page, "0")
    assert illegible(root) == []


def test_everything_beside_the_image_is_reached_by_tab_with_its_focus_seen(reading, page):
    world = reading(TaskKind.MULTI, ("mass", "effusion"))
    me = page.locator(".rv-root").evaluate("node => node.roundsViewer.viewer.data.note")
    comments.comment(world.db, case_id=world.cases[0].id, text="Look.", by=me, key="to be reached")
    page.reload()
    expect(page.locator(".rv-comment")).to_have_count(1)
    page.locator(".rv-pane").focus()
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.locator(".rv-root").evaluate(FOCUSED))
    reached = [one for one in reached if one]
    assert all(width >= 2 and style == "solid" for _, width, style in reached), reached
    names = " | ".join(name for name, _, _ in reached)
    for text in (
        "mass: not set",
        "effusion: not set",
        "aothers absent",
        "Enterdone",
        "0cannot be assessed",
        "uundo",
        "gguideline",
        "ncomment",
        "Delete comment 1",
        "no answer",
    ):
        assert text in names


def test_small_pictures_come_after_the_image_and_once(reading, page):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(re.sub(r"\?.*", "", request.url)))
    world = reading()
    first = f"/api/thumbnail/{world.cases[0].image_ids[0]}"
    expect(page.locator(".rv-tile img").first).to_have_attribute("src", re.compile(first))
    keys(page, *"123123")
    sent(page)
    painted = next(index for index, url in enumerate(requests) if "/api/pixels/" in url)
    pictures = [index for index, url in enumerate(requests) if "/api/thumbnail/" in url]
    assert painted < min(pictures)
    expect(page.locator(".rv-tile img")).to_have_count(7)
    small = [requests[index] for index in pictures]
    assert len(small) == len(set(small)) <= 10
