"""Suspected label errors of a run's training set: what models say of it that have not seen the patient.

Beside them where readers disagree, and the same picture under two patients.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.curation.label_errors import score_label_errors
from core.evaluation.metadata_binning import subgroup_facts
from core.services.analysis import cross_patient_duplicates, ground_truth_text, out_of_fold
from core.services.analysis.analysis import AnalysisContext, Json
from core.services.annotation import reader_disagreement
from core.services.datasets import training_examples
from core.services.evaluation.metadata_columns import facts as facts_of
from db.vocabulary import TaskKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models.heads import Head
    from core.training.examples import Example

FOLDS = 5
LISTED = 1000  # cases of the list at most; never fewer than a fifth of the training set where that is less


def analyze(work: AnalysisContext) -> Json:
    """The examination "suspects"; `asked` may name `folds` (2 to 10), `times` (1 to 10), `recipe` (auto, own, quick).

    Raises:
        InvalidInput: fewer patients than folds.
        NotTrainable: what `core.training.loop.fit` raises.
    """
    every = training_examples.examples_of(work.db, work.settings, work.run.snapshot_id)
    training = [one for one in every if one.split == "train"]
    head = training_examples.heads_of(work.db, work.run.snapshot_id)[0]
    count = work.number("folds", FOLDS, low=2, high=10)
    spec, times, told = out_of_fold.recipe(work, len(training), count)
    folds = out_of_fold.folds_of(training, count, times)
    said = out_of_fold.predict_out_of_fold(
        work, spec, [one for one in every if one.split == "val"], training, folds, head
    )
    rows = _suspects(work, said, training, folds, head)
    work.tell(count, count, "Comparing readers and pictures")
    image = {int(one.key): int(one.picture.image) for one in every}
    differ = reader_disagreement.disagreements(work.db, list(image))
    twice = cross_patient_duplicates.across_patients(
        every, lambda done: work.tell(done, len(every), "Comparing pictures")
    )
    listed = max(len(training) // 5, min(len(training), 50))
    return {
        "training": len(training),
        "folds": count,
        "recipe": told,
        "doubted": len(rows),
        "suspects": [_row(work, one, training, differ) for one in rows[: min(listed, LISTED)]],
        "called_wrong": sum(one["by_picture"] for one in rows),
        "expected": None if head.kind == "number" else sum(one["wrong"] for one in rows),
        "readers_differ": [{"case": case, "image": image[case], "said": said} for case, said in sorted(differ.items())],
        "same_pictures": twice,
    }


def _suspects(
    work: AnalysisContext,
    said: "NDArray[np.float64]",
    training: "Sequence[Example]",
    folds: "NDArray[np.intp]",
    head: "Head",
) -> list[Json]:
    """Most suspect first: the row of the case, how suspect, what is given and what is likely instead."""
    keys = [int(one.key) for one in training]
    facts = subgroup_facts(facts_of(work.db, keys), also_not=[*work.run.classes, *work.run.titles])
    given = np.array([one.targets[: head.targets] for one in training], dtype=np.float64)
    if head.kind == "number":
        return _numbers(said[:, :, 0].mean(axis=0), given[:, 0])
    found = []
    for at in range(len(head.classes)) if head.kind == "multi" else [0]:
        known = np.flatnonzero(~np.isnan(given[:, at]))
        labels = given[known, at].astype(np.intp)
        one = said[:, known, at]
        told = np.stack([1 - one, one], axis=-1) if head.kind == "multi" else said[:, known]
        found += _classes(told, labels, known, training, folds, facts, finding=at if head.kind == "multi" else None)
    return sorted(found, key=lambda one: (-one["wrong"], one["row"]))


def _classes(
    said: "NDArray[np.float64]",
    labels: "NDArray[np.intp]",
    known: "NDArray[np.intp]",
    training: "Sequence[Example]",
    folds: "NDArray[np.intp]",
    facts: dict[str, list[str]],
    *,
    finding: int | None,
) -> list[Json]:
    rows = known.tolist()
    found = score_label_errors(
        said,
        labels,
        [training[row].patient for row in rows],
        folds[:, known],
        {name: [values[row] for row in rows] for name, values in facts.items()},
    )
    return [
        {
            "row": row,
            "wrong": float(found.wrong[at]),
            "given": int(labels[at]),
            "likely": int(found.likely[at]),
            "probability": float(found.given[at]),
            "by_picture": bool(found.by_picture[at]),
            "finding": finding,
        }
        for at, row in enumerate(rows)
    ]


def _numbers(said: "NDArray[np.float64]", given: "NDArray[np.float64]") -> list[Json]:
    """By how far the number lies from what is said, in ranks; beyond three deviations (of the median one) it is called
    wrong by the picture."""
    away = np.abs(said - given)
    spread = 1.4826 * float(np.median(np.abs((said - given) - np.median(said - given)))) or 1.0
    order = np.argsort(-away, kind="stable")
    return [
        {
            "row": int(row),
            "wrong": float(1 - place / len(order)),
            "given": float(given[row]),
            "likely": float(said[row]),
            "probability": None,
            "by_picture": bool(away[row] > 3 * spread),
            "finding": None,
        }
        for place, row in enumerate(order)
    ]


def _row(work: AnalysisContext, one: Json, training: "Sequence[Example]", differ: dict[int, Any]) -> Json:
    """As it is kept, with words."""
    example, run = training[one["row"]], work.run
    if run.kind is TaskKind.MULTI:
        title = run.titles[one["finding"]]
        given, likely = (f"{title} {'present' if one[name] else 'absent'}" for name in ("given", "likely"))
    else:
        given, likely = (ground_truth_text.describe_targets(run, [one[name]]) for name in ("given", "likely"))
    return {
        "case": int(example.key),
        "image": int(example.picture.image),
        "patient": example.patient,
        "wrong": one["wrong"],
        "probability": one["probability"],
        "by_picture": one["by_picture"],
        "given": given,
        "likely": likely,
        "finding": one["finding"],
        "readers_differ": int(example.key) in differ,
    }
