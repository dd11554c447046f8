"""Several findings of one case, each present, absent or uncertain; and why a case cannot be assessed."""

import pytest
from sqlalchemy import func, select

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.services.annotation import annotations, label_classes, tasks
from core.services.datasets import snapshots
from core.services.images import images
from core.services.images.images import Filter
from db.tables import Annotation, Finding
from db.vocabulary import Answer, TaskKind

SOME = {0: "present", 2: "uncertain"}
OTHER = {0: "absent", 1: "absent", 2: "absent"}


@pytest.fixture
def task(imported):
    return tasks.create(imported.db, name="chest", classes=["mass", "effusion", "nodule"], kind=TaskKind.MULTI)


@pytest.fixture
def cases(home, task):
    return annotations.queue(home.db, task_id=task.id)


def say(home, case, result, key: str, *, by: str = "ann"):
    return annotations.label(
        home.db, case_id=case.id, answer=Answer.FINDINGS, label=None, findings=result, by=by, key=key
    )


def unassessable(home, case, reason: str, key: str):
    return annotations.label(
        home.db, case_id=case.id, answer=Answer.UNASSESSABLE, label=None, reason=reason, by="ann", key=key
    )


def rows(home, table) -> int:
    with home.db.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_findings_stand_and_are_told_in_words(home, cases):
    for _ in range(3):
        message = say(home, cases[0], SOME, "one keystroke")
        assert (message.answer, message.label, message.findings) == ("findings", None, SOME)
    assert rows(home, Annotation) == 1
    assert annotations.case(home.db, cases[0].id).findings == SOME
    assert [one.text for one in annotations.history(home.db, cases[0].id)] == ["mass present, nodule uncertain"]


def test_undo_brings_back_the_findings_beneath(home, cases):
    say(home, cases[0], SOME, "1")
    say(home, cases[0], OTHER, "2")
    back = annotations.undo(home.db, case_id=cases[0].id, by="ann", key="u1")
    assert (back.answer, back.findings) == ("findings", SOME)
    assert annotations.history(home.db, cases[0].id)[-1].text == "undo: back to mass present, nodule uncertain"
    gone = annotations.undo(home.db, case_id=cases[0].id, by="ann", key="u2")
    assert (gone.answer, gone.findings) == ("withdrawn", {})
    assert rows(home, Finding) == 2 + 3 + 2


def test_undo_brings_back_the_reason_beneath(home, cases):
    assert unassessable(home, cases[0], "cut", "1").reason == "cut"
    assert say(home, cases[0], SOME, "2").reason == ""
    back = annotations.undo(home.db, case_id=cases[0].id, by="ann", key="u")
    assert (back.answer, back.reason, back.findings) == ("unassessable", "cut", {})
    assert [one.text for one in annotations.history(home.db, cases[0].id)][::2] == [
        "unassessable: part of the anatomy cut off",
        "undo: back to unassessable: part of the anatomy cut off",
    ]


def test_two_readers_findings_do_not_mix(home, cases):
    say(home, cases[0], SOME, "1", by="ann")
    assert say(home, cases[0], {1: "present"}, "2", by="bob").findings == {1: "present"}
    assert annotations.undo(home.db, case_id=cases[0].id, by="bob", key="u").findings == SOME


def test_findings_count_as_an_answer_in_progress_queue_and_filters(home, task, cases):
    say(home, cases[0], SOME, "1")
    say(home, cases[1], OTHER, "2")
    unassessable(home, cases[2], "", "3")
    assert annotations.progress(home.db, task.id).labelled == 3
    assert [one.id for one in annotations.queue(home.db, task_id=task.id, only="labelled")] == [
        item.id for item in cases[:3]
    ]

    def shown(answer):
        return {one.id for one in images.page(home.db, Filter(task_id=task.id, answer=answer), limit=50)}

    assert shown("mass") == {cases[0].image_ids[0]}
    assert shown("nodule") == set()
    assert cases[0].image_ids[0] not in shown("unlabelled")
    say(home, cases[0], OTHER, "4")  # the newest word counts
    assert shown("mass") == set()


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({}, "The answer has no finding"),
        ({3: "present"}, "Class 4 is not one of this task's 3 classes"),
        ({-1: "present"}, "is not one of"),
        ({0: "perhaps"}, "'perhaps' is not a presence"),
    ],
)
def test_wrong_findings_are_one_sentence_and_nothing_is_kept(home, cases, result, message):
    with pytest.raises(InvalidInput, match=message):
        say(home, cases[0], result, "k")
    assert rows(home, Annotation) == rows(home, Finding) == 0


def test_a_retired_finding_takes_no_answer_and_what_was_said_stays(home, task, cases):
    say(home, cases[0], SOME, "1")
    label_classes.retire(home.db, task.id, 2)
    with pytest.raises(InvalidInput, match="'nodule' is retired"):
        say(home, cases[1], SOME, "2")
    assert annotations.case(home.db, cases[0].id).findings == SOME


def test_an_answer_of_the_other_kind_is_refused(home, cases):
    with pytest.raises(InvalidInput, match="'chest' needs findings, not one class"):
        annotations.label(home.db, case_id=cases[0].id, answer=Answer.LABEL, label=0, by="ann", key="1")
    single = tasks.create(home.db, name="side", classes=["right", "left"])
    item = annotations.queue(home.db, task_id=single.id)[0]
    with pytest.raises(InvalidInput, match="'side' needs one class per case, not findings"):
        say(home, item, {0: "present"}, "2")
    with pytest.raises(InvalidInput, match="needs the answer 'cannot be assessed'"):
        annotations.label(home.db, case_id=item.id, answer=Answer.LABEL, label=0, reason="cut", by="ann", key="3")
    with pytest.raises(InvalidInput, match="The reason 'tired' is not on the list"):
        unassessable(home, item, "tired", "4")
    assert rows(home, Annotation) == 0


def test_findings_without_their_opposite_are_not_frozen_and_come_with_no_import(home, task, cases, pictures):
    say(home, cases[0], SOME, "1")
    with pytest.raises(
        InvalidInput, match="No finding of task 'chest' is both present and absent among its 1 labelled images"
    ):
        snapshots.plan(home.db, task.id, Recipe())
    (pictures / "data.csv").write_text("file,chest\np00.png,mass\n")
    with pytest.raises(InvalidInput, match="an import brings one label per image"):
        home.take(pictures, metadata=pictures / "data.csv", task="chest", label_column="chest")
    assert rows(home, Annotation) == 1
