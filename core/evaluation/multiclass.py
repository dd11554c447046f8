"""Questions with many answers: classes against each other, classes in an order, and findings asked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.averaging import macro_average
from core.evaluation.binary_metrics import ORDER, class_estimates
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import divide, resampled_sums
from core.evaluation.estimate import Estimate, Kind, PatientIndex, metric_values, patient_counts
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import Floats

Classes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MultilabelReport:
    """Findings asked together: `macro` is the plain mean over findings, `micro` pools all their answers."""

    macro: dict[str, MetricValue]
    micro: dict[str, MetricValue]
    each: dict[str, dict[str, MetricValue]]


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """A table of classes, called against true, on the cases as they are (…, 1) or on resamples (…, resamples).

    `called` and `true` count cases by class (classes, …); `right` those called right, `distance` and `squared` sum how
    many classes apart they are.
    """

    called: Floats
    true: Floats
    right: Floats
    distance: Floats
    squared: Floats

    @property
    def cases(self) -> Floats:
        """How many there are."""
        return np.asarray(self.true.sum(axis=0))


def multiclass_metrics(
    per_class: Mapping[str, Mapping[str, Estimate]],
    called: Classes,
    truth: Classes,
    owners: PatientIndex,
    *,
    classes: int,
    resamples: int,
    seed: int,
) -> dict[str, Estimate]:
    """Of each measure the plain mean over classes; accuracy, MCC and kappa of the table of all classes.

    Balanced accuracy of many classes is the mean sensitivity. Called and truth are class indices (n,).
    """
    means = {key: macro_average({name: one[key] for name, one in per_class.items()}, cases=len(truth)) for key in ORDER}
    means["balanced_accuracy"] = means["sensitivity"]
    tables = _tables(called, truth, owners, classes, resamples, seed)
    return means | {
        "accuracy": _measure(accuracy(tables[0]), accuracy(tables[1]), owners, "proportion"),
        "mcc": _measure(mcc(tables[0]), mcc(tables[1]), owners, "signed"),
        "kappa": _measure(kappa(tables[0]), kappa(tables[1]), owners, "signed"),
    }


def ordinal_metrics(
    called: Classes, truth: Classes, owners: PatientIndex, *, classes: int, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Of ordered classes: kappa with quadratic weights, and how many classes a call is off in the mean.

    Source: Cohen, Psychological Bulletin 70 (1968) 213–220.
    """
    tables = _tables(called, truth, owners, classes, resamples, seed)
    off = [divide(table.distance, table.cases) / max(1, classes - 1) for table in tables]
    distance = _measure(off[0], off[1], owners, "share")
    return {
        "weighted_kappa": _measure(weighted_kappa(tables[0]), weighted_kappa(tables[1]), owners, "signed"),
        "mean_distance": replace(distance, scale=float(max(1, classes - 1))),
    }


def multilabel_metrics(
    found: Sequence[BinaryScores], thresholds: Sequence[float], *, resamples: int = 1000, seed: int = 0
) -> MultilabelReport:
    """Several findings about the same patients, each of its known cases, all on the same resamples.

    Raises:
        InvalidInput: no finding, one without cases, or not one threshold for each.
    """
    if not found or len(found) != len(thresholds) or not all(len(one.cases) for one in found):
        raise InvalidInput(
            f"{len(found)} findings and {len(thresholds)} thresholds do not fit; each finding needs cases whose truth "
            "is known and a threshold."
        )
    patients = sorted({name for one in found for name in one.patients})
    row = {name: at for at, name in enumerate(patients)}
    owned = [np.array([row[name] for name in one.patients], dtype=np.intp)[one.owner] for one in found]
    called = [one.called(threshold) for one, threshold in zip(found, thresholds, strict=True)]

    def measured(at: Sequence[int], name: str) -> dict[str, Estimate]:
        scores, calls, truth, owner = (
            np.concatenate([part[i] for i in at])
            for part in ([one.scores for one in found], called, [one.truth for one in found], owned)
        )
        return class_estimates(
            scores, calls, truth, PatientIndex(owner, len(patients)), name=name, resamples=resamples, seed=seed
        )

    each = {one.name: measured([i], one.name) for i, one in enumerate(found)}
    cases = sum(len(one.cases) for one in found)
    macro = {key: macro_average({name: one[key] for name, one in each.items()}, cases=cases) for key in ORDER}
    pooled = metric_values(measured(range(len(found)), "found"))
    return MultilabelReport(metric_values(macro), pooled, {name: metric_values(one) for name, one in each.items()})


def accuracy(table: ConfusionTable) -> Floats:
    """Share called right."""
    return divide(table.right, table.cases)


def mcc(table: ConfusionTable) -> Floats:
    """The correlation of a table of many classes, NaN where cases or calls are of one class.

    Source: Gorodkin, Computational Biology and Chemistry 28 (2004) 367–374.
    """
    n, both = table.cases, (table.called * table.true).sum(axis=0)
    spreads = (n * n - (table.called**2).sum(axis=0)) * (n * n - (table.true**2).sum(axis=0))
    return divide(n * table.right - both, np.sqrt(spreads))


def kappa(table: ConfusionTable) -> Floats:
    """Cohen's kappa of calls and truth, NaN where both are of one class."""
    n, both = table.cases, (table.called * table.true).sum(axis=0)
    return divide(n * table.right - both, n * n - both)


def weighted_kappa(table: ConfusionTable) -> Floats:
    """1 − squared distance seen over that expected by chance, NaN where none is expected."""
    place = np.arange(len(table.true), dtype=np.float64)
    first, second = (place @ table.called, place @ table.true)
    spread = (place**2) @ (table.called + table.true) * table.cases - 2 * first * second
    return 1.0 - divide(table.cases * table.squared, spread)


def _tables(
    called: Classes, truth: Classes, owners: PatientIndex, classes: int, resamples: int, seed: int
) -> tuple[ConfusionTable, ConfusionTable]:
    """On the cases as they are, and on resamples."""
    apart = np.abs(called - truth).astype(np.float64)
    rows = [owners.sizes(side == c) for side in (called, truth) for c in range(classes)]
    rows += [owners.total(amount) for amount in ((apart == 0).astype(np.float64), apart, apart**2)]
    amounts = np.stack(rows)
    made = (amounts.sum(axis=1, keepdims=True), resampled_sums(amounts, resamples=resamples, seed=seed))
    plain, drawn = (ConfusionTable(one[:classes], one[classes : 2 * classes], *one[2 * classes :]) for one in made)
    return plain, drawn


def _measure(value: Floats, drawn: Floats, owners: PatientIndex, kind: Kind) -> Estimate:
    sizes = owners.sizes(np.ones(len(owners.patient_of_case), dtype=np.bool_))
    none = "" if value[0] == value[0] else "Undefined: the cases, or the calls, are all of one class."
    single = bool(sizes.max() <= 1)
    return Estimate(
        float(value[0]), drawn, len(owners.patient_of_case), *patient_counts(sizes), kind, single, undefined=none
    )
