"""What a run says of a split, as arrays read by columns: one yes/no question at a time, or all its classes."""

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
from db.tables import Prediction, Run, SnapshotCase
from db.vocabulary import Split, TaskKind

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreArrays:
    """The predictions of a split, by case id: `cases`, true classes `labels` and patient rows `owner`, each (n,).

    `truths` is (n, findings), 1, 0 or NaN where unknown, of a number (n, 1); `scores` is (n, classes), a number's too.
    """

    cases: NDArray[np.int64]
    labels: NDArray[np.intp]
    truths: Floats
    scores: Floats
    owner: NDArray[np.intp]
    patients: tuple[str, ...]

    def names(self) -> list[str]:
        """The patient of each case."""
        return [self.patients[row] for row in self.owner.tolist()]


def score_arrays(db: Database, run_id: int, split: str) -> ScoreArrays:
    """What a run says of a split, or of "all".

    Raises:
        InvalidInput: the split was not predicted yet, or there is none of that name.
    """
    with db.read() as session:
        rows = _rows(session, run_id, split)
        names = queries.pseudonyms(session, (row[2] for row in rows))
    if not rows:
        raise InvalidInput(
            f"Run {run_id} has no predictions on the {split} split; make them with "
            f"`rounds predict --run {run_id} --split {split}` or on the run's page."
        )
    cases, labels, patients, told, known = zip(*rows, strict=True)
    # by name, as everywhere: the same resamples of the same patients in a report, on a page and in a comparison
    rows_of = {patient: row for row, patient in enumerate(sorted(set(patients), key=names.__getitem__))}
    label = np.array(labels, dtype=np.intp)
    return ScoreArrays(
        np.array(cases, dtype=np.int64),
        label,
        _truths(known, label),
        _table(told),
        np.array([rows_of[patient] for patient in patients], dtype=np.intp),
        tuple(names[one] for one in rows_of),
    )


def patient_means(found: ScoreArrays) -> ScoreArrays:
    """A number for each patient: the means of what was predicted and of what is true; the case that is furthest off
    speaks for it.
    """
    error = np.abs(found.scores[:, 0] - found.truths[:, 0])
    order = np.lexsort((found.cases, -error, found.owner))
    rows = np.arange(len(found.patients))
    first, each = order[np.searchsorted(found.owner[order], rows)], np.bincount(found.owner)

    def mean(values: Floats) -> Floats:
        return (np.bincount(found.owner, weights=values[:, 0]) / each)[:, None]

    truths, scores = mean(found.truths), mean(found.scores)
    return ScoreArrays(found.cases[first], found.labels[first], truths, scores, rows, found.patients)


def binary_scores(
    db: Database,
    run_id: int,
    *,
    split: str,
    finding: int | None = None,
    positive: int | None = None,
    point: PointView | None = None,
) -> BinaryScores:
    """One yes/no question about a split: a finding (the cases where it is known), or a class against the rest.

    Yes is `positive`, else the point's, else of two classes the last. With a point the scores are calibrated by it,
    and where it calls patients there is one row for each.

    Raises:
        NotFound: no such run.
        InvalidInput: the split was not predicted, the run answers with a number, or nothing says what is asked.
    """
    run = runs.get(db, run_id)
    return class_scores(run, score_arrays(db, run_id, split), finding=finding, positive=positive, point=point)


def class_scores(
    run: runs.RunView,
    found: ScoreArrays,
    *,
    finding: int | None = None,
    positive: int | None = None,
    point: PointView | None = None,
) -> BinaryScores:
    """The same of columns that were read.

    Raises what `of` does.
    """
    if finding is None and point is not None:
        finding = point.finding
    asked = (
        _finding(run, found, finding, positive)
        if run.kind is TaskKind.MULTI
        else _class(run, found, positive if positive is not None else point.positive if point else None)
    )
    return apply_operating_point(asked, point) if point is not None else asked


