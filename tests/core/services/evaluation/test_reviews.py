"""Relabelling after a prediction: a class, a finding or a number, in one transaction with the verdict."""

import pytest
from sqlalchemy import select

from core.curation.recipe import Recipe
from core.errors import InvalidInput
from core.services.annotation import annotations, tasks
from core.services.datasets import snapshots
from core.services.evaluation import reviews
from db.tables import Annotation, Prediction, Review, Run
from db.vocabulary import Answer, LabelSource, Split, TaskKind, Verdict


@pytest.fixture
def predicted(imported):
    """Make a task of a kind, label and freeze it and put a prediction on its first case: gives (case, prediction)."""
    home = imported

    def make(kind: TaskKind, answer: Answer, message, **request) -> tuple[int, int]:
        task = tasks.create(home.db, name="asked", kind=kind, **request)
        for number, case in enumerate(annotations.queue(home.db, task_id=task.id)):
            result = {"label": None, **message(number)}
            annotations.label(home.db, case_id=case.id, answer=answer, by="ann", key=f"first {number}", **result)
        frozen = snapshots.freeze(home.db, task.id, Recipe(val=0.25, test=0.25), name="one", by="ann")
        case = annotations.queue(home.db, task_id=task.id)[0]
        with home.db.transaction() as session:
            run = Run(snapshot_id=frozen.id, reader_id=1, spec={}, request_key="r")
            session.add(run)
            session.flush()
            row = Prediction(
                run_id=run.id, case_id=case.id, split=Split.TEST, label=0, probabilities=[0.5], checkpoint_sha256="c"
            )
            session.add(row)
            session.flush()
            return case.id, row.id

    return make


def findings(number: int) -> dict:
    return {"findings": {0: ("present", "absent")[number % 2], 1: "absent"}}


def judge(home, prediction: int, **message) -> None:
    result = {"note": "seen on the later film", **message}
    reviews.judge(home.db, prediction, verdict=Verdict.RELABELLED, by="chief", key="judged", **result)


def test_a_number_is_relabelled_with_its_source(home, predicted):
    case, prediction = predicted(
        TaskKind.NUMBER, Answer.VALUE, lambda number: {"value": 40.0 + number}, measure="years", low=0, high=120
    )
    assert reviews.current_label(home.db, case) == "40 years"
    judge(home, prediction, value=44.5)
    assert reviews.current_label(home.db, case) == "44.5 years"
    with home.db.read() as session:
        review = session.scalars(select(Review)).one()
        assert session.get_one(Annotation, review.annotation_id).source is LabelSource.REVIEW


def test_one_finding_is_relabelled_and_the_others_stay_said(home, predicted):
    case, prediction = predicted(TaskKind.MULTI, Answer.FINDINGS, findings, classes=["mass", "nodule"])
    assert reviews.current_label(home.db, case, finding="mass") == "present"
    judge(home, prediction, findings={**annotations.case(home.db, case).findings, 0: "uncertain"})
    result = [reviews.current_label(home.db, case, finding=name) for name in ("mass", "nodule", "cyst")]
    assert result == ["uncertain", "absent", None]


@pytest.mark.parametrize("message", [{"label": 0}, {"value": 3.0}, {"value": float("nan")}, {}])
def test_an_answer_of_another_kind_writes_neither_verdict_nor_answer(home, predicted, message):
    case, prediction = predicted(TaskKind.MULTI, Answer.FINDINGS, findings, classes=["mass", "nodule"])
    with pytest.raises(InvalidInput):
        judge(home, prediction, **message)
    assert reviews.verdicts(home.db, [prediction]) == {}
    assert len(annotations.history(home.db, case)) == 1


def test_a_number_out_of_range_writes_neither(home, predicted):
    _, prediction = predicted(
        TaskKind.NUMBER, Answer.VALUE, lambda number: {"value": 40.0 + number}, measure="years", low=0, high=120
    )
    with pytest.raises(InvalidInput, match="121 years is out of range"):
        judge(home, prediction, value=121)
    assert reviews.verdicts(home.db, [prediction]) == {}


def test_a_relabelling_without_its_reason_writes_neither(home, predicted):
    case, prediction = predicted(TaskKind.MULTI, Answer.FINDINGS, findings, classes=["mass", "nodule"])
    with pytest.raises(InvalidInput, match="needs a reason; write why"):
        judge(home, prediction, findings={0: "uncertain"}, note=" ")
    assert reviews.verdicts(home.db, [prediction]) == {}
    assert len(annotations.history(home.db, case)) == 1
