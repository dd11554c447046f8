"""Models that know where to look: one class has a bright blob, at a known place."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from core.imaging.voi_lut import format_of_unsigned
from core.inference import LoadedModel, load
from core.models.heads import single_head
from core.training.examples import Example
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.core.training.textures import example_of


@dataclass(frozen=True)
class Explained:
    """A trained model, its images, and the blob's centre (row, column) of each as shares of the edges."""

    model: LoadedModel
    examples: list[Example]
    centres: list[tuple[float, float] | None]


def blobs(folder, *, size=32, count=240):
    chance, path, examples, centres = np.random.default_rng(0), folder / "blobs.raw", [], []
    rows, columns = np.indices((size, size))
    with path.open("wb") as file:
        for number in range(count):
            image, centre = chance.normal(100, 15, (size, size)), None
            row, column = chance.integers(6, size - 6, 2)
            if number % 2:
                image += 120 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8)
                centre = ((row + 0.5) / size, (column + 0.5) / size)
            samples, form = format_of_unsigned(np.clip(image, 0, 255).astype(np.uint8)[None], bits=8, decoder="made")
            split = "test" if number >= count - 40 else "val" if number >= count - 80 else "train"
            examples.append(example_of(str(number), path, file.tell(), form, number % 2, split))
            centres.append(centre)
            file.write(samples.tobytes())
    return examples, centres


def trained_on_blobs(folder, name, *, epochs):
    examples, centres = blobs(folder)
    spec = TrainSpec(model=name, epochs=epochs, batch_size=16, learning_rate=0.002, augment="none")
    list(fit(spec, examples, heads=[single_head(("nothing", "blob"))], folder=folder / name, cache=folder / "cache"))
    return Explained(load(folder / name), examples, centres)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    return trained_on_blobs(tmp_path_factory.mktemp("small"), "small_cnn", epochs=3)


@pytest.fixture(scope="session")
def attending(tmp_path_factory):
    return trained_on_blobs(tmp_path_factory.mktemp("attending"), "cnn_attention", epochs=4)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory):
    """Any model of the table with chance weights: by name."""
    folder = tmp_path_factory.mktemp("untrained")
    example = blobs(folder, count=82)[0][0]

    def build(name):
        from core.models import MODELS, input_size
        from core.training.checkpoint import Manifest, versions

        size = input_size(MODELS[name], 0, 32)
        torch.manual_seed(0)
        module = MODELS[name].build(1, 2, size, 0.0).eval()
        manifest = Manifest(
            model=name,
            heads=(single_head(("nothing", "blob")),),
            channels=1,
            size=size,
            stored=32,
            mean=(0.4,),
            deviation=(0.1,),
            spec=TrainSpec(model=name),
            seed=0,
            device="cpu",
            facts={},
            versions=versions(),
        )
        return LoadedModel(module, manifest, torch.device("cpu")), example

    return build
