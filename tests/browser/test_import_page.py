"""Import by mouse: a folder picked in the tree, tables whose columns nobody types, mistakes corrected in place."""

import re
import zipfile

import numpy as np
import openpyxl
import pytest
from PIL import Image
from playwright.sync_api import expect

from core.services.annotation import tasks
from core.services.images import images
from core.services.imports import import_log
from core.services.workspace import home
from core.settings import Settings
from tests.browser.servers import standing

FILES = 12


def films(folder, first):
    """Draw twelve pictures that differ."""
    folder.mkdir()
    for number in range(FILES):
        pixels = np.full((24, 32), 20 * number + first // 100, dtype=np.uint8)
        pixels[:4] = np.random.default_rng(first + number).integers(0, 255, (4, 32))
        Image.fromarray(pixels).save(folder / f"{number + first:04}.png")
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    german = films(root / "Aufnahmen", 100)
    book = openpyxl.Workbook()
    book.active.append(["Auszug aus dem RIS"])
    book.active.append(["Bilddatei", "Patienten-ID", "Alter", "Befund"])
    for number in range(FILES):
        word = "Rundherd" if number % 3 == 0 else "unauffällig"
        book.active.append([f"{number + 100:04}.png", f"P{number // 2}", 40 + number, word])
    book.save(german / "Befunde.xlsx")
    chinese = films(root / "胸片", 0)
    lines = [
        "影像编号,患者编号,诊断",
        *(f"{number:04},{number // 2},{'肺炎' if number % 4 else '正常'}" for number in range(FILES)),
    ]
    (chinese / "标注.csv").write_bytes("\r\n".join(lines).encode("gbk"))
    with zipfile.ZipFile(root / "scans.zip", "w") as archive:
        for number in range(FILES):
            archive.write(films_once(root) / f"{number + 200:04}.png", f"scans/{number}.png")
        archive.writestr("../slip.png", b"x")
    (root / "boxes").mkdir()
    with zipfile.ZipFile(root / "boxes" / "Station 3.zip", "w") as archive:
        boxed = films(root / ".boxed", 300)
        for number in range(FILES):
            archive.write(boxed / f"{number + 300:04}.png", f"box/{number + 300:04}.png")
        rows = "".join(f"{number + 300:04}.png,{'ab'[number % 2]}\n" for number in range(FILES))
        archive.writestr("labels.csv", "file,finding\n" + rows)
    (root / "boxes" / "broken.zip").write_bytes((root / "boxes" / "Station 3.zip").read_bytes()[:500])
    (root / "outside").symlink_to("/etc")
    return root


def films_once(root):
    folder = root / ".drawn"
    return folder if folder.exists() else films(folder, 200)


@pytest.fixture(scope="module")
def served(root, tmp_path_factory):
    with standing(tmp_path_factory.mktemp("served") / "home", roots=[root]) as server:
        yield server


@pytest.fixture
def db(served):
    db = home.open_home(Settings.read(served.home))
    yield db
    db.close()


def pick(page, served, root, name):
    page.goto(f"{served.url}/import")
    page.get_by_role("button", name=re.compile(name)).click()
    expect(path_box(page)).to_have_value(str(root / name))


def path_box(page):
    return page.get_by_label("Folder, file or archive")


def preview(page):
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_role("heading", name="What was found")).to_be_visible()


def import_all(page):
    page.get_by_role("button", name=f"Import {FILES} images").click()
    expect(page.get_by_text(f"{FILES} files = {FILES} imported")).to_be_visible()


def of_class(db, view, task, name):
    """Return the numbers of an import's files that have a label."""
    filters = images.Filter(import_id=view.id, task_id=tasks.task_named(db, task).id, answer=name)
    return [int(image.name.removesuffix(".png")) for image in images.page(db, filters)]


@pytest.mark.slow
def test_a_german_workbook_is_imported_without_typing_a_column_name(served, root, page, db):
    pick(page, served, root, "Aufnahmen")
    preview(page)
    expect(page.get_by_label("Line of titles")).to_have_value("2")
    expect(page.get_by_label("Role of Bilddatei")).to_have_value("File name")
    expect(page.get_by_label("Role of Befund")).to_have_value("Label")
    expect(page.get_by_text("12 of 12 files")).to_be_visible()
    expect(page.get_by_role("combobox", name="Positive class")).to_have_value("Rundherd")
    expect(page.get_by_text("2 Rundherd · 4 files")).to_be_visible()
    page.reload()  # the draft is in the address
    expect(page.get_by_label("Role of Befund")).to_have_value("Label")
    expect(page.locator(".rg-root[data-drawn='10'] img")).to_have_count(10)
    import_all(page)
    view = import_log.list_imports(db, Settings.read(served.home))[0]
    assert (view.images, view.report.labelled, view.report.patients) == (FILES, FILES, 6)
    assert of_class(db, view, "Befund", "Rundherd") == [100, 103, 106, 109]
    page.reload()
    expect(page.get_by_role("link", name="Make a dataset")).to_be_visible()
    page.get_by_role("link", name="Images of this import").click()
    expect(page.get_by_text(f"{FILES} images", exact=True)).to_be_visible()


