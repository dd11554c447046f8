"""PneumoniaMNIST in its given splits, three seeds: how good the recipe is. A scientific result, no ratio of speeds.

Every training goes through the product's own `fit` and `scores`; the epoch is the best on validation; the test images
are judged once, at the end, and called pneumonia from 0.5 on. `python -m tests.benchmarks.pneumonia_mnist RECIPE …`
runs others of the recipes that were tried.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.curation.recipe import Recipe
from core.evaluation.bootstrap import Statistic, bootstrap, mean, ratio, weighted_auroc
from core.evaluation.confidence_intervals import bootstrap_interval
from core.inference import load, predict
from core.models.heads import Head
from core.services.annotation import tasks
from core.services.datasets import snapshots, training_examples
from core.services.imports import import_files
from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from core.training.events import EpochDone
from core.training.examples import Example
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.benchmarks.measure import REPOSITORY, Study, holds, shown

SOURCE = "medmnist/pneumoniamnist.npz"
SEEDS = (0, 1, 2)
PRESET = "small images"
PUBLISHED = {"auroc": 0.962, "accuracy": 0.884}  # ResNet-50 at 224 px, Yang et al. 2023, the best of their ResNets
RESAMPLES = 2000
SAME = {"device": "cpu", "threads": 1, "compile": "no"}  # with which the same seeds give the same figures

TRIED: dict[str, dict[str, Any]] = {
    "batch-norm": {"norm": "batch"},
    "28-px": {"image_size": 0},
    "regularised": {"imbalance": "class weights", "label_smoothing": 0.1, "dropout": 0.3, "weight_decay": 0.05},
    "not-augmented": {"augment": "none"},
}
"""What else was tried: its knobs apart from the preset's."""


@dataclass(frozen=True)
class Judged:
    """One seed: probabilities of pneumonia of the test images, and what the training told."""

    seed: int
    scores: NDArray[np.float64]
    truth: NDArray[np.bool_]
    best_epoch: int
    validation: dict[str, float]
    seconds: float


def line(folder: Path) -> dict[str, Any]:
    """The benchmark's: the preset."""
    return evaluate_recipe("pneumonia_mnist", TrainSpec().with_preset(PRESET).replace(SAME), folder)


def evaluate_recipe(name: str, spec: TrainSpec, folder: Path, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Means over the seeds with 95 % intervals by resampled test images, and each seed's own figures."""
    heads, examples = frozen(folder / "home")
    judged = [judge(spec.replace({"seed": seed}), heads, examples, folder) for seed in seeds]
    figures = {what: _figure(what, judged) for what in PUBLISHED}
    return {
        "name": name,
        "ours": figures["auroc"]["mean"],
        "reference": PUBLISHED["auroc"],
        "against": "ResNet-50 at 224 px as published (Yang et al. 2023)",
        "unit": "AUROC of the test images, mean of the seeds",
        "goal": f">={PUBLISHED['auroc']}",
        "goal_of": "ours",
        "holds": all(holds(figures[what]["mean"], f">={goal}") for what, goal in PUBLISHED.items()),
        **figures,
        "accuracy_goal": f">={PUBLISHED['accuracy']}",
        "recipe": spec.non_default,
        "seeds": [
            {
                "seed": result.seed,
                "auroc": _of("auroc", [result]),
                "accuracy": _of("accuracy", [result]),
                "best_epoch": result.best_epoch,
                "wall_s": round(result.seconds),
                **{name: round(value, 4) for name, value in result.validation.items()},
            }
            for result in judged
        ],
    }


def frozen(home: Path) -> tuple[list[Head], list[Example]]:
    """The images imported and frozen with the splits that their file gives."""
    settings = Settings(home, f"sqlite:///{home / 'catalogue.sqlite'}")
    db = open_home(settings)
    try:
        folder = Path(os.environ.get("ROUNDS_TEST_DATA", "../shared/data"))
        request = ImportRequest((REPOSITORY / folder / SOURCE).resolve(), task="pneumonia")
        list(import_files.run(db, settings, request, by="benchmark", scrub=False))
        task = tasks.task_named(db, "pneumonia").id
        made = snapshots.freeze(db, task, Recipe(split_fact="split"), name="given splits", by="benchmark")
        return training_examples.heads_of(db, made.id), training_examples.examples_of(db, settings, made.id)
    finally:
        db.close()


def judge(spec: TrainSpec, heads: Sequence[Head], examples: Sequence[Example], folder: Path) -> Judged:
    """Train with one seed, then judge the test images by the epoch that validation liked best."""
    run, began = folder / f"seed-{spec.seed}", time.perf_counter()
    run.mkdir()
    events = fit(spec, examples, heads=heads, folder=run, cache=folder / "cache")
    best = [event for event in events if isinstance(event, EpochDone) and event.is_best][-1]
    test = [one for one in examples if one.split == "test"]
    answers = np.array([answer for _, answer in predict(load(run, device=spec.device), test, cache=folder / "cache")])
    validation = {name: best.metrics[name] for name in ("val_auroc", "val_accuracy", "val_loss")}
    truth = np.array([one.label == 1 for one in test])
    return Judged(spec.seed, answers[:, 1], truth, best.epoch, validation, time.perf_counter() - began)


def statistic(what: str, judged: Sequence[Judged]) -> Statistic:
    """The mean over the seeds, of the test images as they are resampled: the same ones for every seed."""
    rows = np.arange(len(judged[0].truth))
    if what == "auroc":
        return mean(*(weighted_auroc(one.scores, one.truth, rows) for one in judged))
    right = [((one.scores >= 0.5) == one.truth).astype(np.float64) for one in judged]
    return mean(*(ratio(each, np.ones(len(rows))) for each in right))


def _figure(what: str, judged: Sequence[Judged]) -> dict[str, Any]:
    images, value = len(judged[0].truth), _of(what, judged)
    draws = bootstrap({what: statistic(what, judged)}, patients=images, resamples=RESAMPLES, seed=0)[what]
    low, high = bootstrap_interval(value, draws, carriers=images) or (value, value)
    return {"mean": value, "interval": [round(low, 4), round(high, 4)]}


def _of(what: str, judged: Sequence[Judged]) -> float:
    return round(float(statistic(what, judged)(np.ones((len(judged[0].truth), 1)))[0]), 4)


STUDY = Study("pneumonia_mnist", line)


def main() -> None:
    """A line for each recipe that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+", choices=TRIED, metavar="RECIPE", help=", ".join(TRIED))
    for name in parser.parse_args().recipes:
        with tempfile.TemporaryDirectory(prefix="rounds-") as folder:
            print(
                shown(
                    evaluate_recipe(
                        name, TrainSpec().with_preset(PRESET).replace({**TRIED[name], **SAME}), Path(folder)
                    )
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
