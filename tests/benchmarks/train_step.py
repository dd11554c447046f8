"""Images per second of a training as it is done: the real loop, stored images, light augmentation, weights, metrics."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
import torch

from core.imaging.pixels import from_unsigned
from core.imaging.store import Store
from core.models import entry
from core.models.heads import single
from core.training import devices
from core.training.data import Example, Plane
from core.training.events import EpochDone
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.benchmarks.measure import Asked, Benchmark, Sides, Taken
from tests.benchmarks.references.train_loop import images_per_second

CLASSES = ("none", "opacity")
EDGE, TRAIN, VAL = 128, 256, 8
SPEC = TrainSpec().with_preset("solid baseline").changed({"batch_size": 32, "epochs": 2, "threads": 1})


@contextmanager
def sides(folder: Path, _asked: Asked) -> Iterator[Sides]:
    """Both train the same network on the same device with one thread; every round begins anew."""
    torch.set_num_threads(SPEC.threads)
    examples, numbers = make_examples(folder, TRAIN + VAL, edge=EDGE), count()
    yield Sides(
        ours=lambda: ours(SPEC, examples, folder, folder / f"run-{next(numbers)}"),
        reference=lambda: reference(SPEC, edge=EDGE, images=TRAIN),
    )


def ours(spec: TrainSpec, examples: list[Example], folder: Path, run: Path) -> Taken:
    """Of the last epoch: the first one warms up."""
    began = time.perf_counter()
    run.mkdir()
    events = fit(spec, examples, heads=[single(CLASSES)], folder=run, cache=folder / "cache")
    done = [event for event in events if isinstance(event, EpochDone)]
    return Taken(done[-1].metrics["images_per_second"], time.perf_counter() - began)


def reference(spec: TrainSpec, *, edge: int, images: int) -> Taken:
    """The bare loop."""
    began = time.perf_counter()
    device = devices.choose(spec.device)
    module = entry(spec.model).build(1, len(CLASSES), edge, spec.dropout).to(device)
    if device.type == "cuda":
        module = module.to(memory_format=torch.channels_last)
    figure = images_per_second(
        module, shape=(spec.batch_size, 1, edge, edge), batches=images // spec.batch_size, classes=len(CLASSES)
    )
    return Taken(figure, time.perf_counter() - began)


def make_examples(folder: Path, number: int, *, edge: int) -> list[Example]:
    """16-bit images in a store; the last ones are for validation."""
    store, chance, made = Store(folder / "home"), np.random.default_rng(0), []
    for one in range(number):
        samples, form = from_unsigned(chance.integers(0, 65536, (1, edge, edge), np.uint16), bits=16, decoder="made")
        name = f"{one:064x}"
        store.write_pixels(name, [samples])
        made.append(Example(
            key=str(one), planes=(Plane(store.pixels(name), 0, form),), main=0, targets=(one % 2,),
            split="train" if one < number - VAL else "val", weight=1.0, repeats=1, patient=str(one),
        ))  # fmt: skip
    return made


BENCHMARK = Benchmark(
    name="train_step", unit="images per second", goal=">=0.9", sides=sides,
    against="a bare PyTorch loop on made tensors of the same shape",
)  # fmt: skip
