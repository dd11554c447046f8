"""Probe a run's features for shortcuts: which metadata they encode, and whether it is associated with the label."""

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

MARK, SEEN, NONE = "text or marker in the image", "seen", "none"  # stored in results
MOST = 3_000  # cases that are probed, whole patients at random


def analyze(work: AnalysisContext) -> Json:
    """Run the analysis "probe": return the alarms first, each metadata column with a sentence, others with the reason.

    Raises:
        InvalidInput: fewer than ten patients, too few for folds.
    """
    model = work.model()
    cases = _sample_patients(training_examples.examples_of(work.db, work.settings, work.run.snapshot_id))
    patients = [one.patient for one in cases]
    if len(set(patients)) < 10:
        raise InvalidInput(
            f"Snapshot '{work.run.snapshot}' has {len(set(patients))} patients; the probe needs at least ten."
        )
    learned = _features(work, model, cases, "Computing the model's features")
    blank = _features(work, randomize_all(model, 1), cases, "Computing features with random weights")
    metadata = facts_of(work.db, [int(one.key) for one in cases]) | {MARK: _marks(work, cases)}
    label_names = [*work.run.classes, *work.run.titles]
    known = subgroup_facts(metadata, also_not=label_names)
    training = np.array([one.split == "train" for one in cases])
    probes = []
    for number, (name, values) in enumerate(known.items()):
        work.report_progress(number, len(known), f"Probing '{name}'")
        association = _association(work, values, cases, training)
        probes.append(
            probe(name, values, learned, blank, patients, association, tested=len(known), label_name=work.run.task)
        )
    ordered = alarms_first(probes)
    return {
        "cases": len(cases),
        "patients": len(set(patients)),
        "alarms": [one.fact for one in ordered if one.alarm],
        "facts": [one.to_json() for one in ordered],
        "left_out": excluded_facts(metadata, also_not=label_names),
    }


def _sample_patients(examples: "list[Example]") -> "list[Example]":
    """Return all cases, or about MOST of randomly chosen patients."""
    if len(examples) <= MOST:
        return examples
    names = sorted({example.patient for example in examples})
    order = {names[at]: place for place, at in enumerate(np.random.default_rng(0).permutation(len(names)).tolist())}
    chosen = sorted(examples, key=lambda example: order[example.patient])[:MOST]
    return sorted(chosen, key=lambda example: int(example.key))


def _features(
    work: AnalysisContext, model: "LoadedModel", cases: "Sequence[Example]", doing: str
) -> "NDArray[np.float64]":
    vectors = []
    for _, vector in activations.features(
        model, cases, batch_size=features.AT_ONCE, cache=work.settings.folder("cache")
    ):
        vectors.append(vector)
        work.report_progress(len(vectors), len(cases), doing)
    return np.stack(vectors).astype(np.float64)


def _marks(work: AnalysisContext, cases: "Sequence[Example]") -> list[str]:
    """Return for each case whether its image shows text or a lead marker."""
    marks = []
    for example in cases:
        grey = read_image(example.picture, size=EDGE, channels=1)[0]
        marks.append(SEEN if find_burned_in_text(grey.astype("float32") / 65535, None).any() else NONE)
        work.report_progress(len(marks), len(cases), "Detecting text and markers")
    return marks


def _association(
    work: AnalysisContext, values: Sequence[str], cases: "Sequence[Example]", training: "NDArray[np.bool_]"
) -> "Association":
    """Return the association of a column with the label in training; for findings the strongest one (corrected)."""
    rows = np.flatnonzero(training).tolist()
    truths = np.array([cases[row].targets for row in rows], dtype=np.float64)
    associations = []
    for column in range(len(work.run.classes) if work.run.kind is TaskKind.MULTI else 1):
        known = [at for at in range(len(rows)) if truths[at, column] == truths[at, column]]
        target: Any = truths[known, column]
        values_known, owners = [values[rows[at]] for at in known], [cases[rows[at]].patient for at in known]
        if len(known) > 1:
            number = work.run.kind is TaskKind.NUMBER
            associations.append(
                (correlation_ratio if number else cramers_v)(
                    values_known, target if number else target.astype(int), owners
                )
            )
    return strongest_association(associations)
