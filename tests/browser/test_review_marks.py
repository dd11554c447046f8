"""Every mark of the Review page, clicked in a real browser, opens its own cases in the strip; the slider moves them."""

import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from core.services.evaluation.review_cases import selected_rows
from core.services.evaluation.review_data import review_data
from core.services.training import runs
from core.services.workspace import home
from core.settings import Settings
from dashboard.result_cache import review_source
from dashboard.url_state import ReviewState
from tests.browser.servers import standing
from tests.core.services.predicted import draw

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """For all tests, which only look: a server on a home with a run that has predictions, and the run."""
    path = tmp_path_factory.mktemp("review") / "home"
    db = home.open_home(Settings.read(path))
    drawn = draw(db, patients=120)
    with standing(path) as server:
        yield server, runs.get(db, drawn.run)
    db.close()


@pytest.fixture
def review(served, page, monkeypatch):
    """Opens a section of the run; gives the state that the address says, and its cases."""
    server, run = served
    monkeypatch.setenv("ROUNDS_HOME", str(server.home))
    url = f"{server.url}/review?run={run.id}&split=val"

    def current_state() -> tuple[ReviewState, int]:
        query = {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}
        typed = {"run": int, "truth": int, "called": int, "at": float}
        state = ReviewState(**{name: typed.get(name, str)(value) for name, value in query.items()})
        return state, len(selected_rows(review_source(), review_data(review_source(), run, state), state))

    return lambda section: page.goto(f"{url}&section={section}"), current_state


def listed(page, current_state, name: str, *, least: int = 1) -> ReviewState:
    """The strip holds as many cases as the address asks for."""
    page.wait_for_url(re.compile(f"{name}="))
    state, count = current_state()
    assert least <= count < 120
    expect(page.locator(".rg-root")).to_have_attribute("data-drawn", re.compile(f"^{count} at"))
    expect(page.locator(".st-key-strip_head")).to_contain_text(f"{count} case")
    return state


PLOTS = [("curves", "roc"), ("curves", "pr"), ("calibration", "reliability_plain"), ("decision", "decision")]


@pytest.mark.parametrize(("section", "plot"), PLOTS)
def test_a_point_of_a_plot_opens_the_scores_that_it_stands_for(review, page, section, plot):
    opens, current_state = review
    opens(section)
    points = page.locator(f".st-key-{plot} .scatterlayer .points path")
    expect(points.first).to_be_attached()
    count = points.count()
    chosen = points.nth(count // 3)
    chosen.scroll_into_view_if_needed()
    box = chosen.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    state = listed(page, current_state, "span", least=0 if plot == "decision" else 1)  # a hundredth may hold no score
    low, high = state.between
    scores = [float(one.split()[0]) for one in page.locator(".rg-note").all_inner_texts()]
    assert all(low - 5e-4 <= score <= high + 5e-4 for score in scores)
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".rg-root")).to_have_attribute("data-drawn", re.compile("^120 at"))


def test_a_group_opens_its_cases_and_closes_again(review, page):
    opens, current_state = review
    opens("groups")
    row = page.locator(".rf-row").first
    count = row.locator(".rf-count").first.inner_text()
    row.click()
    listed(page, current_state, "group")
    expect(page.locator(".rg-root")).to_have_attribute("data-drawn", re.compile(f"^{count} at"))
    expect(page.locator(".rf-row").first).to_have_attribute("aria-pressed", "true")
    page.locator(".rf-row").first.click()
    expect(page.locator(".rg-root")).to_have_attribute("data-drawn", re.compile("^120 at"))


def test_the_slider_moves_matrix_figures_and_an_open_cell_together(review, page):
    opens, current_state = review
    opens("")
    page.locator('[data-cell="1,0"]').click()
    listed(page, current_state, "truth")
    slider = page.locator(".rp-range")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    at = float(slider.input_value())
    assert at > 0.7
    page.wait_for_url(re.compile(f"at={at}"))
    state = listed(page, current_state, "at")
    assert (state.truth, state.called, state.at) == (1, 0, at)
    expect(page.locator(".rm-root")).to_have_attribute("data-at", str(at))
    expect(page.locator(".rd-figures")).to_have_attribute("data-at", repr(at))
    count = page.locator('[data-cell="1,0"] .rm-count').inner_text()
    expect(page.locator(".st-key-strip_head")).to_contain_text(
        f"{count} cases: reference Ill, predicted Well (false negatives at "
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768)])
def test_a_cell_brings_its_cases_into_sight_in_a_small_room(review, page, width, height):
    opens, current_state = review
    page.set_viewport_size({"width": width, "height": height})
    opens("")
    expect(page.locator(".rg-tile").first).not_to_be_in_viewport()
    page.locator('[data-cell="1,0"]').click()
    listed(page, current_state, "truth")
    expect(page.locator(".rg-tile").first).to_be_in_viewport(ratio=0.9)


HURRIED = """range => {
    for (const at of [0.7, 0.8]) { range.value = at; range.dispatchEvent(new Event("input", {bubbles: true})); }
    [...document.querySelectorAll("[role=radio]")].find(one => one.textContent.includes("Test")).click();
}"""


def test_a_move_that_comes_with_the_change_to_the_locked_split_moves_nothing_there(review, page):
    opens, _ = review
    opens("")
    slider = page.locator(".rp-range")
    expect(slider).to_be_enabled()
    slider.evaluate(HURRIED)
    page.get_by_role("button", name="Open the test results").click()
    expect(slider).to_be_disabled()
    expect(slider).to_have_value("0.5")
    expect(page.locator(".rm-root")).to_have_attribute("data-at", "0.5")
