"""Labels are appended, sent twice they are one, and an undo is one more row."""

import pytest
from sqlalchemy import func, select

from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations as annotation_annotations
from core.services.annotation import tasks
from core.services.images import images
from db.tables import Annotation
from db.vocabulary import Answer


@pytest.fixture
def task(imported):
    return tasks.create(imported.db, name="finding", classes=["none", "some"])


def cases(home, task, only: str = "all"):
    return annotation_annotations.queue(home.db, task_id=task.id, only=only, limit=100)


def say(home, case, label: int | None, *, by: str = "ann", key: str, answer: Answer = Answer.LABEL):
    return annotation_annotations.label(home.db, case_id=case.id, answer=answer, label=label, by=by, key=key)


def annotations(home) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count(Annotation.id)))


def test_saying_something_else_appends(home, task):
    first = cases(home, task)[0]
    assert say(home, first, 0, key="1").label == 0
    assert say(home, first, 1, key="2").label == 1
    assert [message.text for message in annotation_annotations.history(home.db, first.id)] == ["none", "some"]
    assert {
        (message.reader, message.source.value) for message in annotation_annotations.history(home.db, first.id)
    } == {("ann", "human")}


def test_the_same_key_is_one_row(home, task):
    first = cases(home, task)[0]
    for _ in range(3):
        assert say(home, first, 1, key="press").label == 1
    assert annotations(home) == 1


def test_undo_brings_back_what_stood_before(home, task):
    first = cases(home, task)[0]
    say(home, first, 0, key="1")
    say(home, first, 1, key="2")
    assert annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u1").label == 0
    back = annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u2")
    assert (back.answer, back.label) == ("withdrawn", None)
    assert annotations(home) == 4


def test_undo_is_idempotent_by_key(home, task):
    first = cases(home, task)[0]
    say(home, first, 0, key="1")
    say(home, first, 1, key="2")
    for _ in range(3):
        assert annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u").label == 0


def test_after_an_undo_a_new_label_can_be_undone_again(home, task):
    first = cases(home, task)[0]
    say(home, first, 0, key="1")
    annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u1")
    assert say(home, first, 1, key="2").label == 1
    assert annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u2").answer == "withdrawn"
    with pytest.raises(InvalidInput, match="ann has nothing to undo"):
        annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u3")


def test_nobody_undoes_another_readers_word(home, task):
    first = cases(home, task)[0]
    say(home, first, 0, by="ann", key="1")
    with pytest.raises(InvalidInput, match="bob has nothing to undo"):
        annotation_annotations.undo(home.db, case_id=first.id, by="bob", key="u")
    say(home, first, 1, by="bob", key="2")
    assert annotation_annotations.undo(home.db, case_id=first.id, by="bob", key="u").label == 0


def test_undoing_an_earlier_word_leaves_a_later_readers_standing(home, task):
    first = cases(home, task)[0]
    say(home, first, 0, by="ann", key="1")
    say(home, first, 1, by="bob", key="2")
    assert annotation_annotations.undo(home.db, case_id=first.id, by="ann", key="u").label == 1


def test_the_queue_filters_and_pages(home, task):
    every = cases(home, task)
    say(home, every[0], 0, key="1")
    say(home, every[1], None, key="2", answer=Answer.UNASSESSABLE)
    say(home, every[2], 1, key="3")
    annotation_annotations.undo(home.db, case_id=every[2].id, by="ann", key="u")
    assert [one.id for one in cases(home, task, "labelled")] == [every[0].id, every[1].id]
    assert [one.id for one in cases(home, task, "unlabelled")] == [one.id for one in every[2:]]
    page = annotation_annotations.queue(home.db, task_id=task.id, after=every[4].id, limit=3)
    assert [one.id for one in page] == [one.id for one in every[5:8]]


def test_progress_counts_answers_and_leaves_out_what_is_excluded(home, task):
    every = cases(home, task)
    say(home, every[0], 0, key="1")
    say(home, every[1], None, key="2", answer=Answer.UNASSESSABLE)
    assert annotation_annotations.progress(home.db, task.id) == annotation_annotations.TaskProgress(
        total=12, labelled=2
    )
    images.exclude(home.db, every[0].image_ids[0], because="wrong patient")
    assert annotation_annotations.progress(home.db, task.id) == annotation_annotations.TaskProgress(
        total=11, labelled=1
    )
    assert every[0].id not in [one.id for one in cases(home, task)]


@pytest.mark.parametrize("position", [2, -1, None])
def test_a_class_that_is_not_there_is_refused(home, task, position):
    with pytest.raises(InvalidInput):
        say(home, cases(home, task)[0], position, key="1")
    assert annotations(home) == 0


def test_a_case_that_is_not_there_is_refused(home, task):
    with pytest.raises(NotFound, match="no case 4711"):
        annotation_annotations.case(home.db, 4711)
