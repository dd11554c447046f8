"""What models say of the cases of a run's training set that have not seen the patient.

The run's own recipe is trained on folds of its training set, by patient, inside the job: several times, on other folds
from other seeds, where that takes no long. Where even once would, a small one is trained instead, and the result says
so.
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
HEAVY = 3e5  # thousands of millions of multiply-adds that all folds may take; a small recipe is trained beyond
QUICK = {"model": "small_cnn", "epochs": 12, "batch_size": 32, "learning_rate": 0.002, "augment": "light"}
QUICK_SIZE = 96
RECIPES = ("auto", "own", "quick")


def folds_of(training: "Sequence[Example]", count: int, times: int) -> "NDArray[np.intp]":
    """The fold of each case each time, (times, n): a patient stands in one, classes are spread evenly.

    Other folds each time: which patients a model has not seen moves what it says more than the seed of its training.
    The same cases give the same folds in every home, where patients have other names.

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
    found = np.zeros((times, len(training)), np.intp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class with fewer cases than folds
        for time in range(times):
            parted = StratifiedGroupKFold(count, shuffle=True, random_state=time)
            for fold, (_, held) in enumerate(parted.split(np.zeros((len(first), 1)), classes, patients)):
                found[time, held] = fold
    return found


def recipe(work: AnalysisContext, cases: int, folds: int) -> tuple[TrainSpec, int, str]:
    """What is trained on the folds, how many times, and the sentence that says so."""
    spec = work.run.spec
    asked = work.choice("recipe", RECIPES)
    if asked == "quick" or (asked == "auto" and not affordable(work, spec, cases * folds)):
        edge = min(spec.image_size or QUICK_SIZE, QUICK_SIZE)
        own = TrainSpec().replace({**QUICK, "image_size": edge, "seed": spec.seed, "threads": spec.threads})
        who = f"A small CNN at {edge} px"
        reason = f"a {MODELS[spec.model].title} would take too long" if asked == "auto" else "it was asked for"
        why = f", since {reason}"
    else:
        own = replace(spec, start="nothing", start_run=0, freeze="") if spec.start == "run" else spec
        who = "The run's own recipe"
        why = ", but from nothing: the run it started from may have seen these cases" if own is not spec else ""
    times = work.number("times", max(1, min(TIMES, affordable(work, own, cases * folds))), low=1, high=10)
    often = f", {times} times on other folds" if times > 1 else ""
    return own, times, f"{who} learned from {folds - 1} of {folds} folds in turn{often}{why}."


def affordable(work: AnalysisContext, spec: TrainSpec, cases: int) -> int:
    """How often so many cases may be learned before it takes too long."""
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
    """What models that have not seen the patient say of each training case, (times, n, answers), by `folds` (times, n).

    A training that is done is kept until all are: a job that was stopped goes on there.

    Raises:
        NotTrainable: what `core.training.loop.fit` raises.
    """
    times, count = len(folds), int(folds.max()) + 1
    kept = _folder(work, spec, training, folds)
    found: list[dict[str, list[float]]] = [{} for _ in range(times)]
    for place, (time, number) in enumerate(product(range(times), range(count))):
        file = kept / f"{place}.json"
        if not file.exists():
            held = [one for one, fold in zip(training, folds[time], strict=True) if fold == number]
            rest = [one for one, fold in zip(training, folds[time], strict=True) if fold != number]
            again = replace(spec, seed=spec.seed + time)
            scored = _fold(work, again, [*rest, *val], held, head, kept / str(place), (place, count * times))
            with atomic_write(file) as whole:
                whole.write(json.dumps(scored).encode())
            shutil.rmtree(kept / str(place), ignore_errors=True)
        found[time] |= json.loads(file.read_text())
    shutil.rmtree(kept, ignore_errors=True)
    return np.array([[said[one.key] for one in training] for said in found])


def _fold(
    work: AnalysisContext,
    spec: TrainSpec,
    learned: "list[Example]",
    held: "list[Example]",
    head: "Head",
    folder: Path,
    place: tuple[int, int],
) -> dict[str, list[float]]:
    """Train on some, ask about the others; what it leaves on the disk is the caller's to remove."""
    learned = [replace(one, targets=one.targets[: head.targets]) for one in learned]
    number, count = place
    folder.mkdir(parents=True, exist_ok=True)
    device = work.device if spec.device == "auto" else spec.device
    going = loop.fit(
        replace(spec, device=device),
        learned,
        heads=[head],
        folder=folder,
        cache=folder,
        start=initial_weights.weights_path(work.settings, spec),
    )
    with closing(going):  # type: ignore[type-var]
        for event in going:
            epoch = event.epoch if isinstance(event, events.Step | events.EpochDone) else 0
            work.tell(number * spec.epochs + epoch, count * spec.epochs, f"Training {number + 1} of {count}")
    model = inference.load(folder, device=device)
    return {key: told[: head.answers] for key, told in inference.predict(model, held)}


def _folder(work: AnalysisContext, spec: TrainSpec, training: "Sequence[Example]", folds: "NDArray[np.intp]") -> Path:
    """Of these folds of these cases by this recipe: a job that was stopped goes on there."""
    told = json.dumps([spec.to_json(), [one.key for one in training], folds.tolist()])
    return runs.folder(work.settings, work.run.id) / f"folds-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
