"""One yes/no question about cases: what was scored and what is true, by case or by patient."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import InvalidInput
from core.evaluation.metrics import Bools, Floats

PATIENT_RULES = ("max", "mean", "noisy_or")
"""How a patient's score is made of those of the cases: the highest, the mean, 1 − Π(1 − score)."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class BinaryScores:
    """`scores` of "yes" (n,), `truth` (n,), `owner` (n,) the row of its patient in `patients`; `name` is that of yes.

    `level` is "case", or "patient" where each row is a whole patient; `cases` then holds the case that speaks for it.
    """

    cases: NDArray[np.int64]
    scores: Floats
    truth: Bools
    owner: Rows
    patients: tuple[str, ...]
    name: str
    level: str = "case"

    def __post_init__(self) -> None:
        """Refuse what does not fit together.

        Raises:
            InvalidInput: lengths that differ, a score that is no number, a case that stands twice.
        """
        n = len(self.cases)
        if not len(self.scores) == len(self.truth) == len(self.owner) == n:
            raise InvalidInput(
                f"{n} cases, {len(self.scores)} scores, {len(self.truth)} truths and {len(self.owner)} patients do not "
                "fit; each case needs one of each, so predict the split again."
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
        """From columns of equal length, the patients by name; raises what the class does."""
        names, owner = np.unique(np.asarray([str(one) for one in patients], dtype=str), return_inverse=True)
        scores, truth = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.bool_)
        held = np.asarray(cases, dtype=np.int64)
        return cls(held, scores, truth, owner.astype(np.intp), tuple(names.tolist()), name, level)

    @property
    def single(self) -> bool:
        """Whether no patient has more than one row: then cases are independent, and Wilson and DeLong apply."""
        return bool(np.bincount(self.owner, minlength=1).max() <= 1)

    def called(self, threshold: float) -> Bools:
        """Which cases are called "yes" (n,): those whose score is at least the threshold."""
        found: Bools = self.scores >= threshold
        return found

    def take(self, mask: Bools) -> "BinaryScores":
        """The cases where the mask (n,) says so, and their patients only."""
        there, owner = np.unique(self.owner[mask], return_inverse=True)
        patients = tuple(self.patients[row] for row in there)
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
        """The same cases with other scores (n,), such as calibrated ones."""
        return replace(self, scores=scores)

    def matrix(self, threshold: float) -> list[list[int]]:
        """[[tn, fp], [fn, tp]]: truth in rows, calls in columns."""
        flat = np.bincount(self.truth * 2 + self.called(threshold), minlength=4)
        table: list[list[int]] = flat.reshape(2, 2).tolist()
        return table


def aggregate_by_patient(scored: BinaryScores, rule: str) -> BinaryScores:
    """One row per patient: "yes" where any case is, the case with the highest score speaking for it.

    Raises:
        InvalidInput: an unknown rule, or noisy-or of scores that are no probabilities.
    """
    if rule not in PATIENT_RULES:
        raise InvalidInput(f"There is no rule '{rule}' for patients; choose one of {', '.join(PATIENT_RULES)}.")
    if rule == "noisy_or" and not is_probability(scored.scores):
        raise InvalidInput("Noisy-or needs probabilities from 0 to 1, which these scores are not; choose max or mean.")
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
    """Whether all of them lie from 0 to 1."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def _rule(scored: BinaryScores, rule: str, first: Rows) -> Floats:
    if rule == "max":
        return scored.scores[first]
    patients = len(scored.patients)
    if rule == "mean":
        sums = np.bincount(scored.owner, weights=scored.scores, minlength=patients)
        return np.asarray(sums / np.bincount(scored.owner, minlength=patients), dtype=np.float64)
    missed = np.ones(patients)
    np.multiply.at(missed, scored.owner, 1 - scored.scores)
    return 1 - missed


def _each_once(cases: NDArray[np.int64]) -> None:
    ordered = np.sort(cases)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        raise InvalidInput(
            f"Case {twice[0]} stands more than once among the predictions ({len(twice)} too many); keep one for each."
        )
