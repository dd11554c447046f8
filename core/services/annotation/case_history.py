"""Everything that was said of a case, in one order: answers, verdicts with their notes, comments."""

from dataclasses import dataclass

from sqlalchemy import select

from core.services.annotation import annotations, comments
from db import Database
from db.tables import Image, Prediction, Reader, Review
from db.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Who said what, and when; `note` is the reason that was written with it, `run` whose prediction it was about."""

    at: float
    reader: str
    text: str
    note: str = ""
    run: int = 0
    relabelled: bool = False


def case_history(db: Database, case_id: int) -> list[HistoryEntry]:
    """The newest first."""
    found = [HistoryEntry(one.at, one.reader, f"{one.text} ({one.source})") for one in annotations.history(db, case_id)]
    found += [HistoryEntry(one.at, one.reader, "note", one.text) for one in comments.of_case(db, case_id)]
    return sorted([*found, *verdicts(db, case_id)], key=lambda one: -one.at)


def verdicts(db: Database, case_id: int) -> list[HistoryEntry]:
    """What reviewers said of any run's prediction of the case, oldest first."""
    joined = (
        select(Review, Reader.name, Prediction.run_id)
        .join(Reader, Reader.id == Review.reader_id)
        .join(Prediction, Prediction.id == Review.prediction_id)
        .where(Prediction.case_id == case_id)
        .order_by(Review.id)
    )
    with db.read() as session:
        return [
            HistoryEntry(row.created_at, reader, row.verdict.value, row.note, run, row.verdict is Verdict.RELABELLED)
            for row, reader, run in session.execute(joined)
        ]


def exclusion_reason(db: Database, image_id: int) -> str:
    """Why an image is out of use; '' where it is not."""
    with db.read() as session:
        return session.scalar(select(Image.excluded_because).where(Image.id == image_id)) or ""
