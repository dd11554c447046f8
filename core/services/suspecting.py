"""Suspected label errors of a run's training set: what models say of it that have not seen the patient.

The run's own recipe is trained on folds of its training set, by patient, inside the job. Where that would take too long
a small one is trained instead, which the result says.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.services import disagreement, examples, known_truth, runs, same_pictures, starting
from core.services.examination import Json, Work
from core.services.facts import facts as facts_of
from core.training.spec import TrainSpec
from db.vocabulary import TaskKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.models.heads import Head
    from core.training.data import Example

FOLDS = 5
LISTED = 1000  # cases of the list at most; never fewer than a fifth of the training set where that is less
HEAVY = 3e5  # thousands of millions of multiply-adds that folds may take before a small recipe is trained instead
QUICK = {"model": "small_cnn", "epochs": 12, "batch_size": 32, "learning_rate": 0.002, "augment": "light"}
QUICK_SIZE = 96
RECIPES = ("auto", "own", "quick")


def do(work: Work) -> Json:
    """The examination "suspects"; `asked` may name `folds` (2 to 10) and `recipe` (auto, own, quick).

    Raises:
        InvalidInput: fewer patients than folds.
        NotTrainable: what `core.training.loop.fit` raises.
    """
    every = examples.every(work.db, work.settings, work.run.snapshot_id)
    training = [one for one in every if one.split == "train"]
    head = examples.heads(work.db, work.run.snapshot_id)[0]
    count = work.number("folds", FOLDS, low=2, high=10)
    spec, told = recipe(work, len(training), count)
    folds = folds_of(training, count)
    said = _out_of_fold(work, spec, [one for one in every if one.split == "val"], training, folds, head)
    rows = _suspects(work, said, training, folds, head)
    work.tell(count, count, "Comparing readers and pictures")
    differ = disagreement.of(work.db, [int(one.key) for one in every])
    twice = same_pictures.across_patients(every, lambda done: work.tell(done, len(every), "Comparing pictures"))
    listed = max(len(training) // 5, min(len(training), 50))
    return {
        "training": len(training), "folds": count, "recipe": told,
        "suspects": [_row(work, one, training, differ) for one in rows[: min(listed, LISTED)]],
        "called_wrong": sum(one["by_picture"] for one in rows),
        "readers_differ": [{"case": case, "said": said} for case, said in sorted(differ.items())],
        "same_pictures": twice,
    }  # fmt: skip


def folds_of(training: "Sequence[Example]", count: int) -> "NDArray[np.intp]":
    """The fold of each case: a patient stands in one, classes are spread evenly.

    Raises:
        InvalidInput: fewer patients than folds.
    """
    import warnings

    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold

    patients = [one.patient for one in training]
    if len(set(patients)) < 2 * count:
        raise InvalidInput(f"The training set has {len(set(patients))} patients, too few for {count} folds by patient; "
                           f"freeze more, or ask for fewer folds (folds=2).")  # fmt: skip
    first = np.nan_to_num(np.array([one.targets[0] for one in training]))
    classes = np.unique(first, return_inverse=True)[1] if len(np.unique(first)) <= 20 else np.zeros(len(first), int)
    found = np.zeros(len(training), np.intp)
    parted = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class with fewer cases than folds
        for number, (_, held) in enumerate(parted.split(np.zeros((len(first), 1)), classes, patients)):
            found[held] = number
    return found


def recipe(work: Work, cases: int, folds: int) -> tuple[TrainSpec, str]:
    """What is trained on the folds, and the sentence that says so."""
    from core.models import MODELS

    spec = work.run.spec
    entry = MODELS[spec.model]
    size = (spec.image_size or entry.default_size) / entry.default_size
    heavy = 3 * entry.gflops * size**2 * cases * spec.epochs * folds > HEAVY and not work.device.startswith("cuda")
    asked = work.choice("recipe", RECIPES)
    if asked == "quick" or (asked == "auto" and heavy):
        edge = min(spec.image_size or QUICK_SIZE, QUICK_SIZE)
        quick = TrainSpec().changed({**QUICK, "image_size": edge, "seed": spec.seed, "threads": spec.threads})
        reason = f"a {entry.title} would take too long" if asked == "auto" else "it was asked for"
        return quick, f"A small CNN at {edge} px learned from {folds - 1} of {folds} folds in turn, since {reason}."
    own = replace(spec, start="nothing", start_run=0, freeze="") if spec.start == "run" else spec
    from_nothing = ", but from nothing: the run it started from may have seen these cases" if own is not spec else ""
    return own, f"The run's own recipe learned from {folds - 1} of {folds} folds in turn{from_nothing}."


def _out_of_fold(
    work: Work, spec: TrainSpec, val: "list[Example]", training: "Sequence[Example]", folds: "NDArray[np.intp]",
    head: "Head",
) -> "NDArray[np.float64]":  # fmt: skip
    """What a model that has not seen the patient says of each training case, (n, answers). A fold done is kept."""
    import numpy as np

    count = int(folds.max()) + 1
    kept = _folder(work, spec, training, folds)
    found: dict[str, list[float]] = {}
    for number in range(count):
        file = kept / f"{number}.json"
        if not file.exists():
            held = [one for one, fold in zip(training, folds, strict=True) if fold == number]
            rest = [one for one, fold in zip(training, folds, strict=True) if fold != number]
            scored = _fold(work, spec, [*rest, *val], held, head, kept / str(number), (number, count))
            file.write_text(json.dumps(scored))
            shutil.rmtree(kept / str(number), ignore_errors=True)
        found |= json.loads(file.read_text())
    shutil.rmtree(kept, ignore_errors=True)
    return np.array([found[one.key] for one in training])


def _fold(
    work: Work, spec: TrainSpec, learned: "list[Example]", held: "list[Example]", head: "Head", folder: Path,
    place: tuple[int, int],
) -> dict[str, list[float]]:  # fmt: skip
    """Train on some, ask about the others; what it leaves on the disk is the caller's to remove."""
    from contextlib import closing

    from core.inference import load, scores
    from core.training import events
    from core.training.loop import fit

    learned = [replace(one, targets=one.targets[: head.targets]) for one in learned]
    number, count = place
    folder.mkdir(parents=True, exist_ok=True)
    device = work.device if spec.device == "auto" else spec.device
    going = fit(replace(spec, device=device), learned, heads=[head], folder=folder, cache=folder,
                start=starting.source(work.settings, spec))  # fmt: skip
    with closing(going):  # type: ignore[type-var]
        for event in going:
            epoch = event.epoch if isinstance(event, events.Step | events.EpochDone) else 0
            work.tell(number * spec.epochs + epoch, count * spec.epochs, f"Training without fold {number + 1}")
    model = load(folder, device=device)
    return {key: told[: head.answers] for key, told in scores(model, held)}


