"""Estimate a training's time and memory, and draw augmented samples: in a separate process, cached.

A page polls; the first poll starts the process. Per home one process measures at a time, as two would disturb each
other, and one draws. Torch is loaded there, never in the page's process.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import NotFound, UserError
from core.imaging.atomic_write import atomic_write
from core.jobs.local import detach
from core.jobs.locks import acquire, is_held
from core.lazy_modules import LazyModule
from core.services.datasets import snapshots, training_examples
from core.settings import Settings
from core.training import augmentation_ranges
from core.training.form_groups import WINDOWING
from core.training.plan import make_plan
from core.training.spec import TrainSpec
from core.training.windowing import choose_window
from db import Database

if TYPE_CHECKING:
    from core.training import augmentation_samples, benchmark_step
    from core.training.plan import Plan
else:
    benchmark_step = LazyModule("core.training.benchmark_step")
    augmentation_samples = LazyModule("core.training.augmentation_samples")

VERSION = 1  # of the cached results
AGAIN_S = 60.0  # after which a failed estimate may be repeated
SEEING = ("model", "image_size", "encoder", "slices", "views", "seed", "augment", *augmentation_ranges.KNOBS)
STEPPING = (
    *SEEING,
    "batch_size",
    "optimizer",
    "device",
    "precision",
    "threads",
    "dropout",
    "freeze",
    "kernel_size",
    "blocks",
    "pooling",
    "norm",
    "dense",
)
"""Settings that change the augmented samples, and those that change a step's time or memory or the number of steps."""
ENDED = "Time and memory could not be measured: the process stopped unexpectedly. See launch.log for details."


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """A request: the cost of a step, or augmented samples, of a training."""

    snapshot_id: int
    spec: TrainSpec
    also: tuple[int, ...]
    pictures: bool

    def lock(self, settings: Settings) -> Path:
        """Return the lock file of the process that computes results of this kind."""
        return settings.folder("jobs") / ("draw.lock" if self.pictures else "measure.lock")

    @property
    def name(self) -> str:
        """The cache key, 40 hex digits; snapshots never change, so neither does the result."""
        settings = self.spec.subset((*SEEING, *WINDOWING) if self.pictures else STEPPING)
        content = json.dumps([VERSION, self.snapshot_id, self.also, self.pictures, settings], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:40]

    def argv(self, db: Database) -> list[str]:
        """Return the command that computes the result."""
        names = [snapshots.get_snapshot(db, snapshot).name for snapshot in (self.snapshot_id, *self.also)]
        return [
            "estimate",
            f"--snapshot={names[0]}",
            f"--model={self.spec.model}",
            *(f"--also={name}" for name in names[1:]),
            *(["--pictures"] if self.pictures else []),
            *(f"--set={knob}={value}" for knob, value in self.spec.non_default.items()),
        ]


@dataclass(frozen=True, slots=True)
class EstimateResult:
    """The `figures` of a step, or the number of `pictures` stored under `name`, or an `error`.

    Without any of them the estimate is pending.
    """

    name: str
    figures: dict[str, Any] | None = None
    pictures: int = 0
    error: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether it is worth asking again soon."""
        return not (self.figures or self.pictures or self.error)


def step_cost(
    db: Database, settings: Settings, snapshot_id: int, spec: TrainSpec, also: Sequence[int] = (), *, start: bool = True
) -> EstimateResult:
    """Return the time and memory of a training step; unless `start` is False, start the measurement if needed."""
    return _read_or_start(db, settings, EstimateRequest(snapshot_id, spec, tuple(also), pictures=False), start=start)


def pictures(
    db: Database, settings: Settings, snapshot_id: int, spec: TrainSpec, also: Sequence[int] = (), *, start: bool = True
) -> EstimateResult:
    """Return the number of augmented samples (see `picture`); unless `start` is False, start drawing them if needed."""
    return _read_or_start(db, settings, EstimateRequest(snapshot_id, spec, tuple(also), pictures=True), start=start)


def picture(settings: Settings, name: str, number: int) -> Path:
    """Return the file of one augmented sample.

    Raises:
        NotFound: it was not drawn, or was deleted.
    """
    path = _folder(settings) / f"{name}-{number}.png"
    if not (name.isalnum() and path.exists()):
        raise NotFound("This augmented sample is no longer in the cache; reload the page to draw it again.")
    return path


def measure(
    db: Database, settings: Settings, snapshot_id: int, spec: TrainSpec, also: Sequence[int] = (), *, pictures: bool
) -> dict[str, Any]:
    """Compute and cache a result in this process: the step's figures, the number of samples, or an error message."""
    request = EstimateRequest(snapshot_id, spec, tuple(also), pictures)
    try:
        plan = _make_plan(db, settings, request)
        result: dict[str, Any] = (
            {"pictures": _draw(settings, request, plan)} if pictures else {"figures": _figures(spec, plan)}
        )
    except UserError as error:
        result = {"error": str(error)}
    write_result(settings, request.name, result)
    return result


