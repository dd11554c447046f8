"""Cache of all training images in GPU memory, where they fit, so that each is transferred only once."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core.training.devices import to_device_async
from core.training.events import Log
from core.training.pixel_cache import Batch, PixelCache, Rows

SHARE = 0.25  # of the free memory; the rest is for the steps
AT_ONCE = 1024  # images copied at a time


class BatchSource(Protocol):
    """Source of batches."""

    def read(self, rows: Rows) -> Batch:
        """Return the images of these cases."""


@dataclass(frozen=True, slots=True)
class GpuPixelCache:
    """A cache with pixels on the GPU, as int16, because torch cannot index uint16 there."""

    cache: PixelCache
    pixels: Tensor

    def read(self, rows: Rows) -> Batch:
        """Return the images of these cases, on the device."""
        indices, present = self.cache.places(rows)
        picked = self.pixels[to_device_async(torch.from_numpy(indices), self.pixels.device)]
        return Batch(picked.view(torch.uint16), present)


def to_gpu_if_fits(cache: PixelCache, device: torch.device) -> tuple[BatchSource, Log | None]:
    """Return the cache, on the GPU if it fits, and the log line about it."""
    if device.type != "cuda" or cache.pixels.nbytes > SHARE * torch.cuda.mem_get_info(device)[0]:
        return cache, None
    on_gpu = copy_to_gpu(cache, device)
    return on_gpu, Log(f"All images are cached in GPU memory ({cache.pixels.nbytes / 1e6:.0f} MB).")


def copy_to_gpu(cache: PixelCache, device: torch.device) -> GpuPixelCache:
    """Copy the images to the GPU in chunks."""
    pixels = torch.empty(cache.pixels.shape, dtype=torch.int16, device=device)
    for start in range(0, len(pixels), AT_ONCE):
        chunk = np.ascontiguousarray(cache.pixels[start : start + AT_ONCE]).view(np.int16)
        pixels[start : start + AT_ONCE] = torch.from_numpy(chunk.copy())
    return GpuPixelCache(cache, pixels)