def _folder(work: Work, spec: TrainSpec, training: "Sequence[Example]", folds: "NDArray[np.intp]") -> Path:
    """Of these folds of these cases by this recipe: a job that was stopped goes on there."""
    told = json.dumps([spec.to_json(), [one.key for one in training], folds.tolist()])
    return runs.folder(work.settings, work.run.id) / f"folds-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _suspects(
    work: Work, said: "NDArray[np.float64]", training: "Sequence[Example]", folds: "NDArray[np.intp]", head: "Head"
) -> list[Json]:
    """Most suspect first: the row of the case, how suspect, what is given and what is likely instead."""
    import numpy as np

    from core.curation.divided import divided

    keys = [int(one.key) for one in training]
    facts = divided(facts_of(work.db, keys), also_not=[*work.run.classes, *work.run.titles])
    given = np.array([one.targets[: head.targets] for one in training], dtype=np.float64)
    if head.kind == "number":
        return _numbers(said[:, 0], given[:, 0])
    found = []
    for at in range(len(head.classes)) if head.kind == "multi" else [0]:
        known = np.flatnonzero(~np.isnan(given[:, at]))
        labels = given[known, at].astype(np.intp)
        told = np.column_stack([1 - said[known, at], said[known, at]]) if head.kind == "multi" else said[known]
        found += _classes(told, labels, known, training, folds, facts, finding=at if head.kind == "multi" else None)
    return sorted(found, key=lambda one: (-one["wrong"], one["row"]))


def _classes(
    said: "NDArray[np.float64]", labels: "NDArray[np.intp]", known: "NDArray[np.intp]",
    training: "Sequence[Example]", folds: "NDArray[np.intp]", facts: dict[str, list[str]], *, finding: int | None,
) -> list[Json]:  # fmt: skip
    from core.curation.suspicion import suspicion

    rows = known.tolist()
    found = suspicion(said, labels, [training[row].patient for row in rows], folds[known],
                      {name: [values[row] for row in rows] for name, values in facts.items()})  # fmt: skip
    return [
        {"row": row, "wrong": float(found.wrong[at]), "given": int(labels[at]), "likely": int(found.likely[at]),
         "probability": float(found.given[at]), "by_picture": bool(found.by_picture[at]), "finding": finding}
        for at, row in enumerate(rows)
    ]  # fmt: skip


def _numbers(said: "NDArray[np.float64]", given: "NDArray[np.float64]") -> list[Json]:
    """By how far the number lies from what is said, in ranks; more than three deviations off is called wrong."""
    import numpy as np

    away = np.abs(said - given)
    spread = 1.4826 * float(np.median(np.abs((said - given) - np.median(said - given)))) or 1.0
    order = np.argsort(-away, kind="stable")
    return [
        {"row": int(row), "wrong": float(1 - place / len(order)), "given": float(given[row]),
         "likely": float(said[row]), "probability": None, "by_picture": bool(away[row] > 3 * spread), "finding": None}
        for place, row in enumerate(order)
    ]  # fmt: skip


def _row(work: Work, one: Json, training: "Sequence[Example]", differ: dict[int, Any]) -> Json:
    """As it is kept, with words."""
    example, run = training[one["row"]], work.run
    if run.kind is TaskKind.MULTI:
        title = run.titles[one["finding"]]
        given, likely = (f"{title} {'present' if one[name] else 'absent'}" for name in ("given", "likely"))
    else:
        given, likely = (known_truth.words(run, [one[name]]) for name in ("given", "likely"))
    return {"case": int(example.key), "image": int(example.picture.image), "patient": example.patient,
            "wrong": one["wrong"], "probability": one["probability"], "by_picture": one["by_picture"],
            "given": given, "likely": likely, "finding": one["finding"],
            "readers_differ": int(example.key) in differ}  # fmt: skip