def _read_or_start(db: Database, settings: Settings, request: EstimateRequest, *, start: bool) -> EstimateResult:
    """Return the cached result, or `start` a process that computes it, unless one failed recently."""
    working = is_held(request.lock(settings))  # before reading: a process that ends in between has written its result
    result = _read_result(settings, request.name)
    recent = time.time() - result.get("at", 0.0) < AGAIN_S
    if "figures" in result or "pictures" in result or (recent and "error" in result):
        return EstimateResult(request.name, result.get("figures"), result.get("pictures", 0), result.get("error", ""))
    if recent and not working:
        return EstimateResult(request.name, error=ENDED)
    if start and not working:
        _start(db, settings, request)
    return EstimateResult(request.name)


def _start(db: Database, settings: Settings, request: EstimateRequest) -> None:
    """Start a process that holds the lock while it lives; do nothing if another one holds it."""
    lock = acquire(request.lock(settings))
    if lock is None:
        return
    try:
        write_result(settings, request.name, {})
        argv = [sys.executable, "-m", "core", "--home", str(settings.home), *request.argv(db)]
        detach(argv, settings, inherit=(lock,))
    finally:
        os.close(lock)


def _make_plan(db: Database, settings: Settings, request: EstimateRequest) -> "Plan":
    examples = training_examples.examples_of(db, settings, request.snapshot_id, also=request.also)
    plan = make_plan(request.spec, examples, training_examples.heads_of(db, request.snapshot_id, request.also))
    if not request.pictures:  # at another window, a step takes the same time and memory
        return plan
    return choose_window(request.spec, plan, settings.folder("cache"))[1]


def _figures(spec: TrainSpec, plan: "Plan") -> dict[str, Any]:
    cost = benchmark_step.measure(spec, plan)
    steps = -(-len(plan.train) // spec.batch_size)
    pictures = sum(len(one.images) for one in plan.examples)
    return {**asdict(cost), "steps": steps, "looks": len(plan.val) / spec.batch_size, "all_pictures": pictures}


def _draw(settings: Settings, request: EstimateRequest, plan: "Plan") -> int:
    from PIL import Image as Picture

    samples = augmentation_samples.augmented_samples(request.spec, plan)
    for number, sample in enumerate(samples):
        with atomic_write(_folder(settings) / f"{request.name}-{number}.png", durable=False) as file:
            Picture.fromarray(sample).save(file, format="PNG")
    return len(samples)


def write_result(settings: Settings, name: str, result: dict[str, Any]) -> None:
    """Cache a result under the request's name; {} means that the computation has begun."""
    with atomic_write(_folder(settings) / f"{name}.json", durable=False) as file:
        file.write(json.dumps({"at": time.time(), **result}).encode())


def _read_result(settings: Settings, name: str) -> dict[str, Any]:
    try:
        result = json.loads((_folder(settings) / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _folder(settings: Settings) -> Path:
    folder = settings.folder("cache") / "measured"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
