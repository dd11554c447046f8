"""Tables at the door of an import: words for missing, spellings, names, rows that do not fit, Excel."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.services.annotation import annotations, tasks
from core.services.images import images
from tests.core.conftest import Home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(1, 13):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / "in" / f"{number}.png")
    return tmp_path / "in"


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def answers(home: Home) -> dict[str, str]:
    """The class of each labelled image by file name."""
    task = tasks.task_named(home.db, "t")
    names = [one.name for one in task.classes]
    labelled = annotations.queue(home.db, task_id=task.id, only="labelled", limit=50)
    return {images.get(home.db, case.image_ids[0]).name: names[case.label or 0] for case in labelled}


def test_words_for_missing_are_neither_classes_nor_patients_nor_facts(home: Home, folder: Path):
    words = ["NA", "NaN", "nan", "n/a", "None", "NULL", ""]
    lines = [f"{number}.png,{word},{word},{word}" for number, word in enumerate(words, start=1)]
    path = table(folder, "file,patient_id,label,site", *lines, "8.png,P8,yes,north", "9.png,P9,no,south")
    report = home.take(folder, metadata=path, task="t", label_column="label")
    assert (report.labelled, report.unknown_patients, report.files_found) == (2, 7, 12)
    assert sorted(one.name for one in tasks.task_named(home.db, "t").classes) == ["no", "yes"]
    assert images.fact_values(home.db)["site"] == [("north", 1), ("south", 1)]


@pytest.mark.parametrize("keep", [False, True])
def test_spellings_of_a_class_are_merged_and_noted_or_kept_apart(home: Home, folder: Path, keep: bool):
    words = ["Normal", "normal", "NORMAL", "normal ", "ill", "0", "0.0"]
    lines = [f"{number}.png,{word}" for number, word in enumerate(words, start=1)]
    report = home.take(
        folder, metadata=table(folder, "file,label", *lines), task="t", label_column="label", keep_spellings=keep
    )
    classes = {one.name for one in tasks.task_named(home.db, "t").classes}
    noted = {note.kind: (note.count, note.examples) for note in report.notes}
    if keep:
        assert (classes, noted) == ({"Normal", "normal", "NORMAL", "ill", "0", "0.0"}, {})
    else:
        assert classes == {"normal", "ill", "0"}
        assert noted == {"respelt": (3, ("Normal → normal", "NORMAL → normal", "0.0 → 0"))}


def test_labels_are_spelt_as_the_classes_of_the_task(home: Home, folder: Path):
    tasks.create(home.db, name="t", classes=["Normal", "Ill"])
    home.take(folder, metadata=table(folder, "file,label", "1.png,normal", "2.png,ILL"), task="t", label_column="label")
    assert [one.name for one in tasks.task_named(home.db, "t").classes] == ["Normal", "Ill"]


@pytest.mark.parametrize(
    ("words", "classes"),
    [
        (["abnormal", "normal"], ["normal", "abnormal"]),
        (["auffällig", "unauffällig"], ["unauffällig", "auffällig"]),
        (["异常", "正常"], ["正常", "异常"]),
        (["finding", "no finding"], ["no finding", "finding"]),
        (["10", "9"], ["9", "10"]),
        (["cat", "dog"], ["cat", "dog"]),
    ],
)
def test_the_last_class_is_the_positive_one(home: Home, folder: Path, words: list[str], classes: list[str]):
    path = table(folder, "file,label", *(f"{number}.png,{word}" for number, word in enumerate(words, start=1)))
    home.take(folder, metadata=path, task="t", label_column="label")
    assert [one.name for one in tasks.task_named(home.db, "t").classes] == classes


def test_numbers_are_names_of_files(home: Home, folder: Path):
    path = table(folder, "file;label", *(f"{number};{number % 2}" for number in (10, 11, 12, *range(1, 10))))
    report = home.take(folder, metadata=path, task="t", label_column="label")
    assert (report.imported, report.labelled, report.missing, report.unlisted) == (12, 12, (), ())
    for name, label in answers(home).items():
        assert label == str(int(name.removesuffix(".png")) % 2)


def test_names_of_several_files_are_left_out_and_listed(home: Home, folder: Path):
    (folder / "deep").mkdir()
    Image.fromarray(np.full((8, 8), 99, np.uint8)).save(folder / "deep" / "1.png")
    path = table(folder, "file,label", "deep/1.png,yes", "2.png,no", "1,yes", "gone.png,no")
    report = home.take(folder, metadata=path, task="t", label_column="label")
    assert (report.imported, report.labelled) == (2, 2)
    assert (report.ambiguous, report.missing) == (("1",), ("gone.png",))


def test_a_row_with_one_comma_too_many_is_refused_with_its_line(home: Home, folder: Path):
    path = table(folder, "file,label,site", "1.png,left,north", "2.png,left,,right,north")
    with pytest.raises(InvalidInput, match=r"table\.csv, line 3: 5 cells where the header has 3"):
        home.take(folder, metadata=path, task="t", label_column="label")
    assert images.totals(home.db).images == 0


@pytest.mark.parametrize(
    ("header", "word", "encoding"),
    [("文件,诊断", "肺炎", "gb18030"), ("画像,診断", "肺炎あり", "cp932"), ("Datei,Befund", "unauffällig", "cp1252")],
)
def test_other_encodings_and_a_workbook_say_the_same(home: Home, folder: Path, header: str, word: str, encoding: str):
    file, label = header.split(",")
    rows = [[f"{number}.png", word] for number in range(1, 13)]
    path = table(folder, header, *(",".join(row) for row in rows), encoding=encoding)
    report = home.take(folder, metadata=path, file_column=file, task="t", label_column=label)
    assert (report.labelled, [one.name for one in tasks.task_named(home.db, "t").classes]) == (12, [word])
    path.unlink()
    book = openpyxl.Workbook()
    for row in (["Export", None], [file, label], *rows):
        book.active.append(row)
    book.save(folder / "table.xlsx")
    again = home.take(folder, metadata=folder / "table.xlsx", file_column=file, task="t", label_column=label)
    assert (again.known, again.refused, again.unlisted) == (12, (), ())


NOTED = {
    "no_label_column": ("file,edema", "1.png,1", "2.png,0"),
    "doubtful_label": ("file,label", "1.png,?", "2.png,unknown", "3.png,A|B", "4.png,ill"),
    "cut_number": ("file,label,patient", "1.png,ill,1.23457E+11", "2.png,ill,1.23457E+11", "3.png,well,P3"),
}


@pytest.mark.parametrize(("kind", "lines"), NOTED.items(), ids=NOTED)
def test_what_a_person_should_know_of_a_table_is_noted(home: Home, folder: Path, kind: str, lines: tuple[str, ...]):
    report = home.take(folder, metadata=table(folder, *lines), task="t")
    examples = {"doubtful_label": ("?", "unknown", "A|B"), "cut_number": ("patient",)}
    assert [(note.kind, note.examples) for note in report.notes] == [(kind, examples.get(kind, ("file, edema",)))]


def test_a_minus_beside_a_plus_is_an_answer(home: Home, folder: Path):
    report = home.take(folder, metadata=table(folder, "file,label", "1.png,+", "2.png,-"), task="t")
    assert (report.labelled, report.notes) == (2, ())


def test_names_decomposed_by_the_file_system_are_found(home: Home, folder: Path):
    (folder / "1.png").rename(folder / "gro\u0308\u00dfe.png")
    report = home.take(folder, metadata=table(folder, "file,label", "größe.png,ill", "2.png,well"), task="t")
    assert (report.labelled, report.missing) == (2, ())


def test_rows_that_are_counted_from_0_are_not_taken_for_names(home: Home, folder: Path):
    counted = table(folder, "file,label", *(f"{row},{'ab'[row % 2]}" for row in range(4)))
    with pytest.raises(InvalidInput, match="are counted from 0, no file is called 0"):
        home.take(folder, metadata=counted)
    named = table(folder, "file,label", *(f"{row}.png,{'ab'[row % 2]}" for row in range(4)))
    assert home.take(folder, metadata=named).missing == ("0.png",)
