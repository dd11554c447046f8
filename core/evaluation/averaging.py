"""The plain mean of measures: of the two sides of a question, of many classes, of findings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.evaluation.estimate import Estimate, Kind


def mean_estimate(parts: Sequence[Estimate], *, cases: int, note: str = "") -> Estimate:
    """Of measures of one kind. It keeps them: where one does not vary between resamples, its own interval tells."""
    kind: Kind = "share" if parts[0].kind == "proportion" else parts[0].kind
    off = [one.bootstrap_error for one in parts if one.bootstrap_error is not None]
    return Estimate(
        float(np.mean([one.value for one in parts])),
        np.mean([one.draws for one in parts], axis=0),
        cases,
        min(one.n_patients for one in parts),
        min(one.effective for one in parts),
        kind,
        parts=tuple(parts),
        bootstrap_error=np.mean(off, axis=0) if off else None,
        note=note,
    )


def macro_average(measures: Mapping[str, Estimate], *, cases: int) -> Estimate:
    """The plain mean of a measure over classes where it is defined; the note names those where it is not."""
    defined = [measure for measure in measures.values() if not measure.undefined]
    absent = [name for name, measure in measures.items() if measure.undefined]
    if not defined:
        return replace(next(iter(measures.values())), cases=cases)
    note = f"Mean of {len(defined)} of {len(measures)} classes; undefined for {', '.join(absent)}." if absent else ""
    return mean_estimate(defined, cases=cases, note=note)


def balanced_accuracy(sensitivity: Estimate, specificity: Estimate) -> Estimate:
    """Balanced accuracy, undefined where one of them is."""
    mean = mean_estimate((sensitivity, specificity), cases=sensitivity.cases + specificity.cases)
    return replace(mean, undefined=sensitivity.undefined or specificity.undefined)
