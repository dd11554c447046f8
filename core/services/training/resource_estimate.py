"""What a training would take, and how its pictures will look: found by a process of its own, kept in the cache.

A page asks again and again; whoever asks first starts the process, in a home one at a time that measures, since two
would measure each other, and one that draws. Torch loads there, never in the page's process.
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
from core.training.plan import make_plan
from core.training.spec import TrainSpec
from db import Database

if TYPE_CHECKING:
    from core.training import augmentation_samples, benchmark_step
    from core.training.plan import Plan
else:
    benchmark_step = LazyModule("core.training.benchmark_step")
    augmentation_samples = LazyModule("core.training.augmentation_samples")

VERSION = 1  # of what is kept
AGAIN_S = 60.0  # after which what failed may be tried again
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
"""Knobs that change the eight pictures, and those that change the time of a step, its memory or how many there are."""
ENDED = "What it would take could not be measured: the process ended without a word; its details are in launch.log."


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """One question: figures of a step, or augmented pictures, of a training."""

    snapshot_id: int
    spec: TrainSpec
    also: tuple[int, ...]
    pictures: bool

    def lock(self, settings: Settings) -> Path:
        """Held by the process that looks for answers of this kind."""
        return settings.folder("jobs") / ("draw.lock" if self.pictures else "measure.lock")

    @property
    def name(self) -> str:
        """In 40 letters: snapshots never change, so neither does the answer."""
        asked = self.spec.subset(SEEING if self.pictures else STEPPING)
        told = json.dumps([VERSION, self.snapshot_id, self.also, self.pictures, asked], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:40]

    def argv(self, db: Database) -> list[str]:
        """The command that answers it."""
        named = [snapshots.get_snapshot(db, one).name for one in (self.snapshot_id, *self.also)]
        return [
            "estimate",
            f"--snapshot={named[0]}",
            f"--model={self.spec.model}",
            *(f"--also={name}" for name in named[1:]),
            *(["--pictures"] if self.pictures else []),
            *(f"--set={knob}={value}" for knob, value in self.spec.non_default.items()),
        ]


@dataclass(frozen=True, slots=True)
class EstimateResult:
    """`figures` of a step, or `pictures`: how many lie there under `name`; an `error` says why there are none.

    With none of them it is still being found.
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
    db: Database, settings: Settings, snapshot_id: int, spec: TrainSpec, also: Sequence[int] = ()
) -> EstimateResult:
    """How long a step takes and how much memory; started where nobody has asked before."""
    return _read_or_start(db, settings, EstimateRequest(snapshot_id, spec, tuple(also), pictures=False))


def pictures(
    db: Database, settings: Settings, snapshot_id: int, spec: TrainSpec, also: Sequence[int] = ()
) -> EstimateResult:
    """How many augmented pictures lie there (see `picture`); started where nobody has asked before."""
    return _read_or_start(db, settings, EstimateRequest(snapshot_id, spec, tuple(also), pictures=True))


def picture(settings: Settings, name: str, number: int) -> Path:
    """The file of one augmented picture.

    Raises:
        NotFound: it was not made, or was cleared away.
    """
    path = _folder(settings) / f"{name}-{number}.png"
    if not (name.isalnum() and path.exists()):
        raise NotFound("This augmented picture is not in the cache any more; reload the page to have it made again.")
    return path


def measure(
    db: Database, settings: Settings, snapshot_id: int, spec: TrainSpec, also: Sequence[int] = (), *, pictures: bool
) -> dict[str, Any]:
    """Find it in this process and keep it: figures, or the count of pictures, or the sentence why not."""
    asked = EstimateRequest(snapshot_id, spec, tuple(also), pictures)
    try:
        planned = _planned(db, settings, asked)
        said: dict[str, Any] = (
            {"pictures": _draw(settings, asked, planned)} if pictures else {"figures": _figures(spec, planned)}
        )
    except UserError as error:
        said = {"error": str(error)}
    write_result(settings, asked.name, said)
    return said


def _read_or_start(db: Database, settings: Settings, asked: EstimateRequest) -> EstimateResult:
    """What is kept; else see that a process looks for it, unless one just did in vain."""
    working = is_held(asked.lock(settings))  # before reading: what ends in between has been written
    said = _read_result(settings, asked.name)
    recent = time.time() - said.get("at", 0.0) < AGAIN_S
    if "figures" in said or "pictures" in said or (recent and "error" in said):
        return EstimateResult(asked.name, said.get("figures"), said.get("pictures", 0), said.get("error", ""))
    if recent and not working:
        return EstimateResult(asked.name, error=ENDED)
    if not working:
        _start(db, settings, asked)
    return EstimateResult(asked.name)


def _start(db: Database, settings: Settings, asked: EstimateRequest) -> None:
    """A process that holds the lock as long as it lives; nothing where another one does."""
    lock = acquire(asked.lock(settings))
    if lock is None:
        return
    try:
        write_result(settings, asked.name, {})
        argv = [sys.executable, "-m", "core", "--home", str(settings.home), *asked.argv(db)]
        detach(argv, settings, inherit=(lock,))
    finally:
        os.close(lock)


def _planned(db: Database, settings: Settings, asked: EstimateRequest) -> "Plan":
    found = training_examples.examples_of(db, settings, asked.snapshot_id, also=asked.also)
    return make_plan(asked.spec, found, training_examples.heads_of(db, asked.snapshot_id, asked.also))


def _figures(spec: TrainSpec, planned: "Plan") -> dict[str, Any]:
    found = benchmark_step.measure(spec, planned)
    steps = -(-len(planned.train) // spec.batch_size)
    pictures = sum(len(one.images) for one in planned.examples)
    return {**asdict(found), "steps": steps, "looks": len(planned.val) / spec.batch_size, "all_pictures": pictures}


def _draw(settings: Settings, asked: EstimateRequest, planned: "Plan") -> int:
    from PIL import Image as Picture

    found = augmentation_samples.augmented_samples(asked.spec, planned)
    for number, one in enumerate(found):
        with atomic_write(_folder(settings) / f"{asked.name}-{number}.png", durable=False) as file:
            Picture.fromarray(one).save(file, format="PNG")
    return len(found)


def write_result(settings: Settings, name: str, said: dict[str, Any]) -> None:
    """What was found, under the question's name; {}: it has begun."""
    with atomic_write(_folder(settings) / f"{name}.json", durable=False) as file:
        file.write(json.dumps({"at": time.time(), **said}).encode())


def _read_result(settings: Settings, name: str) -> dict[str, Any]:
    try:
        said = json.loads((_folder(settings) / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _folder(settings: Settings) -> Path:
    folder = settings.folder("cache") / "measured"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
