"""A verdict on a prediction; relabelling is Review + Annotation in one transaction."""

from dataclasses import dataclass

from sqlalchemy import select

from core.errors import InvalidInput, NotFound
from core.services import labeling
from db import Database, queries
from db.tables import Case, LabelClass, Prediction, Reader, Review
from db.vocabulary import Answer, LabelSource, Verdict


@dataclass(frozen=True, slots=True)
class ReviewView:
    """Who judged a prediction, and how."""

    at: float
    reader: str
    verdict: Verdict
    note: str


def judge(
    db: Database, prediction_id: int, *, verdict: Verdict, by: str, key: str, label: int | None = None, note: str = ""
) -> None:
    """Keep a verdict; RELABELLED also appends the new label (a class position), and both or neither are written.

    Raises:
        NotFound: no such prediction.
        InvalidInput: a relabelling that names no class.
    """
    with db.transaction() as session:
        prediction = session.get(Prediction, prediction_id)
        if prediction is None:
            raise NotFound(f"Prediction {prediction_id} is not in this catalogue; reload the page.")
        annotation_id = None
        reader = queries.reader_id(session, by)
        if verdict is Verdict.RELABELLED:
            if label is None:
                raise InvalidInput("A relabelling names the new class; choose one of the task's classes.")
            case = session.get_one(Case, prediction.case_id)
            said = labeling.annotate(
                session, case, answer=Answer.LABEL, label_id=labeling.class_id(session, case.task_id, label),
                reader_id=reader, source=LabelSource.REVIEW, key=key,
            )  # fmt: skip
            session.flush()
            annotation_id = said.id
        session.add(Review(prediction_id=prediction_id, reader_id=reader, verdict=verdict, note=note,
                           annotation_id=annotation_id))  # fmt: skip


def of_prediction(db: Database, prediction_id: int) -> list[ReviewView]:
    """The verdicts on a prediction, oldest first."""
    with db.read() as session:
        rows = (
            select(Review, Reader.name)
            .join(Reader, Reader.id == Review.reader_id)
            .where(Review.prediction_id == prediction_id)
            .order_by(Review.id)
        )
        return [ReviewView(row.created_at, reader, row.verdict, row.note) for row, reader in session.execute(rows)]


def reviewed(db: Database, run_id: int) -> dict[int, Verdict]:
    """The newest verdict by prediction id, of those that have one."""
    with db.read() as session:
        rows = (
            select(Review.prediction_id, Review.verdict)
            .join(Prediction, Prediction.id == Review.prediction_id)
            .where(Prediction.run_id == run_id)
            .order_by(Review.id)
        )
        return dict(session.execute(rows).all())


def current_label(db: Database, case_id: int) -> str | None:
    """What people now call the case: the title of its class, None where it has none."""
    with db.read() as session:
        label = session.scalar(select(LabelClass).join(Case, Case.label_id == LabelClass.id).where(Case.id == case_id))
        return (label.title or label.name) if label else None
