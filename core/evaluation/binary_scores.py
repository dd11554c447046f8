"""Scores and reference labels of one yes/no question, per case or per patient."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import InvalidInput
from core.evaluation.metrics import Bools, Floats

PATIENT_RULES = ("max", "mean", "noisy_or")
"""Rules that aggregate case scores to a patient score: maximum, mean, 1 − Π(1 − score)."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class BinaryScores:
    """The scores of the positive class (n,), the reference `truth` (n,) and `owner` (n,), the row in `patients`.

    `name` is the title of the positive class. `level` is "case", or "patient" where each row is one patient; `cases`
    then holds the case with the patient's highest score.
    """

    cases: NDArray[np.int64]
    scores: Floats
    truth: Bools
    owner: Rows
    patients: tuple[str, ...]
    name: str
    level: str = "case"

    def __post_init__(self) -> None:
        """Check that the columns fit together.

        Raises:
            InvalidInput: different lengths, a score that is not a number, or a case listed twice.
        """
        n = len(self.cases)
        if not len(self.scores) == len(self.truth) == len(self.owner) == n:
            raise InvalidInput(
                f"{n} cases, {len(self.scores)} scores, {len(self.truth)} reference labels and {len(self.owner)} "
                "patients do not match; each case needs one of each. Predict the split again."
            )
        if not np.isfinite(self.scores).all():
            raise InvalidInput(
                f"Case {self.cases[~np.isfinite(self.scores)][0]} has a score that is not a number; predict with "
                "another checkpoint, or correct the file."
            )
        _each_once(self.cases)

    @classmethod
    def of(
        cls,
        cases: ArrayLike,
        scores: ArrayLike,
        truth: ArrayLike,
        patients: Sequence[object],
        *,
        name: str,
        level: str = "case",
    ) -> "BinaryScores":
        """Build from columns of equal length, with patients by name; raises the errors of the class."""
        names, owner = np.unique(np.asarray([str(one) for one in patients], dtype=str), return_inverse=True)
        scores, truth = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.bool_)
        case_ids = np.asarray(cases, dtype=np.int64)
        return cls(case_ids, scores, truth, owner.astype(np.intp), tuple(names.tolist()), name, level)

    @property
    def single(self) -> bool:
        """True where no patient has more than one row, so that cases are independent and Wilson and DeLong apply."""
        return bool(np.bincount(self.owner, minlength=1).max() <= 1)

    def predicted_positive(self, threshold: float) -> Bools:
        """Return the cases predicted positive (n,): those with a score of at least the threshold."""
        positive: Bools = self.scores >= threshold
        return positive

    def subset(self, mask: Bools) -> "BinaryScores":
        """Return the cases selected by the mask (n,), and only their patients."""
        kept_patients, owner = np.unique(self.owner[mask], return_inverse=True)
        patients = tuple(self.patients[row] for row in kept_patients)
        return BinaryScores(
            self.cases[mask],
            self.scores[mask],
            self.truth[mask],
            owner.astype(np.intp),
            patients,
            self.name,
            self.level,
        )

    def scored_by(self, scores: Floats) -> "BinaryScores":
        """Return the same cases with other scores (n,), for example calibrated ones."""
        return replace(self, scores=scores)

    def matrix(self, threshold: float) -> list[list[int]]:
        """Return the confusion matrix [[tn, fp], [fn, tp]]: reference in rows, prediction in columns."""
        flat = np.bincount(self.truth * 2 + self.predicted_positive(threshold), minlength=4)
        table: list[list[int]] = flat.reshape(2, 2).tolist()
        return table


def aggregate_by_patient(scored: BinaryScores, rule: str) -> BinaryScores:
    """Return one row per patient: positive if any case is, represented by the case with the highest score.

    Raises:
        InvalidInput: an unknown rule, or noisy-or of scores that are not probabilities.
    """
    if rule not in PATIENT_RULES:
        raise InvalidInput(f"Unknown patient rule '{rule}'; choose one of {', '.join(PATIENT_RULES)}.")
    if rule == "noisy_or" and not is_probability(scored.scores):
        raise InvalidInput("Noisy-or needs probabilities from 0 to 1, and these scores are not; choose max or mean.")
    patients = len(scored.patients)
    # the first of each patient after sorting by patient, then by falling score
    order = np.lexsort((-scored.scores, scored.owner))
    first = order[np.searchsorted(scored.owner[order], np.arange(patients))]
    truth = np.bincount(scored.owner, weights=scored.truth, minlength=patients) > 0
    scores = _rule(scored, rule, first)
    return BinaryScores(
        scored.cases[first], scores, truth, np.arange(patients), scored.patients, scored.name, "patient"
    )


def is_probability(scores: Floats) -> bool:
    """Return whether all scores lie between 0 and 1."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def _rule(scored: BinaryScores, rule: str, first: Rows) -> Floats:
    if rule == "max":
        return scored.scores[first]
    patients = len(scored.patients)
    if rule == "mean":
        sums = np.bincount(scored.owner, weights=scored.scores, minlength=patients)
        return np.asarray(sums / np.bincount(scored.owner, minlength=patients), dtype=np.float64)
    none_positive = np.ones(patients)
    np.multiply.at(none_positive, scored.owner, 1 - scored.scores)
    return 1 - none_positive


def _each_once(cases: NDArray[np.int64]) -> None:
    ordered = np.sort(cases)
    duplicates = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(duplicates):
        raise InvalidInput(
            f"Case {duplicates[0]} has more than one prediction ({len(duplicates)} duplicate rows); keep one per case."
        )
