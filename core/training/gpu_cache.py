"""All pictures of a training on the GPU itself, where they fit: each is carried there once, not once an epoch."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core.training.devices import to_device_async
from core.training.events import Log
from core.training.pixel_cache import Batch, PixelCache, Rows

SHARE = 0.25  # of the memory that is free: the rest is the steps'
AT_ONCE = 1024  # pictures carried at a time


class BatchSource(Protocol):
    """Where batches come from."""

    def read(self, rows: Rows) -> Batch:
        """The pictures of those cases."""


@dataclass(frozen=True, slots=True)
class GpuPixelCache:
    """A cache whose pictures lie on the device, as int16: torch picks no rows of uint16 there."""

    cache: PixelCache
    pixels: Tensor

    def read(self, rows: Rows) -> Batch:
        """As the cache's own, the pixels on the device."""
        at, present = self.cache.places(rows)
        picked = self.pixels[to_device_async(torch.from_numpy(at), self.pixels.device)]
        return Batch(picked.view(torch.uint16), present)


def to_gpu_if_fits(cache: PixelCache, device: torch.device) -> tuple[BatchSource, Log | None]:
    """The cache, on the device if that is a GPU with room for it; and the sentence that says so."""
    if device.type != "cuda" or cache.pixels.nbytes > SHARE * torch.cuda.mem_get_info(device)[0]:
        return cache, None
    carried = copy_to_gpu(cache, device)
    return carried, Log(f"All pictures lie on the GPU: {cache.pixels.nbytes / 1e6:.0f} MB of its memory.")


def copy_to_gpu(cache: PixelCache, device: torch.device) -> GpuPixelCache:
    """Bring the pictures there, some at a time."""
    pixels = torch.empty(cache.pixels.shape, dtype=torch.int16, device=device)
    for start in range(0, len(pixels), AT_ONCE):
        some = np.ascontiguousarray(cache.pixels[start : start + AT_ONCE]).view(np.int16)
        pixels[start : start + AT_ONCE] = torch.from_numpy(some.copy())
    return GpuPixelCache(cache, pixels)
