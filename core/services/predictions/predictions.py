"""Queue, store and list the predictions of a run, one row per case."""

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
from core.services.predictions import calls, score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from core.services.training.submit import Submitted
from db import Database, queries
from db.tables import Case, Checkpoint, Patient, Prediction, Run, SnapshotCase
from db.vocabulary import CheckpointKind, JobKind, Split


@dataclass(frozen=True, slots=True)
class PredictionView:
    """A run's prediction of a case. `label` is the frozen reference label; `probabilities` are in class order.

    For findings `targets` are the reference labels (1, 0 or None each); for a number `targets` holds the true one and
    `probabilities` the predicted one. `more` holds the outputs of additional tasks by name. `decided_class` is the
    class predicted at an operating point, if one was given.
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
    decided_class: int | None = None

    @property
    def predicted_class(self) -> int:
        """The predicted class: at the operating point, else of two classes at 0.5, else the most probable."""
        if self.decided_class is not None:
            return self.decided_class
        if len(self.probabilities) == 2:
            return int(self.probabilities[1] >= 0.5)
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def truth(self) -> float:
        """The true value of a number."""
        return float(self.targets[0] or 0.0)

    @property
    def error(self) -> float:
        """The error of a number: predicted minus true, in its unit."""
        return self.probabilities[0] - self.truth

    def about(self, finding: int) -> "PredictionView | None":
        """Return the prediction of one finding as a binary one (absent, present); None if its truth is unknown."""
        truth, present = self.targets[finding], self.probabilities[finding]
        return None if truth is None else copied(self, label=int(truth), probabilities=(1.0 - present, present))


def submit(db: Database, *, run_id: int, split: str, by: str, key: str, launcher: Launcher) -> Submitted:
    """Queue the predictions of one split (or "all") by a run's best checkpoint, for after its training.

    Raises:
        NotFound: no such run.
        InvalidInput: the run has no checkpoint and is not training, has external predictions, or no such split.
    """
    run = runs.get(db, run_id)
    runs.need_model(run, "import further predictions as a CSV with `rounds predictions import`")
    if run.best_epoch is None and (run.job is None or run.job.state.is_finished):
        raise InvalidInput(f"Run {run_id} has no checkpoint; wait for its first epoch, or read its log.")
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
    """A model's outputs for a case: the first head's numbers, and those of additional tasks by name."""

    numbers: list[float]
    more: dict[str, list[float]] | None = None


def split_heads(heads: Sequence[Head], numbers: list[float]) -> CaseOutput:
    """Split a network's output vector by its heads."""
    first, *further = ((head, numbers[part]) for head, part in zip(heads, head_slices(heads, "answers"), strict=True))
    return CaseOutput(first[1], {head.task: outputs for head, outputs in further} or None)


def write_predictions(
    session: Session, run_id: int, outputs: Iterable[tuple[int, CaseOutput]], *, checkpoint: str
) -> None:
    """Write a batch of predictions; an existing row keeps its id, as verdicts refer to it, and gets the new numbers."""
    output_of_case = dict(outputs)
    statement = select(Prediction).where(Prediction.run_id == run_id, Prediction.case_id.in_(output_of_case))
    existing = {row.case_id: row for row in session.scalars(statement)}
    frozen = select(SnapshotCase).where(
        SnapshotCase.snapshot_id == _snapshot(session, run_id), SnapshotCase.case_id.in_(output_of_case)
    )
    for row in session.scalars(frozen):
        prediction = existing.get(row.case_id) or Prediction(
            run_id=run_id, case_id=row.case_id, split=row.split, label=row.label
        )
        output = output_of_case[row.case_id]
        prediction.probabilities, prediction.more, prediction.checkpoint_sha256 = (
            output.numbers,
            output.more,
            checkpoint,
        )
        session.add(prediction)


