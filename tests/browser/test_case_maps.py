"""A case of a run on real films in Chromium: several maps at once, class and layer, other runs, keys, reasons."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from core.services.annotation import annotations, case_history
from core.services.evaluation import reviews
from core.services.images import images
from core.services.predictions import predictions
from core.services.saliency import map_warnings
from core.services.saliency import maps as saliency_maps
from core.services.training import submit
from core.settings import Settings
from core.training.spec import TrainSpec
from dashboard.server import saliency_urls
from tests.browser import families
from tests.browser.chromium import COLOURED
from tests.browser.families import World
from tests.browser.servers import standing
from tests.core.conftest import Asleep, Home, done

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTHING = " · no evidence for this class"
A_MAP = 120_000  # ms: the first one starts torch
PANES = """node => node.roundsViewer.viewer.panes.map(({ window, view, overlay, stack, painted, slice }) => ({
    window: [window.center, window.width], zoom: view.zoom, opacity: overlay?.look.opacity ?? null,
    image: stack && slice.image.id, painted: Boolean(painted) }))"""


@pytest.fixture(scope="module")
def world(data_dir, tmp_path_factory) -> Iterator[World]:
    """Two runs on single films, one on two views; all cases predicted."""
    folder = tmp_path_factory.mktemp("case-maps")
    db, snapshots = families.filled(folder / "home", folder / "in", data_dir)
    home = Home(db, Settings.read(folder / "home"))
    runs = {}
    for name, task, model in (
        ("first", "abnormal", "small_cnn"),
        ("other", "abnormal", "cnn_attention"),
        ("views", "either", "cross_attention"),
        ("late", "either", "late_fusion"),
    ):
        spec = TrainSpec(model=model).with_settings({"epochs": "2", "image_size": "64", "threads": "1"})
        made = submit.submit(db, snapshot_id=snapshots[task], spec=spec, by="t", key=name, launcher=Asleep())
        done(home, made.job)
        submitted = predictions.submit(db, run_id=made.run, split="test", by="t", key=f"p{name}", launcher=Asleep())
        done(home, submitted.job)
        runs[name] = made.run
    with standing(folder / "home") as server:
        yield World(db, server, snapshots, runs)
    db.close()


def opened(world, page, run, **more):
    """The case page of a run; its viewer, once every pane has its picture and every map is there."""
    query = "&".join(f"{name}={value}" for name, value in {"run": world.runs[run], **more}.items())
    page.goto(f"{world.server.url}/case?{query}")
    return settled(page)


def settled(page, maps=1):
    viewer = page.locator('.rv-root[data-painted*=":"]')
    expect(viewer).to_have_attribute("data-maps", re.compile(f"^[{maps}-4]$"), timeout=A_MAP)
    return viewer


def titles(page):
    """What the panes say of their maps, but for whether anything is in them, and their badges."""
    texts = page.locator(".rv-map").evaluate_all("nodes => nodes.map(node => node.firstChild?.data).filter(Boolean)")
    return [one.replace(NOTHING, "") for one in texts]


def choose(page, name, option):
    field = page.get_by_role("combobox", name=re.compile(rf"(^|\. ){name}"))
    field.click()
    page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click()
    page.keyboard.press("Escape")


def test_several_maps_stand_beside_the_picture_under_one_window_and_one_opacity(world, page):
    viewer = opened(world, page, "first")
    assert titles(page)[0].endswith("· features · not a segmentation")
    choose(page, "Saliency methods", "LayerCAM")
    expect(viewer).to_have_attribute("data-maps", "2", timeout=A_MAP)
    page.get_by_role("button", name="Side by side", exact=True).or_(
        page.get_by_text("Side by side", exact=True)
    ).first.click()
    expect(page.locator(".rv-panes")).to_have_attribute("data-panes", "3")
    expect(viewer).to_have_attribute("data-maps", "2", timeout=A_MAP)
    assert [one.split(":")[0] for one in titles(page)] == ["Grad-CAM", "LayerCAM"]
    assert "method=gradcam%2Clayercam" in page.url
    viewer.evaluate(
        "node => node.roundsViewer.viewer.setWindow({ ...node.roundsViewer.viewer.active.window, width: 77 })"
    )
    viewer.evaluate("node => node.roundsViewer.viewer.zoom(2)")
    page.get_by_label("Opacity of the map").fill("80")
    panes = viewer.evaluate(PANES)
    assert [one["window"][1] for one in panes] == [77, 77, 77]
    assert len({one["zoom"] for one in panes}) == 1 < panes[0]["zoom"]
    assert [one["opacity"] for one in panes] == [None, 0.8, 0.8]
    assert len({one["image"] for one in panes}) == 1


def test_class_and_layer_are_chosen_and_stand_in_the_address(world, page):
    viewer = opened(world, page, "first")
    title = titles(page)[0]
    other = "normal" if "abnormal" in title else "abnormal"
    choose(page, "Class", other)
    expect(viewer).to_have_attribute(
        "data-overlay", re.compile(f"Grad-CAM: {other} · features({NOTHING})?$"), timeout=A_MAP
    )
    choose(page, "Layer", "features.2 ")
    expect(viewer).to_have_attribute(
        "data-overlay", re.compile(f"Grad-CAM: {other} · features.2({NOTHING})?$"), timeout=A_MAP
    )
    assert "layer=features.2" in page.url
    page.reload()
    expect(settled(page)).to_have_attribute("data-overlay", re.compile(f"Grad-CAM: {other} · features.2({NOTHING})?$"))


def test_each_pane_has_the_badge_of_its_map_also_one_that_a_key_adds(world, page):
    viewer = opened(world, page, "first")
    viewer.click()
    page.keyboard.press("x")
    settled(page, 2)
    badges = page.locator(".rv-badge")
    shown = viewer.evaluate("node => node.roundsViewer.viewer.panes.filter(one => one.overlay).map(one => one.mapPath)")
    assert len({path.split("/")[3] for path in shown}) > 1  # the maps of several runs
    expect(badges).to_have_count(len(shown))
    settings = Settings.read(world.db.file.parent)
    for path, text in zip(shown, badges.all_text_contents(), strict=True):
        run, image, method, *more = path.split("/")[3:]
        shown_of = None if not more or more[0] == saliency_urls.MOST else int(more[0])
        view = saliency_maps.cached_map(
            world.db, settings, run_id=int(run), image_id=int(image), method=method, class_index=shown_of
        )
        spoken = "; ".join(map_warnings.map_warnings(world.db, settings, int(image), view).warnings)
        assert text == " · ".join(filter(None, (spoken, "method not checked")))


def test_the_text_beside_a_map_comes_with_the_map(world, page):
    """The map is computed after the page was drawn: the viewer has the page drawn again, with its title and badge."""
    opened(world, page, "first", method="occlusion")
    beside = page.locator(".st-key-case_told")
    expect(beside.get_by_text(re.compile("^Occlusion: "))).to_be_visible()
    expect(beside.locator(".stMarkdownBadge")).to_have_count(1)


def test_another_run_is_asked_for_the_same_class(world, page):
    viewer = opened(world, page, "first")
    shown = titles(page)[0].split(" · ")[0]
    choose(page, "Compare with saliency maps of", f"Run {world.runs['other']}")
    expect(viewer).to_have_attribute("data-maps", "2", timeout=A_MAP)
    assert titles(page) == [
        f"run {world.runs['first']} · {shown} · features · not a segmentation",
        f"run {world.runs['other']} · {shown} · trunk · not a segmentation",
    ]
    expect(
        page.get_by_text(re.compile(f"Run {world.runs['other']} · CNN with attention: Called (ab)?normal"))
    ).to_be_visible()


def test_two_views_lie_under_the_maps_of_two_runs(world, page):
    viewer = opened(world, page, "views", method="cross_attention", others=world.runs["late"])
    expect(viewer).to_have_attribute("data-maps", "4", timeout=A_MAP)
    run, late = world.runs["views"], world.runs["late"]
    before = titles(page)
    assert [one.split(" · ")[0] for one in before] == [f"run {run}", f"run {run}", f"run {late}", f"run {late}"]
    assert ["AP" in one for one in before] == [True, False, True, False]
    assert [one["image"] for one in viewer.evaluate(PANES)[:2]] == [one["image"] for one in viewer.evaluate(PANES)[2:]]


def test_keys_go_through_the_list_and_give_the_verdict_with_its_reason(world, page):
    viewer = opened(world, page, "first")
    rows = predictions.list_predictions(world.db, world.runs["first"], split="test")
    first = int(viewer.get_attribute("data-case"))
    row = next(one for one in rows if one.case_id == first)
    page.get_by_placeholder("reason or note").fill("a fold of skin")
    page.keyboard.press("Enter")
    page.locator(".rv-pane").first.click()
    page.keyboard.press("2")
    expect(page.get_by_text(re.compile("model wrong .*: a fold of skin"))).to_be_visible()
    assert [(line.text, line.note) for line in case_history.verdicts(world.db, first)] == [
        ("model wrong", "a fold of skin")
    ]
    page.get_by_label("Correct label").click()
    page.get_by_role("option").nth(1 - row.label).click()
    page.get_by_placeholder("reason or note").fill("seen on the later film")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Relabel").click()
    expect(page.get_by_text(re.compile("^Relabelled just now"))).to_be_visible()
    expect(
        page.get_by_text("tester: seen on the later film").or_(page.get_by_text(": seen on the later film")).first
    ).to_be_visible()
    assert annotations.case(world.db, first).label == 1 - row.label
    page.locator(".rv-pane").first.click()
    page.keyboard.press("ArrowRight")
    expect(viewer).not_to_have_attribute("data-case", str(first))
    expect(page.get_by_text(re.compile("^Relabelled"))).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_have_attribute("data-case", str(first))
    settled(page)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("This is the first case of the list.")).to_be_visible()
    expect(viewer).to_have_attribute("data-case", str(first))
    heat, title = settled(page).evaluate(COLOURED), settled(page).get_attribute("data-overlay")
    assert heat > 0 or NOTHING in title  # of the class in question, for which an image may hold no evidence


def test_a_verdict_is_of_a_case_that_was_seen(world, page):
    """Who presses the arrow and a verdict's key at once has not seen the next case."""
    viewer = opened(world, page, "first")
    first = viewer.get_attribute("data-case")
    page.locator(".rv-pane").first.click()
    page.evaluate("""() => ["ArrowRight", "1"].forEach(key => document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))""")
    expect(viewer).not_to_have_attribute("data-case", first)
    second = int(viewer.get_attribute("data-case"))
    first_ids = {
        prediction.case_id: prediction.id
        for prediction in predictions.list_predictions(world.db, world.runs["first"], split="test")
    }
    settled(page)
    assert reviews.verdicts(world.db, [first_ids[second]]) == {}
    page.keyboard.press("1")
    expect(page.get_by_text(re.compile("model right"))).to_be_visible()
    assert reviews.verdicts(world.db, [first_ids[second]]) == {first_ids[second]: "model right"}
    assert "model right" not in [line.text for line in case_history.verdicts(world.db, int(first))]


