"""How far readers agree beyond chance: Cohen's and Fleiss' kappa, Krippendorff's alpha, with intervals by patient.

Ratings are (readers, cases), classes from 0, -1 where a reader has not answered.
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
SAME = "Undefined: everybody always says the same class, so there is no agreement beyond chance to speak of."


def cohen(table: ArrayLike) -> float | None:
    """Kappa of two readers' table (classes, classes); None where chance alone agrees always.

    Source: Cohen, Educational and Psychological Measurement 20 (1960) 37–46.
    """
    return _alone(_cohen, np.asarray(table, dtype=np.float64))


def fleiss(counts: ArrayLike) -> float | None:
    """Kappa of how many readers chose each class (cases, classes), equally many on every case.

    Source: Fleiss, Psychological Bulletin 76 (1971) 378–382.

    Raises:
        InvalidInput: fewer than two readers, or not equally many.
    """
    given = np.asarray(counts, dtype=np.float64)
    readers = given.sum(axis=1)
    if not len(given) or readers[0] < 2 or (readers != readers[0]).any():
        raise InvalidInput("Fleiss' kappa needs equally many readers, two or more, on every case; use Krippendorff's.")
    return _alone(_fleiss, _pairs_of_counts(given).sum(axis=0) / (readers[0] - 1))


def krippendorff(ratings: ArrayLike, weights: Weights = "nominal") -> float | None:
    """Alpha of ratings (readers, cases) with gaps; None where all answers are one class or none can be compared.

    Source: Krippendorff, Content Analysis (2004), 11.
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
    """One of NAMES with its interval; ratings (readers, cases), the patient of each case. Cohen's is of two readers.

    Cohen's and Fleiss' count the cases that all readers answered, Krippendorff's those that two or more did.

    Raises:
        InvalidInput: an unknown name, shapes that do not fit, or Cohen's of other than two readers.
    """
    answers = np.asarray(ratings, dtype=np.intp)
    if name not in NAMES or answers.ndim != 2 or answers.shape[1] != len(patients):
        raise InvalidInput(
            f"Agreement '{name}' of ratings {answers.shape} and {len(patients)} patients does not fit; give (readers, "
            f"cases), the patient of each case, and one of {', '.join(NAMES)}."
        )
    if name == "cohen" and len(answers) != 2:
        raise InvalidInput(f"Cohen's kappa is of two readers, not {len(answers)}; use Fleiss' or Krippendorff's.")
    there = (answers >= 0).sum(axis=0) >= (2 if name == "krippendorff" else max(2, len(answers)))
    if not there.any():
        return MetricValue(None, None, None, 0, "Undefined: no case has the answers of two readers.")
    names, row = np.unique(np.asarray([str(one) for one in patients])[there], return_inverse=True)
    tables, statistic = _tables(answers[:, there], name, weights)
    return _figure(tables, statistic, PatientIndex(row.astype(np.intp), len(names)), resamples, seed)


def _tables(answers: Ratings, name: str, weights: Weights) -> tuple[Floats, Statistic]:
    """What is summed over cases (cases, classes, classes), and the number of the sum."""
    classes = int(answers.max()) + 1
    if name == "cohen":
        one = np.eye(classes)[answers]
        return one[0][:, :, None] * one[1][:, None, :], _cohen
    tables = _coincidences(answers, classes)
    return tables, _fleiss if name == "fleiss" else lambda table: _alpha(table, weights)


def _figure(tables: Floats, statistic: Statistic, owners: PatientIndex, resamples: int, seed: int) -> MetricValue:
    flat, classes = tables.reshape(len(tables), -1), tables.shape[1]
    amounts = np.stack([owners.total(column) for column in flat.T])
    drawn = resampled_sums(amounts, resamples=resamples, seed=seed).T.reshape(-1, classes, classes)
    sizes = owners.sizes(np.ones(len(tables), dtype=np.bool_))
    value = float(statistic(tables.sum(axis=0, keepdims=True))[0])
    none = "" if value == value else SAME
    measure = Estimate(value, statistic(drawn), len(tables), *patient_counts(sizes), "signed", undefined=none)
    return measure.figure()


def _alone(statistic: Statistic, table: Floats) -> float | None:
    value = float(statistic(table[None])[0])
    return value if value == value else None


def _coincidences(answers: Ratings, classes: int) -> Floats:
    """Of each case the pairs of answers, each reader's weighing one in all (cases, classes, classes)."""
    counts = np.stack([(answers == c).sum(axis=0) for c in range(classes)], axis=1).astype(np.float64)
    readers = counts.sum(axis=1)
    return np.where(readers[:, None, None] > 1, _pairs_of_counts(counts) / np.maximum(1, readers - 1)[:, None, None], 0)


def _pairs_of_counts(counts: Floats) -> Floats:
    """Ordered pairs of two readers' answers (cases, classes, classes)."""
    return np.asarray(counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1]))


def _cohen(tables: Floats) -> Floats:
    """Of tables (…, classes, classes)."""
    n, agreed = tables.sum(axis=(-1, -2)), np.trace(tables, axis1=-2, axis2=-1)
    chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    return divide(n * agreed - chance, n * n - chance)


def _fleiss(tables: Floats) -> Floats:
    """Of coincidences, in which both margins are the answers: kappa with the pooled margins."""
    return _cohen(tables)


def _alpha(tables: Floats, weights: Weights) -> Floats:
    margins = tables.sum(axis=-1)
    n = margins.sum(axis=-1)
    distance = _distances(margins, weights)
    seen = (tables * distance).sum(axis=(-1, -2))
    chance = (margins[..., :, None] * margins[..., None, :] * distance).sum(axis=(-1, -2))
    return 1.0 - divide((n - 1) * seen, chance)


def _distances(margins: Floats, weights: Weights) -> Floats:
    """Squared distance of two classes (…, classes, classes); of ordinal ones by the answers between them."""
    place = np.arange(margins.shape[-1], dtype=np.float64)
    if weights == "nominal":
        return np.broadcast_to(1 - np.eye(len(place)), (*margins.shape, len(place)))
    if weights == "interval":
        return np.broadcast_to((place[:, None] - place) ** 2, (*margins.shape, len(place)))
    middle = np.cumsum(margins, axis=-1) - margins / 2
    return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2, dtype=np.float64)
