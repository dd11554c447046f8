"""Spatial augmentation: one coordinate map per case, sampled on the CPU, applied by one grid_sample."""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from core.training.augmentation_ranges import AugmentationRanges
from core.training.devices import to_device_async

POINTS = 4  # intervals of the elastic grid along an edge


def warp(images: Tensor, size: int, amounts: AugmentationRanges, generator: torch.Generator) -> Tensor:
    """Warp (B, C, s, s) to (B, C, size, size), each case by its own sample; outside is black."""
    count = len(images)
    affine = to_device_async(sample_affine(count, generator, amounts), images.device)
    grid = F.affine_grid(affine, [count, images.shape[1], size, size], align_corners=False)
    if amounts.elastic:
        knots = to_device_async(sample_elastic_grid(count, generator, amounts.elastic), images.device)
        grid = grid + 2 * interpolate_bspline(knots, size).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def sample_affine(count: int, generator: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    """Return an affine map per case (count, 2, 3), from output to input coordinates, both in -1..1.

    Sampled on the CPU, so that a seed gives the same values on every device.
    """
    rotation, scale, dx, dy = (2 * torch.rand(4, count, generator=generator) - 1).unbind()
    angle, zoom = rotation * math.radians(amounts.rotation), 1 + scale * (amounts.scale / 100)
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    # coordinates span -1..1, so a shift by a fraction of the edge is twice that
    shift = 2 * (amounts.shift / 100)
    rows = [cosine, -sine, shift * dx, sine, cosine, shift * dy]
    affine = torch.stack(rows, dim=1).view(count, 2, 3)
    for step in (_sheared, _cropped, _flipped):
        affine = step(affine, generator, amounts)
    return affine


def sample_elastic_grid(count: int, generator: torch.Generator, elastic: float) -> Tensor:
    """Return displacements of a coarse grid, (count, 2, K, K) as fractions of the edge, at most `elastic` percent."""
    edge = POINTS + 3
    return (2 * torch.rand(count, 2, edge, edge, generator=generator) - 1) * (elastic / 100)


def interpolate_bspline(knots: Tensor, size: int) -> Tensor:
    """Interpolate displacements (B, 2, K, K) to (B, 2, size, size) by a uniform cubic B-spline.

    Its weights are positive and sum to 1, so no point moves further than the largest displacement; up to 10 % of the
    edge the map cannot fold. Elastic deformation: Simard et al. 2003; on a coarse grid: Ronneberger et al. 2015.
    """
    basis = to_device_async(_basis(size), knots.device)
    return basis @ knots @ basis.T


@lru_cache(maxsize=8)
def _basis(size: int) -> Tensor:
    """Return the weight of each of the K knots at each of `size` positions, (size, K)."""
    positions = (torch.arange(size, dtype=torch.float64) + 0.5) / size * POINTS
    first = positions.floor().clamp(max=POINTS - 1)
    t = positions - first
    weights = torch.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], dim=1) / 6
    columns = first.long()[:, None] + torch.arange(4)
    return torch.zeros(size, POINTS + 3, dtype=torch.float64).scatter_(1, columns, weights).float()


def _sheared(affine: Tensor, generator: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    if not amounts.shear:
        return affine
    slope = ((2 * torch.rand(2, len(affine), generator=generator) - 1) * math.radians(amounts.shear)).tan()
    x_slope, y_slope = slope.unbind()
    ones = torch.ones_like(x_slope)
    return _compose(
        affine, torch.stack([ones, x_slope, y_slope, ones], dim=1).view(-1, 2, 2), torch.zeros(len(affine), 2)
    )


def _cropped(affine: Tensor, generator: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    """Crop a random rectangle and resize it to the whole image."""
    if not amounts.crop:
        return affine
    cut_fraction, position = torch.rand(2, len(affine), 2, generator=generator).unbind()
    remaining = 1 - cut_fraction * (amounts.crop / 100)
    return _compose(affine, torch.diag_embed(remaining), (2 * position - 1) * (1 - remaining))


def _flipped(affine: Tensor, generator: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    if not amounts.axes:
        return affine
    signs = 1 - 2 * torch.randint(2, (len(affine), 2), generator=generator)
    signs[:, amounts.axes :] = 1
    return _compose(affine, torch.diag_embed(signs.float()), torch.zeros(len(affine), 2))


def _compose(affine: Tensor, linear: Tensor, shift: Tensor) -> Tensor:
    """Return the map that applies `linear` and `shift` first, then `affine`."""
    matrix, translation = affine[:, :, :2], affine[:, :, 2:]
    return torch.cat([matrix @ linear, matrix @ shift[:, :, None] + translation], dim=2)
