"""Predict a run's training set out of fold: each case by models that were not trained on its patient.

The run's own recipe is trained on patient-level folds of its training set inside the job, repeatedly on other folds if
that is quick. If even one round takes too long, a small CNN is trained instead, and the result says so.
"""

import hashlib
import json
import shutil
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InvalidInput
from core.imaging.atomic_write import atomic_write
from core.lazy_modules import LazyModule
from core.models import MODELS
from core.services.analysis.analysis import AnalysisContext
from core.services.training import initial_weights, runs
from core.training import events
from core.training.form_groups import WINDOWING
from core.training.spec import TrainSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core import inference
    from core.models.heads import Head
    from core.training import loop
    from core.training.examples import Example
else:
    inference = LazyModule("core.inference")
    loop = LazyModule("core.training.loop")

TIMES = 5
HEAVY = 3e5  # the most GMACs that all folds may take; beyond that a small CNN is trained
QUICK = {"model": "small_cnn", "epochs": 12, "batch_size": 32, "learning_rate": 0.002, "augment": "light"}
QUICK_SIZE = 96
RECIPES = ("auto", "own", "quick")


def folds_of(training: "Sequence[Example]", count: int, times: int) -> "NDArray[np.intp]":
    """Return the fold of each case in each repetition, (times, n): grouped by patient, stratified by class.

    Folds differ between repetitions, because the left-out patients change predictions more than the training seed.
    The same cases give the same folds in every home, whatever the patients' pseudonyms.

    Raises:
        InvalidInput: fewer patients than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    number = {name: at for at, name in enumerate(dict.fromkeys(one.patient for one in training))}
    if len(number) < 2 * count:
        raise InvalidInput(
            f"The training set has {len(number)} patients, too few for {count} folds by patient; "
            "freeze more, or `rounds analyze --kind label-errors --set folds=2`."
        )
    patients = [number[one.patient] for one in training]
    first = np.nan_to_num(np.array([one.targets[0] for one in training]))
    classes = np.unique(first, return_inverse=True)[1] if len(np.unique(first)) <= 20 else np.zeros(len(first), int)
    folds = np.zeros((times, len(training)), np.intp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer cases than folds
        for time in range(times):
            parted = StratifiedGroupKFold(count, shuffle=True, random_state=time)
            for fold, (_, left_out) in enumerate(parted.split(np.zeros((len(first), 1)), classes, patients)):
                folds[time, left_out] = fold
    return folds


def recipe(work: AnalysisContext, cases: int, folds: int) -> tuple[TrainSpec, int, str]:
    """Return the recipe for the folds, the number of repetitions, and a sentence that describes both."""
    spec = work.run.spec
    choice = work.choice("recipe", RECIPES)
    if choice == "quick" or (choice == "auto" and not affordable(work, spec, cases * folds)):
        edge = min(spec.image_size or QUICK_SIZE, QUICK_SIZE)
        fold_spec = TrainSpec().replace({**QUICK, "image_size": edge, **spec.subset(("seed", "threads", *WINDOWING))})
        who = f"A small CNN at {edge} px"
        reason = f"a {MODELS[spec.model].title} would take too long" if choice == "auto" else "it was requested"
        why = f", because {reason}"
    else:
        fold_spec = replace(spec, start="nothing", start_run=0, freeze="") if spec.start == "run" else spec
        who = "The run's own recipe"
        why = (
            ", from random weights, because its initial run may have seen these cases" if fold_spec is not spec else ""
        )
    times = work.number("times", max(1, min(TIMES, affordable(work, fold_spec, cases * folds))), low=1, high=10)
    often = f", repeated {times} times on different folds" if times > 1 else ""
    return fold_spec, times, f"{who} was trained on {folds - 1} of {folds} folds in turn{often}{why}."


def affordable(work: AnalysisContext, spec: TrainSpec, cases: int) -> int:
    """Return how many repetitions of training on so many cases are affordable; 0 if even one takes too long."""
    entry = MODELS[spec.model]
    size = (spec.image_size or entry.default_size) / entry.default_size
    return TIMES if work.device.startswith("cuda") else int(HEAVY / (3 * entry.gflops * size**2 * cases * spec.epochs))


def predict_out_of_fold(
    work: AnalysisContext,
    spec: TrainSpec,
    val: "list[Example]",
    training: "Sequence[Example]",
    folds: "NDArray[np.intp]",
    head: "Head",
) -> "NDArray[np.float64]":
    """Return the out-of-fold predictions of each training case, (times, n, answers), given `folds` (times, n).

    Finished folds are stored until all are done, so that a stopped job continues there.

    Raises:
        NotTrainable: see `core.training.loop.fit`.
    """
    times, count = len(folds), int(folds.max()) + 1
    folder = _folder(work, spec, training, folds)
    scores_by_round: list[dict[str, list[float]]] = [{} for _ in range(times)]
    for place, (time, number) in enumerate(product(range(times), range(count))):
        file = folder / f"{place}.json"
        if not file.exists():
            left_out = [example for example, fold in zip(training, folds[time], strict=True) if fold == number]
            rest = [example for example, fold in zip(training, folds[time], strict=True) if fold != number]
            reseeded = replace(spec, seed=spec.seed + time)
            scored = _predict_fold(
                work, reseeded, [*rest, *val], left_out, head, folder / str(place), (place, count * times)
            )
            with atomic_write(file) as whole:
                whole.write(json.dumps(scored).encode())
            shutil.rmtree(folder / str(place), ignore_errors=True)
        scores_by_round[time] |= json.loads(file.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    return np.array([[scores[example.key] for example in training] for scores in scores_by_round])


def _predict_fold(
    work: AnalysisContext,
    spec: TrainSpec,
    learned: "list[Example]",
    left_out: "list[Example]",
    head: "Head",
    folder: Path,
    place: tuple[int, int],
) -> dict[str, list[float]]:
    """Train on some cases and predict the others; the caller removes the folder."""
    learned = [replace(one, targets=one.targets[: head.targets]) for one in learned]
    number, count = place
    folder.mkdir(parents=True, exist_ok=True)
    device = work.device if spec.device == "auto" else spec.device
    stream = loop.fit(
        replace(spec, device=device),
        learned,
        heads=[head],
        folder=folder,
        cache=folder,
        start=initial_weights.weights_path(work.settings, spec),
    )
    with closing(stream):  # type: ignore[type-var]
        for event in stream:
            epoch = event.epoch if isinstance(event, events.Step | events.EpochDone) else 0
            work.report_progress(number * spec.epochs + epoch, count * spec.epochs, f"Training {number + 1} of {count}")
    model = inference.load(folder, device=device)
    return {key: scores[: head.answers] for key, scores in inference.predict(model, left_out)}


def _folder(work: AnalysisContext, spec: TrainSpec, training: "Sequence[Example]", folds: "NDArray[np.intp]") -> Path:
    """Return the folder of these folds of these cases by this recipe, where a stopped job continues."""
    content = json.dumps([spec.to_json(), [one.key for one in training], folds.tolist()])
    return runs.folder(work.settings, work.run.id) / f"folds-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
