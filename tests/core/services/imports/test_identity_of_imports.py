"""Names in files that no header explains, and columns that identify: coded or left out, said, and by choice stored."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from core.services.annotation import label_import, tasks
from core.services.images import images
from core.services.imports.import_report import ImportReport
from tests.core.conftest import Home

NAME = "Mueller_Anna_19610317_pa.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of Anna Mueller and one of nobody, and a table with her name, her number and her address."""
    for number, name in enumerate((NAME, "홍길동/1.png", "chest/AP_001.png")):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Picture.fromarray(np.full((8, 8), number * 40, dtype=np.uint8)).save(path)
    (tmp_path / "table.csv").write_text(
        "file,nachname,Versichertennr,geb_dat,plz,view,site\n"
        f"{NAME},Mueller,A123456780,17.03.1961,30159,PA,north of Mueller\n"
        "chest/AP_001.png,Schulze,B123456782,02.11.1943,30159,AP,south\n"
    )
    return tmp_path / "in"


def names(home: Home) -> set[str]:
    return {view.name for view in images.page(home.db, images.Filter())}


def noted(report: ImportReport) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {note.kind: (note.count, note.examples) for note in report.notes}


def test_names_that_no_header_explains_are_coded_and_said(home: Home, folder: Path):
    report = home.take(folder)
    assert "chest/AP_001.png" in names(home)
    assert not [name for name in names(home) if "Mueller" in name or "Anna" in name or "홍" in name or "1961" in name]
    assert sum(name.endswith("_pa.png") for name in names(home)) == 1
    assert noted(report)["names_keyed"] == (2, ("…_…_…_pa.png", "…/1.png"))


def test_a_preview_shows_a_person_the_names_and_a_stored_one_does_not(home: Home, folder: Path):
    assert noted(home.take(folder, dry_run=True))["names_keyed"] == (2, (NAME, "홍길동/1.png"))
    stored = home.take(folder, dry_run=True, scrub=True)
    assert noted(stored)["names_keyed"] == (2, ("…_…_…_pa.png", "…/1.png"))


@pytest.mark.parametrize(
    ("choice", "stored"),
    [("cut", {"…_…_…_pa.png", "…/1.png", "chest/AP_001.png"}), ("kept", {NAME, "홍길동/1.png", "chest/AP_001.png"})],
)
def test_names_are_cut_or_stay_by_choice(home: Home, folder: Path, choice: str, stored: set[str]):
    report = home.take(folder, names=choice)
    assert names(home) == stored
    assert noted(report)[f"names_{choice}"][0] == 2


@pytest.mark.parametrize("choice", ["keyed", "cut"])
def test_a_table_with_the_plain_names_still_fits(home: Home, folder: Path, tmp_path: Path, choice: str):
    home.take(folder, names=choice)
    tasks.create(home.db, name="sick", classes=["no", "yes"])
    table = tmp_path / "labels.csv"
    table.write_text(f"image,label\n{NAME},yes\nAP_001.png,no\n")
    report = label_import.import_labels(home.db, home.settings, path=table, task="sick", by="tester")
    assert report.labelled == 2


def test_columns_that_identify_are_left_out_and_said_with_the_reason(home: Home, folder: Path, tmp_path: Path):
    report = home.take(folder, metadata=tmp_path / "table.csv")
    assert report.to_json()["columns_left_out"] == {
        "nachname": "a name, by its title",
        "Versichertennr": "a number of a person, by its title",
        "geb_dat": "a date of birth, by its title",
        "plz": "an address, by its title",
    }
    assert noted(report)["identity_column"][0] == 4
    facts = {name: value for view in images.page(home.db, images.Filter()) for name, value in view.facts.items()}
    assert set(facts) == {"view", "site"}
    assert not [value for value in facts.values() if "Mueller" in value]


def test_what_a_table_says_of_a_patient_is_masked_in_the_names(home: Home, folder: Path, tmp_path: Path):
    home.take(folder, metadata=tmp_path / "table.csv", names="kept")
    assert names(home) == {"…_Anna_…_pa.png", "chest/AP_001.png"}  # the name and the date of birth, in another form


def test_a_table_of_harmless_columns_has_no_note(home: Home, pictures: Path):
    report = home.take(pictures, metadata=pictures / "data.csv")
    assert (report.columns_left_out, report.notes) == ({}, ())


def test_the_names_of_public_reports_are_masked(home: Home, data_dir: Path):
    home.take(data_dir / "reports" / "B13")
    assert {name.removeprefix("…") for name in names(home)} == {"_胸片.dcm", ".dcm", "_pa.dcm"}


def test_a_path_with_coded_folders_still_tells_files_of_one_name_apart(home: Home, tmp_path: Path):
    for number, person in enumerate(("Mueller_Anna", "Schulze_Otto")):
        path = tmp_path / "in" / person / "1.png"
        path.parent.mkdir(parents=True)
        Picture.fromarray(np.full((8, 8), number * 40, dtype=np.uint8)).save(path)
    home.take(tmp_path / "in")
    tasks.create(home.db, name="sick", classes=["no", "yes"])
    table = tmp_path / "labels.csv"
    table.write_text("image,label\nMueller_Anna/1.png,yes\nSchulze_Otto/1.png,no\n")
    report = label_import.import_labels(home.db, home.settings, path=table, task="sick", by="tester")
    assert report.labelled == 2


def test_the_command_line_takes_the_choice(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path):
    from core.__main__ import main

    assert main(["--home", str(tmp_path / "home"), "import", str(folder), "--names", "cut", "--json"]) == 0
    notes = {note["kind"]: note["count"] for note in json.loads(capsys.readouterr().out)["notes"]}
    assert notes == {"names_cut": 2}


@pytest.mark.parametrize(
    ("roles", "stored", "kinds"),
    [
        ((), "Husten, geb. …, Tel. … oder …", ["texts_masked"]),
        ((("Kommentar", "text"),), "Husten, geb. 01.03.1950, Tel. 0171 555120 oder a@b.org", []),
    ],
)
def test_dates_and_numbers_in_texts_are_masked_and_said_unless_the_column_was_chosen(
    home: Home, pictures: Path, roles: tuple[tuple[str, str], ...], stored: str, kinds: list[str]
):
    lines = ["file;Kommentar", "p00.png;Husten, geb. 01.03.1950, Tel. 0171 555120 oder a@b.org", "p01.png;Husten"]
    (pictures / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    report = home.take(pictures, metadata=pictures / "t.csv", roles=roles)
    assert stored in {one.facts.get("kommentar") for one in images.page(home.db, images.Filter())}
    assert [note.kind for note in report.notes if note.kind == "texts_masked"] == kinds


def test_a_table_that_was_not_chosen_is_refused_as_one(home: Home, pictures: Path):
    (pictures / "befunde.csv").write_bytes("file;Größe\n".encode("cp1252"))
    refused = home.take(pictures).refused
    assert {one.file for one in refused} == {"befunde.csv", "data.csv"}
    assert {one.reason[:38] for one in refused} == {"is a table, not an image; for its label"[:38]}
