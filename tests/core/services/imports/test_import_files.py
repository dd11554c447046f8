"""Every file is accounted for, nothing twice, nobody by name."""

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image as Picture
from pydicom.data import get_testdata_file
from sqlalchemy import func, select, update

from core.errors import InvalidInput
from core.imaging.store import Store
from core.imaging.voi_lut import read_samples
from core.jobs import job_queue
from core.services.annotation import annotations, tasks
from core.services.images import images
from core.services.imports import import_files, import_request
from core.services.imports.import_report import ImportReport
from core.services.imports.import_request import ImportRequest
from core.worker.runner import run_job
from db.tables import Annotation, Fact, Image, Job, Patient
from db.vocabulary import Answer
from tests.benchmarks.dicom import write_files


def accounted(report: ImportReport) -> bool:
    result = report.imported + report.known + len(report.refused) + len(report.unlisted)
    return report.finished and report.files_found == result


def count(home, table) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_real_x_rays_join_their_csv(home, data_dir: Path):
    report = home.take(
        data_dir / "cxr",
        metadata=data_dir / "cxr" / "metadata.csv",
        patient_column="patient_id",
        task="abnormal",
        label_column="abnormal",
    )
    assert accounted(report)
    assert (report.imported, len(report.unlisted), report.refused) == (831, 77, ())
    assert {name.split("/")[0] for name in report.unlisted} == {"hannover_lung_masks"}
    assert report.patients == images.totals(home.db).patients == 256
    task = tasks.task_named(home.db, "abnormal")
    progress = annotations.progress(home.db, task.id)
    assert progress.total - progress.labelled == 243
    assert [one.name for one in task.classes] == ["0", "1"]
    again = home.take(data_dir / "cxr", metadata=data_dir / "cxr" / "metadata.csv")
    assert accounted(again)
    assert (again.imported, again.known, count(home, Image)) == (0, 831, 831)


@pytest.mark.parametrize("folder", ["dicom", "series"])
def test_every_dicom_is_accounted_for(home, data_dir: Path, folder: str):
    report = home.take(data_dir / folder)
    files = [path for path in (data_dir / folder).rglob("*") if path.is_file()]
    assert accounted(report)
    assert report.files_found == len(files)
    assert all(one.reason.endswith(".") for one in report.refused)
    dicomdir = [one.reason for one in report.refused if one.file.endswith("DICOMDIR")]
    assert all("DICOMDIR" in reason for reason in dicomdir)
    assert len(dicomdir) == (folder == "dicom")


def test_a_series_is_one_stack_in_the_order_of_positions(home, data_dir: Path):
    home.take(data_dir / "series" / "ct_chest_lungfcp_48")
    (stack,) = images.stacks(home.db)
    slices = images.series(home.db, stack.id)
    assert (stack.images, stack.modality, len(slices)) == (48, "CT", 48)
    store = Store(home.settings.home)
    heights = [
        float(pydicom.dcmread(store.original(item.sha256), stop_before_pixels=True).ImagePositionPatient[2])
        for item in slices
    ]
    assert heights == sorted(heights)


def test_the_same_bytes_twice_are_one_image(home, tmp_path: Path):
    folder = tmp_path / "twice"
    folder.mkdir()
    Picture.fromarray(np.eye(5, dtype=np.uint8)).save(folder / "a.png")
    shutil.copy(folder / "a.png", folder / "b.png")
    report = home.take(folder)
    assert accounted(report)
    assert (report.imported, report.known, report.images, count(home, Image)) == (1, 1, 1, 1)
    assert (report.patients, report.unknown_patients) == (1, 1)


def secretive(folder: Path) -> Path:
    """A DICOM whose identity is told everywhere that identity has been seen."""
    folder.mkdir()
    header = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    header.PatientName, header.PatientID, header.PatientBirthDate = "Zwickelfisch^Ottokar", "ZID-778899", "19430217"
    header.AccessionNumber, header.Manufacturer = "ACC5544332", "Scanner of Zwickelfisch"
    header.save_as(folder / "Zwickelfisch_Ottokar_ZID-778899_1943-02-17.dcm")
    (folder / "data.csv").write_text(
        "file,patient_name,remark\n"
        "Zwickelfisch_Ottokar_ZID-778899_1943-02-17.dcm,Ottokar Zwickelfisch,seen with Mrs Zwickelfisch\n"
    )
    return folder


