"""fit: a training as a generator of events. Stop iterating to cancel; call it again to go on."""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from core.errors import UserError
from core.models.heads import Head
from core.training import devices
from core.training.checkpoint import read_state, remove_partial_files, save_manifest, save_state, save_weights
from core.training.epoch import EpochStats, train_one_epoch
from core.training.events import CheckpointSaved, EpochDone, Event, Finished, Log
from core.training.examples import Example
from core.training.optim import PATIENCE, learning_rate
from core.training.pixel_cache import file_sha256, open_cache
from core.training.plan import make_plan
from core.training.progress import TrainingProgress
from core.training.setup import TrainState, choose_compile, set_up
from core.training.spec import TrainSpec
from core.training.validation import evaluate

SMALLER = "train again with a smaller batch_size or image_size, or free the GPU of what else uses it and resume"
NOTHING: Mapping[str, str] = MappingProxyType({})


def fit(
    spec: TrainSpec,
    examples: Sequence[Example],
    *,
    heads: Sequence[Head],
    folder: Path,
    cache: Path,
    facts: Mapping[str, str] = NOTHING,
    start: Path | None = None,
) -> Iterator[Event]:
    """Train, keeping best and last weights in `folder`; goes on where a training in that folder stopped.

    `heads` are the tasks learned at once, in the order of the examples' targets; the first one's figures decide.
    `cache` is the folder of prepared images. `facts` go into the manifest (the snapshot's hash). `start` is the file of
    weights that the spec starts from, where it names one (see `core.models.initial_weights`). On a CPU the same
    spec, examples and number of threads give the same weights to the last bit, stopped in between or not; under
    `compile="auto"` only where the measured warm-up decides the same, which a resumed training takes over.

    Raises:
        NotTrainable: nothing to train on, no such device, too little memory, or the folder holds another training.
        UserError: the loss is no longer a number.
    """
    planned = make_plan(spec, examples, heads)
    device = devices.choose_device(spec.device)
    devices.retain_freed_memory()
    if spec.threads:
        torch.set_num_threads(spec.threads)
    yield Log(devices.describe(device, spec.device))
    yield Log(planned.sentence())
    pixels = yield from open_cache(
        cache, planned.examples, size=planned.stored, channels=planned.channels, several=planned.several
    )
    with devices.out_of_memory_hint(f"batches of {spec.batch_size} at {planned.size} px", SMALLER):
        training = yield from set_up(spec, planned, pixels, device, folder, facts, start)
        yield from _resume(training)
        yield from _warnings(training)
        yield from choose_compile(training)
        while not training.is_over:
            yield from _epoch(training)
    yield from _finish(training)


def _resume(training: TrainState) -> Iterator[Event]:
    """Take up the saved state, if any. What it says is told again: who was to keep it may have been killed."""
    remove_partial_files(training.folder)
    path = training.folder / "resume.pt"
    if not path.exists():
        return
    state = read_state(path, training.fingerprint)
    training.module.load_state_dict(state["module"])
    training.learner.optimizer.load_state_dict(state["optimizer"])
    training.learner.precision.load(state["precision"])
    training.decided = state["decided"]
    training.progress = TrainingProgress(**state["progress"])
    if training.average:
        training.average.load(state["average"], state["averaged"])
    now = training.progress
    yield Log(f"Going on after epoch {now.epoch} of {training.spec.epochs}.")
    for kind, epoch in (("best", now.best_epoch), ("last", now.epoch)):
        file = training.folder / f"{kind}.safetensors"
        # a later epoch's weights may lie there already, if it was killed before its state was saved
        if file.is_file() and file_sha256(file) == now.saved[kind]:
            yield CheckpointSaved(kind, epoch, now.saved[kind])
    yield EpochDone(now.epoch, training.spec.epochs, now.metrics, now.best_epoch == now.epoch)


def _warnings(training: TrainState) -> Iterator[Event]:
    """What will be missing, once."""
    head, val = training.plan.heads[0], training.plan.val
    if not len(val):
        yield Log("No validation images: there are no validation metrics, and the best epoch is the last.")
        return
    judged = training.plan.targets[val, : head.targets]
    if head.kind == "multi":
        lacking = [name for name, one in zip(head.classes, judged.T, strict=True) if not {0.0, 1.0} <= {*one.tolist()}]
        if lacking:
            yield Log(f"Validation lacks images with or without {', '.join(lacking)}: AUROC is the mean of the others.")
    elif head.kind != "number":
        yield from _warn_missing_classes(len(np.unique(judged)), len(head.classes))


