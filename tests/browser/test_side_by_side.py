"""Phases and echoes of one place side by side on a key: which panes, titles and places, in a real browser."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from core.curation.recipe import Recipe
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.predictions import external
from core.services.workspace import home as workspace_home
from core.settings import Settings
from db.vocabulary import Unit
from tests.browser.homes import imported, new_name
from tests.browser.servers import standing
from tests.core.services.images.stack_files import SAGITTAL, write

pytestmark = pytest.mark.browser
PAINTED = re.compile(":")
SENTENCE = "This study has no other phase, echo or b-value of this place."
ECHOES = ["Echo 1 · TE 30 ms", "Echo 2 · TE 60 ms", "Echo 3 · TE 90 ms"]
DRAG = (300, 300)
PHASES = [f"Phase {number} · {80 * number - 80} ms" for number in range(1, 7)]
# What stands in each pane in the order of the screen: title, place in mm, note, the grey of its middle, how it is seen.
PANES = """node => [...node.querySelectorAll('.rv-pane')].map((one) => {
  const pane = node.roundsViewer.viewer.panes.find(({ node }) => node === one);
  const [x, y] = pane.slice ? pane.toScreen([8, 8]) : [];
  return { title: pane.said.differs.textContent, mm: pane.slice?.image.place[2], note: pane.said.place.textContent,
    grey: pane.painted && pane.greyAt(8, 8)[0], width: pane.window?.width, seen: [x, y, pane.view.zoom],
    id: pane.slice?.image.id, name: one.getAttribute('aria-label'), first: pane === node.roundsViewer.viewer.panes[0] };
})"""
ALL_PAINTED = """(node, count) => node.querySelectorAll('.rv-pane').length === count &&
  node.roundsViewer.viewer.panes.every(({ painted }) => painted)"""


def disc(value: int, edge: int = 16) -> np.ndarray:
    """A bright disc of one value, whose brightness says the echo and the place."""
    y, x = np.mgrid[:edge, :edge] - (edge - 1) / 2
    return np.where(np.hypot(x, y) < edge / 3, value, 10).astype(np.uint16)


def write_patients(folder: Path) -> None:
    """A: three echoes, the third of other places. B: six phases of a heart. C: a volume. D: echoes as two series."""
    for echo, pitch, count in ((1, 4.0, 10), (2, 4.0, 10), (3, 6.0, 11)):
        for place in range(count):
            facts = {"EchoNumbers": echo, "EchoTime": 30.0 * echo}
            write(folder / f"a/a{echo}-{place:02}.dcm", pitch * place, pixels=disc(300 * echo + place), **facts)
    for phase in range(6):
        for place in range(4):
            facts = {"TemporalPositionIdentifier": phase + 1, "TriggerTime": 80 * phase, **of("B")}
            write(folder / f"b/b{phase}-{place}.dcm", 8.0 * place, pixels=disc(200 + 20 * phase + place), **facts)
    for place in range(3):
        write(folder / f"c/c{place}.dcm", 5.0 * place, pixels=disc(500 + place), **of("C"))
    for echo, edge, pixel in ((1, 16, 1.0), (2, 32, 0.75)):  # the second with a larger field of view
        corner = -pixel * (edge - 1) / 2
        for place in range(3):
            facts = {"EchoTime": 10.0 * echo, "PixelSpacing": [pixel, pixel], **of("D")}
            facts |= {"ImagePositionPatient": [corner, corner, 5.0 * place], "series": f"d{echo}"}
            write(folder / f"d/d{echo}{place}.dcm", 0.0, pixels=disc(700 + place, edge), **facts)
    write(folder / "d/d3.dcm", 0.0, ImageOrientationPatient=SAGITTAL, **{**of("D"), "series": "d3"})


def of(patient: str) -> dict[str, str]:
    return {"PatientID": patient, "StudyInstanceUID": f"1.2.{ord(patient)}", "series": patient}


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """A server on a home with the four patients."""
    folder = tmp_path_factory.mktemp("ward")
    write_patients(folder / "in")
    patients = sorted((folder / "in").iterdir())  # one after the other: the cases of A come first
    with standing(imported(folder / "home", *patients)) as server:
        yield server


@pytest.fixture
def db(ward):
    opened = workspace_home.open_home(Settings.read(ward.home))
    yield opened
    opened.close()


def row_of(db, name: str) -> int | None:
    """The stack of a file."""
    return next(view.series_id for view in images.page(db, images.Filter(), limit=200) if view.name == f"{name}.dcm")


@pytest.fixture
def look(ward, db, page):
    """Open the Images page on the stack of a file; gives its viewer's root."""

    def opened(name: str):
        page.goto(f"{ward.url}/images?series={row_of(db, name)}")
        return painted(page)

    return opened


