"""What changes in a training image without moving: window, sharpness, noise, a covered place, a second case."""

import numpy as np
import torch
from torch import Tensor

from core.training.augmentation_ranges import LEVEL
from core.training.devices import to_device_async


def apply_intensity(images: Tensor, window: float, chance: torch.Generator) -> Tensor:
    """Each case at its own window: width by up to `window` percent, level by up to 0.6 of that of white."""
    drawn = 2 * torch.rand(2, len(images), 1, 1, 1, generator=chance) - 1
    contrast, brightness = to_device_async(drawn, images.device).unbind()
    width, level = window / 100, LEVEL * window / 100
    return (images - 0.5) * (1 + width * contrast) + 0.5 + level * brightness


def gaussian_blur(images: Tensor, blur: float, chance: torch.Generator) -> Tensor:
    """Each case by its own Gaussian of up to `blur` pixels; at a border the kernel's part inside counts alone."""
    size = images.shape[-1]
    drawn = (torch.rand(len(images), generator=chance) * blur).clamp_min(1e-3)
    sigma = to_device_async(drawn, images.device)[:, None, None, None]
    places = torch.arange(size, device=images.device, dtype=images.dtype)
    apart = places[:, None] - places
    weights = torch.exp(-0.5 * (apart / sigma) ** 2)  # (B, 1, size, size)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    return weights @ images @ weights.transpose(-1, -2)


def add_noise(images: Tensor, noise: float, chance: torch.Generator) -> Tensor:
    """Gaussian noise of each case's own strength, up to `noise` percent of white.

    Each plane reads its own piece of one field drawn for the batch: normals are slow to draw on a CPU, and a GPU's
    own would make a seed mean something else there.
    """
    count, channels, size = *images.shape[:2], images.shape[-1]
    field = to_device_async(torch.randn(2 * size, 2 * size, generator=chance), images.device)
    strength = to_device_async(torch.rand(count, 1, 1, 1, generator=chance) * (noise / 100), images.device)
    starts = torch.randint(size + 1, (2, count, channels, 1), generator=chance) + torch.arange(size)
    rows, columns = to_device_async(starts, images.device).unbind()  # (B, C, size)
    return images + strength * field[rows[..., None], columns[..., None, :]]


def cutout(images: Tensor, cutout: float, chance: torch.Generator) -> Tensor:
    """A square of `cutout` percent of the edge, centred anywhere, is 0: the mean of what was normalised.

    (B, …, size, size); all planes of a case at the same place. DeVries and Taylor 2017.
    """
    size = images.shape[-1]
    half = max(1, round(size * cutout / 100)) / 2
    centres = to_device_async(torch.rand(len(images), 2, 1, generator=chance) * size, images.device)
    near = (torch.arange(size, device=images.device) + 0.5 - centres).abs() < half  # (B, 2, size)
    square = near[:, 0, :, None] & near[:, 1, None, :]
    return images.masked_fill(square.view(len(images), *[1] * (images.ndim - 3), size, size), 0.0)


def mixup(images: Tensor, targets: Tensor, chance: torch.Generator, alpha: float) -> tuple[Tensor, Tensor, Tensor]:
    """Each case blended with another of its batch: images, the others' targets, and each case's own share (B,).

    The share is drawn from Beta(alpha, alpha) for each case; the loss is share · loss(own) + (1 - share) · loss(other).
    A plane that either case lacks is absent. Alpha 0 changes nothing. Zhang et al. 2018.
    """
    count = len(images)
    if not alpha:
        return images, targets, torch.ones(count, device=images.device)
    others = to_device_async(torch.randperm(count, generator=chance), images.device)
    # torch has no Beta that takes a generator
    seed = int(torch.randint(2**31, (1,), generator=chance))
    drawn = np.random.default_rng(seed).beta(alpha, alpha, count).astype(np.float32)
    own = to_device_async(torch.from_numpy(drawn), images.device)
    share = own.view(count, *[1] * (images.ndim - 1))
    return share * images + (1 - share) * images[others], targets[others], own