SECRETS = (b"zwickelfisch", b"ottokar", b"zid-778899", b"778899", b"19430217", b"1943-02-17", b"acc5544332")


def contents(home_folder: Path) -> dict[str, list[bytes]]:
    """Which secrets stand in which file of a home outside originals/ (names of files included)."""
    result: dict[str, list[bytes]] = {}
    for path in home_folder.rglob("*"):
        name = path.relative_to(home_folder).as_posix()
        text = name.lower().encode() + (path.read_bytes().lower() if path.is_file() else b"")
        hits = [secret for secret in SECRETS if secret in text]
        if hits and not name.startswith("originals/"):
            result[name] = hits
    return result


def test_no_byte_of_the_home_outside_originals_names_the_patient(home, tmp_path: Path):
    folder = secretive(tmp_path / "in")
    report = home.take(folder, metadata=folder / "data.csv", task="t", scrub=True)
    (view,) = images.page(home.db, images.Filter())
    Store(home.settings.home).thumbnail(view.sha256, view.item, view.offset, view.format)
    home.db.close()
    assert report.imported == 1
    assert view.patient.startswith("P-")
    assert contents(home.settings.home) == {}


def test_importing_again_does_not_unmask(home, tmp_path: Path):
    folder = secretive(tmp_path / "in")
    home.take(folder, metadata=folder / "data.csv")
    assert home.take(folder, metadata=folder / "data.csv").known == 1
    home.db.close()
    assert contents(home.settings.home) == {}


def test_a_kept_report_hides_who_is_refused_or_unlisted(home, tmp_path: Path):
    folder = secretive(tmp_path / "in")
    (folder / "Zwickelfisch.txt").write_text("a letter")
    (folder / "unlisted Ottokar.txt").write_text("another")
    report = home.take(folder, scrub=True)
    assert [one.file for one in report.refused if one.file.endswith(".txt")] == ["….txt", "unlisted ….txt"]


def test_two_studies_of_a_patient_share_a_pseudonym_and_two_homes_do_not(home, other_home, tmp_path: Path):
    for number in range(2):
        header = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        header.StudyInstanceUID, header.InstanceNumber = f"1.2.{number}", number
        header.save_as(tmp_path / f"{number}.dcm")
    for item in (home, other_home):
        item.take(tmp_path / "0.dcm")
        item.take(tmp_path / "1.dcm")
    seen = [{view.patient for view in images.page(one.db, images.Filter())} for one in (home, other_home)]
    assert [len(names) for names in seen] == [1, 1]
    assert seen[0] != seen[1]
    assert images.totals(home.db).studies == 2


def test_where_nothing_is_known_each_image_is_its_own_patient(home, pictures: Path):
    (pictures / "data.csv").unlink()
    report = home.take(pictures)
    assert (report.patients, report.unknown_patients) == (12, 12)
    assert images.totals(home.db).unknown_patients == 12


def test_reference_leaves_originals_where_they_are(home, pictures: Path):
    home.take(pictures / "p03.png", reference=True)
    (view,) = images.page(home.db, images.Filter())
    assert Store(home.settings.home).original(view.sha256) == pictures / "p03.png"
    assert str(pictures).encode() not in home.db.file.read_bytes()


def test_a_dry_run_says_all_and_writes_nothing(home, pictures: Path):
    before = {path for path in home.settings.home.rglob("*") if path.is_file() and "catalogue" not in path.name}
    report = home.take(pictures, metadata=pictures / "data.csv", dry_run=True)
    after = {path for path in home.settings.home.rglob("*") if path.is_file() and "catalogue" not in path.name}
    assert accounted(report)
    assert (report.imported, report.patients, report.dry_run) == (12, 6, True)
    assert {path.name for path in after - before} <= {"pseudonym.key"}
    assert [count(home, table) for table in (Image, Patient, Fact)] == [0, 0, 0]


def test_a_label_outside_the_task_is_refused_before_anything_is_read(home, pictures: Path):
    tasks.create(home.db, name="kind", classes=["a", "c"])
    with pytest.raises(InvalidInput, match=r"'p01.png' is labelled 'b'.*\(a, c\)"):
        home.take(pictures, metadata=pictures / "data.csv", task="kind", label_column="kind")
    assert count(home, Image) == 0


def test_a_listed_file_that_is_not_there_is_named(home, pictures: Path):
    (pictures / "p05.png").unlink()
    report = home.take(pictures, metadata=pictures / "data.csv")
    assert report.missing == ("p05.png",)
    assert (report.imported, report.files_found) == (11, 11)
    assert accounted(report)


