"""What becomes of drawings: a reload, a lost connection, a refusal, another slice, a picture that is not there yet."""

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations, drawings, label_classes
from db.vocabulary import TaskKind, Unit
from tests.browser.drawn import near

pytestmark = pytest.mark.browser
AWAY = "The server does not answer; your answers wait here."
STROKES = "**/api/drawings?**"
DRAWINGS = "**/api/drawings/**"


def test_what_is_drawn_without_a_server_waits_is_kept_and_arrives_once(draws, page):
    drawn = draws()
    drawn.keys("2", "b")
    drawn.drag((60, 60), (120, 120))
    drawn.sent()
    page.context.route(STROKES, lambda route: route.abort())
    drawn.drag((200, 60), (260, 120))
    drawn.wait_for_status(AWAY)
    drawn.keys("v", "Shift+ArrowRight", "3")  # moved, which becomes a version of its own, and of another class
    expect(drawn.root).to_have_attribute("data-waiting", "3")
    assert [one.get("waits", False) for one in drawn.shown()] == [False, True]
    page.reload()
    drawn.painted()
    expect(drawn.root).to_have_attribute("data-waiting", "3")
    drawn.await_shown(2)
    assert [(one["label"], one.get("waits", False)) for one in drawn.shown()] == [(1, False), (2, True)]
    assert [one.label for one in drawings.standing(drawn.db, drawn.case)] == [1]
    page.context.unroute(STROKES)
    first, second = drawn.stored()
    assert (first.label, second.label) == (1, 2)
    assert abs(second.geometry["points"][0][0] - 210) < 1
    assert [one.label for one in drawings.history(drawn.db, drawn.case)] == [1, 1, 1, 2]
    drawn.await_shown(2)
    assert [one.get("waits", False) for one in drawn.shown()] == [False, False]


def test_a_move_that_is_not_sent_yet_outlives_a_reload(draws, page):
    drawn = draws()
    drawn.keys("b")
    drawn.drag((60, 60), (120, 120))
    drawn.sent()
    drawn.keys("v", *["Shift+ArrowRight"] * 3)
    page.reload()
    drawn.painted()
    (moved,) = drawn.stored()
    assert abs(moved.geometry["points"][0][0] - 90) < 1


def test_drawings_that_come_late_take_their_sentence_back(draws, page):
    drawn = draws()
    drawn.keys("2", "b")
    drawn.drag((60, 60), (120, 120))
    drawn.sent()
    page.context.route(DRAWINGS, lambda route: route.abort())
    page.reload()
    drawn.painted()
    drawn.wait_for_status("The server does not answer; the drawings of this case come when it does.")
    page.context.unroute(DRAWINGS)
    drawn.await_shown(1)
    drawn.wait_for_status("")


def test_a_refused_stroke_is_taken_back_with_the_sentence(draws, page):
    drawn = draws()
    drawn.keys("2", "b")
    drawn.drag((60, 60), (120, 120))
    drawn.sent()
    label_classes.retire(drawn.db, drawn.task, 2)
    drawn.keys("3")
    drawn.drag((200, 60), (260, 120))
    drawn.wait_for_status("The class 'effusion' was retired; choose another, or reload the page.")
    drawn.await_shown(1)
    assert [one.label for one in drawn.stored()] == [1]
    drawn.keys("Control+z")  # it has no past: undo takes the stroke before it back
    drawn.await_shown(0)
    assert drawn.stored() == []


def test_drawings_stay_on_their_slice(draws, page):
    drawn = draws(Unit.SERIES)
    drawn.keys("d")
    while len(drawn.root.evaluate("node => node.roundsViewer.viewer.active.stack.slices")) < 20:
        drawn.keys("ArrowRight")
        drawn.painted()
    drawn.keys("d", "2", "b")
    drawn.drag((60, 60), (120, 120))
    drawn.keys("PageUp")  # ten slices: the tool is still in hand
    drawn.painted()
    assert drawn.ink(90, 60)[3] == 0
    drawn.drag((20, 20), (50, 80))
    marks = drawn.root.locator(".rv-marks")
    expect(marks).to_have_text("2 drawings  < >")
    stack = drawn.root.evaluate("node => node.roundsViewer.viewer.active.stack.slices.map(({ image }) => image.id)")
    assert [one.image_id for one in drawn.stored()] == [stack[10], stack[0]]
    drawn.keys(">")
    expect(drawn.root).to_have_attribute("data-painted", f"{stack[10]}:10")
    assert drawn.ink(90, 60)[:3] == (0xE6, 0x9F, 0x00)
    assert drawn.ink(35, 20)[3] == 0
    drawn.keys("<")
    expect(drawn.root).to_have_attribute("data-painted", f"{stack[0]}:0")
    drawn.keys("d", "End", "Control+z")  # off: no undo, the page's own keys
    expect(drawn.root).to_have_attribute("data-painted", f"{stack[19]}:19")
    drawn.keys("d", "Control+z")  # shows what it takes back
    expect(drawn.root).to_have_attribute("data-painted", f"{stack[0]}:0")
    assert [one.image_id for one in drawn.stored()] == [stack[10]]