def apply_operating_point(scored: BinaryScores, point: PointView) -> BinaryScores:
    """The scores that the point's threshold is of: calibrated, and one for each patient where it calls those."""
    scored = calibrated(scored, point)
    return aggregate_by_patient(scored, point.patient_rule.value) if point.per_patient else scored


def calibrated(scored: BinaryScores, point: PointView) -> BinaryScores:
    """The scores as the point's calibrator gives them, or as they are."""
    if point.calibrator is None:
        return scored
    return scored.scored_by(Calibrator.from_json(point.calibrator).apply(scored.scores))


def _finding(run: runs.RunView, found: ScoreArrays, finding: int | None, positive: int | None) -> BinaryScores:
    if finding is None or not 0 <= finding < len(run.classes):
        named = "no finding was named" if finding is None else f"it has no finding {finding}"
        raise InvalidInput(
            f"Run {run.id} answers with findings and {named}; its findings are: {', '.join(run.titles)}."
        )
    known = np.flatnonzero(~np.isnan(found.truths[:, finding]))
    if not len(known):
        raise InvalidInput(
            f"Of the {len(found.cases)} cases of this split none says whether {run.titles[finding]} is "
            "there; label it on some and freeze again, or look at another split."
        )
    scores, truth = found.scores[known, finding], found.truths[known, finding] == 1
    if positive == 0:
        scores, truth = 1.0 - scores, ~truth
    name = run.titles[finding] if positive != 0 else f"no {run.titles[finding]}"
    return _scored(found, known, scores, truth, name)


def _class(run: runs.RunView, found: ScoreArrays, positive: int | None) -> BinaryScores:
    if run.kind is TaskKind.NUMBER:
        raise InvalidInput(
            f"Run {run.id} answers with a number, of which nothing is yes or no; look at its errors instead."
        )
    if positive is None and len(run.classes) == 2:
        positive = 1
    if positive is None or not 0 <= positive < len(run.classes):
        raise InvalidInput(
            f"Run {run.id} has {len(run.classes)} classes; name the one that is yes against the rest: "
            f"{', '.join(run.titles)}."
        )
    rows = np.arange(len(found.cases))
    return _scored(found, rows, found.scores[:, positive], found.labels == positive, run.titles[positive])


def _scored(
    found: ScoreArrays, rows: NDArray[Any], scores: Floats, truth: NDArray[np.bool_], name: str
) -> BinaryScores:
    """Some rows; patients who have none of them are left out."""
    there, owner = np.unique(found.owner[rows], return_inverse=True)
    patients = tuple(found.patients[row] for row in there.tolist())
    return BinaryScores(found.cases[rows], np.ascontiguousarray(scores), truth, owner.astype(np.intp), patients, name)


def _rows(session: Session, run_id: int, split: str) -> Sequence[Any]:
    """(case, label, patient, answers as text, targets as text): JSON is read once for all rows, not row by row."""
    if split not in (*(one.value for one in Split), "all"):
        raise InvalidInput(f"There is no split '{split}'; choose train, val, test or all.")
    frozen = and_(SnapshotCase.snapshot_id == Run.snapshot_id, SnapshotCase.case_id == Prediction.case_id)
    wanted = (
        select(
            Prediction.case_id,
            SnapshotCase.label,
            SnapshotCase.patient_id,
            cast(Prediction.probabilities, Text),
            cast(SnapshotCase.targets, Text),
        )
        .join(Run, Run.id == Prediction.run_id)
        .join(SnapshotCase, frozen)
        .where(Prediction.run_id == run_id)
        .order_by(Prediction.case_id)
    )
    return session.execute(wanted if split == "all" else wanted.where(Prediction.split == Split(split))).all()


def _table(texts: Iterable[str]) -> Floats:
    return np.array(json.loads(f"[{','.join(texts)}]"), dtype=np.float64)


def _truths(texts: Sequence[str | None], labels: NDArray[np.intp]) -> Floats:
    """A case frozen before there were targets has its class; null inside is NaN."""
    own = (str([label]) for label in labels.tolist())
    return _table(one if text in (None, "null") else text or one for text, one in zip(texts, own, strict=True))
