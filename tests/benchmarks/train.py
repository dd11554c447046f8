"""Images per second of a training as it is done, from imported 16-bit DICOM originals: fetched, prepared, learned.

The reference is the bare loop at the same network, layout and precision. Nothing is augmented on either side; what
light augmentation costs is told beside it, and on a GPU what compiled steps give. On a processor seconds are those of
the CPU, of all threads of a side; time spent waiting for pixels is no work, so it has a limit of its own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import torch

from core.curation.recipe import Recipe
from core.models import entry, input_size
from core.models.heads import Head
from core.services.annotation import tasks
from core.services.datasets import snapshots, training_examples
from core.services.imports import import_files
from core.services.imports.import_request import ImportRequest
from core.services.workspace.home import open_home
from core.settings import Settings
from core.training import devices
from core.training.compilation import channels_last
from core.training.events import EpochDone, Step
from core.training.examples import Example
from core.training.loop import fit
from core.training.mixed_precision import resolve_dtype
from core.training.spec import TrainSpec
from tests.benchmarks.dicom import write_files
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.references.train_loop import images_per_second

VAL = 8
CLOCKS = {"cpu": time.process_time, "cuda": time.perf_counter}  # others' work beside ours must not count for a side
WAITS = "<=0.03"  # share of the time spent waiting for pixels
Frozen = tuple[list[Head], list[Example]]


@dataclass(frozen=True)
class Shape:
    """What is trained: a network on pictures of so many pixels an edge, `images` of them in an epoch.

    The first epoch warms up, the others count.
    """

    model: str
    edge: int
    batch: int
    images: int
    epochs: int = 3

    def spec(self, device: str) -> TrainSpec:
        """Of a training without augmentation; on a processor with one thread, which both sides have."""
        threads = 1 if device == "cpu" else 0
        return TrainSpec(
            model=self.model,
            batch_size=self.batch,
            epochs=self.epochs,
            augment="none",
            compile="no",
            device=device,
            threads=threads,
        )

    @property
    def size(self) -> int:
        """Edge of what the network sees, in pixels."""
        return input_size(entry(self.model), 0, self.edge)


SHAPES = {
    "small_cnn": Shape("small_cnn", 28, 64, 2048, 4),
    "resnet18_28": Shape("resnet18", 28, 32, 256),
    "resnet18_224": Shape("resnet18", 224, 16, 48),
    "vit": Shape("vit_tiny", 224, 16, 48),
}
ON_GPU = {
    "small_cnn": Shape("small_cnn", 28, 256, 16384, 5),
    "resnet18_28": Shape("resnet18", 28, 256, 16384, 4),
    "resnet18_224": Shape("resnet18", 224, 128, 2048, 5),
    "vit": Shape("vit_tiny", 224, 128, 2048, 5),
}


@contextmanager
def sides(folder: Path, _repetitions: Repetitions, *, shape: Shape, device: str) -> Iterator[Sides]:
    """Both train the same network on the same device; every round begins anew."""
    spec, numbers, dataset = shape.spec(device), count(), frozen(folder, shape.images + VAL, edge=shape.edge)
    if spec.threads:
        torch.set_num_threads(spec.threads)
    devices.retain_freed_memory()  # `fit` does, and so both sides have it in every round

    more = {"light": spec.replace({"augment": "light"})}
    if device == "cuda":
        more["compiled"] = spec.replace({"compile": "yes"})

    def take() -> Taken:
        began, number = time.perf_counter(), next(numbers)
        # next to the reference, which comes after us in even rounds: the machine's own pace changes within seconds
        order = [*more, ""] if number % 2 == 0 else ["", *more]
        runs = {name: trained(more.get(name, spec), dataset, folder, folder / f"{number}-{name}") for name in order}
        figure, waited = runs.pop("")
        beside = {name: each for name, (each, _) in runs.items()}
        return Taken(figure, time.perf_counter() - began, more={"data_wait_share": waited, **beside})

    yield Sides(ours=take, reference=lambda: reference(spec, shape))


def trained(spec: TrainSpec, dataset: Frozen, folder: Path, run: Path) -> tuple[float, float]:
    """Images per second of all epochs but the first, and the share of their time that waited for pixels.

    From an epoch's first step to its last, by the clock that both sides are measured with.
    """
    run.mkdir()
    clock, took, shown, waits = CLOCKS[spec.device], 0.0, 0, []
    for event in fit(spec, dataset[1], heads=dataset[0], folder=run, cache=folder / "cache"):
        if isinstance(event, Step) and event.epoch > 1:
            if event.step == 1:
                began = clock()
            elif event.step == event.steps:
                took, shown = took + clock() - began, shown + (event.steps - 1) * spec.batch_size
        elif isinstance(event, EpochDone) and event.epoch > 1:
            waits.append(event.metrics["data_wait_share"])
    return shown / took, sum(waits) / len(waits)


def reference(spec: TrainSpec, shape: Shape) -> Taken:
    """The bare loop."""
    began, device = time.perf_counter(), torch.device(spec.device)
    module = channels_last(entry(shape.model).build(1, 2, shape.size, spec.dropout).to(device))
    figure = images_per_second(
        module,
        shape=(shape.batch, 1, shape.size, shape.size),
        classes=2,
        batches=(shape.epochs - 1) * shape.images // shape.batch,
        kind=resolve_dtype(spec.precision, device),
        clock=CLOCKS[spec.device],
    )
    return Taken(figure, time.perf_counter() - began)


def frozen(folder: Path, number: int, *, edge: int) -> Frozen:
    """So many DICOM files made, imported, labelled and frozen; the last ones are for validation."""
    files = folder / "files"
    write_files(files, number, edge=edge)
    names = [path.name for path in sorted(files.iterdir())]
    lines = [f"{name},{'ab'[one % 2]},{'train' if one < number - VAL else 'val'}" for one, name in enumerate(names)]
    (folder / "data.csv").write_text("\n".join(["file,kind,split", *lines]) + "\n")
    settings = Settings(folder / "home", f"sqlite:///{folder / 'home' / 'catalogue.sqlite'}")
    db = open_home(settings)
    try:
        request = ImportRequest(files, metadata=folder / "data.csv", task="kind", label_column="kind")
        list(import_files.run(db, settings, request, by="benchmark", scrub=False))
        task = tasks.task_named(db, "kind").id
        made = snapshots.freeze(db, task, Recipe(split_fact="split"), name="all", by="benchmark")
        return training_examples.heads_of(db, made.id), training_examples.examples_of(db, settings, made.id)
    finally:
        db.close()


def no_gpu() -> str:
    """Why what needs a GPU is left out, '' where there is one."""
    return "" if torch.cuda.is_available() else "no GPU here"


def _benchmark(name: str, shape: Shape, device: str, missing: Callable[[], str] = lambda: "") -> Benchmark:
    return Benchmark(
        name=name,
        unit="images per CPU-second" if device == "cpu" else "images per second",
        goal=">=0.95",
        against=f"a bare PyTorch loop on made tensors already there, {shape.model} at {shape.size} px, "
        f"batches of {shape.batch}",
        sides=partial(sides, shape=shape, device=device),
        limits={"data_wait_share": WAITS},
        missing=missing,
    )


BENCHMARKS = {
    **{name: _benchmark(f"train_{name}", shape, "cpu") for name, shape in SHAPES.items()},
    **{f"{name}_gpu": _benchmark(f"train_{name}_gpu", shape, "cuda", no_gpu) for name, shape in ON_GPU.items()},
}
