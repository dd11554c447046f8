"""Every family of models from the form in Chromium: trained on real images, its curve watched, its cases explained."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from core.explain import EXPLAINERS
from core.models import MODELS
from core.services.predictions import predictions
from core.services.training import runs
from tests.browser import families
from tests.browser.chromium import COLOURED, settled
from tests.browser.families import World
from tests.browser.servers import standing

pytestmark = [pytest.mark.browser, pytest.mark.slow]
A_JOB = 180_000  # ms: a job starts torch, which several at once on a small machine make slow
LINE = 33  # pixels of a line of a table


@dataclass(frozen=True)
class Family:
    """What is chosen in the form, and what must be seen of it."""

    snapshot: str
    model: str
    size: int
    seen: str  # of one case, as the measured step tells it
    slices: int = 0
    figure: str = "AUROC"
    also: tuple[str, ...] = ()
    by_table: bool = False


FAMILIES = {
    "cnn": Family("abnormal", "resnet18", 64, "64×64", by_table=True),
    "several tasks": Family("abnormal", "mobilenet_v2", 64, "64×64", also=("signs", "age")),
    "transformer": Family("age", "vit_tiny", 28, "28×28", figure="Mean absolute error"),
    "attention": Family("signs", "cnn_attention", 32, "32×32"),
    "fusion": Family("either", "cross_attention", 32, "2 images of 32×32"),
    "late fusion": Family("either", "late_fusion", 32, "2 images of 32×32"),
    "bag": Family("either", "attention_mil", 32, "2 images of 32×32", slices=4),
    "sequence": Family("half", "cnn_gru_attention", 32, "4 images of 32×32", slices=4),
    "volume": Family("half", "resnet3d_18", 32, "4 images of 32×32", slices=4),
}


@pytest.fixture(scope="module")
def world(data_dir, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("families")
    db, snapshots = families.filled(folder / "home", folder / "in", data_dir)
    with standing(folder / "home") as server:
        yield World(db, server, snapshots)
    db.close()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_from_the_form_to_a_map(world, page, name):
    family = FAMILIES[name]
    page.goto(f"{world.server.url}/train?snapshot={world.snapshots[family.snapshot]}")
    fill_form(page, family)
    previewed(page, family)
    run = trained(world, page)
    assert run.spec.subset(("model", "epochs", "image_size")) == {
        "model": family.model,
        "epochs": 2,
        "image_size": family.size,
    }
    assert run.extra_snapshots == tuple(world.snapshots[one] for one in family.also)
    world.runs[name] = run.id
    reviewed(page, family.figure)
    explained(world, page, run.id)
    several(page, family.snapshot)
    second(page, family.model)
    sound(world, page)


def test_a_second_training_starts_from_the_first_with_its_encoder_frozen(world, page):
    first = world.runs.get("cnn")
    assert first, "the family 'cnn' is trained first"
    page.goto(f"{world.server.url}/train?snapshot={world.snapshots['abnormal']}")
    fill_form(page, FAMILIES["cnn"])
    choose(page, "Start from", "Finished run")
    choose(page, "Run", f"Run {first}:")
    page.locator(".st-key-fold_start summary").click()
    typed(page, "Frozen", "encoder")
    previewed(page, FAMILIES["cnn"])
    run = trained(world, page)
    assert run.spec.subset(("start", "start_run", "freeze")) == {
        "start": "run",
        "start_run": first,
        "freeze": "encoder",
    }
    reviewed(page, "AUROC")
    explained(world, page, run.id)
    sound(world, page)


def fill_form(page: Page, family: Family) -> None:
    entry = MODELS[family.model]
    ready(page)
    number(page, "Image size", family.size)  # before the model: a step at its usual size takes a processor long
    number(page, "Epochs", 2)
    number(page, "Batch size", 8)
    if family.by_table:
        by_table(page, family.model)
    else:
        choose(page, "Model", entry.title)
    expect(page.locator(".st-key-train_side strong").first).to_have_text(entry.title)
    for snapshot in family.also:
        choose(page, "Additional tasks", snapshot)
    if family.also:
        page.keyboard.press("Escape")
    if family.slices:
        number(page, "Images per case", family.slices)


def previewed(page: Page, family: Family) -> None:
    """The measured minutes of this very choice, and eight pictures that are painted."""
    figures = page.locator(".st-key-train_figures")
    expect(figures).to_contain_text(f"Input {family.seen} px", timeout=A_JOB)
    expect(figures).to_contain_text(re.compile(r"About .+ of memory on the CPU"))
    tiles = page.locator('img[alt^="augmented image"]')
    expect(tiles).to_have_count(8, timeout=A_JOB)
    page.wait_for_function(
        "() => [...document.querySelectorAll('img[alt^=\"augmented image\"]')].every(one => one.naturalWidth > 0)"
    )


def trained(world: World, page: Page) -> runs.RunView:
    """Started by a click, watched to its end; its run."""
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile("/runs"))
    expect(page.get_by_text(re.compile("2 epochs on"))).to_be_visible(timeout=A_JOB)
    for title in ("Loss", re.compile("^Validation")):
        expect(page.get_by_text(title, exact=isinstance(title, str)).first).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_visible()
    run = runs.list_runs(world.db)[0]
    assert run.job.state == "succeeded"
    assert {len(points) for points in runs.curves(world.db, run.id).values()} == {2}
    sound(world, page)
    return run


def reviewed(page: Page, figure: str) -> None:
    page.get_by_role("link", name="Review this run").click()
    page.get_by_role("radio", name="Test").click()
    page.get_by_role("button", name="Predict the test split").click()
    page.get_by_role("button", name="Open the test results").click(timeout=A_JOB)
    row = page.get_by_text(re.compile(rf"^{figure}\*?$")).first  # a star leads to what is to be known of it
    expect(row).to_be_visible(timeout=A_JOB)


def explained(world: World, page: Page, run: int) -> None:
    """A case is opened from the strip; the usual map lies over it, and at least one case of the list is heated.

    Of the class in question a model may see no evidence in any case; then it sees some of the other class.
    """
    cases = len(predictions.list_predictions(world.db, run, split="test"))
    page.locator(".rg-tile").first.click()
    page.wait_for_url(re.compile("/case"))
    if not heated(page, cases, "ArrowRight"):
        page.goto(f"{page.url}&shown=0")
        assert heated(page, cases, "ArrowLeft"), "no case of the list has a map with any heat"
    expect(page.get_by_text("Current label:")).to_have_count(0)  # nobody has said anything else since


def heated(page: Page, cases: int, key: str) -> bool:
    """Go through the list by the key until a map has heat."""
    for left in reversed(range(cases)):
        if mapped(page):
            return True
        if left:
            before = page.locator(".rv-root").get_attribute("data-case")
            page.keyboard.press(key)
            expect(page.locator(".rv-root")).not_to_have_attribute("data-case", before)
    return False


def second(page: Page, model: str) -> None:
    """Another way of asking lies beside the first, under a map of its own."""
    title = EXPLAINERS[MODELS[model].explainers[1]].title
    choose(page, "Saliency methods", title)
    page.keyboard.press("Escape")
    maps = page.locator(".rv-map").filter(has_text=title)
    expect(maps.first).to_contain_text("not a segmentation", timeout=A_JOB)


def several(page: Page, snapshot: str) -> None:
    """Of a series the map follows the slice; of a study each of two views lies under its own."""
    viewer = page.locator(".rv-root")
    if snapshot == "half":
        expect(viewer).to_have_attribute("data-overlay", re.compile("slice 3 of 4"))
        page.keyboard.press("ArrowUp")
        expect(viewer).to_have_attribute("data-overlay", re.compile("slice 2 of 4"))
    if snapshot == "either":
        maps = page.locator(".rv-map")
        expect(maps).to_have_count(2)
        expect(maps.nth(0)).to_contain_text("image 1 of 2 (AP)", timeout=A_JOB)
        expect(maps.nth(1)).to_contain_text("image 2 of 2 (PA)", timeout=A_JOB)


def mapped(page: Page) -> int:
    """Pixels over the picture that the map colours, once picture and map are there."""
    viewer = page.locator(".rv-root")
    expect(viewer).to_have_attribute("data-painted", re.compile(":"))
    expect(viewer).to_have_attribute("data-overlay", re.compile("Grad-CAM|Attention rollout"), timeout=A_JOB)
    return viewer.evaluate(COLOURED)


def sound(world: World, page: Page) -> None:
    """Nothing on the page or behind it went wrong without a sentence."""
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.locator('[data-testid="stAlertContentError"]')).to_have_count(0)
    assert "Traceback" not in world.server.log.read_text()


def ready(page: Page) -> None:
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    settled(page)


def number(page: Page, name: str, value: int) -> None:
    field = page.get_by_role("spinbutton", name=re.compile(f"^{name}"))
    expect(field).to_have_count(1)  # while a page is drawn anew, what it was lies beside it
    field.fill(str(value))
    field.press("Enter")
    settled(page)
    expect(field).to_have_value(str(value))


def typed(page: Page, name: str, text: str) -> None:
    field = page.get_by_role("textbox", name=re.compile(f"^{name}"))
    expect(field).to_have_count(1)
    field.fill(text)
    field.press("Enter")
    settled(page)


def choose(page: Page, name: str, option: str) -> None:
    """One entry of a list, by what it begins with; the list is searched by typing."""
    field = page.get_by_role("combobox", name=re.compile(rf"(^|\. ){name}"))
    expect(field).to_have_count(1)
    field.click()
    field.fill(option)
    page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click()
    settled(page)


def by_table(page: Page, model: str) -> None:
    """Its line of the table of all models is ticked; the table stays while the page behind it is drawn anew."""
    page.get_by_role("button", name="Compare all models").click()
    table = page.get_by_role("dialog").get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    expect(page.locator(".st-key-train_figures")).to_contain_text("About", timeout=A_JOB)
    line = list(MODELS).index(model)
    page.wait_for_function("() => document.querySelector('[role=dialog] canvas')?.clientHeight > 100")
    table.click(position={"x": 15, "y": LINE * (line + 1.5)})
    page.get_by_role("button", name=f"Use {MODELS[model].title}").click()
    settled(page)
