"""From measures to figures: all on the same resamples of patients, each with its interval or the reason for none."""

from collections.abc import Mapping
from itertools import chain

import numpy as np

from core.evaluation.figure import Figure
from core.evaluation.intervals import interval
from core.evaluation.measures import Measure
from core.evaluation.resampling import Floats, bootstrap

Groups = Mapping[str, Mapping[str, Measure]]

_FEW = 0.95


def draw(groups: Groups, *, patients: int, resamples: int, seed: int) -> dict[str, dict[str, Figure]]:
    """A figure for every measure of every group."""
    distinct = {id(measure): measure for measure in chain.from_iterable(group.values() for group in groups.values())}
    resampled = {str(key): measure.statistic for key, measure in distinct.items() if _has_interval(measure)}
    draws = bootstrap(resampled, patients=patients, resamples=resamples, seed=seed)
    figures = {key: _figure(measure, draws.get(str(key)), patients) for key, measure in distinct.items()}
    return {name: {key: figures[id(measure)] for key, measure in group.items()} for name, group in groups.items()}


def _has_interval(measure: Measure) -> bool:
    return not (measure.undefined or measure.no_interval)


def _figure(measure: Measure, draws: Floats | None, patients: int) -> Figure:
    if measure.undefined:
        return Figure(None, None, None, measure.images, measure.undefined)
    value = float(measure.statistic(np.ones((patients, 1)))[0])
    if draws is None:
        return Figure(value, None, None, measure.images, measure.no_interval)
    bounds = interval(value, draws, carriers=measure.carriers)
    if bounds is None:
        note = "No interval: it rests on the images of a single patient."
        return Figure(value, None, None, measure.images, f"{measure.note} {note}".strip())
    return Figure(value, *bounds, measure.images, f"{measure.note} {_thin(value, draws)}".strip())


def _thin(value: float, draws: Floats) -> str:
    usable = int((~np.isnan(draws)).sum())
    if usable >= _FEW * len(draws) or value in (0, 1):  # at 0 and 1 the interval does not come from the resamples
        return ""
    return f"Interval from {usable} of {len(draws)} resamples; the others lack a class, which few patients have."
