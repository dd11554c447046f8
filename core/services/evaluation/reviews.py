"""Record verdicts on predictions; a relabelling is a Review and an Annotation in one transaction."""

from collections.abc import Sequence

from sqlalchemy import select

from core.errors import InvalidInput, NotFound
from core.services.annotation import annotations, case_views, numeric_answers
from core.services.annotation.findings import FindingMap
from db import Database, queries
from db.tables import Case, LabelClass, Prediction, Review, Task
from db.vocabulary import Answer, LabelSource, Verdict


def judge(
    db: Database,
    prediction_id: int,
    *,
    verdict: Verdict,
    by: str,
    key: str,
    label: int | None = None,
    findings: FindingMap | None = None,
    value: float | None = None,
    note: str = "",
) -> None:
    """Record a verdict; RELABELLED also appends the new answer, in the same transaction.

    The answer is a class position, presences by position, or a number, as the task's kind requires.

    Raises:
        NotFound: no such prediction.
        InvalidInput: a relabelling without a reason in `note`, without an answer, or with an answer of another kind
            than the task's.
    """
    if verdict is Verdict.RELABELLED and not note.strip():
        raise InvalidInput("Relabelling needs a reason; write why.")
    with db.transaction() as session:
        prediction = session.get(Prediction, prediction_id)
        if prediction is None:
            raise NotFound(f"There is no prediction {prediction_id}; reload the page.")
        annotation_id = None
        reader = queries.reader_id(session, by)
        if verdict is Verdict.RELABELLED:
            if label is None and value is None and not findings:
                raise InvalidInput("Relabelling needs a new label; choose one of the task's classes, or give a number.")
            case = session.get_one(Case, prediction.case_id)
            answer = Answer.FINDINGS if findings else Answer.LABEL if value is None else Answer.VALUE
            task = session.get_one(Task, case.task_id)
            made = annotations.append(
                session,
                case,
                annotations.validate_answer(task, answer, label, findings or {}, value=value),
                reader_id=reader,
                source=LabelSource.REVIEW,
                key=key,
            )
            session.flush()
            annotation_id = made.id
        session.add(
            Review(
                prediction_id=prediction_id, reader_id=reader, verdict=verdict, note=note, annotation_id=annotation_id
            )
        )


def verdicts(db: Database, prediction_ids: Sequence[int]) -> dict[int, Verdict]:
    """Return the newest verdict of each prediction that has one, by prediction id."""
    rows = select(Review.prediction_id, Review.verdict).where(Review.prediction_id.in_(prediction_ids))
    with db.read() as session:
        return dict(session.execute(rows.order_by(Review.id)).all())


def current_label(db: Database, case_id: int, *, finding: str = "") -> str | None:
    """Return the current label of a case: the title of its class, its number, or one finding's presence (by name).

    None if the case has no answer.
    """
    with db.read() as session:
        case = annotations.row_of(session, case_id)
        task = session.get_one(Task, case.task_id)
        if case.value is not None:
            return numeric_answers.format_value(case.value, task.measure)
        (view,) = case_views.views(session, [case])
        if finding:
            position = next((label_class.position for label_class in task.classes if label_class.name == finding), -1)
            return view.findings.get(position)
        label = session.get(LabelClass, case.label_id) if case.label_id else None
        return (label.title or label.name) if label else None