# Back as soon as the next case is shown; then a map arrives, which draws the page anew while it is being drawn.
BACK_AT_ONCE = """([root, first, wait]) => {
    if (root.dataset.case === first) return false;
    const back = { key: "ArrowLeft", bubbles: true, cancelable: true };
    window.dispatchEvent(new KeyboardEvent("keydown", back));
    setTimeout(() => root.roundsViewer.viewer.send("maps", wait), wait);
    return true;
}"""


def test_an_arrow_pressed_while_the_page_is_drawn_is_not_lost(world, page):
    """There and back twenty times, each key at the moment in which the case of the key before is on the screen."""
    viewer = opened(world, page, "first")
    first = viewer.get_attribute("data-case")
    page.locator(".rv-pane").first.click()
    for wait in range(0, 200, 10):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(BACK_AT_ONCE, arg=[viewer.element_handle(), first, wait], polling=5)
        expect(viewer).to_have_attribute("data-case", first)


def test_an_excluded_case_says_why(world, page):
    row = predictions.list_predictions(world.db, world.runs["first"], split="test")[-1]
    images.exclude(world.db, row.image_id, because="the wrong patient")
    opened(world, page, "first", case=row.case_id)
    expect(page.get_by_text("This image is excluded.")).to_be_visible()
    expect(page.get_by_text("Reason: the wrong patient")).to_be_visible()
