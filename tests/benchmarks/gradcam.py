"""Grad-CAM of a batch as a set of cases gets it: images per second, up to maps of the images' size.

Against the forward pass that it cannot do without, and against the grad-cam package. On a processor seconds are those
of the CPU, of one thread.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from core.explain.methods import gradcam_batch
from core.models import entry
from core.training.compilation import channels_last
from tests.benchmarks.measure import Benchmark, Repetitions, Sides, Taken
from tests.benchmarks.references import gradcam_package
from tests.benchmarks.references.forward import answer

MODEL, EDGE, BATCH, BATCHES = "resnet18", 224, 16, 3
Act = Callable[[nn.Module, nn.Module, Tensor], object]


def ours(module: nn.Module, layer: nn.Module, images: Tensor) -> Tensor:
    """Of the class that each image is called."""
    return gradcam_batch.gradcam(module, layer, images, lambda logits: logits.max(dim=1).values)


def alone(module: nn.Module, _layer: nn.Module, images: Tensor) -> Tensor:
    """The forward pass."""
    return answer(module, images)


@contextmanager
def sides(_folder: Path, _repetitions: Repetitions, *, reference: Act, edge: int = EDGE) -> Iterator[Sides]:
    """Both on the same network and images."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    module = channels_last(entry(MODEL).build(1, 2, edge, 0.0).eval())
    images = torch.randn(BATCH, 1, edge, edge).to(memory_format=torch.channels_last)
    layer = entry(MODEL).target_layer(module)
    yield Sides(
        ours=lambda: taken(ours, module, layer, images), reference=lambda: taken(reference, module, layer, images)
    )


def taken(act: Act, module: nn.Module, layer: nn.Module, images: Tensor) -> Taken:
    """Images per CPU-second of some batches, after one that is not counted."""
    act(module, layer, images)
    began, started = time.perf_counter(), time.process_time()
    for _ in range(BATCHES):
        act(module, layer, images)
    return Taken(BATCHES * len(images) / (time.process_time() - started), time.perf_counter() - began)


WHAT = f"{MODEL} at {EDGE} px, batches of {BATCH}"
BENCHMARKS = {
    "forward": Benchmark(
        name="gradcam_forward",
        unit="images per CPU-second",
        goal=">=0.85",
        against=f"the forward pass alone, {WHAT}",
        sides=partial(sides, reference=alone),
    ),
    "package": Benchmark(
        name="gradcam_package",
        unit="images per CPU-second",
        goal=">=2.3",
        against=f"the grad-cam package, {WHAT}",
        sides=partial(sides, reference=gradcam_package.maps),
    ),
}
