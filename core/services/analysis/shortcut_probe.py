"""The shortcut alarm of a run: which facts its features hold, and whether these go with the label in training."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import InvalidInput
from core.evaluation.association import correlation_ratio, cramers_v, strongest_association
from core.evaluation.metadata_binning import excluded_facts, subgroup_facts
from core.evaluation.probe import alarms_first, probe
from core.explain.sanity.random_weights import randomize_all
from core.explain.sanity.regions import EDGE, find_burned_in_text
from core.lazy_modules import LazyModule
from core.services.analysis import features
from core.services.analysis.analysis import AnalysisContext, Json
from core.services.datasets import training_examples
from core.services.evaluation.metadata_columns import facts as facts_of
from core.training.examples import read_image
from db.vocabulary import TaskKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.evaluation.association import Association
    from core.explain import features as activations
    from core.inference import LoadedModel
    from core.training.examples import Example
else:
    activations = LazyModule("core.explain.features")

MARK, SEEN, NONE = "mark in the picture", "seen", "none"
MOST = 3_000  # cases that are probed, whole patients at random


def analyze(work: AnalysisContext) -> Json:
    """The examination "probe": alarms first, each fact with its sentence; those left out with the reason.

    Raises:
        InvalidInput: fewer than ten patients, who cannot be parted into folds.
    """
    model = work.model()
    cases = _some(training_examples.examples_of(work.db, work.settings, work.run.snapshot_id))
    patients = [one.patient for one in cases]
    if len(set(patients)) < 10:
        raise InvalidInput(f"Snapshot '{work.run.snapshot}' has {len(set(patients))} patients; a probe needs ten.")
    learned = _features(work, model, cases, "What the model makes of each case")
    blank = _features(work, randomize_all(model, 1), cases, "What a network that learned nothing makes of them")
    told = facts_of(work.db, [int(one.key) for one in cases]) | {MARK: _marks(work, cases)}
    said = [*work.run.classes, *work.run.titles]
    known = subgroup_facts(told, also_not=said)
    training = np.array([one.split == "train" for one in cases])
    found = []
    for number, (name, values) in enumerate(known.items()):
        work.tell(number, len(known), f"Probing '{name}'")
        goes = _association(work, values, cases, training)
        found.append(probe(name, values, learned, blank, patients, goes, tested=len(known), called=work.run.task))
    ordered = alarms_first(found)
    return {
        "cases": len(cases),
        "patients": len(set(patients)),
        "alarms": [one.fact for one in ordered if one.alarm],
        "facts": [one.to_json() for one in ordered],
        "left_out": excluded_facts(told, also_not=said),
    }


def _some(every: "list[Example]") -> "list[Example]":
    """All of them, or so many, with all pictures of whoever is chosen."""
    if len(every) <= MOST:
        return every
    names = sorted({one.patient for one in every})
    order = {names[at]: place for place, at in enumerate(np.random.default_rng(0).permutation(len(names)).tolist())}
    chosen = sorted(every, key=lambda one: order[one.patient])[:MOST]
    return sorted(chosen, key=lambda one: int(one.key))


def _features(
    work: AnalysisContext, model: "LoadedModel", cases: "Sequence[Example]", doing: str
) -> "NDArray[np.float64]":
    found = []
    for _, vector in activations.features(
        model, cases, batch_size=features.AT_ONCE, cache=work.settings.folder("cache")
    ):
        found.append(vector)
        work.tell(len(found), len(cases), doing)
    return np.stack(found).astype(np.float64)


def _marks(work: AnalysisContext, cases: "Sequence[Example]") -> list[str]:
    """Whether text or a lead marker is seen in each case's own picture."""
    found = []
    for one in cases:
        grey = read_image(one.picture, size=EDGE, channels=1)[0]
        found.append(SEEN if find_burned_in_text(grey.astype("float32") / 65535, None).any() else NONE)
        work.tell(len(found), len(cases), "Looking for text and markers")
    return found


def _association(
    work: AnalysisContext, values: Sequence[str], cases: "Sequence[Example]", training: "NDArray[np.bool_]"
) -> "Association":
    """How the fact goes with the label in the training set, of findings with the one it goes with most (corrected)."""
    rows = np.flatnonzero(training).tolist()
    truths = np.array([cases[row].targets for row in rows], dtype=np.float64)
    found = []
    for column in range(len(work.run.classes) if work.run.kind is TaskKind.MULTI else 1):
        known = [at for at in range(len(rows)) if truths[at, column] == truths[at, column]]
        told: Any = truths[known, column]
        fact, owners = [values[rows[at]] for at in known], [cases[rows[at]].patient for at in known]
        if len(known) > 1:
            number = work.run.kind is TaskKind.NUMBER
            found.append(
                (correlation_ratio if number else cramers_v)(fact, told if number else told.astype(int), owners)
            )
    return strongest_association(found)
