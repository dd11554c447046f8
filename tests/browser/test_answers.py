"""Findings, scales, reasons, guideline and comments by keys in a real browser; and what goes wrong meanwhile."""

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from core.services.annotation import annotations, comments, label_classes, tasks
from core.services.annotation.case_views import CaseView
from core.services.workspace import home
from core.settings import Settings
from db import Database
from db.vocabulary import TaskKind
from tests.browser.homes import new_name
from tests.browser.test_labelling import current, painted

pytestmark = pytest.mark.browser
GUIDELINE = "Look twice.\n  <b>Then</b> say."


@dataclass
class Reading:
    """Twelve images, open in the browser under one task."""

    db: Database
    url: str
    task: tasks.TaskView
    cases: list[CaseView]


@pytest.fixture
def reading(twelve_served, page):
    """Open a task of a kind: (kind, its classes) → Reading."""
    with readings(twelve_served, page) as opener:
        yield opener


@pytest.fixture
def reading_alone(twelve_pictures, tmp_path, serve, page):
    """The same on a home and a server of the test's own, whose rows it may delete."""
    with readings(serve(shutil.copytree(twelve_pictures, tmp_path / "home")), page) as opener:
        yield opener


@contextmanager
def readings(server, page):
    """For tests on this server: (kind, its classes) → Reading."""
    db = home.open_home(Settings.read(server.home))
    page.route("**/nothing-of-ours", lambda route: route.abort())  # intercepted from the start, as in labelling

    def open_(kind=TaskKind.SINGLE, names=("none", "some", "much")) -> Reading:
        task = tasks.create(db, name=new_name(db), classes=names, kind=kind, guideline=GUIDELINE)
        url = f"{server.url}/label?task={task.id}"
        page.goto(url)
        painted(page)
        return Reading(db, url, task, annotations.queue(db, task_id=task.id, limit=12))

    yield open_
    db.close()


def keys(page, *pressed: str) -> None:
    """Press them, each once the picture is on the screen."""
    for key in pressed:
        painted(page)
        page.keyboard.press(key)


def sent(page) -> None:
    expect(page.locator(".rv-root")).to_have_attribute("data-waiting", "0")


def status_text(page) -> str:
    return page.locator(".rv-said")


def texts(reading, number=0) -> list[str]:
    return [one.text for one in annotations.history(reading.db, reading.cases[number].id)]


def test_findings_are_told_by_one_key_each_and_given_by_enter(reading, page):
    world = reading(TaskKind.MULTI, ("mass", "effusion", "nodule", "fracture"))
    states = page.locator(".rv-list .rv-presence")
    keys(page, "Enter")
    expect(status_text(page)).to_contain_text("No finding is set yet")
    keys(page, "1", "2", "2", "3", "3", "3", "Shift+Digit4")
    expect(states).to_have_text(["+ present", "? uncertain", "− absent", "− absent"])
    keys(page, "4", "9")  # once more: not set; and a key that is no finding
    expect(status_text(page)).to_have_text("There is no answer 9 in this task.")
    expect(states.nth(3)).to_have_text("· not set")
    expect(page.locator(".rv-tile[aria-current] .rv-tile-said")).to_contain_text("mass present, effusion uncertain")
    assert texts(world) == []  # nothing is given before Enter
    keys(page, "ArrowRight", "ArrowLeft")
    expect(states.first).to_have_text("+ present")  # what was begun is there when the reader comes back
    keys(page, "Enter")
    sent(page)
    assert texts(world) == ["mass present, effusion uncertain, nodule absent"]
    keys(page, "2", "a", "Enter")
    sent(page)
    assert annotations.case(world.db, world.cases[1].id).findings == {
        0: "absent",
        1: "present",
        2: "absent",
        3: "absent",
    }
    keys(page, "1", "u")  # what was begun is taken back first, then the last answer
    expect(states.first).to_have_text("· not set")
    keys(page, "u")
    sent(page)
    assert current(page) == world.cases[1].id
    assert annotations.case(world.db, world.cases[1].id).answer == "withdrawn"
    expect(states.nth(1)).to_have_text("· not set")
    keys(page, "0", "3")
    sent(page)
    assert annotations.case(world.db, world.cases[1].id).reason == "wrong"
    page.reload()
    painted(page)
    assert current(page) == world.cases[2].id


