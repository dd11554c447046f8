"""All metrics of one yes/no question with 95 % intervals: threshold-free ones, and those of an operating point."""

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.estimate import Estimate, PatientIndex, metric_values
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import ORDER, Bools, Floats
from core.evaluation.ranking_metrics import ranking_metrics
from core.evaluation.threshold_metrics import ConfusionCells, threshold_metrics


def binary_metrics(
    scored: BinaryScores, threshold: float, *, prevalence: float | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, MetricValue]:
    """Return all metrics in ORDER; PPV and NPV for the given prevalence by Bayes' theorem, if there is one.

    Raises:
        InvalidInput: no cases, or an invalid threshold or prevalence.
    """
    thresholded = metrics_at_threshold(scored, threshold, prevalence=prevalence, resamples=resamples, seed=seed)
    metrics = threshold_free_metrics(scored, resamples=resamples, seed=seed) | thresholded
    return {name: metrics[name] for name in ORDER}


def threshold_free_metrics(scored: BinaryScores, *, resamples: int = 1000, seed: int = 0) -> dict[str, MetricValue]:
    """Return the metrics that do not depend on a threshold: auroc, average_precision, brier, ece.

    Raises:
        InvalidInput: no cases.
    """
    return metric_values(threshold_free_estimates(scored, resamples=resamples, seed=seed))


def metrics_at_threshold(
    scored: BinaryScores, threshold: float, *, prevalence: float | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, MetricValue]:
    """Return the metrics of the confusion matrix at a threshold; fast enough for a slider.

    Raises:
        InvalidInput: no cases, or an invalid threshold or prevalence.
    """
    return metric_values(threshold_estimates(scored, threshold, prevalence=prevalence, resamples=resamples, seed=seed))


def threshold_free_estimates(scored: BinaryScores, *, resamples: int, seed: int) -> dict[str, Estimate]:
    """Return the estimates behind `threshold_free_metrics`, with their bootstrap values."""
    _check(scored)
    return ranking_metrics(
        scored.scores, scored.truth, patient_index(scored), name=scored.name, resamples=resamples, seed=seed
    )


def threshold_estimates(
    scored: BinaryScores, threshold: float, *, prevalence: float | None = None, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Return the estimates behind `metrics_at_threshold`, with their bootstrap values."""
    _check(scored)
    if threshold != threshold:
        raise InvalidInput("The threshold is not a number; enter a number such as 0.5.")
    called = scored.predicted_positive(threshold)
    cells = ConfusionCells.of(called, scored.truth, patient_index(scored), resamples=resamples, seed=seed)
    return threshold_metrics(cells, name=scored.name, prevalence=prevalence)


def class_estimates(
    scores: Floats, called: Bools, truth: Bools, index: PatientIndex, *, name: str, resamples: int, seed: int
) -> dict[str, Estimate]:
    """Return the estimates of all metrics in ORDER from scores, predictions and truth (n,), for argmax predictions."""
    cells = ConfusionCells.of(called, truth, index, resamples=resamples, seed=seed)
    estimates = ranking_metrics(scores, truth, index, name=name, resamples=resamples, seed=seed) | threshold_metrics(
        cells, name=name
    )
    return {key: estimates[key] for key in ORDER}


def patient_index(scored: BinaryScores) -> PatientIndex:
    """Return the patient of each case."""
    return PatientIndex(scored.owner, len(scored.patients))


def _check(scored: BinaryScores) -> None:
    if not len(scored.cases):
        raise InvalidInput("No cases to evaluate; predict this split first, or choose another.")
