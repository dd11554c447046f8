"""Two runs on the same images: do they err alike, and how far apart are their AUROCs?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.figure import Figure
from core.evaluation.intervals import difference_interval
from core.evaluation.metrics import Bools, Floats, auroc
from core.evaluation.resampling import bootstrap, weighted_auroc


@dataclass(frozen=True, slots=True)
class McNemar:
    """`exact_p` by the binomial; `chi2` and `p` with continuity correction, None where the two never disagree."""

    exact_p: float
    chi2: float | None
    p: float | None


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Of images that only the first, and only the second, run calls right. Source: McNemar, Psychometrika 12 (1947)."""
    from scipy.stats import binomtest, chi2

    differing = only_first + only_second
    if not differing:
        return McNemar(1.0, None, None)
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / differing
    exact = binomtest(only_first, differing, 0.5).pvalue
    return McNemar(float(exact), float(statistic), float(chi2.sf(statistic, 1)))


def auroc_difference(
    first: Floats, second: Floats, truth: Bools, patients: Sequence[object], *, resamples: int = 1000, seed: int = 0
) -> Figure:
    """First minus second, both on the same resamples of patients; scores and truth (images,)."""
    names, owner = np.unique(np.asarray(patients), return_inverse=True)
    a, b = auroc(first, truth), auroc(second, truth)
    if a is None or b is None:
        return Figure(None, None, None, len(truth), "Undefined: all images are of one class.")
    statistics = {"a": weighted_auroc(first, truth, owner), "b": weighted_auroc(second, truth, owner)}
    draws = bootstrap(statistics, patients=len(names), resamples=resamples, seed=seed)
    carriers = min(len(np.unique(owner[truth])), len(np.unique(owner[~truth])))
    bounds = difference_interval(a - b, draws["a"] - draws["b"], carriers=carriers)
    if bounds is None:
        return Figure(a - b, None, None, len(truth), "No interval: one class comes from a single patient.")
    return Figure(a - b, *bounds, len(truth))
