"""Predictions per case: a job of its own, then rows to read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as copied
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput, NotFound
from core.jobs import job_queue
from core.jobs.launcher import Launcher
from core.models.heads import Head, head_slices
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from core.services.training.submit import Submitted
from db import Database, queries
from db.tables import Case, Checkpoint, Patient, Prediction, Run, SnapshotCase
from db.vocabulary import CheckpointKind, JobKind, Split


@dataclass(frozen=True, slots=True)
class PredictionView:
    """What a run says of a case. `label` is the truth as frozen; `probabilities` follow the classes' order.

    Of a task of findings `targets` is the truth, 1, 0 or None each, of a number it is that, and `probabilities` holds
    the predicted one. `more` is what it says of further tasks, by their names. `decided` is the class that was called
    at an operating point, where one was asked for.
    """

    id: int
    case_id: int
    image_id: int
    patient: str
    split: Split
    label: int
    probabilities: tuple[float, ...]
    targets: tuple[float | None, ...] = ()
    more: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    decided: int | None = None

    @property
    def called(self) -> int:
        """The class the model calls: at the operating point, else of two at 0.5, else the most probable."""
        if self.decided is not None:
            return self.decided
        if len(self.probabilities) == 2:
            return int(self.probabilities[1] >= 0.5)
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def truth(self) -> float:
        """Of a number: the true one, which every frozen case has."""
        return float(self.targets[0] or 0.0)

    @property
    def error(self) -> float:
        """Of a number: predicted minus true, in its unit."""
        return self.probabilities[0] - self.truth

    def about(self, finding: int) -> "PredictionView | None":
        """What is said of one finding, as a question of two classes (absent, present); None where it is unknown."""
        truth, present = self.targets[finding], self.probabilities[finding]
        return None if truth is None else copied(self, label=int(truth), probabilities=(1.0 - present, present))


def submit(db: Database, *, run_id: int, split: str, by: str, key: str, launcher: Launcher) -> Submitted:
    """Queue the predictions of one split (or "all") by a run's best checkpoint, once its training has ended.

    Raises:
        NotFound: no such run.
        InvalidInput: it has no checkpoint and nothing trains it, its predictions were made elsewhere, or no such split.
    """
    run = runs.get(db, run_id)
    runs.need_model(run, "give others as a CSV with `rounds predictions import`")
    if run.best_epoch is None and (run.job is None or run.job.state.is_finished):
        raise InvalidInput(f"Run {run_id} has no checkpoint yet; wait for its first epoch, or look at its log.")
    if split not in (*(one.value for one in Split), "all"):
        raise InvalidInput(f"There is no split '{split}'; choose train, val, test or all.")
    with db.transaction() as session:
        request = {"run": run_id, "split": split, "by": by}
        job = job_queue.add(session, JobKind.PREDICT, request, key=f"predict:{key}", run_id=run_id)
        submitted = Submitted(run_id, job.id)
    launcher.wake()
    return submitted


@dataclass(frozen=True, slots=True)
class CaseOutput:
    """What a model says of a case: the first head's numbers, and those of further tasks by their names."""

    numbers: list[float]
    more: dict[str, list[float]] | None = None


def split_heads(heads: Sequence[Head], numbers: list[float]) -> CaseOutput:
    """The answers of a network's heads, told apart."""
    first, *further = ((head, numbers[own]) for head, own in zip(heads, head_slices(heads, "answers"), strict=True))
    return CaseOutput(first[1], {head.task: told for head, told in further} or None)


def write_predictions(
    session: Session, run_id: int, found: Iterable[tuple[int, CaseOutput]], *, checkpoint: str
) -> None:
    """Write a batch of predictions; a row that is there already stays (verdicts point at it), with new numbers."""
    fresh = dict(found)
    mine = select(Prediction).where(Prediction.run_id == run_id, Prediction.case_id.in_(fresh))
    there = {row.case_id: row for row in session.scalars(mine)}
    frozen = select(SnapshotCase).where(
        SnapshotCase.snapshot_id == _snapshot(session, run_id), SnapshotCase.case_id.in_(fresh)
    )
    for row in session.scalars(frozen):
        prediction = there.get(row.case_id) or Prediction(
            run_id=run_id, case_id=row.case_id, split=row.split, label=row.label
        )
        said = fresh[row.case_id]
        prediction.probabilities, prediction.more, prediction.checkpoint_sha256 = said.numbers, said.more, checkpoint
        session.add(prediction)


