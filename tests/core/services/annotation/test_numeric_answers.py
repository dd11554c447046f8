"""Answers that are a number with a unit: what is accepted, what stands, what leaves and comes back."""

import csv

import pytest

from core.errors import InvalidInput
from core.services.annotation import annotations, label_classes, label_export, label_import, tasks
from core.services.annotation.label_import import LabelImportReport
from db.vocabulary import Answer, MirrorSymmetry, TaskKind
from tests.core.services import films


def age(home, **more):
    request = {"kind": TaskKind.NUMBER, "measure": "years", "low": 0, "high": 120, **more}
    return tasks.create(home.db, name="age", **request)


@pytest.fixture
def task(home, pictures):
    home.take(pictures)
    return age(home)


def say(home, task, value, *, number=0, key="one", by="ann", answer=Answer.VALUE, **more):
    case = annotations.queue(home.db, task_id=task.id)[number]
    return annotations.label(home.db, case_id=case.id, answer=answer, label=None, value=value, by=by, key=key, **more)


def test_a_number_stands_and_is_undone_to_what_stood_before(home, task):
    assert say(home, task, 61.5).value == 61.5
    assert say(home, task, 62.0, key="two").value == 62.0
    assert annotations.progress(home.db, task.id).labelled == 1
    case = annotations.queue(home.db, task_id=task.id, only="labelled")[0]
    assert annotations.undo(home.db, case_id=case.id, by="ann", key="three").value == 61.5
    gone = annotations.undo(home.db, case_id=case.id, by="ann", key="four")
    assert (gone.answer, gone.value) == ("withdrawn", None)
    words = [one.text for one in annotations.history(home.db, case.id)]
    assert words == ["61.5 years", "62 years", "undo: back to 61.5 years", "undo: back to withdrawn"]


def test_the_same_key_twice_is_one_number(home, task):
    assert say(home, task, 61.5) == say(home, task, 70.0)


def test_what_cannot_be_assessed_has_no_number(home, task):
    say(home, task, 61.5)
    result = say(home, task, None, answer=Answer.UNASSESSABLE, reason="blur", key="two")
    assert (result.answer, result.value, result.reason) == ("unassessable", None, "blur")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (121, "121 years is out of range for task 'age'; give a number from 0 to 120 years"),
        (-0.5, "-0.5 years is out of range"),
        (float("nan"), "nan years is out of range"),
        (float("inf"), "inf years is out of range"),
        (None, "Task 'age' needs a number; enter it"),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(home, task, value, message):
    with pytest.raises(InvalidInput, match=message):
        say(home, task, value)


def test_bounds_belong_to_the_range_and_may_be_left_out(home, task):
    assert say(home, task, 120).value == 120
    free = tasks.create(home.db, name="offset", kind=TaskKind.NUMBER, low=-3)
    assert say(home, free, -3.0, key="low").value == -3
    assert say(home, free, 1e9, key="high").value == 1e9
    with pytest.raises(InvalidInput, match="give a number of at least -3"):
        say(home, free, -3.1, key="lower")


def test_classes_are_no_answer_to_a_number_nor_numbers_to_classes(home, task):
    with pytest.raises(InvalidInput, match="needs a number, not a class"):
        say(home, task, None, answer=Answer.LABEL)
    side = tasks.create(home.db, name="side", classes=["right", "left"])
    with pytest.raises(InvalidInput, match="Task 'side' has classes, not a number"):
        say(home, side, 1.0, key="two")
    with pytest.raises(InvalidInput, match="is about a number, which has no classes"):
        label_classes.append(home.db, task.id, "old")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"classes": ["a", "b"]}, "is about a number and has no classes"),
        ({"low": 3, "high": 3}, "the first bound must be smaller"),
        ({"high": float("inf")}, "give a finite bound"),
        ({"kind": TaskKind.SINGLE, "classes": ["a", "b"]}, "have no unit and no range"),
        ({"measure": "y" * 41}, "The unit has 41 characters"),
    ],
)
def test_a_question_that_makes_no_sense_is_one_sentence(home, more, message):
    with pytest.raises(InvalidInput, match=message):
        age(home, **more)
    assert tasks.list_tasks(home.db) == []


