"""What readers said, as a CSV that another home takes again: labels, findings and what cannot be assessed."""

import csv
import hashlib
from datetime import datetime

import pytest

from core.errors import InvalidInput
from core.services.annotation import annotations, label_export, label_import, tasks
from core.services.annotation.label_import import LabelImportReport
from core.services.images import images
from db.vocabulary import Answer, TaskKind

CHEST = ["mass", "effusion", "nodule"]


@pytest.fixture
def both(home, other_home, pictures):
    """Two homes of the same pictures, each with a task of findings and one of sides."""
    (pictures / "data.csv").unlink()
    for item in (home, other_home):
        item.take(pictures)
        tasks.create(item.db, name="chest", classes=CHEST, kind=TaskKind.MULTI)
        tasks.create(item.db, name="side", classes=["right", "left"])
    return home, other_home


def say(home, task, number, answer, *, by, key, **message):
    case = annotations.queue(home.db, task_id=tasks.task_named(home.db, task).id)[number]
    return annotations.label(home.db, case_id=case.id, answer=answer, by=by, key=key, **{"label": None, **message})


def standing(home, task):
    """What stands, by file (two homes may have read them in another order): that of the newest of all readers."""
    return {
        images.get(home.db, item.image_ids[0]).name: (item.answer, item.label, item.findings, item.reason)
        for item in annotations.queue(home.db, task_id=tasks.task_named(home.db, task).id, limit=50)
    }


def written(home, task, path):
    label_export.write(home.db, tasks.task_named(home.db, task).id, path)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_findings_and_reasons_go_from_home_to_home_and_once(both, pictures, tmp_path):
    home, other = both
    say(home, "chest", 0, Answer.FINDINGS, findings={0: "present", 2: "uncertain"}, by="ann", key="1")
    say(home, "chest", 0, Answer.FINDINGS, findings={1: "absent"}, by="bob", key="2")
    say(home, "chest", 1, Answer.UNASSESSABLE, reason="cut", by="ann", key="3")
    result = written(home, "chest", tmp_path / "labels.csv")
    assert [(one["reader"], one["answer"], one["label"], one["presence"], one["reason"]) for one in result] == [
        ("ann", "findings", "mass", "present", ""),
        ("ann", "findings", "nodule", "uncertain", ""),
        ("bob", "findings", "effusion", "absent", ""),
        ("ann", "unreadable", "", "", "cut"),
    ]
    assert result[0]["image"] == hashlib.sha256((pictures / "p00.png").read_bytes()).hexdigest()
    assert datetime.fromisoformat(result[0]["at"]).utcoffset().total_seconds() == 0
    for taken in (LabelImportReport(3, 0), LabelImportReport(0, 3)):
        assert (
            label_import.import_labels(other.db, other.settings, task="chest", path=tmp_path / "labels.csv", by="x")
            == taken
        )
    assert standing(other, "chest") == standing(home, "chest")
    again = written(other, "chest", tmp_path / "again.csv")
    report = ("image", "item", "reader", "answer", "label", "presence", "reason")
    assert [[one[name] for name in report] for one in again] == [[one[name] for name in report] for one in result]


def test_each_readers_newest_word_is_told_and_what_was_undone_is_not(both, tmp_path):
    home, other = both
    say(home, "side", 0, Answer.LABEL, label=0, by="ann", key="1")
    say(home, "side", 0, Answer.LABEL, label=1, by="ann", key="2")
    say(home, "side", 0, Answer.LABEL, label=0, by="bob", key="3")
    say(home, "side", 1, Answer.LABEL, label=1, by="ann", key="4")
    case = annotations.queue(home.db, task_id=tasks.task_named(home.db, "side").id)[1]
    annotations.undo(home.db, case_id=case.id, by="ann", key="u")
    result = written(home, "side", tmp_path / "labels.csv")
    assert [(one["reader"], one["label"]) for one in result] == [("ann", "left"), ("bob", "right")]
    label_import.import_labels(other.db, other.settings, task="side", path=tmp_path / "labels.csv", by="x")
    assert standing(other, "side")["p00.png"] == standing(home, "side")["p00.png"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("p00.png,mass,perhaps", "line 3: 'perhaps' is not a presence"),
        ("p00.png,lump,present", "line 3: 'lump' is not a class of task 'chest'"),
        ("p00.png,mass,", "line 3: '' is not a presence"),
    ],
)
def test_one_bad_line_of_findings_takes_nothing_and_is_named(both, tmp_path, lines, message):
    home, _ = both
    (tmp_path / "bad.csv").write_text(f"image,label,presence\np01.png,mass,present\n{lines}\n")
    with pytest.raises(InvalidInput, match=message):
        label_import.import_labels(home.db, home.settings, task="chest", path=tmp_path / "bad.csv", by="x")
    assert annotations.progress(home.db, tasks.task_named(home.db, "chest").id).labelled == 0


def test_findings_without_their_column_and_an_unknown_reason_are_named(both, tmp_path):
    home, _ = both
    (tmp_path / "bad.csv").write_text("image,label\np00.png,mass\n")
    with pytest.raises(InvalidInput, match="has no column 'presence'"):
        label_import.import_labels(home.db, home.settings, task="chest", path=tmp_path / "bad.csv", by="x")
    (tmp_path / "bad.csv").write_text("image,label,answer,reason\np00.png,,unreadable,tired\n")
    with pytest.raises(InvalidInput, match="line 2: The reason 'tired' is not on the list"):
        label_import.import_labels(home.db, home.settings, task="side", path=tmp_path / "bad.csv", by="x")


def test_a_slice_of_an_npz_is_told_by_its_item(home, data_dir, tmp_path):
    source = next((data_dir / "medmnist").glob("*.npz"))
    home.take(source)
    task = tasks.create(home.db, name="side", classes=["right", "left"])
    second = annotations.queue(home.db, task_id=task.id)[1]
    annotations.label(home.db, case_id=second.id, answer=Answer.LABEL, label=1, by="ann", key="1")
    (line,) = written(home, "side", tmp_path / "labels.csv")
    assert line["item"]
    annotations.undo(home.db, case_id=second.id, by="ann", key="u")
    taken = label_import.import_labels(home.db, home.settings, task="side", path=tmp_path / "labels.csv", by="x")
    assert (taken, annotations.case(home.db, second.id).label) == (LabelImportReport(1, 0), 1)


def test_formulas_leave_as_texts_and_come_back(home, other_home, pictures, tmp_path):
    (pictures / "data.csv").unlink()
    classes = ["=1+1", "-a", "'=b", "-1.5"]
    for item in (home, other_home):
        item.take(pictures)
        tasks.create(item.db, name="odd", classes=classes)
    for number, name in enumerate(classes):
        say(home, "odd", number, Answer.LABEL, label=number, by=f"@{name}", key=f"{number}")
    lines = written(home, "odd", tmp_path / "labels.csv")
    assert [line["label"] for line in lines] == ["'=1+1", "'-a", "''=b", "-1.5"]
    assert [line["reader"][:2] for line in lines] == ["'@"] * 4
    label_import.import_labels(other_home.db, other_home.settings, task="odd", path=tmp_path / "labels.csv", by="x")
    assert standing(other_home, "odd") == standing(home, "odd")
    again = written(other_home, "odd", tmp_path / "again.csv")
    assert sorted(line["reader"] for line in again) == sorted(line["reader"] for line in lines)
