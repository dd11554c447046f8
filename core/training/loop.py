"""fit: a training as a generator of events. Stop iterating to cancel; call it again to go on."""

import hashlib
import json
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import nn

from core.errors import UserError
from core.models import entry
from core.models.heads import Head, outputs_of
from core.training import devices
from core.training.amounts import amounts_of
from core.training.augment import Prepare
from core.training.average import Average
from core.training.cache import PixelCache, open_cache, sha256_of
from core.training.checkpoint import Manifest, read_state, save_manifest, save_state, save_weights, sweep, versions
from core.training.data import Example
from core.training.epoch import Passed, train_one_epoch
from core.training.events import CheckpointSaved, EpochDone, Event, Finished, Log
from core.training.judging import evaluate
from core.training.optim import PATIENCE, Optimizer, learning_rate, optimizer_of
from core.training.plan import Plan, plan
from core.training.spec import TrainSpec
from core.training.step import Parts

SMALLER = "train again with a smaller batch_size or image_size, or free the GPU of what else uses it and resume"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Progress:
    """Where a training stands. `best` holds one entry: the metric that decides and its best value so far."""

    epoch: int = 0
    best_epoch: int = 0
    best: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    falls: int = 0  # of the rate on a plateau
    fell: int = 0  # the epoch after which it did last
    saved: dict[str, str] = field(default_factory=dict)  # "best", "last" → sha256
    images: int = 0
    seconds: float = 0.0
    waited: float = 0.0

    def improves(self, metrics: Mapping[str, float], judge: str = "val_auroc") -> bool:
        """By the figure on validation that was asked for, else by its loss, else the newest is the best."""
        name = next((one for one in (judge, "val_loss") if one in metrics), "")
        if name not in self.best:
            self.best = {name: metrics.get(name, 0.0)}
            return True
        sign = -1 if name == "val_loss" else 1
        better = not name or sign * metrics[name] > sign * self.best[name]
        if better:
            self.best = {name: metrics.get(name, 0.0)}
        return better

    def add(self, passed: Passed) -> None:
        """Count an epoch's work."""
        self.images, self.seconds = self.images + passed.images, self.seconds + passed.seconds
        self.waited += passed.waited


@dataclass
class Training:
    """What one call of `fit` works with."""

    spec: TrainSpec
    plan: Plan
    cache: PixelCache
    module: nn.Module
    optimizer: Optimizer
    prepare: Prepare
    manifest: Manifest
    folder: Path
    fingerprint: str
    average: Average | None = None
    parts: Parts = field(default_factory=Parts)
    progress: Progress = field(default_factory=Progress)

    @property
    def is_over(self) -> bool:
        """All epochs done, or none better for as long as was asked."""
        now = self.progress
        patience = self.spec.early_stopping
        return now.epoch >= self.spec.epochs or bool(patience and now.epoch - now.best_epoch >= patience)


def fit(
    spec: TrainSpec, examples: Sequence[Example], *, heads: Sequence[Head], folder: Path, cache: Path,
    facts: Mapping[str, str] = NOTHING,
) -> Iterator[Event]:  # fmt: skip
    """Train, keeping best and last weights in `folder`; goes on where a training in that folder stopped.

    `heads` are the tasks learned at once, in the order of the examples' targets; the first one's figures decide.
    `cache` is the folder of prepared images. `facts` go into the manifest (the snapshot's hash). On a CPU the same
    spec, examples and number of threads give the same weights to the last bit, stopped in between or not.

    Raises:
        NotTrainable: nothing to train on, no such device, too little memory, or the folder holds another training.
        UserError: the loss is no longer a number.
    """
    planned = plan(spec, examples, heads)
    device = devices.choose(spec.device)
    if spec.threads:
        torch.set_num_threads(spec.threads)
    yield Log(devices.sentence(device, spec.device))
    yield Log(planned.sentence())
    pixels = yield from open_cache(cache, planned.examples, size=planned.stored, channels=planned.channels,
                                   several=planned.several)  # fmt: skip
    with devices.memory_for(f"batches of {spec.batch_size} at {planned.size} px", SMALLER):
        training = _begin(spec, planned, pixels, device, folder, facts)
        yield from _go_on(training)
        yield from _warnings(training)
        while not training.is_over:
            yield from _epoch(training)
    yield from _end(training)


def _begin(
    spec: TrainSpec, planned: Plan, pixels: PixelCache, device: torch.device, folder: Path, facts: Mapping[str, str]
) -> Training:
    torch.manual_seed(spec.seed)
    model, outputs = entry(spec.model), outputs_of(planned.heads)
    module = model.build(planned.channels, outputs, planned.size, spec.dropout, **spec.asked_of(model.knobs))
    module = module.to(device)
    if device.type == "cuda":
        module = module.to(memory_format=torch.channels_last)
    mean, deviation = pixels.normalisation(planned.train_once)
    manifest = Manifest(
        model=spec.model, heads=planned.heads, views=planned.views, channels=planned.channels, size=planned.size,
        stored=planned.stored, mean=tuple(mean), deviation=tuple(deviation), spec=spec, seed=spec.seed,
        device=devices.name(device), facts=dict(facts), versions=versions(),
    )  # fmt: skip
    return Training(
        spec=spec, plan=planned, cache=pixels, module=module, optimizer=optimizer_of(module, spec),
        prepare=Prepare(planned.size, mean, deviation, device, amounts_of(spec)), manifest=manifest, folder=folder,
        fingerprint=_fingerprint(spec, planned, pixels),
        average=Average(module, spec.ema) if spec.ema else None,
    )  # fmt: skip


