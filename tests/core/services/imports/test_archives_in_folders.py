"""Archives in a folder are opened like folders, and each of their files is accounted for by a name that leads to it."""

import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.services.images import images
from core.services.imports import found_images, import_files, import_sources, inbox
from core.services.imports.import_report import Refused
from core.services.imports.import_request import ImportRequest
from core.services.imports.unpacked import shown_name
from core.services.workspace import home
from core.settings import Settings
from tests.core.imaging.test_archives import tarred, zipped


@pytest.fixture
def opened(tmp_path):
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    yield db, settings
    db.close()


def picture(number):
    file = BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 255, (9, 9), dtype=np.uint8)).save(file, "png")
    return file.getvalue()


def take(opened, request, **options):
    *_, report = import_files.run(*opened, request, by="ann", **options)
    return report


def names(opened):
    return sorted(view.name for view in images.page(opened[0], images.Filter()))


@pytest.fixture
def folder(tmp_path):
    """A picture, a set with an archive and a deeper one, a tar in a subfolder, a damaged archive, an empty one."""
    root = tmp_path / "in"
    (root / "sub").mkdir(parents=True)
    (root / "a.png").write_bytes(picture(0))
    deepest = zipped(tmp_path / "deepest.zip", [("d.png", picture(9))]).read_bytes()
    inner = zipped(tmp_path / "inner.zip", [("c.png", picture(2)), ("deepest.zip", deepest)]).read_bytes()
    entries = [("patient1/b.png", picture(1)), ("inner.zip", inner), ("bad.zip", b"PK"), ("../slip.png", b"x")]
    zipped(root / "set.zip", [*entries, ("labels.csv", "file,finding\nb.png,sick\nc.png,well\n")])
    tarred(root / "sub" / "more.tar.gz", [("e.png", b"0", picture(3))])
    (root / "broken.zip").write_bytes((root / "set.zip").read_bytes()[:300])
    zipped(root / "empty.zip", [])
    return root


TABLE = "is a table, not an image; for its labels choose it as the table of this import (--metadata)."


def test_each_file_of_an_archive_has_its_name_and_each_that_cannot_be_opened_its_sentence(opened, folder, tmp_path):
    *_, preview = import_files.run(*opened, ImportRequest(folder, dry_run=True), by="ann")
    assert names(opened) == []
    report = take(opened, ImportRequest(folder))
    assert names(opened) == ["a.png", "set.zip/inner.zip/c.png", "set.zip/patient1/b.png", "sub/more.tar.gz/e.png"]
    reasons = {one.file: one.reason.split(",")[0] for one in report.refused}
    assert reasons == {
        "set.zip/slip.png": "names a place outside the archive",
        "set.zip/bad.zip": "was not opened: bad.zip is no archive",
        "set.zip/inner.zip/deepest.zip": "is an archive inside two others",
        "set.zip/labels.csv": "is a table",
        "broken.zip": "was not opened: broken.zip is no archive",
        "empty.zip": "was not opened: empty.zip has no files; choose another archive.",
    }
    assert (report.files_found, report.done, report.imported, report.images) == (10, 10, 4, 4)
    assert (preview.files_found, preview.imported, preview.refused) == (10, 4, report.refused)
    assert not list(opened[1].folder("inbox").iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deepest.zip", "home", "in", "inner.zip"]


def test_a_table_in_an_archive_is_found_and_gives_its_labels(opened, folder):
    (folder / "beside.csv").write_text("file\na.png\n")
    (table,) = import_sources.tables_inside(folder, take(opened, ImportRequest(folder, dry_run=True)))
    assert (table, shown_name(table)) == (folder / "set.zip" / "labels.csv", "set.zip/labels.csv")
    request = ImportRequest(folder, metadata=table, task="chest", label_column="finding")
    preview, pictures = found_images.of_table(*opened, request)
    assert (preview.problem, preview.matched, preview.unlisted, len(pictures)) == ("", 2, 2, 2)
    report = take(opened, request)
    assert (report.labelled, report.table["labels"], len(report.unlisted)) == (2, {"sick": 1, "well": 1}, 2)
    assert report.texts == ("beside.csv",)
    assert names(opened) == ["set.zip/inner.zip/c.png", "set.zip/patient1/b.png"]


@pytest.mark.parametrize("place", ["set.zip", "."])
def test_a_table_is_named_within_the_archive_that_is_imported_alone_or_was_dropped(opened, folder, place):
    sent = inbox.save(opened[1], [("set.zip", (folder / "set.zip").read_bytes()), ("a.png", picture(0))])
    table = sent / "set.zip" / "labels.csv"
    report = take(opened, ImportRequest(sent / place, metadata=table, within=(sent,)))
    assert (report.imported, report.table["matched"], report.missing_count) == (2, 2, 0)
    assert names(opened)[-1].endswith("patient1/b.png")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("set.zip/other.csv", r"^set\.zip has no file other\.csv; choose another table\.$"),
        ("broken.zip/t.csv", r"^broken\.zip was not opened, so its table t\.csv cannot be read; unpack it first\.$"),
        ("set.zip/../../secret.csv", r"secret\.csv cannot be opened"),
    ],
)
def test_a_table_that_is_not_in_the_archive_is_one_sentence(opened, folder, table, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        take(opened, ImportRequest(folder, metadata=folder / table))


def test_an_import_that_was_stopped_goes_on_with_what_is_in_archives(opened, folder):
    reports = import_files.run(*opened, ImportRequest(folder), by="ann", key="one")
    next(reports)
    reports.close()
    assert not list(opened[1].folder("inbox").iterdir())
    report = take(opened, ImportRequest(folder), key="one")
    assert (report.imported + report.known, len(names(opened))) == (4, 4)


def test_files_that_are_linked_come_without_those_of_archives(opened, folder):
    report = take(opened, ImportRequest(folder, reference=True))
    assert (report.imported, names(opened)) == (1, ["a.png"])
    reason = "was not opened: The files of set.zip cannot be linked; import copies, or unpack it first."
    assert Refused("set.zip", reason) in report.refused


def test_a_row_that_fits_an_archive_and_what_was_unpacked_from_it_is_not_ambiguous(opened, tmp_path):
    root = tmp_path / "in"
    zipped(tmp_path / "set.zip", [("b.png", picture(1)), ("c.png", picture(2))])
    with zipfile.ZipFile(tmp_path / "set.zip") as archive:
        archive.extractall(root / "set")
    (tmp_path / "set.zip").rename(root / "set.zip")
    (root / "set" / "c.png").write_bytes(picture(5))
    (root / "t.csv").write_text("file,age\nb.png,40\nc.png,50\n")
    report = take(opened, ImportRequest(root, metadata=root / "t.csv"))
    assert (names(opened), report.ambiguous) == (["set/b.png"], ("c.png",))


def test_only_names_of_archives_are_opened(opened, tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    np.savez(root / "set.npz", train_images=np.zeros((2, 9, 9), np.uint8), train_labels=np.zeros((2, 1), np.uint8))
    for name in ("brain.nii.gz", "values.npy.gz", "labels.xlsx"):
        (root / name).write_bytes(zipped(tmp_path / "x.zip", [("a.png", picture(0))]).read_bytes())
    report = take(opened, ImportRequest(root))
    assert (report.files_found, report.images, len(report.refused)) == (4, 2, 3)
