"""Read a run's predictions for the review: arrays and questions, each computed once where a cache is given."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from core.evaluation.binary_scores import BinaryScores
from core.evaluation.calibrator import fit
from core.services.evaluation.review_query import ReviewQuery
from core.services.predictions import score_arrays
from core.services.predictions.operating_point_view import PointView
from core.services.predictions.score_arrays import ScoreArrays
from core.services.training.runs import RunView
from db import Database
from db.vocabulary import TaskKind

CHOOSING_SPLIT = "val"  # the split on which an operating point may be chosen

T = TypeVar("T")


class RunCache(Protocol):
    """Return what `make` returns for runs, a split and a name; computed again once one of the runs predicts anew."""

    def __call__(self, run_ids: Sequence[int], split: str, name: Hashable, make: Callable[[], T], /) -> T:
        """Return the cached result, or make it."""


def uncached(_run_ids: Sequence[int], _split: str, _name: Hashable, make: Callable[[], T]) -> T:
    """Make it each time."""
    return make()


@dataclass(frozen=True)
class ReviewSource:
    """The catalogue, and the cache of what was computed from its predictions."""

    db: Database
    cached: RunCache = uncached

    def columns(self, run_id: int, split: str) -> ScoreArrays:
        """Return the predictions of a split.

        Raises:
            InvalidInput: the split has no predictions.
        """
        return self.cached((run_id,), split, "columns", lambda: score_arrays.score_arrays(self.db, run_id, split))

    def numbers(self, run: RunView, query: ReviewQuery) -> ScoreArrays:
        """Return the predicted numbers of each image, or the means of each patient."""
        columns = self.columns(run.id, query.split)
        if not counts_patients(run, query):
            return columns
        return self.cached((run.id,), query.split, "patients", lambda: score_arrays.patient_means(columns))

    def question(self, run: RunView, split: str, point: PointView) -> BinaryScores:
        """Return the scores and reference labels of one binary question at the operating point's level."""
        columns = self.columns(run.id, split)

        def make() -> BinaryScores:
            finding, positive = point.finding, point.positive
            return score_arrays.class_scores(run, columns, finding=finding, positive=positive, point=point)

        return self.cached((run.id,), split, _question_key(point), make)

    def of_question(
        self, run: RunView, split: str, point: PointView, name: str, make: Callable[[BinaryScores], T]
    ) -> T:
        """Return what `make` computes from the scores and truths of a question."""
        key = (name, *_question_key(point))
        return self.cached((run.id,), split, key, lambda: make(self.question(run, split, point)))

    def calibrator(self, run: RunView, point: PointView, method: str) -> dict[str, Any]:
        """Return the JSON of a calibrator, fitted on the validation split.

        Raises:
            InvalidInput: validation has no predictions.
        """

        def make() -> dict[str, Any]:
            columns = self.columns(run.id, CHOOSING_SPLIT)
            plain = score_arrays.class_scores(run, columns, finding=point.finding, positive=point.positive)
            fitted: dict[str, Any] = fit(method, plain).to_json()
            return fitted

        return self.cached((run.id,), CHOOSING_SPLIT, ("fitted", point.finding, point.positive, method), make)


def counts_patients(run: RunView, query: ReviewQuery) -> bool:
    """Tell whether a number counts once per patient; a comparison counts images."""
    return run.kind is TaskKind.NUMBER and query.level == "mean" and not query.change


def _question_key(point: PointView) -> tuple[Hashable, ...]:
    return "question", point.finding, point.positive, point.level_name, repr(point.calibrator)
