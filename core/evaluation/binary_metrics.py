"""Every figure of one yes/no question, each with its 95 % interval: those that stand, and those a threshold moves."""

from core.errors import InvalidInput
from core.evaluation.binary_scores import Scored
from core.evaluation.estimate import Measure, Owners, figures
from core.evaluation.metric_value import Figure
from core.evaluation.metrics import Bools, Floats
from core.evaluation.ranking_metrics import ranked
from core.evaluation.threshold_metrics import Cells, decided

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


def board(
    scored: Scored, threshold: float, *, prevalence: float | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, Figure]:
    """All figures in ORDER; PPV and NPV at a typed prevalence by Bayes.

    Raises:
        InvalidInput: no case, a threshold or a prevalence that is none.
    """
    moved = moving(scored, threshold, prevalence=prevalence, resamples=resamples, seed=seed)
    found = standing(scored, resamples=resamples, seed=seed) | moved
    return {name: found[name] for name in ORDER}


def standing(scored: Scored, *, resamples: int = 1000, seed: int = 0) -> dict[str, Figure]:
    """Figures that no threshold moves: auroc, average_precision, brier, ece.

    Raises:
        InvalidInput: no case.
    """
    return figures(standing_measures(scored, resamples=resamples, seed=seed))


def moving(
    scored: Scored, threshold: float, *, prevalence: float | None = None, resamples: int = 1000, seed: int = 0
) -> dict[str, Figure]:
    """Figures of the four cells at a threshold: as fast as a slider.

    Raises:
        InvalidInput: no case, a threshold or a prevalence that is none.
    """
    return figures(moving_measures(scored, threshold, prevalence=prevalence, resamples=resamples, seed=seed))


def standing_measures(scored: Scored, *, resamples: int, seed: int) -> dict[str, Measure]:
    """What `standing` shows, with its values on every resample."""
    _check(scored)
    return ranked(scored.scores, scored.truth, owners(scored), name=scored.name, resamples=resamples, seed=seed)


def moving_measures(
    scored: Scored, threshold: float, *, prevalence: float | None = None, resamples: int, seed: int
) -> dict[str, Measure]:
    """What `moving` shows, with its values on every resample."""
    _check(scored)
    if threshold != threshold:
        raise InvalidInput("The threshold is not a number; give one such as 0.5.")
    called = scored.called(threshold)
    cells = Cells.of(called, scored.truth, owners(scored), resamples=resamples, seed=seed)
    return decided(cells, name=scored.name, prevalence=prevalence)


def measures(
    scores: Floats, called: Bools, truth: Bools, owned: Owners, *, name: str, resamples: int, seed: int
) -> dict[str, Measure]:
    """All in ORDER, of scores, calls and truth (n,): for classes that are called by no threshold."""
    cells = Cells.of(called, truth, owned, resamples=resamples, seed=seed)
    found = ranked(scores, truth, owned, name=name, resamples=resamples, seed=seed) | decided(cells, name=name)
    return {key: found[key] for key in ORDER}


def owners(scored: Scored) -> Owners:
    """Whose cases they are."""
    return Owners(scored.owner, len(scored.patients))


def _check(scored: Scored) -> None:
    if not len(scored.cases):
        raise InvalidInput("There is no case to evaluate; predict this split first, or choose another.")
