"""Persons in a catalogue: joined as files come in any order, asked about, decided by readers, used by datasets."""

import json
import random
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from pydicom import dcmread
from sqlalchemy import event, insert, select, text

from core.curation.persons.records import TraitKind
from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.persons import decisions, joining, overview, sides
from core.services.predictions import score_arrays
from core.services.training import preflight
from core.services.workspace.home import open_home
from db import queries
from db.tables import Patient, PatientTrait, PersonDecision, SnapshotCase
from tests.benchmarks.dicom import write_files
from tests.core.conftest import Home


@pytest.fixture
def write(tmp_path: Path):
    """Write a DICOM file of a patient: ID, study and other header values."""
    write_files(tmp_path / "blank", 1, edge=16)
    blank, folder = dcmread(next((tmp_path / "blank").iterdir())), tmp_path / "in"
    folder.mkdir()

    def item(name: str, patient: str, study: str, **values: str):
        blank.PatientID, blank.StudyInstanceUID, blank.SeriesInstanceUID = patient, f"1.2.3.{study}", f"1.2.4.{name}"
        blank.SOPInstanceUID = blank.file_meta.MediaStorageSOPInstanceUID = f"1.2.5.{name}"
        for keyword in ("PatientBirthDate", "PatientSex", "IssuerOfPatientID", "PatientName"):
            setattr(blank, keyword, values.get(keyword, ""))
        blank.PixelData = np.random.default_rng(int(name)).integers(0, 4095, (16, 16), np.uint16).tobytes()
        blank.save_as(folder / f"{name}.dcm")

    item.folder = folder
    return item


def with_table(folder: Path, *lines: str) -> Path:
    """Pictures of the table's rows, each its own, and the table."""
    folder.mkdir(exist_ok=True)
    for number, line in enumerate(lines[1:]):
        pixels = np.random.default_rng(number).integers(0, 255, (8, 8), np.uint8)
        Picture.fromarray(pixels).save(folder / line.split(",")[0])
    (folder / "data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def take(home: Home, folder: Path, **options):
    return home.take(folder, metadata=folder / "data.csv", task="t", label_column="label", **options)


def persons(home: Home) -> dict[str, str]:
    with home.db.read() as session:
        return dict(session.execute(select(Patient.pseudonym, queries.person_name())).all())


def look(home: Home) -> overview.PersonsOverview:
    return overview.overview(home.db, home.settings)


def freeze(home: Home, recipe: Recipe, name: str = "s"):
    return snapshots.freeze(home.db, tasks.task_named(home.db, "t").id, recipe, name=name, by="tester")


SPELLINGS = ("file,patient_id,label", "a.png,00123,x", "b.png,123,x", "c.png,123.0,y", "d.png,456,y")


def test_spellings_of_an_id_are_asked_about(home: Home, tmp_path: Path):
    folder = with_table(tmp_path / "in", *SPELLINGS)
    dry = take(home, folder, dry_run=True)
    report = take(home, folder)
    for result in (dry, report):
        assert (result.patients, result.persons, result.person_questions) == (4, 4, 1)
    (question,) = look(home).questions
    assert len(question.patients) == 3
    assert "only in how they are written" in question.speaks_for[0]
    shown = sides.sides(home.db, [question.first])[question.first]
    assert (shown.images, len(shown.first_images)) == (1, 1)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("study", ("s1", "s1", "s1")),
        ("birth_date", ("1961-03-17", "17.03.1961", "19610317")),
        ("Geburtsdatum", ("17.03.1961", "1961-03-17 00:00:00", "17.3.1961")),
    ],
)
def test_spellings_are_one_person_where_study_or_birth_date_agree(home: Home, tmp_path: Path, column: str, values):
    rows = [f"{line},{value}" for line, value in zip(SPELLINGS[1:], (*values, "1.1.1990"), strict=True)]
    folder = with_table(tmp_path / "in", f"{SPELLINGS[0]},{column}", *rows)
    report = take(home, folder)
    assert (report.patients, report.persons, report.person_questions) == (4, 2, 0)
    assert look(home).persons == 2


