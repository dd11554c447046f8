"""Inter-reader agreement beyond chance: Cohen's and Fleiss' kappa, Krippendorff's alpha, with patient-level intervals.

Ratings are (readers, cases) class indices from 0; -1 marks a missing rating.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import InvalidInput
from core.evaluation.bootstrap import divide, resampled_sums
from core.evaluation.estimate import Estimate, PatientIndex, patient_counts
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import Floats

Ratings = NDArray[np.intp]
Weights = Literal["nominal", "ordinal", "interval"]
Statistic = Callable[[Floats], Floats]
NAMES = ("cohen", "fleiss", "krippendorff")
ONE_CLASS = "Undefined: all readers gave every case the same class, so agreement beyond chance cannot be measured."


def cohen(table: ArrayLike) -> float | None:
    """Return Cohen's kappa of a contingency table (classes, classes) of two readers.

    None where the expected agreement by chance is already 1.

    Source: Cohen, Educational and Psychological Measurement 20 (1960) 37–46.

    >>> round(cohen([[20, 5], [10, 15]]), 3)
    0.4
    """
    return _alone(_cohen, np.asarray(table, dtype=np.float64))


def fleiss(counts: ArrayLike) -> float | None:
    """Return Fleiss' kappa of counts (cases, classes), how many readers chose each class, with equal totals.

    Source: Fleiss, Psychological Bulletin 76 (1971) 378–382.

    Raises:
        InvalidInput: fewer than two readers, or a different number of them on some cases.
    """
    rating_counts = np.asarray(counts, dtype=np.float64)
    readers = rating_counts.sum(axis=1)
    if not len(rating_counts) or readers[0] < 2 or (readers != readers[0]).any():
        raise InvalidInput("Fleiss' kappa needs equally many readers, two or more, on every case; use Krippendorff's.")
    return _alone(_fleiss, _pairs_of_counts(rating_counts).sum(axis=0) / (readers[0] - 1))


def krippendorff(ratings: ArrayLike, weights: Weights = "nominal") -> float | None:
    """Return Krippendorff's alpha of ratings (readers, cases) with missing values.

    None where all ratings are one class, or no case has two ratings.

    Source: Krippendorff, Content Analysis (2004), 11.

    >>> krippendorff([[1, 2, 3], [1, 2, 3]])
    1.0
    """
    answers = np.asarray(ratings, dtype=np.intp)
    return _alone(lambda table: _alpha(table, weights), _coincidences(answers, int(answers.max(initial=0)) + 1).sum(0))


def agreement(
    ratings: ArrayLike,
    patients: Sequence[object],
    name: str,
    *,
    weights: Weights = "nominal",
    resamples: int = 1000,
    seed: int = 0,
) -> MetricValue:
    """Return the agreement statistic `name` (one of NAMES) with its 95 % interval.

    `ratings` are (readers, cases), `patients` the patient of each case. Cohen's kappa needs exactly two readers.
    Cohen's and Fleiss' kappa use the cases rated by all readers, Krippendorff's alpha those rated by at least two.

    Raises:
        InvalidInput: an unknown name, mismatched shapes, or Cohen's kappa with other than two readers.
    """
    codes = np.asarray(ratings, dtype=np.intp)
    if name not in NAMES or codes.ndim != 2 or codes.shape[1] != len(patients):
        raise InvalidInput(
            f"Agreement '{name}' of ratings {codes.shape} and {len(patients)} patients does not fit; give (readers, "
            f"cases), the patient of each case, and one of {', '.join(NAMES)}."
        )
    if name == "cohen" and len(codes) != 2:
        raise InvalidInput(f"Cohen's kappa is of two readers, not {len(codes)}; use Fleiss' or Krippendorff's.")
    usable = (codes >= 0).sum(axis=0) >= (2 if name == "krippendorff" else max(2, len(codes)))
    if not usable.any():
        return MetricValue(None, None, None, 0, "Undefined: no case has the answers of two readers.")
    names, patient_of_case = np.unique(np.asarray([str(one) for one in patients])[usable], return_inverse=True)
    tables, statistic = _tables(codes[:, usable], name, weights)
    return _figure(tables, statistic, PatientIndex(patient_of_case.astype(np.intp), len(names)), resamples, seed)


def _tables(answers: Ratings, name: str, weights: Weights) -> tuple[Floats, Statistic]:
    """Return one table per case (cases, classes, classes) and the statistic of their sum."""
    classes = int(answers.max()) + 1
    if name == "cohen":
        onehot = np.eye(classes)[answers]
        return onehot[0][:, :, None] * onehot[1][:, None, :], _cohen
    tables = _coincidences(answers, classes)
    return tables, _fleiss if name == "fleiss" else lambda table: _alpha(table, weights)


def _figure(tables: Floats, statistic: Statistic, index: PatientIndex, resamples: int, seed: int) -> MetricValue:
    flat, classes = tables.reshape(len(tables), -1), tables.shape[1]
    amounts = np.stack([index.total(column) for column in flat.T])
    resampled = resampled_sums(amounts, resamples=resamples, seed=seed).T.reshape(-1, classes, classes)
    sizes = index.sizes(np.ones(len(tables), dtype=np.bool_))
    value = float(statistic(tables.sum(axis=0, keepdims=True))[0])
    undefined = "" if value == value else ONE_CLASS
    estimate = Estimate(value, statistic(resampled), len(tables), *patient_counts(sizes), "signed", undefined=undefined)
    return estimate.figure()


def _alone(statistic: Statistic, table: Floats) -> float | None:
    value = float(statistic(table[None])[0])
    return value if value == value else None


def _coincidences(answers: Ratings, classes: int) -> Floats:
    """Return the coincidence matrix of each case (cases, classes, classes), every reader with total weight 1."""
    counts = np.stack([(answers == c).sum(axis=0) for c in range(classes)], axis=1).astype(np.float64)
    readers = counts.sum(axis=1)
    return np.where(readers[:, None, None] > 1, _pairs_of_counts(counts) / np.maximum(1, readers - 1)[:, None, None], 0)


def _pairs_of_counts(counts: Floats) -> Floats:
    """Return the ordered pairs of ratings by two different readers (cases, classes, classes)."""
    return np.asarray(counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1]))


def _cohen(tables: Floats) -> Floats:
    """Return kappa of tables (…, classes, classes)."""
    n, agreed = tables.sum(axis=(-1, -2)), np.trace(tables, axis1=-2, axis2=-1)
    chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return divide(n * agreed - chance, n * n - chance)


def _fleiss(tables: Floats) -> Floats:
    """Return kappa of coincidence matrices, whose two margins are both the pooled ratings."""
    return _cohen(tables)


def _alpha(tables: Floats, weights: Weights) -> Floats:
    margins = tables.sum(axis=-1)
    n = margins.sum(axis=-1)
    distance = _distances(margins, weights)
    observed = (tables * distance).sum(axis=(-1, -2))
    chance = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-1, -2))
    return 1.0 - divide((n - 1) * observed, chance)


def _distances(margins: Floats, weights: Weights) -> Floats:
    """Return the squared distance of two classes (…, classes, classes).

    For ordinal ones by the ratings between them.
    """
    codes = np.arange(margins.shape[-1], dtype=np.float64)
    if weights == "nominal":
        return np.broadcast_to(1 - np.eye(len(codes)), (*margins.shape, len(codes)))
    if weights == "interval":
        return np.broadcast_to((codes[:, None] - codes) ** 2, (*margins.shape, len(codes)))
    middle = np.cumsum(margins, axis=-1) - margins / 2
    return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2, dtype=np.float64)
