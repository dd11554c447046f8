"""What a training would take: one step of it on made pictures, timed and weighed before anything is asked for."""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.models import entry
from core.models.heads import output_count
from core.models.initial_weights import freeze
from core.training import devices
from core.training.augmentation_ranges import ranges_of
from core.training.compilation import channels_last
from core.training.examples import read_image
from core.training.mixed_precision import autocast, resolve_dtype
from core.training.optim import build_optimizer
from core.training.plan import Plan
from core.training.preprocess import Preprocess
from core.training.spec import TrainSpec

FIRST = 8  # cases that are tried first where a whole batch may take long
LONG_S = 3.0  # a step from which a part of the batch is measured, and the rest is reckoned
STEPS, READ = 3, 6


@dataclass(frozen=True, slots=True)
class StepBenchmark:
    """Seconds for one training step and one look at as many validation cases, and for preparing one picture once.

    `memory` is what the whole process takes at most, in bytes: on a GPU of its memory. `cases` is how many were
    measured; fewer than a batch are reckoned up to one.
    """

    step_s: float
    look_s: float
    read_s: float
    memory: int
    weights: int
    size: int
    pictures: int
    channels: int
    cases: int
    device: str

    def seconds(self, *, steps: int, looks: float, epochs: int, pictures: int) -> float:
        """A whole training: steps and looks in an epoch; `pictures` are prepared once."""
        return epochs * (steps * self.step_s + looks * self.look_s) + pictures * self.read_s


def measure(spec: TrainSpec, planned: Plan) -> StepBenchmark:
    """Time and memory of one step of this training.

    Raises:
        NotTrainable: no such device, or too little memory for one batch.
    """
    device = devices.choose_device(spec.device)
    devices.retain_freed_memory()
    if spec.threads:
        torch.set_num_threads(spec.threads)
    with devices.out_of_memory_hint(
        f"batches of {spec.batch_size} at {planned.size} px", "choose a smaller batch or image"
    ):
        return _measured(spec, planned, device)


def _measured(spec: TrainSpec, planned: Plan, device: torch.device) -> StepBenchmark:
    torch.manual_seed(0)
    model = entry(spec.model)
    module = model.build(
        planned.channels, output_count(planned.heads), planned.size, spec.dropout, **spec.subset(model.knobs)
    )
    freeze(module, spec.freeze)
    module = channels_last(module.to(device))
    optimizer = build_optimizer(module, spec)
    step = _Step(module, optimizer, spec, planned, device)
    started = _memory(device)
    cases = spec.batch_size if device.type == "cuda" else min(FIRST, spec.batch_size)
    seconds = step.timed(cases, times=1)
    if cases < spec.batch_size and seconds * spec.batch_size / cases < LONG_S:
        cases = spec.batch_size
    seconds, look = step.timed(cases), step.timed(cases, learning=False)
    share = spec.batch_size / cases
    return StepBenchmark(
        step_s=seconds * share,
        look_s=look * share,
        read_s=_reading(planned),
        memory=int(started + (_memory(device) - started) * share),
        cases=cases,
        weights=sum(one.numel() for one in module.parameters()),
        size=planned.size,
        pictures=step.pictures,
        channels=planned.channels,
        device=devices.device_name(device),
    )


@dataclass
class _Step:
    """Steps of one network on made pictures of the right shape."""

    module: nn.Module
    optimizer: torch.optim.Optimizer
    spec: TrainSpec
    planned: Plan
    device: torch.device

    @property
    def pictures(self) -> int:
        """Of a case."""
        return max(len(one.images) for one in self.planned.examples) if self.planned.several else 1

    def timed(self, cases: int, *, learning: bool = True, times: int = STEPS) -> float:
        """Median seconds of some steps after one that warms up; fewer where they are long."""
        pixels, do = self._pixels(cases), self._learn if learning else self._look
        took = [self._seconds(lambda: do(pixels))]
        while len(took) <= times and sum(took) < LONG_S:
            took.append(self._seconds(lambda: do(pixels)))
        return float(np.median(took[1:] or took))

    def _pixels(self, cases: int) -> Tensor:
        shape = (self.planned.channels, self.planned.stored, self.planned.stored)
        several = (self.pictures,) if self.planned.several else ()
        values = np.random.default_rng(0).integers(0, 65535, (cases, *several, *shape), dtype=np.uint16)
        return torch.from_numpy(values)

    def _seconds(self, do: Callable[[], None]) -> float:
        began = time.perf_counter()
        do()
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter() - began

    def _learn(self, pixels: Tensor) -> None:
        self.module.train()
        chance = torch.Generator().manual_seed(0) if self.spec.augment != "none" else None
        self.optimizer.zero_grad(set_to_none=True)
        self._logits(pixels, chance).square().mean().backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    @torch.inference_mode()
    def _look(self, pixels: Tensor) -> None:
        self.module.eval()
        self._logits(pixels, None)

    def _logits(self, pixels: Tensor, chance: torch.Generator | None) -> Tensor:
        even = [0.5] * self.planned.channels
        images = Preprocess(self.planned.size, even, even, self.device, ranges_of(asdict(self.spec)))(
            pixels, chance=chance
        )
        with autocast(self.device, resolve_dtype(self.spec.precision, self.device)):
            logits: Tensor = self.module(images)
        return logits.float()


def _reading(planned: Plan) -> float:
    """Seconds to prepare one picture for the cache."""
    planes = [plane for one in planned.examples[:READ] for plane in one.images][:READ]
    began = time.perf_counter()
    for plane in planes:
        read_image(plane, size=planned.stored, channels=planned.channels)
    return (time.perf_counter() - began) / len(planes)


def _memory(device: torch.device) -> int:
    """The most that was taken so far, in bytes."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
