"""Measure how much of a split a run has predicted: how many of its cases, and with which weights."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound
from db import Database
from db.tables import Checkpoint, Prediction, Run, SnapshotCase
from db.vocabulary import CheckpointKind, Split


@dataclass(frozen=True, slots=True)
class Coverage:
    """A split (or "all"), how many of its `cases` are predicted, and the `weights` that made these predictions.

    `best` are the run's current best weights. Weights are named by sha256, "" for external predictions.
    """

    run_id: int
    split: str
    predicted: int
    cases: int
    weights: tuple[str, ...]
    best: str

    @property
    def old(self) -> bool:
        """Whether some predictions come from other weights than the current ones, or from mixed weights."""
        return len(self.weights) > 1 or (bool(self.best and self.weights) and self.weights != (self.best,))

    @property
    def named(self) -> str:
        """The weights as one string, "" if there are none, mixed ones separated by a blank."""
        return " ".join(self.weights)

    @property
    def words(self) -> str:
        """The warning that metrics miss cases of the split or use old weights; "" if they do not."""
        if not self.predicted:
            return ""
        where = "all splits" if self.split == "all" else f"the {NAMES.get(self.split, self.split)} split"
        part = (
            (
                f"Run {self.run_id} has predicted {self.predicted:,} of {self.cases:,} cases of {where}; its "
                "metrics use these cases only."
            )
            if self.predicted < self.cases
            else ""
        )
        some = "some predictions" if self.best in self.weights else "the predictions"
        old = f"Run {self.run_id} has newer weights; {some} of {where} come from the old ones."
        return f"{part} {old if self.old else ''}".strip()

    def is_outdated(self, chosen_on: str | None) -> bool:
        """Tell whether something chosen on predictions of those weights (`named`; None: unknown) is out of date."""
        return bool(chosen_on) and chosen_on not in (self.named, self.best)


NAMES = {"val": "validation"}  # titles of splits that differ from their names


def coverage_of(db: Database, run_id: int, split: str) -> Coverage:
    """Return the coverage of a split by a run's predictions; without predictions, no cases and no weights.

    Raises:
        NotFound: no such run.
    """
    predicted_rows, frozen_rows = [Prediction.run_id == run_id], []
    if split != "all":
        predicted_rows, frozen_rows = (
            [*predicted_rows, Prediction.split == Split(split)],
            [SnapshotCase.split == Split(split)],
        )
    with db.read() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id}; see the Runs page or `rounds runs`.")
        cases = select(func.count()).where(SnapshotCase.snapshot_id == run.snapshot_id, *frozen_rows)
        best = session.get(Checkpoint, (run_id, CheckpointKind.BEST))
        predicted, weights = _weights(session, predicted_rows)
        total = session.scalar(cases) or 0
    return Coverage(run_id, split, predicted, total, weights, best.sha256 if best else "")


def _weights(session: Session, conditions: Sequence[ColumnElement[bool]]) -> tuple[int, tuple[str, ...]]:
    """Return the number of predictions and their weights; the minimum and maximum first, as this is twice as fast."""
    weights = Prediction.checkpoint_sha256
    count, least, most = session.execute(
        select(func.count(), func.min(weights), func.max(weights)).where(*conditions)
    ).one()
    if least == most:
        return count, (least,) if count else ()
    return count, tuple(sorted(session.scalars(select(weights).where(*conditions).distinct())))


def has_predictions(db: Database, run_id: int, split: str) -> bool:
    """Tell whether any case of a split is predicted."""
    statement = select(Prediction.id).where(Prediction.run_id == run_id, Prediction.split == Split(split))
    with db.read() as session:
        return session.scalar(statement.limit(1)) is not None