@pytest.fixture
def read(ward, db, page):
    """Open the Label page on a task of a unit; gives the viewer's root and the cases."""

    def opened(unit: Unit):
        task = tasks.create(db, name=new_name(db), classes=["none", "some"], unit=unit)
        page.goto(f"{ward.url}/label?task={task.id}")
        return painted(page), annotations.queue(db, task_id=task.id, limit=50)

    return opened


def painted(page):
    root = page.locator(".rv-root")
    expect(root).to_have_attribute("data-painted", PAINTED)
    return root


def panes(page, root, count: int) -> list[dict]:
    """The panes once they are so many and all painted."""
    page.wait_for_function(ALL_PAINTED.replace("(node, count)", f"(node, count = {count})"), arg=root.element_handle())
    return root.evaluate(PANES)


def column(shown: list[dict], name: str) -> list:
    return [pane[name] for pane in shown]


def title_of(db, image: int) -> str:
    """The title of an image of patient A, by the echo in its file's name."""
    return ECHOES[int(images.get(db, image).name[1]) - 1]


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_echoes_stand_side_by_side_at_one_place_and_the_key_returns_to_one_pane(look, page):
    root = look("a2-05")
    press(page, "b")
    shown = panes(page, root, 3)
    assert column(shown, "title") == column(shown, "name") == ECHOES
    assert column(shown, "mm") == [20.0, 20.0, 18.0]
    assert column(shown, "note") == ["", "", "nearest slice, 2.0 mm away"]
    assert column(shown, "first") == [False, True, False]  # the shown one keeps its pane, and stands in its order
    press(page, "b")
    (alone,) = panes(page, root, 1)
    assert (alone["mm"], alone["title"], alone["name"]) == (20.0, "", "Image 1")


def test_scrolling_keeps_the_places_together_and_says_where_a_stack_ends(look, page):
    root = look("a1-00")
    press(page, "b", "ArrowDown")
    shown = panes(page, root, 3)
    assert (column(shown, "mm"), column(shown, "note")) == ([24.0, 24.0, 24.0], ["", "", ""])
    root.locator(".rv-slices").nth(2).fill("10")  # the slider of the third pane leads as keys do
    shown = panes(page, root, 3)
    assert column(shown, "mm") == [36.0, 36.0, 60.0]
    assert column(shown, "note") == [*["no slice here; the nearest is 24.0 mm away"] * 2, ""]
    root.locator(".rv-pane").first.focus()  # the slider gives the keys back
    press(page, "Home")
    assert column(panes(page, root, 3), "mm") == [0.0, 0.0, 0.0]
    press(page, "k", "ArrowDown")  # unlinked: alone
    assert column(panes(page, root, 3), "mm") == [4.0, 0.0, 0.0]
    press(page, "k")
    shown = panes(page, root, 3)
    assert (column(shown, "mm"), column(shown, "note")[2]) == ([4.0, 4.0, 6.0], "nearest slice, 2.0 mm away")