def test_facts_come_from_the_csv_and_identity_columns_do_not(home, pictures: Path):
    home.take(pictures, metadata=pictures / "data.csv")
    views = {view.name: view.facts for view in images.page(home.db, images.Filter())}
    assert views["p00.png"] == {"site": "south", "kind": "a", "split": "train"}
    assert views["p11.png"] == {"site": "north", "kind": "b", "split": "test"}


def test_a_readers_label_is_never_overruled_by_a_file(filled, pictures: Path):
    task = tasks.task_named(filled.db, "kind")
    first = annotations.queue(filled.db, task_id=task.id)[0]
    annotations.label(filled.db, case_id=first.id, answer=Answer.LABEL, label=1 - first.label, by="reader", key="k")
    report = filled.take(pictures, metadata=pictures / "data.csv", task="kind", label_column="kind")
    assert report.labels_overridden == 1
    assert annotations.case(filled.db, first.id).label == 1 - first.label
    assert count(filled, Annotation) == 13


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_column": "kind"}, "--metadata"),
        ({"metadata": "data.csv", "label_column": "kind"}, "--task"),
        ({"metadata": "data.csv", "file_column": "path"}, "no column 'path'"),
        ({"metadata": "data.csv", "patient_column": "pid"}, "no column 'pid'"),
        ({"metadata": "nothing.csv"}, "cannot be opened"),
    ],
)
def test_a_wrong_request_is_one_sentence(home, pictures: Path, options, message: str):
    if "metadata" in options:
        options["metadata"] = pictures / options["metadata"]
    with pytest.raises(InvalidInput, match=message):
        home.take(pictures, **options)


def test_nothing_there_and_nothing_in_it(home, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="has no files"):
        home.take(tmp_path / "empty")
    with pytest.raises(InvalidInput, match="does not exist"):
        home.take(tmp_path / "nowhere")


def test_a_file_name_that_is_no_text_stops_nothing(home, pictures: Path):
    (pictures / "p00.png").rename(Path(str(pictures) + "/p\udcff.png"))
    Path(str(pictures) + "/\udcfe.txt").write_text("not an image")
    report = home.take(pictures)
    assert accounted(report)
    assert report.imported == 12
    json.dumps(report.to_json(), ensure_ascii=False).encode()


def test_stopping_keeps_what_was_taken(home, pictures: Path, monkeypatch):

    monkeypatch.setattr(import_files, "FLUSH_S", 0.0)
    running = import_files.run(home.db, home.settings, ImportRequest(pictures), by="tester")
    first = next(report for report in running if report.imported)
    running.close()
    assert first.imported == count(home, Image) == 1
    assert home.take(pictures).known == 1


def test_the_same_key_queues_one_job(home, pictures: Path):

    class Woken:
        times = 0

        def wake(self) -> None:
            self.times += 1

    launcher = Woken()
    ids = {
        import_request.submit(
            home.db, home.settings, ImportRequest(pictures), by="tester", key="form", launcher=launcher
        )
        for _ in range(2)
    }
    assert len(ids) == 1
    assert count(home, Job) == 1
    assert launcher.times == 2


def test_a_request_and_a_report_survive_json(pictures: Path):
    request = ImportRequest(pictures, metadata=pictures / "data.csv", task="t")
    assert ImportRequest.from_json(json.loads(json.dumps(request.to_json()))) == request
    report = ImportReport(files_found=3, imported=1, unlisted=("a",), missing=("b",))
    assert ImportReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_the_csv_of_the_real_x_rays_has_243_empty_labels(data_dir: Path):
    with (data_dir / "cxr" / "metadata.csv").open(newline="") as file:
        assert sum(not row["abnormal"] for row in csv.DictReader(file)) == 243


def test_an_archive_known_before_brings_its_labels_to_a_task_named_later(home, tmp_path):
    images = np.arange(6 * 16, dtype=np.uint8).reshape(6, 4, 4)
    np.savez(tmp_path / "small.npz", train_images=images, train_labels=np.array([[0], [1], [0], [1], [0], [1]]))
    assert home.take(tmp_path / "small.npz").labelled == 0
    again = home.take(tmp_path / "small.npz", task="finding")
    assert (again.imported, again.known, again.labelled) == (0, 1, 6)


