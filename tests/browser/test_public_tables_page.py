"""Ten tables made after public ones are imported in Chromium: no column name is typed, and few clicks are needed."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from core.curation.recipe import Recipe
from core.imaging.store import Store
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.imports import import_files, import_log
from core.services.imports.import_request import ImportRequest
from core.services.training import runs
from core.services.workspace import home
from core.settings import Settings
from tests.browser.chromium import pick, settled
from tests.browser.servers import standing
from tests.public_tables import TABLES

MOST = 5  # clicks from an open page to imported images with labels: folder, preview, import, and two for a role


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = tmp_path_factory.mktemp("public")
    for at, (name, made) in enumerate(TABLES.items()):
        (root / name).mkdir()
        made.lay_out(root / name)
        for path in filter(Path.is_file, (root / name / "images").rglob("*")):
            pixels = np.array(Image.open(path))
            pixels[-1, -1] = 100 + at  # no two tables have one picture in common
            Image.fromarray(pixels).save(path, "PNG")
    with standing(tmp_path_factory.mktemp("served") / "home", roots=[root]) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_public_table_is_imported_by_mouse_alone(served, page, name):
    made = TABLES[name]
    label = next(title for title, role in made.roles.items() if role == "label")
    clicks = []

    def click(locator):
        clicks.append(locator)
        locator.click()

    page.goto(f"{served.url}/import")
    click(page.get_by_role("button", name=re.compile(rf"folder icon {name} ")))
    expect(page.get_by_label("Folder, file or archive")).to_have_value(re.compile(rf"/{name}$"))
    click(page.get_by_role("button", name="Preview import"))
    expect(page.get_by_text("6 of 6 files")).to_be_visible()
    settled(page)
    role = page.get_by_label(f"Role of {label}", exact=True)
    if role.get_attribute("value") != "Label":
        choose(page, role, "Label")
        clicks += [role, "its option"]
    expect(role).to_have_value("Label")
    expect(page.get_by_label("Labelling task for these labels")).to_have_value(f"{label} (new task)")
    click(page.get_by_role("button", name="Import 6 images"))
    expect(page.get_by_text("6 files = 6 imported")).to_be_visible()
    assert len(clicks) <= MOST
    assert labels_by_number(served.home, label) == {at: text for at, text in enumerate(made.labels) if text}


def choose(page, field, name):
    """Choose an option of a list."""
    option = page.get_by_role("option", name=name, exact=True)
    pick(field, option)
    expect(field).to_have_value(name)


@pytest.mark.slow
def test_predictions_of_another_tool_are_seen_before_they_are_taken(served, page, tmp_path):
    """A table as MONAI's bundles write one: the path of the input, then a probability for each class."""
    settings = Settings.read(served.home)
    db = home.open_home(settings)
    for number in range(12):
        Image.fromarray(np.full((8, 8), 200 + number, np.uint8)).save(tmp_path / f"scan{number:02}.png")
    lines = "\n".join(f"scan{number:02}.png,{'ab'[number % 2]}" for number in range(12))
    (tmp_path / "labels.csv").write_text(f"file,label\n{lines}")
    request = ImportRequest(tmp_path, metadata=tmp_path / "labels.csv", task="outside", label_column="label")
    list(import_files.run(db, settings, request, by="ann"))
    task = tasks.task_named(db, "outside").id
    frozen = snapshots.freeze(db, task, Recipe(val=0.25, test=0.25), name="outside", by="ann")
    scores = [f"/mnt/{tmp_path.name}/scan{number:02}.png,{1 - number / 12!r},{number / 12!r}" for number in range(12)]
    table = tmp_path / "predictions.csv"
    table.write_text("\n".join(["image,a,b", *scores]))
    page.goto(f"{served.url}/runs")
    page.get_by_text("Import external predictions").click()
    page.get_by_label("Model name").fill("bundle 1.0")
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("The first 10 lines of this dataset: line, image and scores.")).to_be_visible()
    expect(page.get_by_text("2: scan00.png")).to_be_visible()
    page.get_by_role("button", name="Import predictions").last.click()
    expect(page.get_by_text("12 predictions from 12 lines of predictions.csv", exact=False)).to_be_visible()
    (run,) = runs.list_runs(db)
    assert (run.model, run.predicted, run.snapshot_id) == ("bundle 1.0", 12, frozen.id)
    db.close()


def labels_by_number(folder, task):
    """Return the label of each picture of the newest import, by the number in its pixels."""
    settings = Settings.read(folder)
    db = home.open_home(settings)
    made = tasks.task_named(db, task)
    view = import_log.list_imports(db, settings)[0]
    ids = {image.id for image in images.page(db, images.Filter(import_id=view.id))}
    cases = annotations.queue(db, task_id=made.id, only="labelled", limit=50)
    labels = {
        _number(settings, images.get(db, case.image_ids[0])): made.classes[case.label or 0].name
        for case in cases
        if case.image_ids[0] in ids
    }
    db.close()
    return labels


def _number(settings, image):
    return int(np.fromfile(Store(settings.home).pixels(image.sha256), np.uint8, 1, offset=image.offset)[0])
