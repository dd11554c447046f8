"""Collect what a review shows of a run's cases: reference label, prediction and score, at one operating point."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.binary_scores import BinaryScores
from core.services.evaluation.review_point import point_for, stored_point
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import ReviewSource, counts_patients
from core.services.predictions import calls
from core.services.predictions.operating_point_view import PointView
from core.services.predictions.score_arrays import ScoreArrays
from core.services.training.runs import RunView
from db.vocabulary import TaskKind

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ReviewData:
    """The cases of a query: true and predicted class, score and error, (n,) each; a number has class -1.

    `scored` is None if all of many classes are shown at once, and for a number. `point` is the operating point in use,
    `stands` the stored one; they differ while the reviewer tries another. `of_called` are the scores of the predicted
    classes if all of many classes are shown.
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
    of_called: NDArray[np.float64] | None = None

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
    return review_at(source, run, query, point_for(source, run, query, stored), stored)


def review_at(
    source: ReviewSource, run: RunView, query: ReviewQuery, point: PointView, stored: PointView
) -> ReviewData:
    """Return the cases of one yes/no question at an operating point; `stored` is the saved one.

    Raises:
        InvalidInput: the split has no predictions.
    """
    question = source.question(run, query.split, point)
    return ReviewData(
        run,
        query,
        titles(run, query, point.positive),
        question.cases,
        question.truth.astype(np.intp),
        calls.positive_rows(question, point).astype(np.intp),
        question.scores,
        np.where(question.truth, 1.0 - question.scores, question.scores),
        question,
        point,
        stored,
    )


def titles(run: RunView, query: ReviewQuery, positive: int) -> tuple[str, str]:
    """Return the titles of the negative and the positive class."""
    both = run.about(query.finding).titles if run.kind is TaskKind.MULTI else run.titles
    yes = both[positive]
    return both[1 - positive] if len(both) == 2 else f"not {yes}", yes


def _of_number(run: RunView, query: ReviewQuery, columns: ScoreArrays) -> ReviewData:
    predicted, true = columns.scores[:, 0], columns.truths[:, 0]
    no_class = np.full(len(predicted), -1, dtype=np.intp)
    return ReviewData(run, query, (), columns.cases, no_class, no_class, predicted, np.abs(predicted - true))


def _of_classes(run: RunView, query: ReviewQuery, columns: ScoreArrays) -> ReviewData:
    rows, called = np.arange(len(columns.labels)), calls.most_probable(columns.scores)
    score, of_called = columns.scores[rows, columns.labels], columns.scores[rows, called]
    cells = columns.cases, columns.labels, called, score, 1.0 - score
    return ReviewData(run, query, run.titles, *cells, of_called=of_called)
