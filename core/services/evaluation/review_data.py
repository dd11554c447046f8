"""Collect what a review shows of a run's cases: reference label, prediction and score, at one operating point."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.binary_scores import BinaryScores
from core.services.evaluation.review_point import point_for, stored_point
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import ReviewSource, counts_patients
from core.services.predictions.operating_point_view import PointView
from core.services.predictions.score_arrays import ScoreArrays
from core.services.training.runs import RunView
from db.vocabulary import TaskKind

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ReviewData:
    """The cases of a query: true and predicted class, score and error, (n,) each; a number has class -1.

    `scored` is None if all of many classes are shown at once, and for a number. `point` is the operating point in use,
    `stands` the stored one; they differ while the reviewer tries another.
    """

    run: RunView
    state: ReviewQuery
    titles: tuple[str, ...]
    cases: NDArray[np.int64]
    truth: Rows
    predicted: Rows
    score: NDArray[np.float64]
    wrong: NDArray[np.float64]
    scored: BinaryScores | None = None
    point: PointView | None = None
    stands: PointView | None = None

    @property
    def threshold(self) -> float:
        """The lowest score that counts as positive."""
        return self.point.threshold if self.point else 0.5

    @property
    def finding(self) -> int | None:
        """The position of the finding; None if a case has one class."""
        return self.state.finding if self.run.kind is TaskKind.MULTI else None

    @property
    def tried(self) -> bool:
        """Whether the point is not the stored one."""
        return self.point != self.stands

    @property
    def unit(self) -> str:
        """The unit of analysis of a row: "patient" or "case"."""
        per_patient = (self.point and self.point.per_patient) or counts_patients(self.run, self.state)
        return "patient" if per_patient else "case"

    def matrix(self) -> list[list[int]]:
        """Return the confusion matrix: the number of cases by true class (row) and predicted class (column)."""
        size = len(self.titles)
        flat = np.bincount(self.truth * size + self.predicted, minlength=size * size)
        table: list[list[int]] = flat.reshape(size, size).tolist()
        return table


def review_data(source: ReviewSource, run: RunView, query: ReviewQuery) -> ReviewData:
    """Return the cases of a query at the stored operating point, or at the one that the query tries.

    Raises:
        InvalidInput: the split has no predictions.
    """
    if run.kind is TaskKind.NUMBER:
        return _of_number(run, query, source.numbers(run, query))
    if run.kind is not TaskKind.MULTI and len(run.titles) > 2 and not 0 <= query.positive < len(run.titles):
        return _of_classes(run, query, source.columns(run.id, query.split))
    stored = stored_point(source, run, query)
    point = point_for(source, run, query, stored)
    question = source.question(run, query.split, point)
    return ReviewData(
        run,
        query,
        titles(run, query),
        question.cases,
        question.truth.astype(np.intp),
        question.predicted_positive(point.threshold).astype(np.intp),
        question.scores,
        np.where(question.truth, 1.0 - question.scores, question.scores),
        question,
        point,
        stored,
    )


def titles(run: RunView, query: ReviewQuery) -> tuple[str, ...]:
    """Return the titles of negative and positive, or of every class."""
    if run.kind is TaskKind.MULTI:
        return run.about(query.finding).titles
    if len(run.titles) > 2 and 0 <= query.positive < len(run.titles):
        yes = run.titles[query.positive]
        return f"not {yes}", yes
    return run.titles


def _of_number(run: RunView, query: ReviewQuery, columns: ScoreArrays) -> ReviewData:
    predicted, true = columns.scores[:, 0], columns.truths[:, 0]
    no_class = np.full(len(predicted), -1, dtype=np.intp)
    return ReviewData(run, query, (), columns.cases, no_class, no_class, predicted, np.abs(predicted - true))


def _of_classes(run: RunView, query: ReviewQuery, columns: ScoreArrays) -> ReviewData:
    score = columns.scores[np.arange(len(columns.labels)), columns.labels]
    called = np.argmax(columns.scores, axis=1).astype(np.intp)
    return ReviewData(run, query, run.titles, columns.cases, columns.labels, called, score, 1.0 - score)
