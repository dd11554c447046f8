"""Intensity augmentation: window, blur, noise, cutout and mixup."""

import numpy as np
import torch
from torch import Tensor

from core.training.augmentation_ranges import LEVEL
from core.training.devices import to_device_async


def apply_intensity(images: Tensor, window: float, generator: torch.Generator) -> Tensor:
    """Change each case's window: width by up to `window` percent, level by up to 0.6 of that, relative to white."""
    samples = 2 * torch.rand(2, len(images), 1, 1, 1, generator=generator) - 1
    contrast, brightness = to_device_async(samples, images.device).unbind()
    width, level = window / 100, LEVEL * window / 100
    return (images - 0.5) * (1 + width * contrast) + 0.5 + level * brightness


def gaussian_blur(images: Tensor, blur: float, generator: torch.Generator) -> Tensor:
    """Blur each case by a Gaussian of up to `blur` pixels, renormalised at the border."""
    size = images.shape[-1]
    samples = (torch.rand(len(images), generator=generator) * blur).clamp_min(1e-3)
    sigma = to_device_async(samples, images.device)[:, None, None, None]
    positions = torch.arange(size, device=images.device, dtype=images.dtype)
    distance = positions[:, None] - positions
    weights = torch.exp(-0.5 * (distance / sigma) ** 2)  # (B, 1, size, size)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    return weights @ images @ weights.transpose(-1, -2)


def add_noise(images: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Add Gaussian noise of a random strength per case, up to `noise` percent of white.

    Each channel reads a random part of one noise field per batch: normal samples are slow on a CPU, and a GPU's own
    generator would give other values for the same seed.
    """
    count, channels, size = *images.shape[:2], images.shape[-1]
    noise_field = to_device_async(torch.randn(2 * size, 2 * size, generator=generator), images.device)
    strength = to_device_async(torch.rand(count, 1, 1, 1, generator=generator) * (noise / 100), images.device)
    starts = torch.randint(size + 1, (2, count, channels, 1), generator=generator) + torch.arange(size)
    rows, columns = to_device_async(starts, images.device).unbind()  # (B, C, size)
    return images + strength * noise_field[rows[..., None], columns[..., None, :]]


def cutout(images: Tensor, cutout: float, generator: torch.Generator) -> Tensor:
    """Set a square of `cutout` percent of the edge, at a random position, to 0, the mean after normalisation.

    (B, …, size, size); the same position in all planes of a case. DeVries and Taylor 2017.
    """
    size = images.shape[-1]
    half = max(1, round(size * cutout / 100)) / 2
    centres = to_device_async(torch.rand(len(images), 2, 1, generator=generator) * size, images.device)
    is_inside = (torch.arange(size, device=images.device) + 0.5 - centres).abs() < half  # (B, 2, size)
    square = is_inside[:, 0, :, None] & is_inside[:, 1, None, :]
    return images.masked_fill(square.view(len(images), *[1] * (images.ndim - 3), size, size), 0.0)


def mixup(images: Tensor, targets: Tensor, generator: torch.Generator, alpha: float) -> tuple[Tensor, Tensor, Tensor]:
    """Blend each case with another of its batch.

    Return images, the other targets, and the weight of the case itself (B,).

    The weight λ is drawn from Beta(alpha, alpha) per case; the loss is λ · loss(own) + (1 - λ) · loss(other). An image
    that either case lacks is absent. Alpha 0 changes nothing. Zhang et al. 2018.
    """
    count = len(images)
    if not alpha:
        return images, targets, torch.ones(count, device=images.device)
    permutation = to_device_async(torch.randperm(count, generator=generator), images.device)
    # torch's Beta distribution does not accept a generator
    seed = int(torch.randint(2**31, (1,), generator=generator))
    samples = np.random.default_rng(seed).beta(alpha, alpha, count).astype(np.float32)
    mixup_lambda = to_device_async(torch.from_numpy(samples), images.device)
    blend = mixup_lambda.view(count, *[1] * (images.ndim - 1))
    return blend * images + (1 - blend) * images[permutation], targets[permutation], mixup_lambda
