"""`rounds import` guesses what columns are for, says so, and takes another word by flags."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main

LINES = [
    "Auswertung",
    "Bild;Patient;Befund;Alter;Datum",
    "1.png;P1;krank;61,5;03/04/2020",
    "2.png;P2;gesund;62;05/06/2020",
]


@pytest.fixture
def laid_out(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / "in" / f"{number}.png")
    for name in ("t.csv", "other.tsv"):
        (tmp_path / "in" / name).write_text("\n".join(LINES), encoding="utf-16")
    return tmp_path


def taken(capsys, folder: Path, *options: str) -> dict:
    argv = [
        "--home",
        folder / "home",
        "import",
        folder / "in",
        "--metadata",
        folder / "in" / "t.csv",
        "--json",
        *options,
    ]
    main(list(map(str, argv)))
    return json.loads(capsys.readouterr().out)


def test_the_report_says_how_the_table_was_read(capsys, laid_out: Path):
    report = taken(capsys, laid_out, "--task", "t")
    assert (report["found"], report["unlisted"], report["texts"]) == (2, [], ["other.tsv"])
    table = report["table"]
    assert {
        name: table[name] for name in ("encoding", "separator", "decimal", "header_line", "title_lines", "sheet")
    } == {
        "encoding": "utf-16",
        "separator": ";",
        "decimal": ",",
        "header_line": 2,
        "title_lines": 1,
        "sheet": None,
    }
    assert {one["column"]: (one["role"], one["by"], one["reason"]) for one in table["columns"]} == {
        "Bild": ("file", "guessed", "its values name 2 files"),
        "Patient": ("patient", "guessed", "by its title"),
        "Befund": ("label", "guessed", "by its title, with 2 different values"),
        "Alter": ("number", "guessed", "its values are numbers"),
        "Datum": ("date", "guessed", "its values are dates, read with the day first"),
    }
    assert (table["rows"], table["matched"], table["missing"], table["labels"]) == (2, 2, 0, {"krank": 1, "gesund": 1})


def test_flags_change_what_was_guessed(capsys, laid_out: Path):
    options = ["--role", "Befund=category", "--role", "Alter=label", "--class-order", "62,61.5", "--date-order", "mdy"]
    report = taken(capsys, laid_out, "--task", "t", *options, "--header-line", "2", "--separator", ";")
    roles = {one["column"]: (one["role"], one["by"]) for one in report["table"]["columns"]}
    assert (roles["Befund"], roles["Alter"]) == (("category", "chosen"), ("label", "chosen"))
    main(["--home", str(laid_out / "home"), "show", "1", "--json"])
    assert json.loads(capsys.readouterr().out)[0]["facts"]["datum"] == "2020-03-04"


def test_a_role_without_a_column_is_a_sentence(capsys, laid_out: Path):
    assert "write it as COLUMN=ROLE" in taken(capsys, laid_out, "--role", "file")["error"]


def test_labels_are_read_as_the_flags_say(capsys, laid_out: Path):
    taken(capsys, laid_out, "--task", "t")
    (laid_out / "labels.csv").write_bytes("Dateiname#Befund#Leser\n1.png#gesund#Jörg\n".encode("cp1252"))
    argv = ["--home", laid_out / "home", "labels", "import", "--task", "t", "--csv", laid_out / "labels.csv", "--json"]
    assert main([*map(str, argv), "--separator", "#", "--encoding", "cp1252"]) == 0
    assert json.loads(capsys.readouterr().out)["labelled"] == 1
