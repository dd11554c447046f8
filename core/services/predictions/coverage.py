"""How far a run's predictions of a split go: how many of its cases they are of, and of which weights."""

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
    """A split ("all" of them), how many of its `cases` are predicted, and the `weights` that these predictions are of.

    `best` are the run's best weights now. Weights are named by their sha256, "" where predictions were made elsewhere.
    """

    run_id: int
    split: str
    predicted: int
    cases: int
    weights: tuple[str, ...]
    best: str

    @property
    def old(self) -> bool:
        """Whether some predictions are of other weights than the run has now, or than the others are of."""
        return len(self.weights) > 1 or (bool(self.best and self.weights) and self.weights != (self.best,))

    @property
    def named(self) -> str:
        """The weights in one word, "" where there are none; two that are mixed stand apart by a blank."""
        return " ".join(self.weights)

    @property
    def words(self) -> str:
        """What keeps figures from being of the whole split and of the run's weights; "" where nothing does."""
        if not self.predicted:
            return ""
        where = "all splits" if self.split == "all" else f"the {NAMES.get(self.split, self.split)} split"
        part = (
            (
                f"Run {self.run_id} has predictions of {self.predicted:,} of {self.cases:,} cases of {where}; its "
                "figures are of these."
            )
            if self.predicted < self.cases
            else ""
        )
        some = "some of its" if self.best in self.weights else "its"
        old = f"Run {self.run_id} has other weights since; {some} predictions of {where} are of the old ones."
        return f"{part} {old if self.old else ''}".strip()

    def is_outdated(self, chosen_on: str | None) -> bool:
        """Whether what was chosen on predictions of those weights (`named`; None: not known) is of older ones."""
        return bool(chosen_on) and chosen_on not in (self.named, self.best)


NAMES = {"val": "validation"}  # a split's words, where they are not its name


def coverage_of(db: Database, run_id: int, split: str) -> Coverage:
    """What there is of a split's predictions now; where nothing is predicted, no case and no weights.

    Raises:
        NotFound: no such run.
    """
    mine, frozen = [Prediction.run_id == run_id], []
    if split != "all":
        mine, frozen = [*mine, Prediction.split == Split(split)], [SnapshotCase.split == Split(split)]
    with db.read() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id}; see the Runs page or `rounds runs`.")
        cases = select(func.count()).where(SnapshotCase.snapshot_id == run.snapshot_id, *frozen)
        best = session.get(Checkpoint, (run_id, CheckpointKind.BEST))
        predicted, weights = _weights(session, mine)
        whole = session.scalar(cases) or 0
    return Coverage(run_id, split, predicted, whole, weights, best.sha256 if best else "")


def _weights(session: Session, mine: Sequence[ColumnElement[bool]]) -> tuple[int, tuple[str, ...]]:
    """How many predictions, and of which weights; to look through them all for these takes twice as long."""
    weights = Prediction.checkpoint_sha256
    count, least, most = session.execute(select(func.count(), func.min(weights), func.max(weights)).where(*mine)).one()
    if least == most:
        return count, (least,) if count else ()
    return count, tuple(sorted(session.scalars(select(weights).where(*mine).distinct())))


def has_predictions(db: Database, run_id: int, split: str) -> bool:
    """Whether any case of a split is predicted."""
    mine = select(Prediction.id).where(Prediction.run_id == run_id, Prediction.split == Split(split))
    with db.read() as session:
        return session.scalar(mine.limit(1)) is not None