def test_a_key_held_down_says_once_and_a_focused_button_takes_enter(reading, page):
    world = reading(TaskKind.MULTI, ("mass", "effusion"))
    first, second = (page.locator(".rv-list .rv-answer").nth(at) for at in range(2))
    page.keyboard.down("1")
    for _ in range(5):
        page.keyboard.down("1")  # repeats of a key held down
    page.keyboard.up("1")
    expect(first.locator(".rv-presence")).to_have_text("+ present")
    first.focus()
    page.keyboard.press("Tab")
    assert second.evaluate("node => node === node.getRootNode().activeElement")
    assert second.evaluate("node => parseFloat(getComputedStyle(node).outlineWidth) >= 2")
    page.keyboard.press("Enter")  # presses the button that has the focus, and does not give the answer
    expect(second.locator(".rv-presence")).to_have_text("+ present")
    assert current(page) == world.cases[0].id
    first.click()  # the mouse leaves the focus where it is
    expect(first.locator(".rv-presence")).to_have_text("? uncertain")
    page.get_by_role("button", name="done").click()
    sent(page)
    assert texts(world) == ["mass uncertain, effusion present"]


def test_a_scale_a_reason_and_a_wrong_key(reading, page):
    world = reading(TaskKind.ORDINAL, ("none", "mild", "severe"))
    expect(page.locator(".rv-list-ordinal .rv-answer")).to_have_text(["1none", "2mild", "3severe"])
    reasons = page.get_by_role("group", name="Why it cannot be assessed")
    keys(page, "2", "0")
    expect(reasons).to_be_visible()
    keys(page, "9")
    expect(status_text(page)).to_contain_text("There is no reason 9")
    keys(page, "2", "0", "Escape", "7", "0", "0", "0", "Enter", "a")
    expect(reasons).to_be_hidden()
    sent(page)
    assert [texts(world, number) for number in range(5)] == [
        ["mild"],
        ["unassessable: part of the anatomy cut off"],
        ["unassessable"],
        ["unassessable"],
        [],
    ]
    keys(page, "0", "ArrowLeft")  # going on is no reason
    expect(reasons).to_be_hidden()
    expect(page.locator(".rv-now")).to_contain_text("cannot be assessed")
    keys(page, "ArrowLeft", "ArrowLeft")
    expect(page.locator(".rv-now")).to_contain_text("cannot be assessed: part of the anatomy cut off")
    assert texts(world, 4) == []


def test_an_answer_that_arrives_late_wipes_no_sentence_off(reading, page):
    reading()
    waiting = []
    page.route("**/api/labels**", lambda route: waiting.append(route))
    with page.expect_request("**/api/labels**"):
        keys(page, "1", "7")
    expect(status_text(page)).to_contain_text("There is no answer 7")
    waiting.pop().continue_()
    sent(page)
    expect(status_text(page)).to_contain_text("There is no answer 7")


def test_the_guideline_is_text_and_one_labels_on_under_it(reading, page):
    world = reading()
    guideline = page.get_by_role("dialog", name="Guideline")
    keys(page, "g")
    expect(guideline).to_be_visible()
    assert guideline.locator(".rv-words").inner_text() == GUIDELINE
    assert guideline.locator("b").count() == 0
    keys(page, "2")
    sent(page)
    assert texts(world) == ["some"]
    expect(guideline).to_be_visible()
    keys(page, "Escape")
    expect(guideline).to_be_hidden()
    tiles = page.locator(".rv-tile")
    expect(tiles.first.locator(".rv-tile-said")).to_have_text("✓ some")
    keys(page, *["ArrowRight"] * 4)
    expect(tiles).to_have_count(7)
    expect(page.locator(".rv-tile[aria-current]")).to_have_attribute("title", re.compile("no answer"))
    expect(tiles.nth(3).locator("img")).to_have_attribute("src", re.compile("/api/thumbnail/"))
    assert tiles.nth(3).locator("img").evaluate("node => node.decode().then(() => node.naturalWidth)") > 0
    tiles.first.click()
    assert current(page) == world.cases[2].id


