"""Imports are listed with what they brought, and undone while nothing uses their images."""

import shutil
import sqlite3

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, select

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.imaging.store import Store
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.imports import import_files, import_log, import_undo, inbox
from core.services.imports.import_request import ImportRequest
from core.services.imports.unpacked import unpacked
from core.services.workspace import home
from core.settings import Settings
from db import tables
from db.vocabulary import Answer, Unit
from tests.core.services.slices import series


def pictures(folder, *numbers):
    folder.mkdir()
    for number in numbers:
        pixels = np.random.default_rng(number).integers(0, 255, (20, 30), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def take(db, settings, request):
    *_, report = import_files.run(db, settings, request, by="ann")
    return report


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory):
    """A home with two imports: 0 and 1 of one folder, 2 and 3 of another with labels."""
    folder = tmp_path_factory.mktemp("imports")
    settings = Settings.read(folder / "home")
    db = home.open_home(settings)
    take(db, settings, ImportRequest(pictures(folder / "first", 0, 1)))
    second = pictures(folder / "Mueller_Anna_1961", 1, 2, 3)
    (second / "t.csv").write_text("file,patient_id,finding\n1.png,p1,a\n2.png,p2,a\n3.png,p3,b\n")
    request = ImportRequest(second, metadata=second / "t.csv", task="finding", label_column="finding")
    take(db, settings, request)
    db.close()
    return folder


@pytest.fixture
def filled(filled_once, tmp_path):
    shutil.copytree(filled_once / "home", tmp_path / "home")
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    yield db, settings
    db.close()


def test_each_import_is_listed_with_its_report_and_its_images(filled):
    db, settings = filled
    second, first = import_log.list_imports(db, settings)
    assert (first.images, first.report.imported, first.by) == (2, 2, "ann")
    assert (second.images, second.report.imported, second.report.known) == (2, 2, 1)
    assert second.roles["label_column"] == "finding"
    assert second.request.path.name == "Mueller_Anna_1961"
    listed = images.page(db, images.Filter(import_id=second.id))
    assert [view.name for view in listed] == ["2.png", "3.png"]
    assert import_log.get(db, settings, first.id) == first


def test_a_folder_named_after_a_person_stands_in_no_row(filled):
    _, settings = filled
    with sqlite3.connect(settings.home / "catalogue.sqlite") as raw:
        assert "Mueller" not in "\n".join(raw.iterdump())


def test_undo_takes_out_what_the_import_brought_and_nothing_else(filled):
    db, settings = filled
    second, first = import_log.list_imports(db, settings)
    gone = [view.sha256 for view in images.page(db, images.Filter(import_id=second.id))]
    stays = [view.sha256 for view in images.page(db, images.Filter(import_id=first.id))]
    assert import_undo.why_not(db, second.id) == ""
    removed = import_undo.undo(db, settings, second.id, by="bob")
    assert removed.to_json() == {"images": 2, "files": 2, "labels": 2, "patients": 2}
    store = Store(settings.home)
    assert [store.is_intact(sha256) for sha256 in gone + stays] == [False, False, True, True]
    assert not [path for sha256 in gone for path in settings.home.rglob(f"{sha256}*")]
    view = import_log.get(db, settings, second.id)
    assert (view.images, view.undone_by) == (0, "bob")
    with db.read() as session:
        counted = [session.scalar(select(func.count()).select_from(one)) for one in (tables.Image, tables.Patient)]
    assert counted == [2, 2]
    with pytest.raises(InvalidInput, match="was undone before"):
        import_undo.undo(db, settings, second.id, by="bob")
    assert take(db, settings, second.request).imported == 2  # again, as if it had never been


def test_what_is_used_is_not_undone(filled):
    db, settings = filled
    second, _ = import_log.list_imports(db, settings)
    case = annotations.queue(db, task_id=tasks.task_named(db, "finding").id, only="labelled", limit=9)[1]
    annotations.label(db, case_id=case.id, answer=Answer.LABEL, label=1, by="ann", key="k" * 9)
    assert import_undo.why_not(db, second.id).startswith("The images of this import are in use: 1 answer of a reader.")
    snapshots.freeze(db, tasks.task_named(db, "finding").id, Recipe(val=0.34, test=0.0), name="one", by="t")
    with pytest.raises(InvalidInput, match="1 answer of a reader, 2 cases of datasets"):
        import_undo.undo(db, settings, second.id, by="bob")
    assert images.count(db, images.Filter()) == 4


def test_a_stack_of_two_imports_keeps_the_slices_of_the_other(tmp_path, data_dir):
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    slices = sorted(series(tmp_path / "in", data_dir).glob("lower-00-*.dcm"))
    for name, some in (("one", slices[:2]), ("two", slices[2:])):
        (tmp_path / name).mkdir()
        for path in some:
            path.rename(tmp_path / name / path.name)
        take(db, settings, ImportRequest(tmp_path / name))
    tasks.create(db, name="stack", classes=["a", "b"], unit=Unit.SERIES)
    second, first = import_log.list_imports(db, settings)
    (stack,) = images.stacks(db)
    assert stack.images == 4
    for view in (first, second):
        import_undo.undo(db, settings, view.id, by="bob")
        assert [one.images for one in images.stacks(db)] == ([2] if view is first else [])
    assert images.totals(db) == images.Totals(0, 0, 0, 0, 0)
    db.close()


def test_two_imports_at_once_report_their_own_files(tmp_path):
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    request, calls, quick = ImportRequest(pictures(tmp_path / "in", *range(4))), [], []

    def writing(write):
        calls.append(write)
        if len(calls) == 2:  # all files are read, and none is written
            quick.append(take(db, settings, request))
        return write()

    *_, late = import_files.run(db, settings, request, by="ann", writing=writing)
    assert (quick[0].imported, quick[0].known) == (4, 0)
    assert (late.imported, late.known, late.images) == (0, 4, 0)
    assert [one.images for one in import_log.list_imports(db, settings)] == [4, 0]
    db.close()


def test_an_archive_is_imported_from_staging_that_does_not_stay(tmp_path):
    settings = Settings.read(tmp_path / "home")
    db = home.open_home(settings)
    folder = pictures(tmp_path / "in", 0, 1)
    shutil.make_archive(str(tmp_path / "scans"), "zip", folder)
    report = take(db, settings, ImportRequest(tmp_path / "scans.zip"))
    assert (report.imported, report.files_found) == (2, 2)
    assert [view.name for view in images.page(db, images.Filter())] == ["0.png", "1.png"]
    (tmp_path / "bad.zip").write_bytes((tmp_path / "scans.zip").read_bytes()[:200])
    with pytest.raises(InvalidInput, match=r"bad\.zip is no archive, or is damaged"):
        take(db, settings, ImportRequest(tmp_path / "bad.zip"))
    dropped = [
        ("scans.zip", (tmp_path / "scans.zip").read_bytes()),
        ("2.png", b"no picture"),
        ("t.csv", b"file\n0.png\n"),
    ]
    sent = inbox.save(settings, dropped)
    with unpacked(settings, ImportRequest(sent, metadata=sent / "t.csv")) as (opened, files):
        listed = [files.name(path) for path in files.without(opened.metadata).listing.files]
        assert (listed, files.listing.refused) == (["2.png", "scans.zip/0.png", "scans.zip/1.png"], ())
    assert [path.name for path in settings.folder("inbox").iterdir()] == [sent.name]
    with pytest.raises(InvalidInput, match="cannot be linked"):
        take(db, settings, ImportRequest(tmp_path / "scans.zip", reference=True))
    db.close()