def list_predictions(
    db: Database, run_id: int, *, split: str | None = None, finding: int | None = None, point: PointView | None = None
) -> list[PredictionView]:
    """A run's predictions by case; with `finding` what they say of that one, where the truth is known.

    With `point` they are called at it, so that they count what the matrix counts: where it calls patients, the case
    that speaks for each.
    """
    joined = _joined(run_id).order_by(Prediction.case_id)
    if split and split != "all":
        joined = joined.where(Prediction.split == Split(split))
    with db.read() as session:
        found = [_seen(*row) for row in session.execute(joined)]
    if finding is not None:
        found = [one for row in found if (one := row.about(finding)) is not None]
    if point is None or not found:
        return found
    asked = score_arrays.binary_scores(db, run_id, split=split or "all", finding=finding, point=point)
    decided = dict(zip(asked.cases.tolist(), asked.called(point.threshold).tolist(), strict=True))
    return [at_point(row, point, yes=decided[row.case_id]) for row in found if row.case_id in decided]


def predictions_version(db: Database, run_id: int, split: str) -> tuple[int, int, str, str]:
    """What changes when a split is predicted anew: count, newest id, and which weights; (0, 0, "", "") before."""
    weights = Prediction.checkpoint_sha256
    wanted = select(func.count(), func.max(Prediction.id), func.min(weights), func.max(weights))
    wanted = wanted.where(Prediction.run_id == run_id)
    with db.read() as session:
        asked = wanted if split == "all" else wanted.where(Prediction.split == Split(split))
        count, newest, least, most = session.execute(asked).one()
    return count, newest or 0, least or "", most or ""


def predictions_of_cases(
    db: Database, run_id: int, cases: Sequence[int], *, finding: int | None = None
) -> list[PredictionView]:
    """What a run says of some cases, in their order; those without one (or without truth) are left out."""
    there: dict[int, PredictionView] = {}
    with db.read() as session:
        for ids in queries.chunks([int(one) for one in cases]):
            rows = session.execute(_joined(run_id).where(Prediction.case_id.in_(ids)))
            there |= {row[0].case_id: _seen(*row) for row in rows}
    found = [there[one] for one in map(int, cases) if one in there]
    if finding is None:
        return found
    return [one for row in found if (one := row.about(finding)) is not None]


def at_point(row: PredictionView, point: PointView, *, yes: bool) -> PredictionView:
    """The prediction as called: the positive class, or the most probable of the others."""
    others = [at for at in range(len(row.probabilities)) if at != point.positive]
    decided = point.positive if yes else max(others, key=row.probabilities.__getitem__)
    return copied(row, decided=decided)


def _joined(run_id: int) -> Select[Any]:
    frozen = and_(SnapshotCase.snapshot_id == Run.snapshot_id, SnapshotCase.case_id == Prediction.case_id)
    return (
        select(Prediction, Case.image_id, Patient.pseudonym, SnapshotCase.targets)
        .join(Run, Run.id == Prediction.run_id)
        .join(SnapshotCase, frozen)
        .join(Case, Case.id == Prediction.case_id)
        .join(Patient, Patient.id == SnapshotCase.patient_id)
        .where(Prediction.run_id == run_id)
    )


def _seen(row: Prediction, image_id: int, patient: str, targets: list[Any] | None) -> PredictionView:
    return PredictionView(
        row.id,
        row.case_id,
        image_id,
        patient,
        row.split,
        row.label,
        tuple(row.probabilities),
        tuple(targets or [row.label]),
        {task: tuple(said) for task, said in (row.more or {}).items()},
    )


def runs_of_case(db: Database, case_id: int) -> list[int]:
    """The runs that predicted a case, newest first."""
    with db.read() as session:
        asked = select(Prediction.run_id).where(Prediction.case_id == case_id).order_by(Prediction.run_id.desc())
        return list(session.scalars(asked))


def checkpoint(db: Database, run_id: int) -> str:
    """sha256 of the run's best checkpoint.

    Raises:
        NotFound: its training ended before the first epoch.
        InvalidInput: its predictions were made elsewhere.
    """
    with db.read() as session:
        found = session.get(Checkpoint, (run_id, CheckpointKind.BEST))
    if found is None:
        runs.need_model(runs.get(db, run_id), "choose a run that was trained here")
        raise NotFound(f"Run {run_id} has no checkpoint: its training ended before an epoch did; resume that first.")
    return found.sha256


def _snapshot(session: Session, run_id: int) -> int:
    return session.get_one(Run, run_id).snapshot_id
