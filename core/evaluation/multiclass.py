"""Metrics of several classes, of ordered classes, and of several findings (multi-label)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput
from core.evaluation.averaging import macro_average
from core.evaluation.binary_metrics import class_estimates
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.bootstrap import divide, resampled_sums
from core.evaluation.estimate import Estimate, Kind, PatientIndex, metric_values, patient_counts
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import ORDER, Floats

Classes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MultilabelReport:
    """Metrics of several findings: `macro` averages over findings, `micro` pools all their labels."""

    macro: dict[str, MetricValue]
    micro: dict[str, MetricValue]
    each: dict[str, dict[str, MetricValue]]


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """Sums of a confusion matrix, observed (…, 1) or on resamples (…, resamples).

    `called` and `true` count cases by predicted and reference class (classes, …); `right` counts correct predictions,
    `distance` and `squared` sum the distance in classes and its square.
    """

    called: Floats
    true: Floats
    right: Floats
    distance: Floats
    squared: Floats

    @property
    def cases(self) -> Floats:
        """Number of cases."""
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
    """Return each metric averaged over classes; accuracy, MCC and kappa of the whole confusion matrix.

    Balanced accuracy of several classes is the mean sensitivity. `called` and `truth` are class indices (n,).
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
    """Return quadratic-weighted kappa and the mean distance in classes of ordered classes.

    Source: Cohen, Psychological Bulletin 70 (1968) 213–220.
    """
    tables = _tables(called, truth, owners, classes, resamples, seed)
    distances = [divide(table.distance, table.cases) / max(1, classes - 1) for table in tables]
    distance = _measure(distances[0], distances[1], owners, "share")
    return {
        "weighted_kappa": _measure(weighted_kappa(tables[0]), weighted_kappa(tables[1]), owners, "signed"),
        "mean_distance": replace(distance, scale=float(max(1, classes - 1))),
    }


def multilabel_metrics(
    findings: Sequence[BinaryScores], thresholds: Sequence[float], *, resamples: int = 1000, seed: int = 0
) -> MultilabelReport:
    """Return the metrics of several findings of the same patients, each on its known cases, all on the same resamples.

    Raises:
        InvalidInput: no findings, a finding without cases, or not one threshold for each.
    """
    if not findings or len(findings) != len(thresholds) or not all(len(one.cases) for one in findings):
        raise InvalidInput(
            f"{len(findings)} findings and {len(thresholds)} thresholds do not match; each finding needs cases with a "
            "known label, and a threshold."
        )
    patients = sorted({name for one in findings for name in one.patients})
    row = {name: index for index, name in enumerate(patients)}
    owned = [np.array([row[name] for name in one.patients], dtype=np.intp)[one.owner] for one in findings]
    called = [one.predicted_positive(threshold) for one, threshold in zip(findings, thresholds, strict=True)]

    def estimates_of(index: Sequence[int], name: str) -> dict[str, Estimate]:
        scores, calls, truth, owner = (
            np.concatenate([part[i] for i in index])
            for part in ([one.scores for one in findings], called, [one.truth for one in findings], owned)
        )
        return class_estimates(
            scores, calls, truth, PatientIndex(owner, len(patients)), name=name, resamples=resamples, seed=seed
        )

    each = {one.name: estimates_of([i], one.name) for i, one in enumerate(findings)}
    cases = sum(len(one.cases) for one in findings)
    macro = {key: macro_average({name: one[key] for name, one in each.items()}, cases=cases) for key in ORDER}
    pooled = metric_values(estimates_of(range(len(findings)), "found"))
    return MultilabelReport(metric_values(macro), pooled, {name: metric_values(one) for name, one in each.items()})


def accuracy(table: ConfusionTable) -> Floats:
    """Return the fraction of correct predictions."""
    return divide(table.right, table.cases)


def mcc(table: ConfusionTable) -> Floats:
    """Return Matthews' correlation of several classes, NaN where cases or predictions are of one class.

    Source: Gorodkin, Computational Biology and Chemistry 28 (2004) 367–374.
    """
    n, both = table.cases, (table.called * table.true).sum(axis=0)
    spreads = (n * n - (table.called**2).sum(axis=0)) * (n * n - (table.true**2).sum(axis=0))
    return divide(n * table.right - both, np.sqrt(spreads))


def kappa(table: ConfusionTable) -> Floats:
    """Return Cohen's kappa of predictions and reference, NaN where both are of one class."""
    n, both = table.cases, (table.called * table.true).sum(axis=0)
    return divide(n * table.right - both, n * n - both)


def weighted_kappa(table: ConfusionTable) -> Floats:
    """Return quadratic-weighted kappa: 1 − observed over expected squared distance, NaN where none is expected."""
    codes = np.arange(len(table.true), dtype=np.float64)
    first, second = (codes @ table.called, codes @ table.true)
    spread = (codes**2) @ (table.called + table.true) * table.cases - 2 * first * second
    return 1.0 - divide(table.cases * table.squared, spread)


def _tables(
    called: Classes, truth: Classes, owners: PatientIndex, classes: int, resamples: int, seed: int
) -> tuple[ConfusionTable, ConfusionTable]:
    """Return the table as observed, and on resamples."""
    distance = np.abs(called - truth).astype(np.float64)
    rows = [owners.sizes(side == c) for side in (called, truth) for c in range(classes)]
    rows += [owners.total(amount) for amount in ((distance == 0).astype(np.float64), distance, distance**2)]
    amounts = np.stack(rows)
    sums = (amounts.sum(axis=1, keepdims=True), resampled_sums(amounts, resamples=resamples, seed=seed))
    observed, resampled = (
        ConfusionTable(part[:classes], part[classes : 2 * classes], *part[2 * classes :]) for part in sums
    )
    return observed, resampled


def _measure(value: Floats, resampled: Floats, owners: PatientIndex, kind: Kind) -> Estimate:
    sizes = owners.sizes(np.ones(len(owners.patient_of_case), dtype=np.bool_))
    undefined = (
        "" if value[0] == value[0] else "Undefined: the reference labels or the predictions are all of one class."
    )
    single = bool(sizes.max() <= 1)
    return Estimate(
        float(value[0]),
        resampled,
        len(owners.patient_of_case),
        *patient_counts(sizes),
        kind,
        single,
        undefined=undefined,
    )