def list_predictions(
    db: Database, run_id: int, *, split: str | None = None, finding: int | None = None, point: PointView | None = None
) -> list[PredictionView]:
    """Return a run's predictions by case id; with `finding` those of one finding, where its truth is known.

    With `point` the classes are decided at that point, as in the confusion matrix; if it counts patients, only the
    case that represents each patient is returned.
    """
    joined = _joined(run_id).order_by(Prediction.case_id)
    if split and split != "all":
        joined = joined.where(Prediction.split == Split(split))
    with db.read() as session:
        views = [_view(*row) for row in session.execute(joined)]
    if finding is not None:
        views = [about for row in views if (about := row.about(finding)) is not None]
    if point is None or not views:
        return views
    scores = score_arrays.binary_scores(db, run_id, split=split or "all", finding=finding, point=point)
    decided = dict(zip(scores.cases.tolist(), calls.positive_rows(scores, point).tolist(), strict=True))
    return [at_point(row, point, yes=decided[row.case_id]) for row in views if row.case_id in decided]


def predictions_version(db: Database, run_id: int, split: str) -> tuple[int, int, str, str]:
    """Return a key that changes with new predictions: count, newest id, weights; (0, 0, "", "") without any."""
    weights = Prediction.checkpoint_sha256
    statement = select(func.count(), func.max(Prediction.id), func.min(weights), func.max(weights))
    statement = statement.where(Prediction.run_id == run_id)
    with db.read() as session:
        of_split = statement if split == "all" else statement.where(Prediction.split == Split(split))
        count, newest, least, most = session.execute(of_split).one()
    return count, newest or 0, least or "", most or ""


def predictions_of_cases(
    db: Database, run_id: int, cases: Sequence[int], *, finding: int | None = None
) -> list[PredictionView]:
    """Return a run's predictions of some cases in their order, without those that have none (or no truth)."""
    view_of_case: dict[int, PredictionView] = {}
    with db.read() as session:
        for ids in queries.chunks([int(one) for one in cases]):
            rows = session.execute(_joined(run_id).where(Prediction.case_id.in_(ids)))
            view_of_case |= {row[0].case_id: _view(*row) for row in rows}
    views = [view_of_case[case] for case in map(int, cases) if case in view_of_case]
    if finding is None:
        return views
    return [about for row in views if (about := row.about(finding)) is not None]


def at_point(row: PredictionView, point: PointView, *, yes: bool) -> PredictionView:
    """Return the prediction with its decided class: the positive one, or the most probable of the others."""
    others = [at for at in range(len(row.probabilities)) if at != point.positive]
    decided = point.positive if yes else max(others, key=row.probabilities.__getitem__)
    return copied(row, decided_class=decided)


def _joined(run_id: int) -> Select[Any]:
    frozen = and_(SnapshotCase.snapshot_id == Run.snapshot_id, SnapshotCase.case_id == Prediction.case_id)
    return (
        select(Prediction, Case.image_id, queries.frozen_person(), SnapshotCase.targets)
        .join(Run, Run.id == Prediction.run_id)
        .join(SnapshotCase, frozen)
        .join(Case, Case.id == Prediction.case_id)
        .join(Patient, Patient.id == SnapshotCase.patient_id)
        .where(Prediction.run_id == run_id)
    )


def _view(row: Prediction, image_id: int, patient: str, targets: list[Any] | None) -> PredictionView:
    return PredictionView(
        row.id,
        row.case_id,
        image_id,
        patient,
        row.split,
        row.label,
        tuple(row.probabilities),
        tuple(targets or [row.label]),
        {task: tuple(outputs) for task, outputs in (row.more or {}).items()},
    )


def runs_of_case(db: Database, case_id: int) -> list[int]:
    """Return the ids of the runs that predicted a case, newest first."""
    with db.read() as session:
        statement = select(Prediction.run_id).where(Prediction.case_id == case_id).order_by(Prediction.run_id.desc())
        return list(session.scalars(statement))


def checkpoint(db: Database, run_id: int) -> str:
    """Return the sha256 of the run's best checkpoint.

    Raises:
        NotFound: training ended before the first epoch.
        InvalidInput: the run has external predictions.
    """
    with db.read() as session:
        best = session.get(Checkpoint, (run_id, CheckpointKind.BEST))
    if best is None:
        runs.need_model(runs.get(db, run_id), "choose a run that was trained here")
        raise NotFound(
            f"Run {run_id} has no checkpoint because its training ended during the first epoch; resume the training."
        )
    return best.sha256


def _snapshot(session: Session, run_id: int) -> int:
    return session.get_one(Run, run_id).snapshot_id