def test_panes_zoom_pan_and_window_together_so_that_their_greys_compare(look, page):
    root = look("a1-00")
    press(page, "+", "b")
    shown = panes(page, root, 3)
    assert len(set(map(str, column(shown, "seen")))) == len(set(column(shown, "width"))) == 1
    assert shown[0]["grey"] < shown[1]["grey"]  # the signal of the echoes differs, and is seen to
    press(page, "+", "Shift+ArrowLeft")
    root.locator(".rv-pane").nth(2).hover()
    page.mouse.down()
    page.mouse.move(*DRAG)
    page.mouse.up()
    after = panes(page, root, 3)
    assert len(set(map(str, column(after, "seen")))) == len(set(column(after, "width"))) == 1
    assert after[0]["seen"] != shown[0]["seen"]
    assert after[0]["width"] != shown[0]["width"]
    press(page, "w")  # each as first shown
    assert len(set(column(panes(page, root, 3), "width"))) == 3


def test_series_of_one_study_with_other_pixels_lie_on_each_other_in_mm(look, page):
    root = look("d10")
    press(page, "b")
    shown = panes(page, root, 2)
    assert column(shown, "title") == ["TE 10 ms", "TE 20 ms"]
    seen = """node => node.roundsViewer.viewer.panes.map((pane) => {
      const { columns, spacing } = pane.slice.image;  // both are centred about 0, 0
      return [[0, 0], [4, 2]].flatMap(([x, y]) =>
        pane.toScreen([x / spacing[1] + columns / 2, y / spacing[0] + columns / 2]));
    })"""
    for key in ("+", "h", ".", "f"):
        press(page, key)
        first, second = root.evaluate(seen)
        assert first == pytest.approx(second, abs=1e-6), key


def test_more_phases_than_fit_are_reached_by_j(look, page):
    root = look("b2-0")
    press(page, "b")
    assert column(panes(page, root, 4), "title") == PHASES[1:5]
    expect(root.locator(".rv-said")).to_have_text("4 of 6 stacks are shown; j shows the next ones, J those before.")
    press(page, "j")
    assert column(panes(page, root, 4), "title") == [PHASES[2], *PHASES[3:]]
    press(page, "j")
    shown = panes(page, root, 4)
    assert column(shown, "title") == PHASES[:4]
    assert column(shown, "mm") == [16.0] * 4
    press(page, "J")
    assert column(panes(page, root, 4), "title") == PHASES[2:]


@pytest.mark.parametrize("name", ["c0", "d3"])
def test_a_stack_without_siblings_says_so_and_stays_alone(look, page, name: str):
    root = look(name)
    press(page, "b")
    expect(root.locator(".rv-said")).to_have_text(SENTENCE)
    assert column(panes(page, root, 1), "title") == [""]


def test_the_key_stands_in_the_bar_and_in_the_list_of_keys(look, page):
    root = look("a1-00")
    button = root.get_by_role("button", name="Phases, echoes and b-values of this place side by side")
    expect(button).to_have_count(1)  # the list is closed
    button.click()
    assert column(panes(page, root, 3), "title") == ECHOES
    press(page, "?")
    expect(
        root.locator(".rv-card").get_by_text("Phases, echoes and b-values of this place side by side")
    ).to_be_visible()


def test_other_layouts_leave_the_phases(look, page):
    root = look("a1-00")
    press(page, "b")
    panes(page, root, 3)
    press(page, "x")
    assert column(panes(page, root, 1), "title") == [""]
    press(page, "x")
    assert column(panes(page, root, 2), "title") == ["", ""]


def test_nothing_is_asked_for_before_the_key(look, page):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    root = look("a1-00")
    panes(page, root, 1)
    assert not [url for url in requests if "/api/siblings" in url or "/api/stack" in url]
    press(page, "b")
    panes(page, root, 3)
    assert [sum(f"/api/{kind}/" in url for url in requests) for kind in ("siblings", "stack")] == [1, 2]


