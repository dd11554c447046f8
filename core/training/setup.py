"""Set-up of a training: the network with its initial weights, the optimizer, and how steps are called."""

import hashlib
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from core.models import entry
from core.models.heads import output_count
from core.models.initial_weights import freeze, load_initial_weights
from core.training import devices
from core.training.augmentation_ranges import ranges_of
from core.training.batching import split_batches
from core.training.checkpoint import Manifest, versions
from core.training.compilation import channels_last, choose_compiled
from core.training.ema import ExponentialMovingAverage
from core.training.events import Log
from core.training.gpu_cache import BatchSource, to_gpu_if_fits
from core.training.mixed_precision import Precision
from core.training.optim import build_optimizer
from core.training.pixel_cache import PixelCache
from core.training.plan import Plan
from core.training.preprocess import Preprocess
from core.training.progress import TrainingProgress
from core.training.spec import TrainSpec
from core.training.train_step import Trainer
from core.training.validation import to_model_input

ELSEWHERE = ("device", "threads")  # may change when a training is resumed, without changing its weights


@dataclass
class TrainState:
    """State of a training within one call of `fit`; `compile_mode` is how its steps are called."""

    spec: TrainSpec
    plan: Plan
    cache: BatchSource
    learner: Trainer
    prepare: Preprocess
    manifest: Manifest
    folder: Path
    fingerprint: str
    average: ExponentialMovingAverage | None = None
    compile_mode: str | None = None
    progress: TrainingProgress = field(default_factory=TrainingProgress)

    @property
    def module(self) -> nn.Module:
        """The network."""
        return self.learner.module

    @property
    def is_over(self) -> bool:
        """True after the last epoch, or after `early_stopping` epochs without improvement."""
        progress, patience = self.progress, self.spec.early_stopping
        without_improvement = progress.epoch - progress.best_epoch
        return progress.epoch >= self.spec.epochs or bool(patience and without_improvement >= patience)


def set_up(
    spec: TrainSpec,
    planned: Plan,
    pixels: PixelCache,
    device: torch.device,
    folder: Path,
    facts: Mapping[str, str],
    source: Path | None,
) -> Generator[Log, None, TrainState]:
    """Set up a training before its first step; yields log lines about its initial weights.

    Raises:
        NotTrainable: initial weights that do not fit, or unknown layers to freeze.
    """
    module = yield from _network(spec, planned, device, source, resumed=(folder / "resume.pt").exists())
    mean, deviation = pixels.normalisation(planned.train_once)
    manifest = Manifest(
        model=spec.model,
        heads=planned.heads,
        views=planned.views,
        channels=planned.channels,
        size=planned.size,
        stored=planned.stored,
        mean=tuple(mean),
        deviation=tuple(deviation),
        spec=spec,
        seed=spec.seed,
        device=devices.device_name(device),
        facts=dict(facts),
        versions=versions(),
    )
    batches, message = to_gpu_if_fits(pixels, device)
    if message:
        yield message
    return TrainState(
        spec=spec,
        plan=planned,
        cache=batches,
        learner=Trainer(
            module, module, build_optimizer(module, spec), planned.heads, spec, Precision.of(spec.precision, device)
        ),
        prepare=Preprocess(planned.size, mean, deviation, device, ranges_of(asdict(spec))),
        manifest=manifest,
        folder=folder,
        fingerprint=_fingerprint(spec, planned, pixels),
        average=ExponentialMovingAverage(module, spec.ema) if spec.ema else None,
    )


def choose_compile(state: TrainState) -> Iterator[Log]:
    """Decide how steps are called, by measurement where that pays; a resumed training repeats its decision."""
    spec, planned = state.spec, state.plan
    batches = split_batches(planned.train, spec.batch_size)
    sample = to_model_input(state.prepare, state.cache.read(batches[0]))
    steps = len(batches) * (spec.epochs - state.progress.epoch)
    state.module.train()
    choice = choose_compiled(state.module, spec, sample, steps, state.compile_mode, kind=state.learner.precision.kind)
    state.learner.call, state.compile_mode = choice.call, choice.mode
    if choice.message:
        yield Log(choice.message)


def _network(
    spec: TrainSpec, planned: Plan, device: torch.device, source: Path | None, *, resumed: bool
) -> Generator[Log, None, nn.Module]:
    torch.manual_seed(spec.seed)
    model, outputs = entry(spec.model), output_count(planned.heads)
    module = model.build(planned.channels, outputs, planned.size, spec.dropout, **spec.subset(model.knobs))
    if spec.start != "nothing" and not resumed:
        yield Log(load_initial_weights(module, model, spec, source, channels=planned.channels))
    if frozen := freeze(module, spec.freeze):
        yield Log(frozen)
    return channels_last(module.to(device))


def _fingerprint(spec: TrainSpec, planned: Plan, pixels: PixelCache) -> str:
    """Return the hash of everything that decides the weights; the device may change when resuming."""
    settings = {name: value for name, value in spec.non_default.items() if name not in ELSEWHERE}
    rows = [planned.train.tolist(), planned.val.tolist(), planned.targets.tolist(), planned.weights.tolist()]
    content = [settings, [head.to_json() for head in planned.heads], pixels.hash, rows]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
