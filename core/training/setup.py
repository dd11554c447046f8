"""What a training works with: the network from its start, its optimizer, and how its steps are made quick."""

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

ELSEWHERE = ("device", "threads")  # what may change between two attempts and leaves the weights what they are


@dataclass
class TrainState:
    """What one call of `fit` works with; `decided` is whether its steps are compiled."""

    spec: TrainSpec
    plan: Plan
    cache: BatchSource
    learner: Trainer
    prepare: Preprocess
    manifest: Manifest
    folder: Path
    fingerprint: str
    average: ExponentialMovingAverage | None = None
    decided: str | None = None
    progress: TrainingProgress = field(default_factory=TrainingProgress)

    @property
    def module(self) -> nn.Module:
        """The network."""
        return self.learner.module

    @property
    def is_over(self) -> bool:
        """All epochs done, or none better for as long as was asked."""
        now = self.progress
        patience = self.spec.early_stopping
        return now.epoch >= self.spec.epochs or bool(patience and now.epoch - now.best_epoch >= patience)


def set_up(
    spec: TrainSpec,
    planned: Plan,
    pixels: PixelCache,
    device: torch.device,
    folder: Path,
    facts: Mapping[str, str],
    source: Path | None,
) -> Generator[Log, None, TrainState]:
    """A training before its first step; says what it starts from.

    Raises:
        NotTrainable: weights to start from that do not fit, or layers to freeze that are not there.
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
    batches, said = to_gpu_if_fits(pixels, device)
    if said:
        yield said
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


def choose_compile(training: TrainState) -> Iterator[Log]:
    """Decide how steps are called, by measuring where that pays; a resumed training goes on as it was decided."""
    spec, planned = training.spec, training.plan
    batches = split_batches(planned.train, spec.batch_size)
    sample = to_model_input(training.prepare, training.cache.read(batches[0]))
    steps = len(batches) * (spec.epochs - training.progress.epoch)
    training.module.train()
    found = choose_compiled(
        training.module, spec, sample, steps, training.decided, kind=training.learner.precision.kind
    )
    training.learner.call, training.decided = found.call, found.decided
    if found.said:
        yield Log(found.said)


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
    """Of all that decides the weights; the device may change between two attempts."""
    asked = {name: value for name, value in spec.non_default.items() if name not in ELSEWHERE}
    rows = [planned.train.tolist(), planned.val.tolist(), planned.targets.tolist(), planned.weights.tolist()]
    told = [asked, [head.to_json() for head in planned.heads], pixels.hash, rows]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