def test_what_was_asked_is_forgotten_once_it_is_done(home, pictures, tmp_path):
    key = "a form"
    job = import_request.submit(
        home.db, home.settings, ImportRequest(pictures), by="tester", key=key, launcher=Asleep()
    )
    job_queue.claim(home.db, job)
    assert run_job(home.db, home.settings, job, attempt=1, device="cpu") == "succeeded"
    folder = str(pictures).encode()
    stored = [path for path in home.settings.home.rglob("*") if path.is_file() and folder in path.read_bytes()]
    assert stored == []


class Asleep:
    """A launcher that starts nothing."""

    def wake(self):
        pass


def test_importing_again_mends_what_is_gone_from_the_store(filled, pictures):
    store = Store(filled.settings.home)
    first, second, *_ = images.page(filled.db, images.Filter())
    before = [store.pixels(one.sha256).read_bytes() for one in (first, second)]
    store.pixels(first.sha256).unlink()
    store.original(second.sha256).unlink()
    report = filled.take(pictures, metadata=pictures / "data.csv")
    assert (report.imported, report.known) == (0, 12)
    assert [store.pixels(one.sha256).read_bytes() for one in (first, second)] == before
    assert store.verify(second.sha256)
    assert images.count(filled.db, images.Filter()) == 12


@pytest.mark.parametrize("begins", ["where the original has them", "at the file's beginning"])
def test_pixels_that_lay_in_the_original_are_mended_to_where_the_catalogue_has_them(home, tmp_path: Path, begins: str):
    write_files(tmp_path / "files", 1, edge=80)
    home.take(tmp_path / "files")
    expected = pydicom.dcmread(tmp_path / "files" / "IM000000.dcm").pixel_array
    if begins == "at the file's beginning":  # as a home has it whose file system once gave no second name
        with home.db.transaction() as session:
            session.execute(update(Image).values(offset=0))
    (view,) = images.page(home.db, images.Filter())
    store = Store(home.settings.home)
    store.pixels(view.sha256).unlink()
    assert home.take(tmp_path / "files").known == 1
    (again,) = images.page(home.db, images.Filter())
    assert again.offset == view.offset
    assert np.array_equal(
        read_samples(store.pixels(again.sha256), again.format, offset=again.offset)[0, ..., 0], expected
    )


def test_a_changed_original_that_holds_its_pixels_is_mended_with_them(home, tmp_path: Path):
    write_files(tmp_path / "files", 1, edge=80)
    home.take(tmp_path / "files")
    (view,) = images.page(home.db, images.Filter())
    store = Store(home.settings.home)
    store.original(view.sha256).chmod(0o600)
    store.original(view.sha256).write_bytes(b"changed")
    home.take(tmp_path / "files")
    assert store.verify(view.sha256)
    expected = pydicom.dcmread(tmp_path / "files" / "IM000000.dcm").pixel_array
    assert np.array_equal(read_samples(store.pixels(view.sha256), view.format, offset=view.offset)[0, ..., 0], expected)


def test_classes_have_the_order_of_all_labels_not_of_the_files_read_first(home, pictures, monkeypatch):
    monkeypatch.setattr(import_files, "FLUSH_IMAGES", 1)  # a batch for each file, whichever comes first
    rows = [f"p{number:02}.png,{'zyxw'[number % 4]}" for number in range(12)]
    (pictures / "data.csv").write_text("\n".join(["file,kind", *rows]) + "\n")
    home.take(pictures, metadata=pictures / "data.csv", task="letters", label_column="kind")
    assert [one.name for one in tasks.task_named(home.db, "letters").classes] == ["w", "x", "y", "z"]


def test_linked_folders_are_imported_and_what_is_no_file_is_refused_by_name(home, tmp_path: Path):
    for number, folder in enumerate(("chosen", "elsewhere")):
        (tmp_path / folder).mkdir()
        Picture.fromarray(np.full((4, 4), number, np.uint8)).save(tmp_path / folder / "x.png")
    (tmp_path / "chosen" / "site").symlink_to("../elsewhere", target_is_directory=True)
    (tmp_path / "chosen" / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(tmp_path / "chosen" / "pipe")
    report = home.take(tmp_path / "chosen")
    assert accounted(report)
    assert (report.files_found, report.imported) == (4, 2)
    assert [one.file for one in report.refused] == ["gone.png", "pipe"]
    assert "named pipe" in report.refused[1].reason