def test_an_answer_is_for_the_case_whichever_pane_is_active_and_the_next_case_has_its_siblings(read, page, db):
    root, cases = read(Unit.SERIES)
    press(page, "b")
    first, second = (title_of(db, case.image_ids[0]) for case in cases[:2])
    shown = panes(page, root, 3)
    assert (column(shown, "title"), column(shown, "first")) == (ECHOES, [title == first for title in ECHOES])
    press(page, "y", "y", "2")
    expect(root).to_have_attribute("data-case", str(cases[1].id))
    expect(root.locator(f".rv-pane[aria-label='{second}'] .rv-facts")).not_to_be_empty()  # of the patient: the case's
    shown = panes(page, root, 3)
    assert (column(shown, "title"), column(shown, "first")) == (ECHOES, [title == second for title in ECHOES])
    expect(root).to_have_attribute("data-waiting", "0")
    assert [annotations.case(db, case.id).label for case in cases[:3]] == [1, None, None]


def test_a_case_without_siblings_is_shown_alone_and_says_so(read, page, db):
    root, cases = read(Unit.SERIES)
    names = [images.get(db, case.image_ids[0]).name[0] for case in cases]
    for case in cases[1 : names.index("c")]:
        press(page, "ArrowRight")
        expect(root).to_have_attribute("data-case", str(case.id))
    expect(root).to_have_attribute("data-painted", PAINTED)
    press(page, "b")
    panes(page, root, 4)
    press(page, "ArrowRight")
    expect(root.locator(".rv-said")).to_have_text(SENTENCE)
    (alone,) = panes(page, root, 1)
    assert (alone["title"], alone["mm"]) == ("", 5.0)


def test_one_image_of_a_stack_keeps_its_slice_while_the_others_scroll(read, page):
    root, _ = read(Unit.IMAGE)
    press(page, "b")
    before = panes(page, root, 3)
    assert column(before, "mm") == [0.0, 0.0, 0.0]
    press(page, "y", "ArrowDown", "ArrowDown")
    shown = panes(page, root, 3)
    assert column(shown, "mm") == [0.0, 8.0, 6.0]
    assert column(shown, "note") == ["no slice here; the nearest is 8.0 mm away", "", "nearest slice, 2.0 mm away"]


def test_of_a_study_the_shown_stack_is_laid_beside_its_siblings(read, page):
    root, cases = read(Unit.STUDY)
    whole = len(cases[0].image_ids)
    press(page, "Home", "b")
    assert column(panes(page, root, 3), "title") == ECHOES
    expect(root.locator(".rv-slice").first).to_have_text("1 / 10")
    press(page, "b")
    panes(page, root, 1)
    expect(root.locator(".rv-slice").first).to_have_text(f"1 / {whole}")


def test_a_case_of_a_run_is_laid_beside_its_siblings_and_steps_with_them(ward, db, page, tmp_path):
    task = tasks.create(db, name=new_name(db), classes=["none", "some"], unit=Unit.SERIES)
    cases = annotations.queue(db, task_id=task.id, limit=50)
    for at, case in enumerate(cases):
        annotations.label(db, case_id=case.id, answer="label", label=at % 2, by="ann", key=f"case {case.id}")
    frozen = snapshots.freeze(db, task.id, Recipe(val=0.25, test=0.25), name="stacks", by="ann")
    scores = tmp_path / "scores.csv"
    scores.write_text("image,some\n" + "".join(f"id:{case.image_ids[0]},0.5\n" for case in cases))
    settings = Settings.read(ward.home)
    run = external.import_predictions(db, settings, snapshot=frozen.id, name="vendor", csv=scores, by="ann")
    page.goto(f"{ward.url}/case?run={run}&case={cases[0].id}&split=all")
    root = painted(page)
    press(page, "b")
    assert column(panes(page, root, 3), "title") == ECHOES
    press(page, "ArrowRight")
    expect(root).to_have_attribute("data-case", str(cases[1].id))
    second = title_of(db, cases[1].image_ids[0])
    expect(root.locator(f".rv-pane[aria-label='{second}'] .rv-facts")).not_to_be_empty()
    assert column(panes(page, root, 3), "title") == ECHOES
    press(page, "b")
    panes(page, root, 1)