def test_a_task_tells_its_unit_its_range_and_its_flips(home):
    made = age(home, flips=MirrorSymmetry.LEFT_RIGHT)
    assert (made.kind, made.classes, made.measure, made.low, made.high) == (TaskKind.NUMBER, (), "years", 0, 120)
    assert made.flips is MirrorSymmetry.LEFT_RIGHT
    assert tasks.set_flips(home.db, made.id, MirrorSymmetry.NONE).flips is MirrorSymmetry.NONE
    assert tasks.create(home.db, name="side", classes=["right", "left"]).flips is MirrorSymmetry.NONE


def test_numbers_leave_as_a_csv_and_come_to_another_home_digit_by_digit(home, other_home, pictures, tmp_path):
    for item in (home, other_home):
        item.take(pictures)
        age(item)
    task = tasks.task_named(home.db, "age")
    given = [0.1 + 0.2, 61.5, 1 / 3]
    for number, value in enumerate(given):
        say(home, task, value, number=number, key=str(number))
    say(home, task, None, number=3, answer=Answer.UNASSESSABLE, reason="cut", key="u")
    path = tmp_path / "labels.csv"
    assert label_export.write(home.db, task.id, path) == 4
    take = lambda: label_import.import_labels(other_home.db, other_home.settings, task="age", path=path, by="x")  # noqa: E731
    assert (take(), take()) == (LabelImportReport(4, 0), LabelImportReport(0, 4))
    arrived = annotations.queue(other_home.db, task_id=tasks.task_named(other_home.db, "age").id, only="labelled")
    assert sorted(case.value for case in arrived if case.value is not None) == sorted(given)
    with path.open(newline="") as file:
        assert {line["answer"] for line in csv.DictReader(file)} == {"value", "unreadable"}


@pytest.mark.parametrize("text", ["old", "1_000", "0x10", "inf", "121", "٦١"])
def test_one_bad_number_takes_nothing_and_names_its_line(home, task, tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(f'image,label\np00.png,61.5\np01.png,"{text}"\n')
    with pytest.raises(InvalidInput, match=r"labels.csv, line 3: .*(needs a number|is out of range)"):
        label_import.import_labels(home.db, home.settings, task="age", path=path, by="x")
    assert annotations.progress(home.db, task.id).labelled == 0


def test_decimal_commas_are_read_and_words_for_missing_are_no_answer(home, task, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("image;label\np00.png;61,5\np01.png;nan\np02.png;\n")
    taken = label_import.import_labels(home.db, home.settings, task="age", path=path, by="x")
    assert taken == LabelImportReport(1, 0, 2)
    assert [case.value for case in annotations.queue(home.db, task_id=task.id, only="labelled")] == [61.5]


def test_an_import_brings_the_ages_of_real_films(home, data_dir, tmp_path):
    rows = films.aged(data_dir, 6)
    folder = films.laid(tmp_path / "in", data_dir, rows)
    task = age(home)
    report = home.take(folder, metadata=folder / "data.csv", task="age", label_column="age")
    assert (report.labelled, tasks.get(home.db, task.id).classes) == (6, ())
    result = annotations.queue(home.db, task_id=task.id)
    assert sorted(case.value for case in result) == sorted(float(row["age"]) for row in rows)
    assert home.take(folder, metadata=folder / "data.csv", task="age", label_column="age").labelled == 0


def test_an_age_out_of_range_stops_the_import_before_a_file_is_read(home, data_dir, tmp_path):
    rows = films.aged(data_dir, 2)
    folder = films.laid(tmp_path / "in", data_dir, [*rows[:1], {**rows[1], "age": "412"}])
    age(home)
    with pytest.raises(InvalidInput, match=r"'.+png' is labelled '412': .*from 0 to 120 years"):
        home.take(folder, metadata=folder / "data.csv", task="age", label_column="age")


def test_the_classes_of_an_archive_are_no_measurements(home, tmp_path):
    import numpy as np

    np.savez(tmp_path / "tiny.npz", train_images=np.zeros((3, 8, 8), np.uint8), train_labels=np.ones((3, 1), np.uint8))
    task = age(home)
    home.take(tmp_path / "tiny.npz", task="age")
    assert annotations.progress(home.db, task.id).labelled == 0
