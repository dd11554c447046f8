"""Every figure of one yes/no question, each with its 95 % interval: those that stand, and those a threshold moves."""

from core.errors import InvalidInput
from core.evaluation.binary_scores import BinaryScores
from core.evaluation.estimate import Estimate, PatientIndex, metric_values
from core.evaluation.metric_value import MetricValue
from core.evaluation.metrics import Bools, Floats
from core.evaluation.ranking_metrics import ranking_metrics
from core.evaluation.threshold_metrics import ConfusionCells, threshold_metrics

ORDER = (
    "auroc",
    "average_precision",
    "accuracy",
    "balanced_accuracy",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "f1",
    "mcc",
    "kappa",
    "brier",
    "ece",
)


def binary_metrics(
    scored: BinaryScores, threshold: float, *, prevalence: float | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, MetricValue]:
    """All figures in ORDER; PPV and NPV at a typed prevalence by Bayes.

    Raises:
        InvalidInput: no case, a threshold or a prevalence that is none.
    """
    moved = metrics_at_threshold(scored, threshold, prevalence=prevalence, resamples=resamples, seed=seed)
    found = threshold_free_metrics(scored, resamples=resamples, seed=seed) | moved
    return {name: found[name] for name in ORDER}


def threshold_free_metrics(scored: BinaryScores, *, resamples: int = 1000, seed: int = 0) -> dict[str, MetricValue]:
    """Figures that no threshold moves: auroc, average_precision, brier, ece.

    Raises:
        InvalidInput: no case.
    """
    return metric_values(threshold_free_estimates(scored, resamples=resamples, seed=seed))


def metrics_at_threshold(
    scored: BinaryScores, threshold: float, *, prevalence: float | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, MetricValue]:
    """Figures of the four cells at a threshold: as fast as a slider.

    Raises:
        InvalidInput: no case, a threshold or a prevalence that is none.
    """
    return metric_values(threshold_estimates(scored, threshold, prevalence=prevalence, resamples=resamples, seed=seed))


def threshold_free_estimates(scored: BinaryScores, *, resamples: int, seed: int) -> dict[str, Estimate]:
    """What `standing` shows, with its values on every resample."""
    _check(scored)
    return ranking_metrics(
        scored.scores, scored.truth, patient_index(scored), name=scored.name, resamples=resamples, seed=seed
    )


def threshold_estimates(
    scored: BinaryScores, threshold: float, *, prevalence: float | None = None, resamples: int, seed: int
) -> dict[str, Estimate]:
    """What `moving` shows, with its values on every resample."""
    _check(scored)
    if threshold != threshold:
        raise InvalidInput("The threshold is not a number; give one such as 0.5.")
    called = scored.called(threshold)
    cells = ConfusionCells.of(called, scored.truth, patient_index(scored), resamples=resamples, seed=seed)
    return threshold_metrics(cells, name=scored.name, prevalence=prevalence)


def class_estimates(
    scores: Floats, called: Bools, truth: Bools, owned: PatientIndex, *, name: str, resamples: int, seed: int
) -> dict[str, Estimate]:
    """All in ORDER, of scores, calls and truth (n,): for classes that are called by no threshold."""
    cells = ConfusionCells.of(called, truth, owned, resamples=resamples, seed=seed)
    found = ranking_metrics(scores, truth, owned, name=name, resamples=resamples, seed=seed) | threshold_metrics(
        cells, name=name
    )
    return {key: found[key] for key in ORDER}


def patient_index(scored: BinaryScores) -> PatientIndex:
    """Whose cases they are."""
    return PatientIndex(scored.owner, len(scored.patients))


def _check(scored: BinaryScores) -> None:
    if not len(scored.cases):
        raise InvalidInput("There is no case to evaluate; predict this split first, or choose another.")
