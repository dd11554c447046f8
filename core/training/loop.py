"""fit: a training as a generator of events. Stop iterating to cancel; call it again to resume."""

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
from core.training.events import CheckpointSaved, EpochDone, Event, Finished, Log, WindowChosen
from core.training.examples import Example
from core.training.optim import PATIENCE, learning_rate
from core.training.pixel_cache import file_sha256, open_cache
from core.training.plan import make_plan
from core.training.progress import TrainingProgress
from core.training.setup import TrainState, choose_compile, set_up
from core.training.spec import TrainSpec
from core.training.validation import evaluate
from core.training.windowing import MANY_WINDOWS, choose_window, describe

SMALLER = "train again with a smaller batch_size or image_size, or stop other programs that use the GPU and resume"
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
    """Train, and write the best and last weights to `folder`; resumes a training that stopped in that folder.

    `heads` are the tasks in the order of the examples' targets; the metrics of the first one decide. `cache` is the
    folder of cached images. `facts` are written into the manifest (the snapshot's hash). `start` is the file of initial
    weights, if the spec names one (see `core.models.initial_weights`). On a CPU the same spec, examples and number of
    threads give bit-identical weights, interrupted or not; with `compile="auto"` only if the measurement decides the
    same, which a resumed training reuses.

    Raises:
        NotTrainable: nothing to train on, a window that does not fit the images, no such device, not enough memory, or
            the folder holds another training.
        UserError: the loss is not finite.
    """
    planned = make_plan(spec, examples, heads)
    device = devices.choose_device(spec.device)
    devices.retain_freed_memory()
    if spec.threads:
        torch.set_num_threads(spec.threads)
    yield Log(devices.describe(device, spec.device))
    yield Log(planned.sentence())
    spec, planned = choose_window(spec, planned, cache)
    yield Log(describe(spec))
    if spec.windowing not in MANY_WINDOWS:
        yield WindowChosen(spec.window_center, spec.window_width)
    pixels = yield from open_cache(
        cache, planned.examples, size=planned.stored, channels=planned.channels, several=planned.several
    )
    with devices.out_of_memory_hint(f"batches of {spec.batch_size} at {planned.size} px", SMALLER):
        state = yield from set_up(spec, planned, pixels, device, folder, facts, start)
        yield from _resume(state)
        yield from _warnings(state)
        yield from choose_compile(state)
        while not state.is_over:
            yield from _epoch(state)
    yield from _finish(state)


def _resume(state: TrainState) -> Iterator[Event]:
    """Load the saved state, if any, and repeat its last events, in case the listener was killed before storing them."""
    remove_partial_files(state.folder)
    path = state.folder / "resume.pt"
    if not path.exists():
        return
    saved = read_state(path, state.fingerprint)
    state.module.load_state_dict(saved["module"])
    state.learner.optimizer.load_state_dict(saved["optimizer"])
    state.learner.precision.load(saved["precision"])
    state.compile_mode = saved["decided"]
    state.progress = TrainingProgress(**saved["progress"])
    if state.average:
        state.average.load(saved["average"], saved["averaged"])
    progress = state.progress
    yield Log(f"Resuming after epoch {progress.epoch} of {state.spec.epochs}.")
    for kind, epoch in (("best", progress.best_epoch), ("last", progress.epoch)):
        file = state.folder / f"{kind}.safetensors"
        # the weights may be of a later epoch, if it was killed before its state was saved
        if file.is_file() and file_sha256(file) == progress.saved[kind]:
            yield CheckpointSaved(kind, epoch, progress.saved[kind])
    yield EpochDone(progress.epoch, state.spec.epochs, progress.metrics, progress.best_epoch == progress.epoch)


def _warnings(state: TrainState) -> Iterator[Event]:
    """Yield warnings about metrics that will be undefined, once."""
    head, val = state.plan.heads[0], state.plan.val
    if not len(val):
        yield Log("No validation images: no validation metrics are computed, and the last epoch counts as the best.")
        return
    targets = state.plan.targets[val, : head.targets]
    if head.kind == "multi":
        incomplete = [
            name for name, known in zip(head.classes, targets.T, strict=True) if not {0.0, 1.0} <= {*known.tolist()}
        ]
        if incomplete:
            yield Log(
                f"Validation has no images with or without {', '.join(incomplete)}: AUROC is averaged over the others."
            )
    elif head.kind != "number":
        yield from _warn_missing_classes(len(np.unique(targets)), len(head.classes))