def test_two_issuers_of_one_study_stand_in_one_split(home: Home, write):
    lines = ["file,label"]
    for number in range(16):
        issuer = {"IssuerOfPatientID": "Ward"} if number % 2 else {}
        write(f"{number}", f"P{number // 2}", f"{number // 2}", **issuer)
        lines.append(f"{number}.dcm,{'ab'[number // 2 % 2]}")
    (write.folder / "data.csv").write_text("\n".join(lines))
    report = take(home, write.folder)
    assert (report.patients, report.persons) == (16, 8)
    made = snapshots.as_json(home.db, freeze(home, Recipe(val=0.25, test=0.25)))
    assert (made["shared_patients"], made["shared_persons"], made["shared_studies"]) == (0, 0, 0)
    assert [made["splits"][split]["persons"] for split in ("train", "val", "test")] == [4, 2, 2]
    assert [made["splits"][split]["patients"] for split in ("train", "val", "test")] == [8, 4, 4]


def given_split(home: Home, write, *patients: str) -> Path:
    """Two studies, each in train and test by the table."""
    lines = ["file,label,part"]
    for number, patient in enumerate(patients):
        write(f"{number}", patient, f"{number // 2}")
        lines.append(f"{number}.dcm,{'ab'[number // 2]},{('train', 'test')[number % 2]}")
    (write.folder / "data.csv").write_text("\n".join(lines))
    take(home, write.folder)
    return write.folder


def test_a_given_split_stays_and_what_it_shares_is_counted(home: Home, write):
    given_split(home, write, "A", "A1", "B", "B1")
    made = snapshots.as_json(home.db, freeze(home, Recipe(split_fact="part")))
    assert (made["shared_patients"], made["shared_persons"], made["shared_studies"]) == (0, 2, 2)
    assert [made["splits"][split]["images"] for split in ("train", "test")] == [2, 2]


def test_one_patient_as_written_in_two_given_splits_is_counted(home: Home, write):
    given_split(home, write, "A", "A", "B", "B")
    made = snapshots.as_json(home.db, freeze(home, Recipe(split_fact="part")))
    assert (made["shared_patients"], made["shared_persons"], made["shared_studies"]) == (2, 2, 2)
    assert made["certificate"] == "In more than one split: 2 patients, 2 persons, 2 studies."


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_import_notes_the_persons_in_several_given_splits(home: Home, write, dry_run: bool):
    for number, patient in enumerate(("A", "A1", "B", "C")):
        write(f"{number}", patient, f"{number // 2 if number < 2 else number}")
    lines = ("file,label,part", "0.dcm,a,train", "1.dcm,a,test", "2.dcm,b,val", "3.dcm,b,Validation")
    (write.folder / "data.csv").write_text("\n".join(lines))
    report = take(home, write.folder, dry_run=dry_run)
    assert [(note.kind, note.count, note.examples) for note in report.notes] == [("shared_split", 1, ("part",))]


def test_the_order_of_import_does_not_matter(home: Home, other_home: Home, write, tmp_path: Path):
    header = {"PatientBirthDate": "19610317", "PatientSex": "F"}
    files = [("0", "007", "1", header), ("1", "7", "2", header), ("2", "7 ", "3", {**header, "PatientSex": "M"})]
    files += [("3", "ZZ", "2", {}), ("4", "ZZ", "5", {}), ("5", "QQ", "5", {"PatientSex": "M"}), ("6", "8", "6", {})]
    for name, patient, study, values in files:
        write(name, patient, study, **values)
    (other_home.settings.folder("keys") / "pseudonym.key").write_bytes(home.settings.key("pseudonym"))
    home.take(write.folder)
    for name in random.Random(3).sample([file[0] for file in files], len(files)):
        other_home.take(write.folder / f"{name}.dcm")
    assert persons(home) == persons(other_home)
    assert look(home).questions == look(other_home).questions
    assert len(set(persons(home).values())) == 2


def test_unknown_patients_of_one_study_are_one_person(home: Home, write):
    for number in range(3):
        write(f"{number}", "", "1")
    report = home.take(write.folder)
    assert (report.unknown_patients, report.persons) == (3, 1)


