"""Classes are appended, retired and brought back; what was said with a retired one stays said."""

import pytest

from core.curation.recipe import Recipe
from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations, label_classes, label_import, tasks
from core.services.datasets import snapshot_diff, snapshots
from db.vocabulary import Answer, TaskKind


@pytest.fixture
def task(imported):
    return tasks.create(imported.db, name="side", classes=["right", "left", "both"])


def say(home, case, position: int, key: str):
    return annotations.label(home.db, case_id=case.id, answer=Answer.LABEL, label=position, by="ann", key=key)


def test_a_class_comes_after_those_there_are(home, task):
    made = label_classes.append(home.db, task.id, " neither ")
    assert [(one.position, one.title) for one in made.classes][-1] == (3, "neither")
    with pytest.raises(InvalidInput, match="already has the class 'left'; choose another name"):
        label_classes.append(home.db, task.id, "left")
    for number in range(5):
        label_classes.append(home.db, task.id, f"more {number}")
    with pytest.raises(InvalidInput, match="has 9 classes including retired ones"):
        label_classes.append(home.db, task.id, "one too many")


@pytest.mark.parametrize(
    ("name", "message"), [("  ", "needs a name"), ("a\x07b", r"U\+0007"), ("x" * 121, "at most 120")]
)
def test_a_class_without_a_proper_name_is_one_sentence(home, task, name, message):
    with pytest.raises(InvalidInput, match=message):
        label_classes.append(home.db, task.id, name)
    assert len(tasks.get(home.db, task.id).classes) == 3


def test_a_retired_class_takes_no_new_answer_until_it_is_brought_back(home, task):
    first, second, *_ = annotations.queue(home.db, task_id=task.id)
    say(home, first, 2, "before")
    assert [one.retired for one in label_classes.retire(home.db, task.id, 2).classes] == [False, False, True]
    with pytest.raises(InvalidInput, match="'both' is retired and cannot be used"):
        say(home, second, 2, "after")
    assert say(home, first, 2, "before").label == 2  # the same keystroke sent again is no new answer
    assert annotations.case(home.db, first.id).label == 2
    with pytest.raises(InvalidInput, match="restore it"):
        label_classes.append(home.db, task.id, "both")
    assert not any(one.retired for one in label_classes.bring_back(home.db, task.id, 2).classes)
    assert say(home, second, 2, "again").label == 2


def test_an_undo_brings_back_a_word_whose_class_was_retired_since(home, task):
    first, *_ = annotations.queue(home.db, task_id=task.id)
    say(home, first, 2, "1")
    say(home, first, 0, "2")
    label_classes.retire(home.db, task.id, 2)
    assert annotations.undo(home.db, case_id=first.id, by="ann", key="u").label == 2


def test_two_classes_remain(home, task):
    label_classes.retire(home.db, task.id, 0)
    with pytest.raises(InvalidInput, match="would be left with 1 class"):
        label_classes.retire(home.db, task.id, 1)
    assert label_classes.retire(home.db, task.id, 0).classes[0].retired  # once more is nothing new
    with pytest.raises(NotFound, match="has 3 classes, so there is no class 8"):
        label_classes.retire(home.db, task.id, 7)


def test_a_file_brings_no_label_of_a_retired_class(home, task, pictures, tmp_path):
    label_classes.retire(home.db, task.id, 1)
    (tmp_path / "labels.csv").write_text("image,label\np00.png,left\n")
    with pytest.raises(InvalidInput, match="line 2: The class 'left' of task 'side' is retired"):
        label_import.import_labels(home.db, home.settings, task="side", path=tmp_path / "labels.csv", by="x")
    (pictures / "more.csv").write_text("file,side\np00.png,left\n")
    with pytest.raises(InvalidInput, match="'left', a retired class of task 'side'"):
        home.take(pictures, metadata=pictures / "more.csv", task="side", label_column="side")
    assert annotations.progress(home.db, task.id).labelled == 0


def test_a_retired_class_without_labels_is_not_frozen_and_one_with_labels_is(home, task):
    for number, case in enumerate(annotations.queue(home.db, task_id=task.id)):
        say(home, case, 2 if number % 2 else 1, f"k{number}")
    label_classes.retire(home.db, task.id, 0)
    made = snapshots.freeze(home.db, task.id, Recipe(val=0.2, test=0.2), name="one", by="x")
    assert made.classes == ("left", "both")
    assert sum(made.summary[split]["labels"]["both"] for split in ("train", "val", "test")) == 6
    label_classes.append(home.db, task.id, "neither")
    label_classes.bring_back(home.db, task.id, 0)
    label_classes.retire(home.db, task.id, 2)
    first = annotations.queue(home.db, task_id=task.id)[0]
    say(home, first, 0, "other")
    after = snapshots.freeze(home.db, task.id, Recipe(val=0.2, test=0.2), name="two", by="x")
    assert after.classes == ("right", "left", "both", "neither")
    assert snapshot_diff.difference(home.db, made.id, after.id).relabelled == ((first.id, "left", "right"),)


def test_a_task_carries_its_kind_and_its_guideline(home):
    made = tasks.create(
        home.db, name="grade", classes=["0", "1", "2"], kind=TaskKind.ORDINAL, guideline=" Look\r\ntwice. "
    )
    assert (made.kind, made.guideline) == (TaskKind.ORDINAL, "Look\ntwice.")
    assert tasks.set_guideline(home.db, made.id, "Look once.") == tasks.get(home.db, made.id)
    assert tasks.get(home.db, made.id).guideline == "Look once."
    with pytest.raises(InvalidInput, match=r"control character U\+202E"):
        tasks.set_guideline(home.db, made.id, "left \u202e right")
    with pytest.raises(InvalidInput, match="20,001 characters; write at most 20,000"):
        tasks.set_guideline(home.db, made.id, "x" * 20_001)
    assert tasks.get(home.db, made.id).guideline == "Look once."


def test_titles_keep_no_control_characters(home, task):
    assert label_classes.set_titles(home.db, task.id, {"left": " to the left "}).classes[1].title == "to the left"
    with pytest.raises(InvalidInput, match=r"The title of 'left' contains the control character U\+001B"):
        label_classes.set_titles(home.db, task.id, {"left": "\x1b[31mred"})
