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
    for one in (home, other_home):
        one.take(pictures)
        tasks.create(one.db, name="chest", classes=CHEST, kind=TaskKind.MULTI)
        tasks.create(one.db, name="side", classes=["right", "left"])
    return home, other_home


def say(home, task, number, answer, *, by, key, **said):
    case = annotations.queue(home.db, task_id=tasks.task_named(home.db, task).id)[number]
    return annotations.label(home.db, case_id=case.id, answer=answer, by=by, key=key, **{"label": None, **said})


def standing(home, task):
    """What stands, by file (two homes may have read them in another order): that of the newest of all readers."""
    return {
        images.get(home.db, one.image_ids[0]).name: (one.answer, one.label, one.findings, one.reason)
        for one in annotations.queue(home.db, task_id=tasks.task_named(home.db, task).id, limit=50)
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
    found = written(home, "chest", tmp_path / "labels.csv")
    assert [(one["reader"], one["answer"], one["label"], one["presence"], one["reason"]) for one in found] == [
        ("ann", "findings", "mass", "present", ""),
        ("ann", "findings", "nodule", "uncertain", ""),
        ("bob", "findings", "effusion", "absent", ""),
        ("ann", "unreadable", "", "", "cut"),
    ]
    assert found[0]["image"] == hashlib.sha256((pictures / "p00.png").read_bytes()).hexdigest()
    assert datetime.fromisoformat(found[0]["at"]).utcoffset().total_seconds() == 0
    for taken in (LabelImportReport(3, 0), LabelImportReport(0, 3)):
        assert (
            label_import.import_labels(other.db, other.settings, task="chest", path=tmp_path / "labels.csv", by="x")
            == taken
        )
    assert standing(other, "chest") == standing(home, "chest")
    again = written(other, "chest", tmp_path / "again.csv")
    told = ("image", "item", "reader", "answer", "label", "presence", "reason")
    assert [[one[name] for name in told] for one in again] == [[one[name] for name in told] for one in found]


def test_each_readers_newest_word_is_told_and_what_was_undone_is_not(both, tmp_path):
    home, other = both
    say(home, "side", 0, Answer.LABEL, label=0, by="ann", key="1")
    say(home, "side", 0, Answer.LABEL, label=1, by="ann", key="2")
    say(home, "side", 0, Answer.LABEL, label=0, by="bob", key="3")
    say(home, "side", 1, Answer.LABEL, label=1, by="ann", key="4")
    case = annotations.queue(home.db, task_id=tasks.task_named(home.db, "side").id)[1]
    annotations.undo(home.db, case_id=case.id, by="ann", key="u")
    found = written(home, "side", tmp_path / "labels.csv")
    assert [(one["reader"], one["label"]) for one in found] == [("ann", "left"), ("bob", "right")]
    label_import.import_labels(other.db, other.settings, task="side", path=tmp_path / "labels.csv", by="x")
    assert standing(other, "side")["p00.png"] == standing(home, "side")["p00.png"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("p00.png,mass,perhaps", "line 3: 'perhaps' says nothing of a finding"),
        ("p00.png,lump,present", "line 3: 'lump' is not a class of task 'chest'"),
        ("p00.png,mass,", "line 3: '' says nothing of a finding"),
    ],
)
def test_one_bad_line_of_findings_takes_nothing_and_is_named(both, tmp_path, lines, said):
    home, _ = both
    (tmp_path / "bad.csv").write_text(f"image,label,presence\np01.png,mass,present\n{lines}\n")
    with pytest.raises(InvalidInput, match=said):
        label_import.import_labels(home.db, home.settings, task="chest", path=tmp_path / "bad.csv", by="x")
    assert annotations.progress(home.db, tasks.task_named(home.db, "chest").id).labelled == 0


def test_findings_without_their_column_and_an_unknown_reason_are_named(both, tmp_path):
    home, _ = both
    (tmp_path / "bad.csv").write_text("image,label\np00.png,mass\n")
    with pytest.raises(InvalidInput, match="has no column 'presence'; its header must be image,label,reader,presence"):
        label_import.import_labels(home.db, home.settings, task="chest", path=tmp_path / "bad.csv", by="x")
    (tmp_path / "bad.csv").write_text("image,label,answer,reason\np00.png,,unreadable,tired\n")
    with pytest.raises(InvalidInput, match="line 2: 'tired' is no reason of the list"):
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