def test_comments_on_a_case_and_on_a_point_answer_nothing_wait_and_are_withdrawn(reading, page):
    world = reading()
    form, lines = page.get_by_role("dialog", name="Comment"), page.locator(".rv-comment")
    keys(page, "n")
    page.keyboard.type("rc 123 u0")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("<i>second</i>")
    page.keyboard.press("Enter")
    expect(form).to_be_hidden()
    sent(page)
    assert current(page) == world.cases[0].id
    assert [one.text for one in comments.of_case(world.db, world.cases[0].id)] == ["rc 123 u0\n<i>second</i>"]
    assert page.locator(".rv-comment i, .stDialog").count() == 0
    page.route("**/api/comments**", lambda route: route.abort())
    box = page.locator(".rv-pane").bounding_box()
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*at)
    keys(page, "n")
    page.keyboard.type("Here.")
    page.keyboard.press("Enter")
    expect(lines.nth(1)).to_contain_text("waiting")
    page.unroute("**/api/comments**")
    sent(page)
    place = comments.of_case(world.db, world.cases[0].id)[1].place
    assert (round(place.x), round(place.y)) == (45, 20)  # the middle of an image of 90 by 40
    shown = page.locator(".rv-ink").evaluate(INK, [box["width"] / 2 + 9, box["height"] / 2])
    assert shown[3] > 0
    page.reload()
    painted(page)
    expect(lines).to_have_count(2)
    page.get_by_role("button", name="Delete comment 1").click()
    expect(lines).to_have_count(1)
    sent(page)
    assert [one.text for one in comments.of_case(world.db, world.cases[0].id)] == ["Here."]
    assert texts(world) == []


def test_a_class_retired_meanwhile_and_a_task_that_is_gone_are_one_sentence_and_nothing_given(reading_alone, page):
    world = reading_alone()
    label_classes.retire(world.db, world.task.id, 2)
    keys(page, "3")
    expect(status_text(page)).to_contain_text("The class 'much' is retired and cannot be used")
    sent(page)
    expect(page.locator(".rv-sent")).to_have_text("1 not taken")
    expect(page.locator(".rv-tile").first.locator(".rv-tile-said")).to_have_text("✗ no answer")
    expect(page.locator(".rv-title")).to_contain_text("0 of 12")
    keys(page, "1")
    sent(page)
    assert [texts(world, number) for number in range(2)] == [[], ["none"]]
    with world.db.transaction() as session:
        for statement in (
            "DELETE FROM annotation",
            'DELETE FROM "case"',
            "DELETE FROM label_class",
            "DELETE FROM task",
        ):
            session.execute(text(statement))
    keys(page, "2")
    gone = "|".join(str(one.id) for one in world.cases[2:4])  # the next case's drawings are refused too
    expect(status_text(page)).to_have_text(re.compile(f"^There is no case ({gone}); reload the page.$"))
    sent(page)
    expect(page.locator(".rv-sent")).to_have_text("2 not taken")
    page.reload()
    expect(page.get_by_text(f"There is no task {world.task.id} in this home")).to_be_visible()
    page.get_by_role("link", name="Open Label").click()
    expect(page.get_by_text("No labelling tasks yet")).to_be_visible()


def test_one_reader_in_two_tabs_gives_both_answers_and_each_shows_the_newest(reading, page):
    world = reading()
    other = page.context.new_page()
    other.goto(world.url)
    painted(other)
    keys(page, "1")
    sent(page)
    keys(other, "2")
    sent(other)
    assert texts(world) == ["none", "some"]
    expect(page.locator(".rv-tile").first.locator(".rv-tile-said")).to_have_text("✓ some")
    keys(page, "ArrowLeft")
    expect(page.locator(".rv-answer[aria-pressed=true] .rv-name")).to_have_text("some")
    expect(page.locator(".rv-title")).to_contain_text("1 of 12")
    other.close()


def test_an_image_that_does_not_come_takes_no_finding_and_the_list_goes_on(reading, page):
    world = reading(TaskKind.MULTI, ("mass", "effusion"))
    broken = f"**/api/pixels/{world.cases[7].image_ids[0]}/**"
    page.route(broken, lambda route: route.fulfill(status=500, body="no"))
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-painted", "broken")
    for key in ("1", "a", "Enter", "0", "n"):
        page.keyboard.press(key)
    assert current(page) == world.cases[7].id
    expect(page.locator(".rv-list .rv-presence")).to_have_text(["· not set"] * 2)
    expect(page.get_by_role("dialog", name="Comment")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    keys(page, "1", "Enter")
    sent(page)
    assert [texts(world, number) for number in (7, 8)] == [[], ["mass present"]]


# The colour of the ink at a point in CSS pixels: [red, green, blue, alpha].
INK = """(ink, [x, y]) => {
    const ratio = ink.width / ink.clientWidth;
    return [...ink.getContext("2d").getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data];
}"""
