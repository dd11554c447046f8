"""What moves in a training image: one map of places per case, all chance drawn on the CPU, one grid_sample."""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from core.training.augmentation_ranges import AugmentationRanges
from core.training.devices import to_device_async

POINTS = 4  # intervals of the elastic grid along an edge


def warp(images: Tensor, size: int, amounts: AugmentationRanges, chance: torch.Generator) -> Tensor:
    """(B, C, s, s) to (B, C, size, size), each case by its own draw; what comes from outside is black."""
    count = len(images)
    moves = to_device_async(sample_affine(count, chance, amounts), images.device)
    grid = F.affine_grid(moves, [count, images.shape[1], size, size], align_corners=False)
    if amounts.elastic:
        knots = to_device_async(sample_elastic_grid(count, chance, amounts.elastic), images.device)
        grid = grid + 2 * interpolate_bspline(knots, size).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def sample_affine(count: int, chance: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    """An affine map per case, (count, 2, 3), from places of the result to places of the image, both in -1..1.

    Drawn on the CPU, so that a seed means the same on every device.
    """
    turn, scale, across, down = (2 * torch.rand(4, count, generator=chance) - 1).unbind()
    angle, zoom = turn * math.radians(amounts.rotation), 1 + scale * (amounts.scale / 100)
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    # places span -1..1, so a shift of the edge's share is twice that
    shift = 2 * (amounts.shift / 100)
    rows = [cosine, -sine, shift * across, sine, cosine, shift * down]
    moves = torch.stack(rows, dim=1).view(count, 2, 3)
    for draw in (_sheared, _cropped, _flipped):
        moves = draw(moves, chance, amounts)
    return moves


def sample_elastic_grid(count: int, chance: torch.Generator, elastic: float) -> Tensor:
    """Pulls of a coarse grid, (count, 2, K, K) in shares of the edge, at most `elastic` percent."""
    edge = POINTS + 3
    return (2 * torch.rand(count, 2, edge, edge, generator=chance) - 1) * (elastic / 100)


def interpolate_bspline(knots: Tensor, size: int) -> Tensor:
    """The smooth field through the pulls, (B, 2, K, K) to (B, 2, size, size): a uniform cubic B-spline.

    Its weights are positive and sum to 1, so no place moves further than the strongest pull; up to 10 % of the edge
    the map cannot fold over itself. Elastic deformation: Simard et al. 2003; on a coarse grid: Ronneberger et al. 2015.
    """
    basis = to_device_async(_basis(size), knots.device)
    return basis @ knots @ basis.T


@lru_cache(maxsize=8)
def _basis(size: int) -> Tensor:
    """The share of each of the K knots at each of `size` places, (size, K)."""
    places = (torch.arange(size, dtype=torch.float64) + 0.5) / size * POINTS
    first = places.floor().clamp(max=POINTS - 1)
    t = places - first
    shares = torch.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], dim=1) / 6
    columns = first.long()[:, None] + torch.arange(4)
    return torch.zeros(size, POINTS + 3, dtype=torch.float64).scatter_(1, columns, shares).float()


def _sheared(moves: Tensor, chance: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    if not amounts.shear:
        return moves
    lean = ((2 * torch.rand(2, len(moves), generator=chance) - 1) * math.radians(amounts.shear)).tan()
    across, down = lean.unbind()
    one = torch.ones_like(across)
    return _compose(moves, torch.stack([one, across, down, one], dim=1).view(-1, 2, 2), torch.zeros(len(moves), 2))


def _cropped(moves: Tensor, chance: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    """A part of the picture, at its own width, height and place, stretched to the whole."""
    if not amounts.crop:
        return moves
    cut, place = torch.rand(2, len(moves), 2, generator=chance).unbind()
    kept = 1 - cut * (amounts.crop / 100)
    return _compose(moves, torch.diag_embed(kept), (2 * place - 1) * (1 - kept))


def _flipped(moves: Tensor, chance: torch.Generator, amounts: AugmentationRanges) -> Tensor:
    if not amounts.axes:
        return moves
    sides = 1 - 2 * torch.randint(2, (len(moves), 2), generator=chance)
    sides[:, amounts.axes :] = 1
    return _compose(moves, torch.diag_embed(sides.float()), torch.zeros(len(moves), 2))


def _compose(moves: Tensor, linear: Tensor, shift: Tensor) -> Tensor:
    """First `linear` and `shift`, then what was there."""
    first, there = moves[:, :, :2], moves[:, :, 2:]
    return torch.cat([first @ linear, first @ shift[:, :, None] + there], dim=2)
