"""What a run says of its cases, to compare."""

from sqlalchemy import delete, select

from db import Database
from db.tables import Prediction

Scores = dict[int, tuple[str, tuple[float, ...]]]  # case → (sha256 of the weights, probabilities)


def scores(db: Database, run_id: int) -> Scores:
    """Of every case predicted, which is one row each."""
    with db.read() as session:
        rows = session.scalars(select(Prediction).where(Prediction.run_id == run_id)).all()
    by_case = {row.case_id: (row.checkpoint_sha256, tuple(row.probabilities)) for row in rows}
    assert len(by_case) == len(rows)
    return by_case


def forget(db: Database, run_id: int) -> None:
    """As if nobody had asked yet."""
    with db.transaction() as session:
        session.execute(delete(Prediction).where(Prediction.run_id == run_id))
