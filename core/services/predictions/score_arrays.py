"""Read a run's predictions of a split as arrays: all classes at once, or one binary question."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Text, and_, cast, select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores, aggregate_by_patient
from core.evaluation.calibrator import Calibrator
from core.services.predictions.operating_point_view import PointView
from core.services.training import runs
from db import Database, queries
from db.tables import Patient, Prediction, Run, SnapshotCase
from db.vocabulary import Split, TaskKind

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreArrays:
    """The predictions of a split, sorted by case id.

    `cases` (ids), `labels` (true classes) and `owner` (rows of `patients`) are (n,). `truths` is (n, findings) with 1,
    0 or NaN if unknown, or (n, 1) for a number; `scores` is (n, classes), (n, 1) for a number. `patients` are persons:
    patients who were joined when the snapshot was made count as one.
    """

    cases: NDArray[np.int64]
    labels: NDArray[np.intp]
    truths: Floats
    scores: Floats
    owner: NDArray[np.intp]
    patients: tuple[str, ...]

    def names(self) -> list[str]:
        """Return the patient of each case."""
        return [self.patients[row] for row in self.owner.tolist()]


def score_arrays(db: Database, run_id: int, split: str) -> ScoreArrays:
    """Return a run's predictions of a split, or of "all".

    Raises:
        InvalidInput: the split has no predictions, or no such split.
    """
    with db.read() as session:
        rows = _rows(session, run_id, split)
    if not rows:
        raise InvalidInput(
            f"Run {run_id} has no predictions on the {split} split; predict them with "
            f"`rounds predict --run {run_id} --split {split}` or on the run's page."
        )
    cases, labels, patients, scores, targets = zip(*rows, strict=True)
    # Sorted by name as everywhere, so that reports, pages and comparisons draw the same bootstrap samples.
    rows_of = {patient: row for row, patient in enumerate(sorted(set(patients)))}
    label = np.array(labels, dtype=np.intp)
    return ScoreArrays(
        np.array(cases, dtype=np.int64),
        label,
        _truths(targets, label),
        _table(scores),
        np.array([rows_of[patient] for patient in patients], dtype=np.intp),
        tuple(rows_of),
    )


def patient_means(arrays: ScoreArrays) -> ScoreArrays:
    """Return one number per patient: the means of predicted and true values; the worst case represents the patient."""
    error = np.abs(arrays.scores[:, 0] - arrays.truths[:, 0])
    order = np.lexsort((arrays.cases, -error, arrays.owner))
    rows = np.arange(len(arrays.patients))
    first, counts = order[np.searchsorted(arrays.owner[order], rows)], np.bincount(arrays.owner)

    def mean(values: Floats) -> Floats:
        return (np.bincount(arrays.owner, weights=values[:, 0]) / counts)[:, None]

    truths, scores = mean(arrays.truths), mean(arrays.scores)
    return ScoreArrays(arrays.cases[first], arrays.labels[first], truths, scores, rows, arrays.patients)


def binary_scores(
    db: Database,
    run_id: int,
    *,
    split: str,
    finding: int | None = None,
    positive: int | None = None,
    point: PointView | None = None,
) -> BinaryScores:
    """Return one binary question about a split: a finding (cases with known truth), or a class against the rest.

    The positive class is `positive`, else the point's, else the last of two. With a point the scores are calibrated
    by it; if it counts patients there is one row per patient.

    Raises:
        NotFound: no such run.
        InvalidInput: the split has no predictions, the run predicts a number, or the positive class is not given.
    """
    run = runs.get(db, run_id)
    return class_scores(run, score_arrays(db, run_id, split), finding=finding, positive=positive, point=point)


def class_scores(
    run: runs.RunView,
    arrays: ScoreArrays,
    *,
    finding: int | None = None,
    positive: int | None = None,
    point: PointView | None = None,
) -> BinaryScores:
    """Return one binary question from arrays that were read, see `binary_scores`.

    Raises:
        InvalidInput: as `binary_scores`.
    """
    if finding is None and point is not None:
        finding = point.finding
    positive = positive if positive is not None else point.positive if point else None
    scores = (
        _finding_scores(run, arrays, finding, positive)
        if run.kind is TaskKind.MULTI
        else _one_vs_rest(run, arrays, positive)
    )
    return apply_operating_point(scores, point) if point is not None else scores


def apply_operating_point(scored: BinaryScores, point: PointView) -> BinaryScores:
    """Return the scores to which the point's threshold applies: calibrated, and per patient if it counts patients."""
    scored = calibrated(scored, point)
    return aggregate_by_patient(scored, point.patient_rule.value) if point.per_patient else scored


