"""Say what a run predicts for one case and why: the score against the operating point, and whether it is right."""

from dataclasses import dataclass, replace

import numpy as np

from core.services.evaluation import comparison_data
from core.services.evaluation.review_data import ReviewData, review_at, review_data
from core.services.evaluation.review_query import ReviewQuery
from core.services.evaluation.review_source import ReviewSource
from core.services.predictions.operating_point_view import RULES
from core.services.predictions.predictions import PredictionView
from core.services.training.runs import RunView
from db.vocabulary import PatientRule, TaskKind

OUTCOMES = (("true negative", "false positive"), ("false negative", "true positive"))
"""The outcome by reference (row) and prediction (column), negative first."""

DIGITS = range(3, 18)  # 17 digits tell any two numbers apart


@dataclass(frozen=True, slots=True)
class CaseCall:
    """The prediction of one row of a review, by titles: `called` and `reference`, and its `outcome`.

    `positive` is the positive class; "" where all of many classes are compared, then `threshold` is None and `score` is
    that of the predicted class. `patient_rule` combines the scores of a patient. `calibrated` says that the score is.
    """

    called: str
    reference: str
    outcome: str
    positive: str
    score: float
    threshold: float | None
    patient_rule: PatientRule = PatientRule.NONE
    calibrated: bool = False

    @property
    def words(self) -> str:
        """The prediction in a sentence: `Called no opacity (0.696 < 0.737): false negative`."""
        if self.threshold is None:
            return f"Called {self.called}, the most probable class ({self.score:.0%}): {self.outcome}"
        who = "Patient called" if self.patient_rule else "Called"
        return f"{who} {self.called} ({against(self.score, self.threshold)}): {self.outcome}"

    @property
    def threshold_text(self) -> str:
        """The threshold with all digits; of many classes "most probable"."""
        return "most probable" if self.threshold is None else repr(self.threshold)

    @property
    def score_name(self) -> str:
        """What the score is: `Score of opacity, calibrated`, or of a patient by its rule."""
        of_patient = f", {RULES[self.patient_rule]} of the patient" if self.patient_rule else ""
        return f"Score of {self.positive}{', calibrated' * self.calibrated}{of_patient}"


def call_of_case(data: ReviewData, case: int) -> CaseCall | None:
    """Return the prediction of a case, or of the patient it stands for; None if the review does not list the case."""
    rows = np.flatnonzero(data.cases == case)
    return None if not len(rows) or not data.titles else call_of_row(data, int(rows[0]))


def call_of_row(data: ReviewData, row: int) -> CaseCall:
    """Return the prediction of a row; not for numbers, which have no classes."""
    truth, called = int(data.truth[row]), int(data.predicted[row])
    if data.point is None:
        scores = data.of_called
        assert scores is not None, "each class has a score"
        outcome = "correct" if truth == called else "wrong"
        return CaseCall(data.titles[called], data.titles[truth], outcome, "", float(scores[row]), None)
    return CaseCall(
        data.titles[called],
        data.titles[truth],
        OUTCOMES[truth][called],
        data.titles[1],
        float(data.score[row]),
        data.threshold,
        data.point.patient_rule,
        data.point.calibrator is not None,
    )


def call_of_other_run(
    source: ReviewSource, run: RunView, other: RunView, query: ReviewQuery, row: PredictionView
) -> CaseCall | None:
    """Return what another run, which made the prediction `row`, predicts for its case about the same question.

    It is counted at its own saved operating point; the run that a comparison is with, at that of the comparison.
    """
    question = _same_question(run, other, query, row)
    if query.change and other.id == query.other and other.kind is not TaskKind.NUMBER:
        point = comparison_data.compare_classes(source, query).counted[0]
        return call_of_case(review_at(source, other, question, point, point), row.case_id)
    return call_of_case(review_data(source, other, question), row.case_id)


def _same_question(run: RunView, other: RunView, query: ReviewQuery, row: PredictionView) -> ReviewQuery:
    """Return the question for another run, whose classes may stand in another order."""
    multi = run.kind is TaskKind.MULTI
    name = run.classes[query.finding] if multi else run.classes[query.positive] if query.positive >= 0 else ""
    place = other.classes.index(name) if name in other.classes else -1
    whole = ReviewQuery(run=other.id, split=row.split.value)
    return replace(whole, finding=place) if multi else replace(whole, positive=place)


def against(score: float, threshold: float) -> str:
    """Return a score against the threshold, with as many digits as tell them apart: `0.696 < 0.737`.

    >>> against(0.69598, 0.737), against(0.73689, 0.73691), against(0.5, 0.5)
    ('0.696 < 0.737', '0.73689 < 0.73691', '0.500 ≥ 0.500')
    """
    digits = next((n for n in DIGITS if f"{score:.{n}f}" != f"{threshold:.{n}f}"), DIGITS[0])
    return f"{score:.{digits}f} {'≥' if score >= threshold else '<'} {threshold:.{digits}f}"