def _fingerprint(spec: TrainSpec, planned: Plan, pixels: PixelCache) -> str:
    """Of all that decides the weights; the device may change between two attempts."""
    asked = {name: value for name, value in spec.unusual.items() if name not in ("device", "threads")}
    rows = [planned.train.tolist(), planned.val.tolist(), planned.targets.tolist(), planned.weights.tolist()]
    told = [asked, [head.to_json() for head in planned.heads], pixels.hash, rows]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _go_on(training: Training) -> Iterator[Event]:
    """Take up the saved state, if any. What it says is told again: who was to keep it may have been killed."""
    sweep(training.folder)
    path = training.folder / "resume.pt"
    if not path.exists():
        return
    state = read_state(path, training.fingerprint)
    training.module.load_state_dict(state["module"])
    training.optimizer.load_state_dict(state["optimizer"])
    training.progress = Progress(**state["progress"])
    if training.average:
        training.average.load(state["average"], state["averaged"])
    now = training.progress
    yield Log(f"Going on after epoch {now.epoch} of {training.spec.epochs}.")
    for kind, epoch in (("best", now.best_epoch), ("last", now.epoch)):
        file = training.folder / f"{kind}.safetensors"
        # a later epoch's weights may lie there already, if it was killed before its state was saved
        if file.is_file() and sha256_of(file) == now.saved[kind]:
            yield CheckpointSaved(kind, epoch, now.saved[kind])
    yield EpochDone(now.epoch, training.spec.epochs, now.metrics, now.best_epoch == now.epoch)


def _warnings(training: Training) -> Iterator[Event]:
    """What will be missing, once."""
    head, val = training.plan.heads[0], training.plan.val
    if not len(val):
        yield Log("No validation images: there are no validation metrics, and the best epoch is the last.")
    elif head.kind in ("single", "ordinal"):
        judged = len(np.unique(training.plan.targets[val, 0]))
        if judged < 2:
            yield Log("Validation holds one class only: AUROC is undefined, and the best epoch is that of least loss.")
        elif judged < len(head.classes):
            yield Log("Validation lacks a class: AUROC is the mean of the classes that are there.")


def _epoch(training: Training) -> Generator[Event, None, None]:
    """Learn, judge, save, tell."""
    now, spec = training.progress, training.spec
    epoch = now.epoch + 1
    passed = yield from train_one_epoch(
        training.module, training.optimizer, training.prepare, training.cache, training.plan, spec, epoch=epoch,
        falls=now.falls, average=training.average, parts=training.parts,
    )  # fmt: skip
    with training.average.worn(training.module) if training.average else nullcontext():
        judged = evaluate(training.module, training.prepare, training.cache, training.plan, batch_size=spec.batch_size)
        rate = learning_rate(spec, (epoch - 1) / spec.epochs, falls=now.falls)
        now.metrics = {"train_loss": passed.loss, **_judged(judged, epoch), "learning_rate": rate, **_timings(passed)}
        now.epoch = epoch
        now.add(passed)
        is_best = now.improves(judged, spec.judge)
        _fall(training, is_best=is_best)
        yield from _save(training, is_best=is_best)


def _fall(training: Training, *, is_best: bool) -> None:
    """On a plateau the rate falls once no epoch was better for a while."""
    now = training.progress
    best = now.epoch if is_best else now.best_epoch
    if training.spec.schedule == "plateau" and now.epoch - max(best, now.fell) >= PATIENCE:
        now.falls, now.fell = now.falls + 1, now.epoch


def _judged(metrics: dict[str, float], epoch: int) -> dict[str, float]:
    if not math.isfinite(metrics.get("val_loss", 0.0)):
        raise UserError(
            f"The validation loss of epoch {epoch} is no longer a number; train again with a lower learning rate."
        )
    return metrics


def _timings(passed: Passed) -> dict[str, float]:
    seconds = max(passed.seconds, 1e-9)
    return {"images_per_second": passed.images / seconds, "data_wait_share": min(passed.waited / seconds, 1.0)}


def _save(training: Training, *, is_best: bool) -> Iterator[Event]:
    """All files first, then the words: an epoch that was told can be gone on from."""
    now, folder = training.progress, training.folder
    now.best_epoch = now.epoch if is_best else now.best_epoch
    manifest = training.manifest.at(now.epoch, now.metrics)
    kinds = ("best", "last") if is_best else ("last",)
    for kind in kinds:
        now.saved[kind] = save_weights(training.module, folder / f"{kind}.safetensors", manifest)
    save_manifest(folder / "manifest.json", manifest, best_epoch=now.best_epoch)
    save_state(folder / "resume.pt", _state(training))
    for kind in kinds:
        yield CheckpointSaved(kind, now.epoch, now.saved[kind])
    yield EpochDone(now.epoch, training.spec.epochs, dict(now.metrics), is_best)


def _state(training: Training) -> dict[str, Any]:
    """Chance and learning rate are functions of (seed, epoch), so no generator or scheduler has to travel."""
    average = training.average
    return {
        "fingerprint": training.fingerprint,
        "module": average.own if average and average.own else training.module.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "progress": vars(training.progress),
        **({"average": average.state, "averaged": average.steps} if average else {}),
    }


def _end(training: Training) -> Iterator[Event]:
    now = training.progress
    if now.epoch < training.spec.epochs:
        yield Log(f"Stopped early: no better epoch since epoch {now.best_epoch}.")
    seconds = max(now.seconds, 1e-9)
    yield Finished(now.epoch, now.best_epoch, training.manifest.device, now.images / seconds,
                   min(now.waited / seconds, 1.0))  # fmt: skip