@pytest.mark.slow
def test_a_chinese_table_in_gbk_and_another_positive_class(served, root, page, db):
    pick(page, served, root, "胸片")
    preview(page)
    expect(page.get_by_label("Encoding")).to_have_value("gb18030")
    expect(page.get_by_label("Role of 诊断")).to_have_value("Label")
    expect(page.get_by_role("combobox", name="Positive class")).to_have_value("肺炎")
    page.get_by_role("combobox", name="Positive class").click()
    page.get_by_role("option", name="正常").click()
    expect(page.get_by_text("2 正常 · 3 files")).to_be_visible()
    import_all(page)
    view = import_log.list_imports(db, Settings.read(served.home))[0]
    assert view.report.table["labels"] == {"肺炎": 9, "正常": 3}
    assert of_class(db, view, "诊断", "正常") == [0, 4, 8]
    assert view.report.patients == 6


def test_a_wrong_path_is_corrected_in_place_and_never_resumed(served, root, page):
    page.goto(f"{served.url}/import")
    for wrong, sentence in (
        (root / "Aufnahme", "does not exist; correct the path"),
        ("/etc", "is not below"),
        (root / "outside", "is not below"),
        (root / ".drawn", "is hidden"),
    ):
        path_box(page).fill(str(wrong))
        path_box(page).press("Enter")
        expect(page.get_by_text(sentence)).to_be_visible()
        expect(page.get_by_role("button", name="Preview import", disabled=False)).to_have_count(0)
        expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    expect(page.get_by_role("button", name="outside")).to_be_disabled()
    path_box(page).fill(str(root / "胸片"))
    path_box(page).press("Enter")
    expect(page.get_by_role("button", name="Preview import", disabled=False)).to_have_count(1)  # no stale one beside it
    page.reload()
    expect(path_box(page)).to_have_value(str(root / "胸片"))


@pytest.mark.slow
def test_an_archive_is_imported_undone_and_repeated(served, root, page, db):
    settings = Settings.read(served.home)
    page.goto(f"{served.url}/import")
    page.get_by_role("button", name="scans.zip").click()
    preview(page)
    expect(page.get_by_text("Refused: 1")).to_be_visible()
    before = images.count(db, images.Filter())
    page.get_by_role("button", name=f"Import {FILES} images").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert images.count(db, images.Filter()) == before + FILES
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Remove them").click()
    expect(page.get_by_text(f"Removed {FILES} images, 0 labels and {FILES} stored files.")).to_be_visible()
    assert images.count(db, images.Filter()) == before
    page.reload()
    expect(page.get_by_text("Undone just now")).to_be_visible()
    page.get_by_role("button", name="Repeat").click()
    page.get_by_role("button", name=f"Import {FILES} images").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert import_log.list_imports(db, settings)[0].images == FILES
    assert not list(settings.folder("inbox").iterdir())


@pytest.mark.slow
def test_a_folder_of_archives_is_opened_and_a_table_in_one_is_offered(served, root, page, db):
    pick(page, served, root, "boxes")
    expect(page.get_by_text("2 files, with all that is in folders and archives")).to_be_visible()
    preview(page)
    expect(page.get_by_text("12 of 12 files")).to_be_visible()
    expect(page.get_by_label("Table of labels and facts")).to_have_value("Station 3.zip/labels.csv")
    expect(page.get_by_text("Refused: 1")).to_be_visible()
    page.get_by_role("button", name=f"Import {FILES} images").click()
    expect(page.get_by_text("13 files = 12 imported")).to_be_visible()
    expect(page.get_by_text("12 labels (a 6, b 6)")).to_be_visible()
    page.goto(f"{served.url}/import")
    expect(page.get_by_role("link", name=re.compile(r"boxes, Station 3\.zip.labels\.csv"))).to_be_visible()


@pytest.mark.slow
def test_files_are_dropped_with_their_table(served, root, page, tmp_path):
    folder = films(tmp_path / "dropped", 60)
    (folder / "t.csv").write_text("file,sex\n" + "\n".join(f"{number + 60:04}.png,F" for number in range(FILES)))
    page.goto(f"{served.url}/import")
    page.get_by_text("Drop files").click()
    page.locator("input[type=file]").set_input_files(sorted(folder.iterdir()))
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("12 of 12 files")).to_be_visible()
    import_all(page)
