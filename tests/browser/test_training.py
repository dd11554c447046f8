"""Choose a model, see its knobs, its augmented pictures and what it will take; start, and watch the curve."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.models import MODELS
from core.services.training import runs
from core.services.workspace import home
from core.settings import Settings
from tests.core.services.training.ct_home import draw_ct_home

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROW = 33  # height of a table's line, in pixels


@pytest.fixture
def chest(rounds, data_dir, tmp_path):
    """A home with a frozen dataset of forty real chest X-rays of both classes."""
    with (data_dir / "cxr/metadata.csv").open() as listed:
        rows = [row for row in csv.DictReader(listed) if row["abnormal"]]
    few = [row for label in "01" for row in [one for one in rows if one["abnormal"] == label][:20]]
    folder = tmp_path / "chest"
    for row in few:
        (folder / row["file"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / row["file"]).write_bytes((data_dir / "cxr" / row["file"]).read_bytes())
    with (folder / "metadata.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(few[0]))
        writer.writeheader()
        writer.writerows(few)
    rounds(
        "import",
        folder,
        "--metadata",
        folder / "metadata.csv",
        "--patient-column",
        "patient_id",
        "--task",
        "abnormal",
        "--label-column",
        "abnormal",
    )
    rounds("snapshot", "--task", "abnormal", "--name", "one", "--val", "0.2", "--test", "0.2")
    return rounds.home


def test_a_model_is_chosen_seen_measured_and_trained(chest, serve, page):
    server = serve(chest)
    page.goto(f"{server.url}/train")
    samples = page.locator(".rs img")
    expect(samples).to_have_count(8)
    expect(page.get_by_text(re.compile(r"About .* of memory on the"))).to_be_visible()
    assert "libtorch" not in Path(f"/proc/{server.process.pid}/maps").read_text()

    # the table sets the form
    page.get_by_role("button", name="Compare all models").click()
    table = page.get_by_test_id("stDialog").get_by_test_id("stDataFrame").locator(".dvn-scroller")
    number = list(MODELS).index("alexnet")
    expect(table).to_be_visible()
    table.hover()
    expect(page.get_by_role("button", name="Search")).to_be_visible()  # beside it, Streamlit's CSV with live formulas
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)
    table.click(position={"x": 16, "y": ROW * (number + 1) + ROW // 2})
    page.get_by_role("button", name="Use AlexNet").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("AlexNet")
    expect(page.get_by_text("for comparison with older papers")).to_be_visible()

    # its knobs, and not those of the other
    choose(page, "Model", "Small CNN")
    expect(page.get_by_text("More", exact=True)).to_have_count(2)  # its fold has moved what lies below
    first = drawn(samples)
    choose(page, "Augmentation", "Custom")
    page.get_by_role("spinbutton", name="Noise").fill("30")
    page.get_by_role("spinbutton", name="Noise").press("Enter")
    expect(samples.first).not_to_have_attribute("src", first[0])
    expect(samples).to_have_count(8)
    assert all(
        samples.nth(number).evaluate("each => each.decode().then(() => each.naturalWidth)") for number in range(8)
    )
    expect(page.get_by_text(re.compile(r"Measured.*: [\d.]+ m?s per step.*0\.\d+ million parameters"))).to_be_visible()

    page.get_by_text("More", exact=True).first.click()
    for size in ("5", "7", "3", "5"):
        page.get_by_role("spinbutton", name="Kernel size").fill(size)
        page.get_by_role("spinbutton", name="Kernel size").press("Enter")
        expect(page.get_by_role("spinbutton", name="Kernel size")).to_have_value(size)

    # start, by a double click: one run, as asked
    page.get_by_role("spinbutton", name="Epochs").fill("3")
    page.get_by_role("button", name="Start training").dblclick()
    page.wait_for_url(re.compile("/runs"))
    expect(page.get_by_text("Loss", exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile("3 epochs on"))).to_be_visible()
    db = home.open_home(Settings.read(chest))
    (run,) = runs.list_runs(db)
    assert (run.spec.model, run.spec.noise, run.spec.kernel_size, run.spec.epochs) == ("small_cnn", 30.0, 5, 3)
    db.close()


def test_a_window_is_chosen_seen_and_recorded(tmp_path, serve, page):
    home_folder = draw_ct_home(tmp_path / "ct")
    page.goto(f"{serve(home_folder).url}/train")
    samples = page.locator(".rs img")
    expect(samples).to_have_count(8)
    first = drawn(samples)
    choose(page, "Windowing", "CT lung")
    expect(samples.first).not_to_have_attribute("src", first[0])
    expect(page.get_by_role("spinbutton", name="Window level")).to_have_count(0)

    choose(page, "Windowing", "Fixed")
    expect(page.get_by_text("the width of the window is 0")).to_be_visible()
    for name, value in (("Window level", "-100"), ("Window width", "700")):
        page.get_by_role("spinbutton", name=name).fill(value)
        page.get_by_role("spinbutton", name=name).press("Enter")
    expect(page.get_by_text("the width of the window is 0")).to_have_count(0)
    expect(samples).to_have_count(8)

    page.get_by_role("spinbutton", name="Epochs").fill("1")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile("/runs"))
    expect(page.get_by_text(re.compile("Windowing: fixed, level -100, width 700"))).to_be_visible()
    page.get_by_text("Training settings").click()
    expect(page.get_by_text("window_center")).to_be_visible()
    db = home.open_home(Settings.read(home_folder))
    (run,) = runs.list_runs(db)
    assert (run.spec.windowing, run.spec.window_center, run.spec.window_width) == ("fixed", -100.0, 700.0)
    db.close()


def choose(page, name, option):
    box = page.get_by_role("combobox", name=name, exact=True)
    box.scroll_into_view_if_needed()  # an open menu closes where the page scrolls
    box.click()
    page.get_by_role("option", name=option).first.click()


def drawn(samples):
    return [samples.nth(number).get_attribute("src") for number in range(8)]
