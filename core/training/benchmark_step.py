"""Time and memory of a training, estimated from one step on synthetic images."""

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

FIRST = 8  # cases in the first trial, where a whole batch may take long
LONG_S = 3.0  # seconds per step above which a part of the batch is measured and extrapolated
STEPS, READ = 3, 6


@dataclass(frozen=True, slots=True)
class StepBenchmark:
    """Seconds per training step, per validation step, and for preparing one image once.

    `memory` is the peak of the whole process in bytes, on a GPU that of its memory. `cases` is the measured batch;
    fewer than a batch are extrapolated.
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
        """Return the duration of a whole training.

        `looks` are validation steps per epoch, `pictures` are prepared once.
        """
        return epochs * (steps * self.step_s + looks * self.look_s) + pictures * self.read_s


def measure(spec: TrainSpec, planned: Plan) -> StepBenchmark:
    """Measure time and memory of one step of this training.

    Raises:
        NotTrainable: the device is missing, or one batch does not fit into memory.
    """
    device = devices.choose_device(spec.device)
    devices.retain_freed_memory()
    if spec.threads:
        torch.set_num_threads(spec.threads)
    with devices.out_of_memory_hint(
        f"batches of {spec.batch_size} at {planned.size} px", "choose a smaller batch or image"
    ):
        return _benchmark(spec, planned, device)


def _benchmark(spec: TrainSpec, planned: Plan, device: torch.device) -> StepBenchmark:
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
    seconds, validation_s = step.timed(cases), step.timed(cases, learning=False)
    factor = spec.batch_size / cases
    return StepBenchmark(
        step_s=seconds * factor,
        look_s=validation_s * factor,
        read_s=_reading(planned),
        memory=int(started + (_memory(device) - started) * factor),
        cases=cases,
        weights=sum(parameter.numel() for parameter in module.parameters()),
        size=planned.size,
        pictures=step.pictures,
        channels=planned.channels,
        device=devices.device_name(device),
    )


@dataclass
class _Step:
    """Steps of a network on synthetic images of the right shape."""

    module: nn.Module
    optimizer: torch.optim.Optimizer
    spec: TrainSpec
    planned: Plan
    device: torch.device

    @property
    def pictures(self) -> int:
        """Images per case."""
        return max(len(one.images) for one in self.planned.examples) if self.planned.several else 1

    def timed(self, cases: int, *, learning: bool = True, times: int = STEPS) -> float:
        """Return the median seconds of some steps after one for warm-up; fewer where they are slow."""
        pixels, run = self._pixels(cases), self._learn if learning else self._look
        durations = [self._seconds(lambda: run(pixels))]
        while len(durations) <= times and sum(durations) < LONG_S:
            durations.append(self._seconds(lambda: run(pixels)))
        return float(np.median(durations[1:] or durations))

    def _pixels(self, cases: int) -> Tensor:
        shape = (self.planned.channels, self.planned.stored, self.planned.stored)
        several = (self.pictures,) if self.planned.several else ()
        values = np.random.default_rng(0).integers(0, 65535, (cases, *several, *shape), dtype=np.uint16)
        return torch.from_numpy(values)

    def _seconds(self, run: Callable[[], None]) -> float:
        started = time.perf_counter()
        run()
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter() - started

    def _learn(self, pixels: Tensor) -> None:
        self.module.train()
        generator = torch.Generator().manual_seed(0) if self.spec.augment != "none" else None
        self.optimizer.zero_grad(set_to_none=True)
        self._logits(pixels, generator).square().mean().backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    @torch.inference_mode()
    def _look(self, pixels: Tensor) -> None:
        self.module.eval()
        self._logits(pixels, None)

    def _logits(self, pixels: Tensor, generator: torch.Generator | None) -> Tensor:
        half = [0.5] * self.planned.channels
        images = Preprocess(self.planned.size, half, half, self.device, ranges_of(asdict(self.spec)))(
            pixels, generator=generator
        )
        with autocast(self.device, resolve_dtype(self.spec.precision, self.device)):
            logits: Tensor = self.module(images)
        return logits.float()


def _reading(planned: Plan) -> float:
    """Return the seconds to prepare one image for the cache."""
    planes = [plane for one in planned.examples[:READ] for plane in one.images][:READ]
    started = time.perf_counter()
    for plane in planes:
        read_image(plane, size=planned.stored, channels=planned.channels)
    return (time.perf_counter() - started) / len(planes)


def _memory(device: torch.device) -> int:
    """Return the peak memory so far, in bytes."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
