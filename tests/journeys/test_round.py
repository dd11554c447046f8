"""One round on real chest X-rays by mouse and keyboard: import, label, freeze, train, review, relabel, freeze."""

import csv
import re

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations, tasks
from core.services.datasets import snapshot_diff, snapshots
from core.services.predictions import predictions
from core.services.training import runs
from core.services.workspace import home as workspace_home
from core.settings import Settings
from tests.browser.chromium import COLOURED

pytestmark = [pytest.mark.browser]
PER_CLASS = 60


@pytest.fixture
def chest(data_dir, tmp_path):
    """A folder of real images of both classes with their CSV; thirty of them come without a label."""
    folder = tmp_path / "chest"
    (folder / "nih64").mkdir(parents=True)
    with (data_dir / "cxr/metadata.csv").open() as listed:
        rows = [row for row in csv.DictReader(listed) if row["abnormal"]]
    few = [row for label in "01" for row in [one for one in rows if one["abnormal"] == label][:PER_CLASS]]
    for number, row in enumerate(few):
        (folder / row["file"]).write_bytes((data_dir / "cxr" / row["file"]).read_bytes())
        row["abnormal"] = "" if number % 4 == 3 else row["abnormal"]
    with (folder / "metadata.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(few[0]))
        writer.writeheader()
        writer.writerows(few)
    return folder


def test_a_round(chest, tmp_path, serve, page):
    home = tmp_path / "home"
    server = serve(home, roots=[chest])
    db = workspace_home.open_home(Settings.read(home))
    page.goto(server.url)

    # import: preview, then import
    page.get_by_role("button", name="Import images").click()
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_label("Role of abnormal")).to_have_value("Label")
    expect(page.get_by_label("Role of patient_id")).to_have_value("Patient")
    page.get_by_role("button", name=f"Import {2 * PER_CLASS} images").click()
    expect(page.get_by_text(re.compile("120 files = 120 imported"))).to_be_visible()
    page.get_by_role("button", name="Repeat").click()  # once more: the table may bring labels of known images
    expect(page.get_by_role("button", name="Import labels and metadata")).to_be_visible()

    # label ten by keys
    task = tasks.task_named(db, "abnormal")
    unanswered = annotations.queue(db, task_id=task.id, only="unlabelled", limit=50)
    assert len(unanswered) == 30
    page.goto(f"{server.url}/label?task={task.id}")
    viewer = page.locator(".rv-root")
    requests = []
    for number in range(10):
        painted(page, unanswered[number].id)
        requests.append(number % 2)
        page.keyboard.press(str(requests[-1] + 1))
    page.keyboard.press("u")
    painted(page, unanswered[9].id)
    page.keyboard.press(str(requests[-1] + 1))
    expect(viewer).to_have_attribute("data-waiting", "0")
    expect(page.get_by_text("abnormal · 100 of 120")).to_be_visible()
    assert [annotations.case(db, case.id).label for case in unanswered[:10]] == requests

    # freeze
    page.goto(f"{server.url}/datasets?task={task.id}")
    expect(page.get_by_text("No patient is in more than one split.")).to_be_visible()
    freeze(page, "round 1")
    first = snapshots.snapshot_named(db, "round 1")

    # train from the form; watch the curve, reload in the middle
    page.goto(f"{server.url}/train?snapshot={first.id}")
    page.get_by_role("spinbutton", name="Epochs").fill("6")
    page.get_by_role("button", name="Start training").dblclick()
    page.wait_for_url(re.compile("/runs"))
    expect(page.get_by_text("Loss", exact=True).first).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("6 epochs on"))).to_be_visible()
    assert [run.job.state for run in runs.list_runs(db)] == ["succeeded"]
    run = runs.list_runs(db)[0]

    # review: predict, open the worst case
    page.get_by_role("link", name="Review this run").click()
    page.get_by_role("radio", name="Test").click()
    page.get_by_role("button", name="Predict the test split").click()
    page.get_by_role("button", name="Open the test results").click()
    expect(page.get_by_text("AUROC", exact=True)).to_be_visible()
    worst = max(
        predictions.list_predictions(db, run.id, split="test"),
        key=lambda row: (-row.probabilities[row.label], -row.case_id),
    )
    page.locator(f'.rg-tile[data-id="{worst.case_id}"]').click()
    page.wait_for_url(re.compile("/case"))
    page.goto(f"{page.url}&shown={worst.predicted_class}")  # of the class in question there may be no evidence at all

    # the overlay is on the pixels, and its opacity is live
    viewer = page.locator(f'.rv-root[data-case="{worst.case_id}"]')
    expect(viewer).to_have_attribute("data-overlay", re.compile("Grad-CAM"))
    with_map = viewer.evaluate(COLOURED)
    page.keyboard.press("o")
    assert viewer.evaluate(COLOURED) == 0 < with_map

    # relabel it, and see it in the next snapshot
    page.get_by_label("Correct label").click()
    page.get_by_role("option").nth(1 - worst.label).click()
    expect(page.get_by_role("button", name="Relabel")).to_be_disabled()
    page.get_by_placeholder("reason or note").fill("seen again at the workstation")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Relabel").click()
    expect(page.get_by_text("Current label:")).to_be_visible()
    assert annotations.case(db, worst.case_id).label == 1 - worst.label
    page.keyboard.press("ArrowRight")
    expect(page.locator(".rv-root")).not_to_have_attribute("data-case", str(worst.case_id))

    page.goto(f"{server.url}/datasets?task={task.id}")
    freeze(page, "round 2")
    expect(page.get_by_text("1 relabelled")).to_be_visible()
    second = snapshots.snapshot_named(db, "round 2")
    assert [case for case, _, _ in snapshot_diff.difference(db, first.id, second.id).relabelled] == [worst.case_id]
    db.close()


def freeze(page, name):
    page.get_by_label("Snapshot name").fill(name)
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text(re.compile("Content hash")).first).to_be_visible()


def painted(page, case_id):
    """Wait until that case is on the screen."""
    viewer = page.locator(f'.rv-root[data-case="{case_id}"]')
    expect(viewer).to_have_attribute("data-painted", re.compile(":"))
