"""Find suspected label errors in a run's training set, by models that were not trained on the patient.

The result also lists the cases on which readers disagree, and near-duplicate images of two patients.
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
LISTED = 1000  # the most cases listed; below that limit, at least a fifth of the training set


def analyze(work: AnalysisContext) -> Json:
    """Run the analysis "suspects"; settings: `folds` (2 to 10), `times` (1 to 10), `recipe` (auto, own, quick).

    Raises:
        InvalidInput: fewer patients than folds.
        NotTrainable: see `core.training.loop.fit`.
    """
    examples = training_examples.examples_of(work.db, work.settings, work.run.snapshot_id)
    training = [one for one in examples if one.split == "train"]
    head = training_examples.heads_of(work.db, work.run.snapshot_id)[0]
    count = work.number("folds", FOLDS, low=2, high=10)
    spec, times, recipe_text = out_of_fold.recipe(work, len(training), count)
    folds = out_of_fold.folds_of(training, count, times)
    scores = out_of_fold.predict_out_of_fold(
        work, spec, [one for one in examples if one.split == "val"], training, folds, head
    )
    rows = _find_suspects(work, scores, training, folds, head)
    work.report_progress(count, count, "Comparing readers' labels")
    image = {int(example.key): int(example.picture.image) for example in examples}
    differ = reader_disagreement.disagreements(work.db, list(image))
    twice = cross_patient_duplicates.across_patients(
        examples, lambda done: work.report_progress(done, len(examples), "Comparing images")
    )
    listed = max(len(training) // 5, min(len(training), 50))
    return {
        "training": len(training),
        "folds": count,
        "recipe": recipe_text,
        "doubted": len(rows),
        "suspects": [_to_json(work, one, training, differ) for one in rows[: min(listed, LISTED)]],
        "called_wrong": sum(one["by_picture"] for one in rows),
        "expected": None if head.kind == "number" else sum(one["wrong"] for one in rows),
        "readers_differ": [
            {"case": case, "image": image[case], "said": answers} for case, answers in sorted(differ.items())
        ],
        "same_pictures": twice,
    }


def _find_suspects(
    work: AnalysisContext,
    predicted: "NDArray[np.float64]",
    training: "Sequence[Example]",
    folds: "NDArray[np.intp]",
    head: "Head",
) -> list[Json]:
    """Return the suspects, most likely wrong first: row, score, given label and likely label."""
    keys = [int(one.key) for one in training]
    facts = subgroup_facts(facts_of(work.db, keys), also_not=[*work.run.classes, *work.run.titles])
    given = np.array([one.targets[: head.targets] for one in training], dtype=np.float64)
    if head.kind == "number":
        return _number_suspects(predicted[:, :, 0].mean(axis=0), given[:, 0])
    suspects = []
    for at in range(len(head.classes)) if head.kind == "multi" else [0]:
        known = np.flatnonzero(~np.isnan(given[:, at]))
        labels = given[known, at].astype(np.intp)
        present = predicted[:, known, at]
        scores = np.stack([1 - present, present], axis=-1) if head.kind == "multi" else predicted[:, known]
        suspects += _class_suspects(
            scores, labels, known, training, folds, facts, finding=at if head.kind == "multi" else None
        )
    return sorted(suspects, key=lambda suspect: (-suspect["wrong"], suspect["row"]))


def _class_suspects(
    scores: "NDArray[np.float64]",
    labels: "NDArray[np.intp]",
    known: "NDArray[np.intp]",
    training: "Sequence[Example]",
    folds: "NDArray[np.intp]",
    facts: dict[str, list[str]],
    *,
    finding: int | None,
) -> list[Json]:
    rows = known.tolist()
    errors = score_label_errors(
        scores,
        labels,
        [training[row].patient for row in rows],
        folds[:, known],
        {name: [values[row] for row in rows] for name, values in facts.items()},
    )
    return [
        {
            "row": row,
            "wrong": float(errors.wrong[at]),
            "given": int(labels[at]),
            "likely": int(errors.likely[at]),
            "probability": float(errors.given[at]),
            "by_picture": bool(errors.by_picture[at]),
            "finding": finding,
        }
        for at, row in enumerate(rows)
    ]


def _number_suspects(predicted: "NDArray[np.float64]", given: "NDArray[np.float64]") -> list[Json]:
    """Rank numbers by their distance from the predicted number; beyond three robust deviations (MAD) they are flagged.

    Returns rows like those of classes; `by_picture` marks the flagged ones.
    """
    away = np.abs(predicted - given)
    spread = 1.4826 * float(np.median(np.abs((predicted - given) - np.median(predicted - given)))) or 1.0
    order = np.argsort(-away, kind="stable")
    return [
        {
            "row": int(row),
            "wrong": float(1 - place / len(order)),
            "given": float(given[row]),
            "likely": float(predicted[row]),
            "probability": None,
            "by_picture": bool(away[row] > 3 * spread),
            "finding": None,
        }
        for place, row in enumerate(order)
    ]


def _to_json(work: AnalysisContext, suspect: Json, training: "Sequence[Example]", differ: dict[int, Any]) -> Json:
    """Return a suspect as it is stored: with ids, and with the labels as text."""
    example, run = training[suspect["row"]], work.run
    if run.kind is TaskKind.MULTI:
        title = run.titles[suspect["finding"]]
        given, likely = (f"{title} {'present' if suspect[name] else 'absent'}" for name in ("given", "likely"))
    else:
        given, likely = (ground_truth_text.describe_targets(run, [suspect[name]]) for name in ("given", "likely"))
    return {
        "case": int(example.key),
        "image": int(example.picture.image),
        "patient": example.patient,
        "wrong": suspect["wrong"],
        "probability": suspect["probability"],
        "by_picture": suspect["by_picture"],
        "given": given,
        "likely": likely,
        "finding": suspect["finding"],
        "readers_differ": int(example.key) in differ,
    }