def test_every_pane_that_shows_the_image_shows_its_drawings(draws, page):
    drawn = draws()
    drawn.keys("2", "b")
    drawn.drag((100, 100), (300, 300))
    drawn.root.evaluate(
        "async node => { const { grid } = node.roundsViewer.viewer; await grid.next([1, 2]);"
        " await grid.all[1].show(grid.all[0].stack); }"
    )
    inked = """node => node.roundsViewer.viewer.panes.map((pane) => {
        const [x, y] = pane.toScreen([200, 100]).map((part) => part * pane.ratio);
        return [...pane.ink.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)].join();
    })"""
    page.wait_for_function(
        f"node => ({inked})(node).every((one) => one === '230,159,0')", arg=drawn.root.element_handle()
    )


def test_another_readers_drawing_is_named(draws, page):
    drawn = draws()
    image = drawn.root.evaluate("node => node.roundsViewer.viewer.active.slice.image.id")
    drawings.draw(
        drawn.db,
        case_id=drawn.case,
        image_id=image,
        frame=0,
        key="theirs",
        shape="point",
        geometry={"points": [[50.5, 60.5]]},
        label=2,
        by="Another Reader",
        client="a stroke of theirs",
    )
    page.reload()
    drawn.painted()
    drawn.await_shown(1)
    words = (
        "node => { const { active, drawings } = node.roundsViewer.viewer; return drawings.view.seen(active)[0].words; }"
    )
    assert drawn.root.evaluate(words) == "effusion · Another Reader"


def test_keys_that_answer_are_of_drawing_while_it_is_on(draws, page):
    drawn = draws(kind=TaskKind.MULTI)
    case = drawn.case
    drawn.keys("b", "1", "Shift+Digit2", "a", "0", "u", "Backspace", "Enter", "Enter", "Escape", "Escape")
    assert drawn.root.get_attribute("data-tool") == ""
    assert drawn.root.evaluate("node => node.roundsViewer.viewer.findings") == {}
    drawn.keys("2", "Enter")
    drawn.sent()
    assert annotations.case(drawn.db, case).findings == {1: "present"}
    assert drawings.history(drawn.db, case) == []


def test_nothing_is_drawn_on_a_picture_that_is_not_on_the_screen(draws, page):
    drawn = draws()
    page.wait_for_load_state("networkidle")
    drawn.root.evaluate(
        "node => { const { viewer } = node.roundsViewer; const slice = viewer.active.slice;"
        " viewer.active.stack = { ...viewer.active.stack, slices: [{ ...slice, url: '/api/pixels/0/0?never' }] };"
        " window.fetch = () => new Promise(() => {}); viewer.active.at = 0; viewer.active.paint(); }",
    )
    drawn.keys("b")
    drawn.drag((60, 60), (120, 120))
    drawn.wait_for_status("The image is still loading; draw when it is shown.")
    drawn.keys("ArrowRight", "Enter", "Shift+ArrowRight", "Enter")
    assert drawn.shown() == []
    assert drawings.history(drawn.db, drawn.case) == []


def test_the_wheel_and_space_move_the_picture_while_something_is_begun(draws, page):
    drawn = draws()
    drawn.keys("p")
    drawn.click(100, 100)
    drawn.click(200, 100)
    page.mouse.move(*drawn.at(150, 150))
    page.mouse.wheel(0, -300)
    page.keyboard.down("Space")
    drawn.drag((150, 150), (180, 170))
    page.keyboard.up("Space")
    page.mouse.down(button="middle")
    page.mouse.move(*drawn.at(140, 160), steps=3)
    page.mouse.up(button="middle")
    look = drawn.root.evaluate("node => node.roundsViewer.viewer.active.view")
    assert look["zoom"] > 0
    assert (look["x"], look["y"]) != (0, 0)
    drawn.click(200, 180)
    drawn.keys("Enter")
    (only,) = drawn.stored()
    near(only.geometry["points"], [[100, 100], [200, 100], [200, 180]])