def calibrated(scored: BinaryScores, point: PointView) -> BinaryScores:
    """Return the scores after the point's calibrator, unchanged without one."""
    if point.calibrator is None:
        return scored
    return scored.scored_by(Calibrator.from_json(point.calibrator).apply(scored.scores))


def _finding_scores(run: runs.RunView, arrays: ScoreArrays, finding: int | None, positive: int | None) -> BinaryScores:
    if finding is None or not 0 <= finding < len(run.classes):
        problem = "no finding was chosen" if finding is None else f"has no finding {finding}"
        raise InvalidInput(f"Run {run.id} predicts findings and {problem}; its findings are: {', '.join(run.titles)}.")
    known = np.flatnonzero(~np.isnan(arrays.truths[:, finding]))
    if not len(known):
        raise InvalidInput(
            f"None of the {len(arrays.cases)} cases of this split is labelled for {run.titles[finding]}; label some "
            "and freeze again, or choose another split."
        )
    scores, truth = arrays.scores[known, finding], arrays.truths[known, finding] == 1
    if positive == 0:
        scores, truth = 1.0 - scores, ~truth
    name = run.titles[finding] if positive != 0 else f"no {run.titles[finding]}"
    return _binary(arrays, known, scores, truth, name)


def _one_vs_rest(run: runs.RunView, arrays: ScoreArrays, positive: int | None) -> BinaryScores:
    if run.kind is TaskKind.NUMBER:
        raise InvalidInput(f"Run {run.id} predicts a number and has no classes; look at its errors instead.")
    if positive is None and len(run.classes) == 2:
        positive = 1
    if positive is None or not 0 <= positive < len(run.classes):
        raise InvalidInput(
            f"Run {run.id} has {len(run.classes)} classes; choose the positive class (one against the rest): "
            f"{', '.join(run.titles)}."
        )
    rows = np.arange(len(arrays.cases))
    return _binary(arrays, rows, arrays.scores[:, positive], arrays.labels == positive, run.titles[positive])


def _binary(
    arrays: ScoreArrays, rows: NDArray[Any], scores: Floats, truth: NDArray[np.bool_], name: str
) -> BinaryScores:
    """Return some rows; patients without any are left out."""
    patient_rows, owner = np.unique(arrays.owner[rows], return_inverse=True)
    patients = tuple(arrays.patients[row] for row in patient_rows.tolist())
    return BinaryScores(arrays.cases[rows], np.ascontiguousarray(scores), truth, owner.astype(np.intp), patients, name)


def _rows(session: Session, run_id: int, split: str) -> Sequence[Any]:
    """Return (case, label, person, scores as text, targets as text); JSON is parsed once for all rows."""
    if split not in (*(one.value for one in Split), "all"):
        raise InvalidInput(f"There is no split '{split}'; choose train, val, test or all.")
    frozen = and_(SnapshotCase.snapshot_id == Run.snapshot_id, SnapshotCase.case_id == Prediction.case_id)
    statement = (
        select(
            Prediction.case_id,
            SnapshotCase.label,
            queries.frozen_person(),
            cast(Prediction.probabilities, Text),
            cast(SnapshotCase.targets, Text),
        )
        .join(Run, Run.id == Prediction.run_id)
        .join(SnapshotCase, frozen)
        .join(Patient, Patient.id == SnapshotCase.patient_id)
        .where(Prediction.run_id == run_id)
        .order_by(Prediction.case_id)
    )
    return session.execute(statement if split == "all" else statement.where(Prediction.split == Split(split))).all()


def _table(texts: Iterable[str]) -> Floats:
    return np.array(json.loads(f"[{','.join(texts)}]"), dtype=np.float64)


def _truths(texts: Sequence[str | None], labels: NDArray[np.intp]) -> Floats:
    """Return the targets; a case frozen before targets existed has its class, and null becomes NaN."""
    labels_as_json = (str([label]) for label in labels.tolist())
    return _table(
        label if text in (None, "null") else text or label for text, label in zip(texts, labels_as_json, strict=True)
    )
