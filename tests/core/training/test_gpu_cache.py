"""Pictures that lie on the device give the very batches that the file gives."""

import numpy as np
import pytest
import torch

from core.training import gpu_cache as residents
from core.training.gpu_cache import AT_ONCE, GpuPixelCache, copy_to_gpu, to_gpu_if_fits
from core.training.pixel_cache import PixelCache
from core.training.preprocess import Preprocess
from core.training.validation import to_model_input

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def cache_of(counts: list[int], *, several: bool) -> PixelCache:
    """So many pictures of each case."""
    pixels = np.random.default_rng(0).integers(0, 65536, (sum(counts), 1, 6, 6), np.uint16)
    return PixelCache(pixels, np.concatenate([[0], np.cumsum(counts)]), several, "name")


@pytest.mark.parametrize(
    ("counts", "several"), [([1] * 5, False), ([3, 1, 2, 2, 3], True), ([1] * (AT_ONCE + 3), False)]
)
def test_batches_from_the_device_are_those_from_the_file(counts, several):
    cache, prepare = cache_of(counts, several=several), Preprocess(8, [0.5], [0.25], CPU)
    rows = np.array([len(counts) - 1, 0, 2, 2])
    carried, filed = copy_to_gpu(cache, CPU).read(rows), cache.read(rows)
    assert isinstance(carried.pixels, torch.Tensor)
    assert np.array_equal(carried.pixels.numpy(), filed.pixels)
    assert (carried.present is None) == (filed.present is None) == (not several)
    torch.testing.assert_close(
        to_model_input(prepare, carried), to_model_input(prepare, filed), rtol=0, atol=0, equal_nan=True
    )


def test_only_a_gpu_with_room_takes_them(monkeypatch):
    cache = cache_of([1] * 4, several=False)
    assert to_gpu_if_fits(cache, CPU) == (cache, None)
    monkeypatch.setattr(residents, "copy_to_gpu", lambda cache, device: GpuPixelCache(cache, torch.zeros(1)))
    need = cache.pixels.nbytes
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (4 * need - 1, 9 * need))
    assert to_gpu_if_fits(cache, GPU) == (cache, None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (4 * need, 9 * need))
    result, message = to_gpu_if_fits(cache, GPU)
    assert isinstance(result, GpuPixelCache)
    assert message is not None
    assert message.text == "All images are cached in GPU memory (0 MB)."
