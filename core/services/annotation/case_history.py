"""List the history of a case: answers, verdicts with their notes, comments."""

from dataclasses import dataclass

from sqlalchemy import select

from core.services.annotation import annotations, comments
from db import Database
from db.tables import Image, Prediction, Reader, Review
from db.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry: who, what and when; `note` is the written reason, `run` the run whose prediction was judged."""

    at: float
    reader: str
    text: str
    note: str = ""
    run: int = 0
    relabelled: bool = False


def case_history(db: Database, case_id: int) -> list[HistoryEntry]:
    """Return the entries of a case, newest first."""
    entries = [
        HistoryEntry(entry.at, entry.reader, f"{entry.text} ({entry.source})")
        for entry in annotations.history(db, case_id)
    ]
    entries += [HistoryEntry(entry.at, entry.reader, "note", entry.text) for entry in comments.of_case(db, case_id)]
    return sorted([*entries, *verdicts(db, case_id)], key=lambda entry: -entry.at)


def verdicts(db: Database, case_id: int) -> list[HistoryEntry]:
    """Return the verdicts on all runs' predictions of a case, oldest first."""
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
    """Return why an image is excluded; '' if it is not."""
    with db.read() as session:
        return session.scalar(select(Image.excluded_because).where(Image.id == image_id)) or ""
