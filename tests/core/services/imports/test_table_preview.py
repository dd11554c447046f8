"""A table is shown before its import: as it was found, what its columns are for, which files its rows name."""

import hashlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from core.errors import InvalidInput
from core.services.annotation import tasks
from core.services.imports import table_preview
from core.services.imports.import_request import ImportRequest
from core.services.imports.table_preview import TablePreview
from tests.core.conftest import Home

LINES = [
    "Export",
    "",
    "Bild;Patient;Befund;Alter;prüfer",
    "1.png;P1;gesund;61,5;x",
    "same;P1;krank;62;x",
    "9;P2;Krank;70,25;x",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("1.png", "2.png", "a/same.png", "b/same.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), len(name), np.uint8)).save(path)
    return tmp_path / "in"


def shown(home: Home, folder: Path, *lines: str, code: str = "utf-8", **options) -> TablePreview:
    path = folder.parent / "t.csv"
    path.write_bytes("\n".join(lines).encode(code))
    return table_preview.preview(home.db, ImportRequest(folder, metadata=path, **options))


def test_a_table_as_it_was_found(home: Home, folder: Path):
    table = shown(home, folder, *LINES, code="cp1252", task="t")
    dialect = (table.dialect.encoding, table.dialect.separator, table.dialect.decimal, table.dialect.first_line)
    assert dialect == ("cp1252", ";", ",", 3)
    assert table.passed_over == ("Export",)
    assert table.rows[0] == (4, ("1.png", "P1", "gesund", "61.5", "x"))
    assert table.summary == "1 of 4 files, 1 ambiguous, 1 row without a file"
    assert (table.ambiguous_names, table.missing_names, table.unlisted) == (("same",), ("9",), 3)
    assert (table.labels, table.class_order) == ((("gesund", 1),), ("gesund",))
    assert [(pair.line, pair.text, pair.path.name, pair.label) for pair in table.pairs] == [
        (4, "1.png", "1.png", "gesund")
    ]
    assert (table.row_count, table.problem, table.chosen) == (3, "", frozenset())


def test_roles_are_chosen_and_the_columns_named_win(home: Home, folder: Path):
    roles = (("Alter", "text"), ("prüfer", "file"), ("Patient", "leave_out"))
    table = shown(home, folder, *LINES, task="t", roles=roles, file_column="Bild")
    assert {column.title: (str(column.role), column.reason) for column in table.profiles} == {
        "Bild": ("file", "chosen"),
        "Patient": ("leave_out", "chosen"),
        "Befund": ("label", "by its title, with 3 different values"),
        "Alter": ("text", "chosen"),
        "prüfer": ("category", "it has 1 different value"),
    }
    assert table.chosen == {"Bild", "Patient", "Alter"}


def test_the_order_of_classes_is_that_of_the_task_or_the_chosen_one(home: Home, folder: Path):
    lines = ["image,label", "1.png,sick", "2.png,healthy"]
    assert shown(home, folder, *lines, task="t").class_order == ("healthy", "sick")
    assert shown(home, folder, *lines, task="t", class_order=("sick", "healthy")).class_order == ("sick", "healthy")
    lacking = shown(home, folder, *lines, task="t", class_order=("sick",))
    assert lacking.problem == "The order of classes lacks 'healthy', which is a label of the table; add it."
    tasks.create(home.db, name="t", classes=["sick", "healthy"])
    assert shown(home, folder, *lines, task="t").class_order == ("sick", "healthy")
    assert "has its classes already" in shown(home, folder, *lines, task="t", class_order=("a", "b")).problem


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["image,label", "1.png,a", "2.png,b,c"], "line 3: 3 cells where the header has 2"),
        (
            ["image,label", "1.PNG,a"],
            "names none of the 4 files: its column 'image' has values such as '1.PNG', and the "
            "files have names such as '1.png'",
        ),
        (
            ["what,label", "x,a"],
            "has no column 'file', and no other column names the files. Its columns are: what, label",
        ),
        (["image,label", "same,a"], "Each row of t.csv fits several files: 'same' fits"),
        (["image,label", ",a"], "has no row with a name in its column 'image'"),
        (["image,label", "1.png,a", "1.png,b"], "lists '1.png' again in line 3"),
        (["1.png,a", "2.png,b"], "Line 1 of t.csv is its header, and '1.png' in it is the name of a file"),
    ],
)
def test_a_problem_is_one_sentence_beside_the_rows(home: Home, folder: Path, lines: list[str], problem: str):
    table = shown(home, folder, *lines, task="t")
    assert problem in table.problem
    assert table.problem.endswith(".")
    assert table.rows


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoding": "klingon"}, "no text encoding 'klingon'"),
        ({"encoding": "hex"}, "no text encoding 'hex'"),
        ({"encoding": "ascii"}, "is not ascii text"),
        ({"separator": "ab"}, "'ab' separates no cells"),
        ({"decimal": "x"}, "'x' is no decimal mark"),
        ({"header_line": 40}, "has no header in line 40"),
        ({"header_line": 0}, "There is no line 0"),
    ],
)
def test_what_cannot_be_read_as_chosen(home: Home, folder: Path, options: dict, words: str):
    with pytest.raises(InvalidInput, match=words):
        shown(home, folder, *LINES, **options)


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ((("Bildd", "file"),), "no column 'Bildd'. Did you mean 'Bild'?"),
        ((("Bild", "picture"),), "There is no role 'picture'; the roles are: file, patient"),
        ((("Bild", "label"), ("Befund", "label")), "'Bild' and 'Befund' both have the role label; choose one of them."),
    ],
)
def test_a_role_that_does_not_fit(home: Home, folder: Path, roles: tuple, words: str):
    assert words in shown(home, folder, *LINES, roles=roles).problem


def test_rows_name_files_by_what_is_in_them(home: Home, tmp_path: Path):
    (tmp_path / "in").mkdir()
    data = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    (tmp_path / "in" / "IM1").write_bytes(data)
    (tmp_path / "in" / "IM2").write_bytes(Path(get_testdata_file("MR_small.dcm")).read_bytes())
    uid = pydicom.dcmread(tmp_path / "in" / "IM1").SOPInstanceUID
    for text in (uid, hashlib.sha256(data).hexdigest().upper()):
        table = shown(home, tmp_path / "in", "image,label", f"{text},a")
        assert [pair.path.name for pair in table.pairs] == ["IM1"]


def test_a_guessed_label_that_is_no_class_says_that_it_was_guessed(home: Home, folder: Path):
    tasks.create(home.db, name="t", classes=["a", "b"])
    lines = ["image,diagnosis", "1.png,c", "2.png,a"]
    guessed = "The column 'diagnosis' was guessed to hold the labels; choose another one if it does not."
    assert shown(home, folder, *lines, task="t").problem.endswith(guessed)
    assert guessed not in shown(home, folder, *lines, task="t", label_column="diagnosis").problem
    assert shown(home, folder, *lines, task="t", roles=(("diagnosis", "category"),)).problem == ""