def test_readers_decide_and_undo(home: Home, tmp_path: Path):
    take(home, with_table(tmp_path / "in", *SPELLINGS))
    first, second, third = sorted(look(home).questions[0].patients)
    decisions.decide(home.db, second, first, joined=True, by="ann")
    decisions.decide(home.db, second, third, joined=False, by="ann")
    assert persons(home)[second] == first
    assert not look(home).questions
    assert [(one.joined, one.reader) for one in decisions.list_decisions(home.db)] == [(False, "ann"), (True, "ann")]
    with pytest.raises(InvalidInput, match="cannot be one person"):
        decisions.decide(home.db, first, third, joined=True, by="ben")
    decisions.undo(home.db, third, second, by="ben")
    decisions.decide(home.db, first, third, joined=True, by="ben")
    assert persons(home)[third] == first
    decisions.undo(home.db, first, second, by="ben")
    decisions.undo(home.db, first, third, by="ben")
    (question,) = look(home).questions
    decisions.decide(home.db, *question.patients, joined=True, by="ann")
    assert {persons(home)[name] for name in question.patients} == {first}
    decisions.decide(home.db, *question.patients, joined=False, by="ann")
    assert not look(home).questions
    for pair in combinations(question.patients, 2):
        decisions.undo(home.db, *pair, by="ann")
    assert look(home).questions == (question,)
    assert set(persons(home).values()) == set(persons(home))
    with home.db.read() as session:
        assert all(row.withdrawn_by and row.withdrawn_at for row in session.scalars(select(PersonDecision)))


def test_bad_decisions_are_one_sentence(home: Home, tmp_path: Path):
    take(home, with_table(tmp_path / "in", *SPELLINGS))
    name = next(iter(persons(home)))
    other = next(one for one in persons(home) if one != name)
    with pytest.raises(NotFound, match="There is no patient P-NOBODY"):
        decisions.decide(home.db, name, "P-NOBODY", joined=True, by="ann")
    with pytest.raises(InvalidInput, match="is one patient"):
        decisions.decide(home.db, name, name, joined=True, by="ann")
    with pytest.raises(InvalidInput, match=f"rounds persons --apart {name} {other}"):
        decisions.undo(home.db, name, other, by="ann")


def test_what_a_rule_joined_is_taken_apart_and_splits_follow(home: Home, write):
    given_split(home, write, "A", "A1", "B", "B1")
    join = look(home).joins[0]
    decisions.decide(home.db, join.first, join.second, joined=False, by="ann")
    made = snapshots.as_json(home.db, freeze(home, Recipe(split_fact="part")))
    assert (made["shared_persons"], made["shared_studies"]) == (1, 2)


def test_a_snapshot_stays_as_it_was_frozen(home: Home, tmp_path: Path):
    rows = [f"{number}.png,{'0' * (number % 2)}{number // 2 + 1},{'ab'[number // 2 % 2]}" for number in range(12)]
    take(home, with_table(tmp_path / "in", SPELLINGS[0], *rows))
    before = freeze(home, Recipe(val=0.2, test=0.2), "before")
    for question in look(home).questions:
        decisions.decide(home.db, question.first, question.second, joined=True, by="ann")
    after = freeze(home, Recipe(val=0.2, test=0.2), "after")
    counts = [sum(preflight.preflight(home.db, one.id).patients.values()) for one in (before, after)]
    assert counts == [12, 6]
    assert snapshots.as_json(home.db, after)["shared_persons"] == 0
    assert snapshots.as_json(home.db, before)["shared_persons"] > 0
    with home.db.read() as session:
        assert not any(session.scalars(select(SnapshotCase.person).where(SnapshotCase.snapshot_id == before.id)))


def test_intervals_count_persons(trained: Home):
    arrays = score_arrays.score_arrays(trained.db, 1, "test")
    assert len(arrays.patients) == 1
    with trained.db.transaction() as session:
        row = session.scalars(select(SnapshotCase).where(SnapshotCase.case_id == int(arrays.cases[0]))).one()
        row.person = "P-SOMEBODY"
    assert len(score_arrays.score_arrays(trained.db, 1, "test").patients) == 2


def test_equal_pictures_are_asked_about_unless_constant(home: Home, tmp_path: Path):
    folder = with_table(tmp_path / "in", "file,patient_id,label", *(f"{n}.png,P{n},x" for n in range(6)))
    grey, colour = np.arange(64, dtype=np.uint8).reshape(8, 8), np.full((8, 8, 3), (7, 8, 9), np.uint8)
    for first, pixels in ((0, grey), (2, colour[..., 0]), (4, colour)):
        Picture.fromarray(pixels).save(folder / f"{first}.png")
        Picture.fromarray(pixels).save(folder / f"{first + 1}.png", compress_level=0)
    take(home, folder)
    (question,) = look(home).questions
    assert question.speaks_for == ("a picture of each has equal pixels",)