def _warn_missing_classes(present: int, classes: int) -> Iterator[Event]:
    if present < 2:
        yield Log("Validation has only one class: AUROC is undefined, and the best epoch is chosen by loss.")
    elif present < classes:
        yield Log("Validation lacks a class: AUROC is averaged over the classes present.")


def _epoch(state: TrainState) -> Generator[Event, None, None]:
    """Train, validate, save and report one epoch."""
    progress, spec = state.progress, state.spec
    epoch = progress.epoch + 1
    stats = yield from train_one_epoch(
        state.learner,
        state.prepare,
        state.cache,
        state.plan,
        epoch=epoch,
        falls=progress.falls,
        ema=state.average,
    )
    with state.average.applied_to(state.module) if state.average else nullcontext():
        metrics = evaluate(
            state.module,
            state.prepare,
            state.cache,
            state.plan,
            batch_size=spec.batch_size,
            kind=state.learner.precision.kind,
        )
        rate = learning_rate(spec, (epoch - 1) / spec.epochs, drops=progress.falls)
        progress.metrics = {
            "train_loss": stats.loss,
            **_check_finite(metrics, epoch),
            "learning_rate": rate,
            **_timings(stats),
        }
        progress.epoch = epoch
        progress.add(stats)
        is_best = progress.improves(metrics, spec.monitor)
        _reduce_lr_on_plateau(state, is_best=is_best)
        yield from _save(state, is_best=is_best)


def _reduce_lr_on_plateau(state: TrainState, *, is_best: bool) -> None:
    """Lower the learning rate after PATIENCE epochs without improvement."""
    progress = state.progress
    best = progress.epoch if is_best else progress.best_epoch
    if state.spec.schedule == "plateau" and progress.epoch - max(best, progress.fell) >= PATIENCE:
        progress.falls, progress.fell = progress.falls + 1, progress.epoch


def _check_finite(metrics: dict[str, float], epoch: int) -> dict[str, float]:
    if not math.isfinite(metrics.get("val_loss", 0.0)):
        raise UserError(f"The validation loss in epoch {epoch} is not finite; train again with a lower learning rate.")
    return metrics


def _timings(stats: EpochStats) -> dict[str, float]:
    seconds = max(stats.seconds, 1e-9)
    return {"images_per_second": stats.images / seconds, "data_wait_share": min(stats.waited / seconds, 1.0)}


def _save(state: TrainState, *, is_best: bool) -> Iterator[Event]:
    """Write all files first, then yield the events: a reported epoch can always be resumed."""
    progress, folder = state.progress, state.folder
    progress.best_epoch = progress.epoch if is_best else progress.best_epoch
    manifest = state.manifest.at(progress.epoch, progress.metrics)
    kinds = ("best", "last") if is_best else ("last",)
    first, *also = (folder / f"{kind}.safetensors" for kind in kinds)
    progress.saved |= dict.fromkeys(kinds, save_weights(state.module, first, manifest, also=also))
    save_manifest(folder / "manifest.json", manifest, best_epoch=progress.best_epoch)
    save_state(folder / "resume.pt", _state(state))
    for kind in kinds:
        yield CheckpointSaved(kind, progress.epoch, progress.saved[kind])
    yield EpochDone(progress.epoch, state.spec.epochs, dict(progress.metrics), is_best)


def _state(state: TrainState) -> dict[str, Any]:
    """Return the state for resuming.

    Order and learning rate are functions of (seed, epoch), so no generator is saved.
    """
    ema = state.average
    return {
        "fingerprint": state.fingerprint,
        "module": ema.raw_weights if ema and ema.raw_weights else state.module.state_dict(),
        "optimizer": state.learner.optimizer.state_dict(),
        "precision": state.learner.precision.state(),
        "decided": state.compile_mode,
        "progress": vars(state.progress),
        **({"average": ema.state, "averaged": ema.steps} if ema else {}),
    }


def _finish(state: TrainState) -> Iterator[Event]:
    progress = state.progress
    if progress.epoch < state.spec.epochs:
        yield Log(f"Stopped early: no improvement since epoch {progress.best_epoch}.")
    seconds = max(progress.seconds, 1e-9)
    yield Finished(
        progress.epoch,
        progress.best_epoch,
        state.manifest.device,
        progress.images / seconds,
        min(progress.waited / seconds, 1.0),
    )
