"""Unweighted means of estimates: of sensitivity and specificity, of classes, of findings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.evaluation.estimate import Estimate, Kind


def mean_estimate(parts: Sequence[Estimate], *, cases: int, note: str = "") -> Estimate:
    """Return the mean of estimates of one kind.

    The parts are stored with it, so that a part without bootstrap spread still contributes its own interval.
    """
    kind: Kind = "share" if parts[0].kind == "proportion" else parts[0].kind
    errors = [one.bootstrap_error for one in parts if one.bootstrap_error is not None]
    return Estimate(
        float(np.mean([one.value for one in parts])),
        np.mean([one.bootstrap for one in parts], axis=0),
        cases,
        min(one.n_patients for one in parts),
        min(one.effective for one in parts),
        kind,
        parts=tuple(parts),
        bootstrap_error=np.mean(errors, axis=0) if errors else None,
        note=note,
    )


def macro_average(measures: Mapping[str, Estimate], *, cases: int) -> Estimate:
    """Return the unweighted mean over the classes for which the metric is defined; the note names the others."""
    defined = [measure for measure in measures.values() if not measure.undefined]
    undefined = [name for name, measure in measures.items() if measure.undefined]
    if not defined:
        return replace(next(iter(measures.values())), cases=cases)
    note = (
        f"Mean of {len(defined)} of {len(measures)} classes; undefined for {', '.join(undefined)}." if undefined else ""
    )
    return mean_estimate(defined, cases=cases, note=note)


def balanced_accuracy(sensitivity: Estimate, specificity: Estimate) -> Estimate:
    """Return the balanced accuracy; undefined where sensitivity or specificity is."""
    mean = mean_estimate((sensitivity, specificity), cases=sensitivity.cases + specificity.cases)
    return replace(mean, undefined=sensitivity.undefined or specificity.undefined)