def test_ids_of_everybody_are_named(home: Home, write):
    for number, (patient, born) in enumerate([("ANONYMOUS", ""), ("0", ""), ("P", "19610317"), ("P", "19700401")]):
        write(f"{number}", patient, f"{number}", PatientBirthDate=born)
    home.take(write.folder)
    reasons = sorted(reason for one in look(home).doubtful for reason in one.reasons)
    assert reasons == [
        "it has 2 birth dates",
        "the patient ID is '0', which names nobody",
        "the patient ID is 'anonymous', which names nobody",
    ]
    write("9", "1", "9")
    home.take(write.folder)
    assert len(look(home).doubtful) == 2  # 0, 1, … are numbers


def test_no_plain_identity_is_stored(home: Home, write):
    write("0", "SECRET77", "1", PatientBirthDate="19610317", IssuerOfPatientID="WARDNINE", PatientName="Doe^Jane")
    home.take(write.folder)
    with home.db.read() as session:
        stored = json.dumps([list(map(str, row)) for row in session.execute(text("SELECT * FROM patient_trait"))])
    assert not [word for word in ("secret", "1961", "ward", "doe", "jane") if word in stored.lower()]
    assert {"form", "issuer", "birth", "name", "study", "series"} <= {one for one in TraitKind if one in stored}


@pytest.mark.slow
def test_a_hundred_thousand_patients_are_joined_in_seconds(home: Home):
    count = 100_000
    with home.db.transaction() as session:
        project = queries.project_id(session)
        rows = [{"project_id": project, "pseudonym": f"P-{number:06}", "person": "?"} for number in range(count)]
        session.execute(insert(Patient), rows)
        traits = [
            {"key": f"{kind}{number // 2}", "kind": kind, "patient_id": number + 1}
            for number in range(count)
            for kind in ("study", "form")
        ]
        session.execute(insert(PatientTrait), traits)
    start = time.process_time()
    joining.join_older_catalogue(home.db)
    assert time.process_time() - start < 30
    with home.db.read() as session:
        assert overview.count(session) == count // 2
        assert not session.scalar(select(Patient.id).where(Patient.person == "?").limit(1))


def test_no_statement_of_an_import_goes_through_all_rows(home: Home, write, tmp_path: Path):
    write("0", "01", "1", PatientBirthDate="19610317")
    home.take(write.folder)
    write("1", "1", "1", PatientBirthDate="19610317")
    statements: list[tuple[str, tuple]] = []
    event.listen(home.db.engine, "before_cursor_execute", lambda *sent: statements.append((sent[2], sent[3])))
    home.take(write.folder)
    about = [one for one in statements if "patient_trait" in one[0] or "person" in one[0]]
    plans = []
    with home.db.engine.connect() as connection:
        for statement, values in about:
            if statement.startswith("SELECT"):
                plans += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert len(plans) > 5
    assert not [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan], plans


BEFORE = (
    "DROP TABLE imported_image",
    "DROP TABLE import",
    "DROP TABLE person_decision",
    "DROP TABLE patient_trait",
    "DROP INDEX patient_person",
    "ALTER TABLE patient DROP COLUMN person",
    "ALTER TABLE snapshot_case DROP COLUMN person",
    "UPDATE alembic_version SET version_num = '0008'",
)


def test_an_older_home_is_joined_by_its_studies_and_series(home: Home, write):
    for number in range(4):
        write(f"{number}", f"P{number % 2}" if number < 2 else f"Q{number}", f"{number // 2}")
    write("8", "R", "8")
    home.take(write.folder)
    expected = persons(home)
    with home.db.transaction() as session:
        for statement in BEFORE:
            session.execute(text(statement))
    home.db.close()
    reopened = open_home(home.settings)
    assert persons(Home(reopened, home.settings)) == expected
    assert len(set(expected.values())) == 3
    write("9", "S", "8")  # what comes later is joined to what was there
    again = Home(reopened, home.settings)
    again.take(write.folder)
    assert len(set(persons(again).values())) == 3
    assert len(persons(again)) == 6
    reopened.close()


def test_studies_that_a_table_named_are_each_of_their_patient(home: Home, tmp_path: Path):
    rows = [f"{number}.png,P{number // 2},{'ab'[number // 2 % 2]},study1" for number in range(8)]
    report = take(home, with_table(tmp_path / "in", "file,patient_id,label,study", *rows))
    assert (report.patients, report.persons) == (4, 4)
    made = snapshots.as_json(home.db, freeze(home, Recipe(val=0.25, test=0.25)))
    assert made["shared_studies"] == 0