def _warn_missing_classes(judged: int, classes: int) -> Iterator[Event]:
    if judged < 2:
        yield Log("Validation holds one class only: AUROC is undefined, and the best epoch is that of least loss.")
    elif judged < classes:
        yield Log("Validation lacks a class: AUROC is the mean of the classes that are there.")


def _epoch(training: TrainState) -> Generator[Event, None, None]:
    """Learn, judge, save, tell."""
    now, spec = training.progress, training.spec
    epoch = now.epoch + 1
    passed = yield from train_one_epoch(
        training.learner,
        training.prepare,
        training.cache,
        training.plan,
        epoch=epoch,
        falls=now.falls,
        average=training.average,
    )
    with training.average.applied_to(training.module) if training.average else nullcontext():
        judged = evaluate(
            training.module,
            training.prepare,
            training.cache,
            training.plan,
            batch_size=spec.batch_size,
            kind=training.learner.precision.kind,
        )
        rate = learning_rate(spec, (epoch - 1) / spec.epochs, falls=now.falls)
        now.metrics = {
            "train_loss": passed.loss,
            **_check_finite(judged, epoch),
            "learning_rate": rate,
            **_timings(passed),
        }
        now.epoch = epoch
        now.add(passed)
        is_best = now.improves(judged, spec.monitor)
        _reduce_lr_on_plateau(training, is_best=is_best)
        yield from _save(training, is_best=is_best)


def _reduce_lr_on_plateau(training: TrainState, *, is_best: bool) -> None:
    """On a plateau the rate falls once no epoch was better for a while."""
    now = training.progress
    best = now.epoch if is_best else now.best_epoch
    if training.spec.schedule == "plateau" and now.epoch - max(best, now.fell) >= PATIENCE:
        now.falls, now.fell = now.falls + 1, now.epoch


def _check_finite(metrics: dict[str, float], epoch: int) -> dict[str, float]:
    if not math.isfinite(metrics.get("val_loss", 0.0)):
        raise UserError(
            f"The validation loss of epoch {epoch} is no longer a number; train again with a lower learning rate."
        )
    return metrics


def _timings(passed: EpochStats) -> dict[str, float]:
    seconds = max(passed.seconds, 1e-9)
    return {"images_per_second": passed.images / seconds, "data_wait_share": min(passed.waited / seconds, 1.0)}


def _save(training: TrainState, *, is_best: bool) -> Iterator[Event]:
    """All files first, then the words: an epoch that was told can be gone on from."""
    now, folder = training.progress, training.folder
    now.best_epoch = now.epoch if is_best else now.best_epoch
    manifest = training.manifest.at(now.epoch, now.metrics)
    kinds = ("best", "last") if is_best else ("last",)
    first, *also = (folder / f"{kind}.safetensors" for kind in kinds)
    now.saved |= dict.fromkeys(kinds, save_weights(training.module, first, manifest, also=also))
    save_manifest(folder / "manifest.json", manifest, best_epoch=now.best_epoch)
    save_state(folder / "resume.pt", _state(training))
    for kind in kinds:
        yield CheckpointSaved(kind, now.epoch, now.saved[kind])
    yield EpochDone(now.epoch, training.spec.epochs, dict(now.metrics), is_best)


def _state(training: TrainState) -> dict[str, Any]:
    """Chance and learning rate are functions of (seed, epoch), so no generator or scheduler has to travel."""
    average = training.average
    return {
        "fingerprint": training.fingerprint,
        "module": average.own if average and average.own else training.module.state_dict(),
        "optimizer": training.learner.optimizer.state_dict(),
        "precision": training.learner.precision.state(),
        "decided": training.decided,
        "progress": vars(training.progress),
        **({"average": average.state, "averaged": average.steps} if average else {}),
    }


def _finish(training: TrainState) -> Iterator[Event]:
    now = training.progress
    if now.epoch < training.spec.epochs:
        yield Log(f"Stopped early: no better epoch since epoch {now.best_epoch}.")
    seconds = max(now.seconds, 1e-9)
    yield Finished(
        now.epoch, now.best_epoch, training.manifest.device, now.images / seconds, min(now.waited / seconds, 1.0)
    )
