"""A review of two models on real chest X-rays, by mouse and keyboard: from the operating point to the next snapshot."""

import csv
import re

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations, case_history, tasks
from core.services.datasets import snapshot_diff, snapshots
from core.services.evaluation import operating_points, run_comparison
from core.services.workspace import home
from core.settings import Settings
from tests.browser.chromium import pick, settled
from tests.journeys.test_round import freeze

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FILMS = 120
SPEC = ("--set", "epochs=2", "--set", "image_size=64", "--set", "batch_size=16", "--set", "threads=1")


@pytest.fixture
def reviewed(tmp_path, data_dir, rounds):
    """Real films of both classes, frozen, and two models trained on them that predicted validation and test."""
    folder = tmp_path / "chest"
    (folder / "nih64").mkdir(parents=True)
    with (data_dir / "cxr/metadata.csv").open() as listed:
        rows = [row for row in csv.DictReader(listed) if row["abnormal"] and row["file"].startswith("nih64")]
    few = [row for label in "01" for row in [one for one in rows if one["abnormal"] == label][: FILMS // 2]]
    for row in few:
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
        "--file-column",
        "file",
        "--patient-column",
        "patient_id",
        "--task",
        "abnormal",
        "--label-column",
        "abnormal",
    )
    rounds("snapshot", "--task", "abnormal", "--name", "round 1", "--val", "0.3", "--test", "0.3")
    for model in ("small_cnn", "cnn_attention"):
        run = rounds("train", "--snapshot", "round 1", "--model", model, *SPEC, "--wait")["run"]
        for split in ("val", "test"):
            rounds("predict", "--run", run, "--split", split, "--wait")
    rounds("analyze", "--run", 1, "--kind", "saliency-check", "--wait")
    return rounds.home


def test_from_the_operating_point_to_what_changed(reviewed, serve, page):
    server = serve(reviewed)
    db = home.open_home(Settings.read(reviewed))

    # an operating point that keeps 90 % of the abnormal ones, chosen on validation and stored
    page.goto(f"{server.url}/review?run=1")
    expect(page.get_by_text("Default threshold 0.5. No operating point chosen yet.")).to_be_visible()
    assert "split=val" in page.url
    assert operating_points.count_test_views(db, 1) == 0
    page.get_by_label("Operating point").click()
    page.get_by_role("option", name="Sensitivity at least").click()
    expect(
        page.get_by_text(re.compile("Trying .* sensitivity of at least 0.95 on validation; not saved"))
    ).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile("Chosen on validation by"))).to_be_visible()
    point = operating_points.current(db, 1)
    assert point is not None
    assert point.rule == {"kind": "sensitivity", "at_least": 0.95}

    # on validation the slider moves what it likes; test stays at what stands
    before = page.locator(".rm-root").get_attribute("data-at")
    page.locator(".rp-range").focus()
    page.keyboard.press("PageUp")
    expect(page.locator(".rm-root")).not_to_have_attribute("data-at", before)
    page.get_by_role("radio", name="Test").click()
    expect(page.get_by_text(re.compile("Viewed by nobody yet"))).to_be_visible()
    page.get_by_role("button", name="Open the test results").click()
    expect(page.get_by_text(re.compile("Test results viewed once"))).to_be_visible()
    expect(page.locator(".rp-range")).to_be_disabled()
    expect(page.locator(".rm-root")).to_have_attribute("data-at", str(point.threshold))

    # a cell of the matrix opens its cases, the most wrong first
    cells = page.locator(".rm-cell")
    wrong = max((1, 2), key=lambda at: int(cells.nth(at).locator(".rm-count").inner_text()))
    count = int(cells.nth(wrong).locator(".rm-count").inner_text())
    cells.nth(wrong).click()
    expect(page.locator(".rg-root")).to_have_attribute("data-drawn", re.compile(f"^{count} at"))
    expect(page.locator(".st-key-strip_head")).to_contain_text(f"{count} case")
    scores = [float(one.split()[0]) for one in page.locator(".rg-note").all_inner_texts()]
    assert scores == sorted(scores, reverse=wrong == 1)
    assert len(scores) == min(count, 24)
    worst = int(page.locator(".rg-tile").first.get_attribute("data-id"))
    page.locator(".rg-tile").first.click()

    # the case with its map, its badge, a second method beside it, and the second model
    outcome = ("false positive", "false negative")[wrong - 1]
    expect(page.get_by_text(re.compile(f"Called .*[<≥] {point.threshold:.3f}.* {outcome}"))).to_be_visible()
    viewer = page.locator(f'.rv-root[data-case="{worst}"]')
    expect(viewer).to_have_attribute("data-overlay", re.compile("Grad-CAM"))
    expect(page.get_by_text(re.compile(f"case 1 of {count}"))).to_be_visible()
    expect(page.get_by_text("They are not segmentations.")).to_be_visible()
    expect(page.locator(".st-key-case_told .stMarkdownBadge").first).to_be_visible()
    choose(page, "Saliency methods", "HiResCAM")
    expect(viewer).to_have_attribute("data-maps", "2")
    choose(page, "Compare with saliency maps of", "Run 2")
    expect(viewer).to_have_attribute("data-maps", re.compile("[34]"))

    # a verdict with its reason, which relabels; the next case is one key away
    truth = annotations.case(db, worst).label
    page.get_by_placeholder("reason or note").fill("seen again at the workstation")
    page.get_by_label("Correct label").click()
    page.get_by_role("option").nth(1 - truth).click()
    page.get_by_role("button", name="Relabel").click()
    expect(page.get_by_text("Current label:")).to_be_visible()
    assert annotations.case(db, worst).label == 1 - truth
    assert "seen again" in page.locator("section.stMain, .stMain").inner_text()
    if count > 1:
        page.locator(".rv-root").click()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".rv-root")).not_to_have_attribute("data-case", str(worst))
        expect(page.get_by_text(re.compile(f"case 2 of {count}"))).to_be_visible()

    # the next snapshot holds the new label, and says what changed
    task, first = tasks.task_named(db, "abnormal"), snapshots.snapshot_named(db, "round 1")
    page.goto(f"{server.url}/datasets?task={task.id}")
    freeze(page, "round 2")
    expect(page.get_by_text("1 relabelled")).to_be_visible()
    second = snapshots.snapshot_named(db, "round 2")
    assert [case for case, _, _ in snapshot_diff.difference(db, first.id, second.id).relabelled] == [worst]
    assert case_history.verdicts(db, worst)

    # both models side by side, and a list of what the second one makes wrong
    page.goto(f"{server.url}/compare?run=2&other=1&split=test")
    page.get_by_role("button", name="Open the test results").click()
    comparison = run_comparison.compare(db, 1, 2).comparison
    expect(page.get_by_text(re.compile("AUROC, DeLong"))).to_be_visible()
    for title, cases in (
        ("Fixed", comparison.fixed),
        ("Broken", comparison.broken),
        ("Both wrong", comparison.both_wrong),
    ):
        page.get_by_role("radio", name=re.compile(f"{title} {len(cases)}")).click()
        expect(page.locator(".st-key-strip_head")).to_contain_text(f"{len(cases)} case")
        expect(page.locator(".rg-tile")).to_have_count(min(len(cases), 24))
    db.close()


def choose(page, label, option):
    """One more of a list of several."""
    settled(page)
    pick(page.get_by_label(label, exact=True), page.get_by_role("option", name=option).first)
    page.keyboard.press("Escape")
