"""Labels from a CSV: all of them, or none and a sentence that names the line."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, select

from core.errors import InvalidInput
from core.services.annotation import annotations as annotation_annotations
from core.services.annotation import label_import, tasks
from core.services.annotation.label_import import LabelImportReport
from core.services.images import images
from db.tables import Annotation


@pytest.fixture
def task(home, pictures):
    home.take(pictures)
    return tasks.create(home.db, name="side", classes=["right", "left"])


def take(home, tmp_path: Path, *lines: str, header: str = "image,label,reader") -> LabelImportReport:
    path = tmp_path / "labels.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return label_import.import_labels(home.db, home.settings, task="side", path=path, by="tester")


def annotations(home) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count(Annotation.id)))


def test_by_file_name_and_by_sha256(home, task, pictures, tmp_path):
    sha256 = hashlib.sha256((pictures / "p01.png").read_bytes()).hexdigest()
    assert take(home, tmp_path, "p00.png,right,ann", f"{sha256},left,") == LabelImportReport(2, 0)
    labelled = annotation_annotations.queue(home.db, task_id=task.id, only="labelled")
    assert sorted(case.label for case in labelled) == [0, 1]
    message = [
        (item.reader, item.source.value, item.text)
        for case in labelled
        for item in annotation_annotations.history(home.db, case.id)
    ]
    assert sorted(message) == [("ann", "import", "right"), ("tester", "import", "left")]


def test_the_same_file_again_adds_nothing(home, task, tmp_path):
    lines = ("p00.png,right,ann", "p01.png,left,ann")
    assert take(home, tmp_path, *lines) == LabelImportReport(2, 0)
    assert take(home, tmp_path, *lines) == LabelImportReport(0, 2)
    assert annotations(home) == 2


def test_two_readers_of_one_image_are_two_rows(home, task, tmp_path):
    assert take(home, tmp_path, "p00.png,right,ann", "p00.png,right,bob") == LabelImportReport(2, 0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("p01.png,up,ann", r"labels.csv, line 3: 'up' is not a class of task 'side'; its classes are: right, left"),
        ("nobody.png,left,ann", r"line 3: the image 'nobody.png' is not in this catalogue"),
        ("0" * 64 + ",left,ann", "is not in this catalogue"),
        ("p00.png,left,ann", "line 3: an earlier line gives another answer of this reader to the same case; keep one"),
    ],
)
def test_one_bad_line_takes_nothing_and_is_named(home, task, tmp_path, bad, message):
    with pytest.raises(InvalidInput, match=message):
        take(home, tmp_path, "p00.png,right,ann", bad)
    assert annotations(home) == 0


def test_a_missing_column_or_task_is_named(home, task, tmp_path):
    take(home, tmp_path, "p00.png,right,ann")
    with pytest.raises(InvalidInput, match="There is no task 'other'"):
        label_import.import_labels(home.db, home.settings, task="other", path=tmp_path / "labels.csv", by="x")
    with pytest.raises(InvalidInput, match="has no column 'label'"):
        take(home, tmp_path, "p00.png,right", header="image,lable")


def test_a_name_of_two_images_asks_for_the_sha256(home, pictures, tmp_path):
    (pictures / "deep").mkdir()
    (pictures / "p01.png").rename(pictures / "deep" / "p00.png")
    home.take(pictures)
    tasks.create(home.db, name="side", classes=["right", "left"])
    both = r"matches 2 images: id:1 \(deep/p00.png\), id:2 \(p00.png\); give the file's sha256"
    with pytest.raises(InvalidInput, match=both):
        take(home, tmp_path, "p00.png,right,ann")
    assert take(home, tmp_path, "deep/p00.png,right,ann") == LabelImportReport(1, 0)


def test_words_for_missing_are_no_labels_and_spellings_of_a_class_are_one(home, task, tmp_path):
    lines = ("p00.png,Right ,ann", "p01,LEFT,ann", "p00.png,NA,bob", "p01.png,,bob", "p01.png,nan,eve")
    assert take(home, tmp_path, *lines) == LabelImportReport(2, 0, 3)
    labelled = annotation_annotations.queue(home.db, task_id=task.id, only="labelled")
    assert sorted(case.label for case in labelled) == [0, 1]


def test_a_bare_number_is_a_name_and_an_id_says_so(home, task, tmp_path):
    assert take(home, tmp_path, "id:1,left,ann") == LabelImportReport(1, 0)
    with pytest.raises(InvalidInput, match="line 2: the image '1' is not in this catalogue"):
        take(home, tmp_path, "1,left,ann")


def test_a_table_of_excel_or_another_encoding_says_the_same(home, task, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("sep=;\r\nimage;label;reader\r\np00.png;left;Jürgen\r\n".encode("cp1252"))
    label_import.import_labels(home.db, home.settings, task="side", path=path, by="tester")
    (case,) = annotation_annotations.queue(home.db, task_id=task.id, only="labelled")
    assert [one.reader for one in annotation_annotations.history(home.db, case.id)] == ["Jürgen"]


def test_a_path_into_another_folder_names_no_image(home, pictures, tmp_path):
    (pictures / "deep").mkdir()
    (pictures / "p01.png").rename(pictures / "deep" / "p01.png")
    home.take(pictures)
    tasks.create(home.db, name="side", classes=["right", "left"])
    with pytest.raises(InvalidInput, match=r"'shallow/p01.png' is not in this catalogue"):
        take(home, tmp_path, "shallow/p01.png,right,ann")
    assert take(home, tmp_path, "/data/deep/p01.png,right,ann", "deep\\p01,left,bob") == LabelImportReport(2, 0)


def test_names_of_files_come_before_numbers_of_rows(home, tmp_path):
    for number in (1, 2):
        picture = tmp_path / "numbered" / f"{number}.png"
        picture.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(picture)
    home.take(tmp_path / "numbered")
    tasks.create(home.db, name="side", classes=["right", "left"])
    path = tmp_path / "labels.csv"
    path.write_text("image,filename,label\n1,2.png,left\n2,1.png,right\n", encoding="utf-8")
    label_import.import_labels(home.db, home.settings, task="side", path=path, by="tester")
    queue = annotation_annotations.queue(home.db, task_id=tasks.task_named(home.db, "side").id, only="labelled")
    assert {images.get(home.db, case.image_ids[0]).name: case.label for case in queue} == {"1.png": 0, "2.png": 1}
