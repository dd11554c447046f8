"""What is different on a GPU, on a real one: half of the bits, pictures lying there, memory running out, compiling.

Where there is none, the parts are tested on a processor elsewhere, and these are left out by name.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.inference import load, predict
from core.models import entry
from core.models.heads import single_head
from core.training.checkpoint import read_weights
from core.training.compilation import COMPILED, channels_last, choose_compiled
from core.training.events import EpochDone, Log
from core.training.gpu_cache import GpuPixelCache, to_gpu_if_fits
from core.training.loop import fit
from core.training.pixel_cache import PixelCache
from core.training.spec import TrainSpec
from tests.core.training.textures import CLASSES, textures

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: its parts are tested on a processor"),
]
SPEC = TrainSpec(epochs=3, batch_size=8, learning_rate=0.003, device="cuda")
GPU = torch.device("cuda")


def trained(tmp_path, spec, name, *, size=28):
    """Events of a training, its weights in a folder of that name."""
    examples = textures(tmp_path, size=size)
    return examples, list(
        fit(spec, examples, heads=[single_head(CLASSES[:2])], folder=tmp_path / name, cache=tmp_path / "cache")
    )


@pytest.fixture
def most():
    """Sets how many bytes of the card this process may have, until the test's end."""
    total = torch.cuda.get_device_properties(GPU).total_memory
    yield lambda free: torch.cuda.set_per_process_memory_fraction(free / total, GPU)
    torch.cuda.set_per_process_memory_fraction(1.0, GPU)


@pytest.mark.parametrize("precision", ["auto", "float32", "fp16"])
def test_it_learns_what_a_processor_learns(tmp_path, precision):
    examples, _ = trained(tmp_path, replace(SPEC, device="cpu", precision="float32"), "cpu")
    _, events = trained(tmp_path, replace(SPEC, precision=precision), "gpu")
    done = [one for one in events if isinstance(one, EpochDone)]
    assert done[-1].metrics["val_auroc"] > 0.95
    judged = {name: dict(predict(load(tmp_path / name, "last"), examples)) for name in ("cpu", "gpu")}
    apart = [abs(one[1] - judged["cpu"][key][1]) for key, one in judged["gpu"].items()]
    assert np.median(apart) < 0.1


def test_one_network_answers_alike_in_half_of_the_bits_and_in_all(tmp_path):
    examples, _ = trained(tmp_path, SPEC, "run")
    on = {device: dict(predict(load(tmp_path / "run", device=device), examples)) for device in ("cpu", "cuda")}
    assert all(on["cuda"][key] == pytest.approx(one, abs=0.03) for key, one in on["cpu"].items())


def test_pictures_lie_on_the_gpu_where_they_fit(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 65536, (40, 1, 32, 32), np.uint16)
    cache, rows = PixelCache(pixels, np.arange(41), False, "name"), np.array([39, 3, 3, 0])
    result, message = to_gpu_if_fits(cache, GPU)
    assert isinstance(result, GpuPixelCache)
    assert message is not None
    assert np.array_equal(result.read(rows).pixels.cpu().numpy(), pixels[rows])
    spec = replace(SPEC, epochs=1, precision="float32", augment="none")
    _, events = trained(tmp_path, spec, "there")
    assert any("are cached in GPU memory" in one.text for one in events if isinstance(one, Log))
    monkeypatch.setattr("core.training.gpu_cache.SHARE", 0.0)
    _, events = trained(tmp_path, spec, "fetched")
    assert not any("are cached in GPU memory" in one.text for one in events if isinstance(one, Log))
    present, fetched = (read_weights(tmp_path / name / "last.safetensors")[0] for name in ("there", "fetched"))
    for name, item in present.items():
        torch.testing.assert_close(item, fetched[name], atol=1e-3, rtol=1e-2)


def test_a_batch_too_large_for_the_memory_is_cut(tmp_path, most):
    spec = replace(SPEC, model="resnet18", image_size=512, batch_size=32, epochs=1, augment="none")
    most(1200 * 2**20)
    _, events = trained(tmp_path, spec, "run", size=64)
    message = [one.text for one in events if isinstance(one, Log)]
    assert any(
        "Not enough GPU memory for 32 images at once: continuing with 2 micro-batches of 16" in line for line in message
    )
    assert any(isinstance(one, EpochDone) for one in events)


def test_compiled_steps_give_the_same_answers():
    torch.manual_seed(0)
    module = channels_last(entry("resnet18").build(1, 2, 64, 0.0).to(GPU))
    images = torch.randn(8, 1, 64, 64, device=GPU)
    result = choose_compiled(module, TrainSpec(compile="yes"), images, 1)
    assert result.mode == COMPILED, result.message
    torch.testing.assert_close(result.call(images), module(images), atol=1e-2, rtol=1e-2)
