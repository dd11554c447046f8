"""From stored uint16 to what a model sees, on the device: size, light augmentation, normalisation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

TURN = math.radians(8.0)
SHIFT = 0.06  # of the edge, each way
SCALE = 0.08
BRIGHTNESS = 0.06  # of white
CONTRAST = 0.10


@dataclass(frozen=True, slots=True)
class Prepare:
    """A batch of uint16 to floats of the model's size on the device.

    (B, channels, stored, stored) to (B, channels, size, size), or cases of several planes (B, planes, channels,
    stored, stored) to (B, planes, channels, size, size).
    """

    size: int
    mean: Sequence[float]
    deviation: Sequence[float]
    device: torch.device

    def __call__(
        self, pixels: Tensor, present: Tensor | None = None, *, chance: torch.Generator | None = None
    ) -> Tensor:
        """With `chance` each case is turned, shifted, scaled and lit a little by its own draw; never flipped.

        All planes of a case are moved and lit alike. `present` (B, planes) says which planes there are: the others
        become NaN, so that no network can take an absent plane for a black one.
        """
        count, size = pixels.shape[0], self.size
        images = self._floats(pixels.flatten(1, -3))  # (B, planes · channels, stored, stored)
        images = self._stretched(images) if chance is None else lit(self._moved(images, chance), chance)
        planes = images.reshape(count, *pixels.shape[1:-2], size, size)
        mean, deviation = (
            torch.tensor(each, device=self.device)[:, None, None] for each in (self.mean, self.deviation)
        )
        prepared = (planes - mean) / deviation
        if present is not None:
            prepared = prepared.masked_fill(~present.to(self.device)[:, :, None, None, None], torch.nan)
        as_rows = self.device.type == "cuda" and prepared.ndim == 4
        return prepared.contiguous(memory_format=torch.channels_last) if as_rows else prepared

    def _floats(self, pixels: Tensor) -> Tensor:
        source = pixels.pin_memory() if self.device.type == "cuda" else pixels
        return source.to(self.device, non_blocking=True).to(torch.float32) / 65535.0

    def _stretched(self, images: Tensor) -> Tensor:
        if images.shape[-1] == self.size:
            return images
        return F.interpolate(images, size=(self.size, self.size), mode="bilinear", align_corners=False)

    def _moved(self, images: Tensor, chance: torch.Generator) -> Tensor:
        """One grid_sample does the upsampling and the movement."""
        count, channels = images.shape[:2]
        moves = draw_moves(count, chance).to(self.device)  # (B, 2, 3)
        grid = F.affine_grid(moves, [count, channels, self.size, self.size], align_corners=False)
        return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def draw_moves(count: int, chance: torch.Generator) -> Tensor:
    """An affine map per image, (count, 2, 3). Drawn on the CPU, so that a seed means the same on every device."""
    turn, scale, across, down = (2 * torch.rand(4, count, generator=chance) - 1).unbind()
    angle, zoom = turn * TURN, 1 + scale * SCALE
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    # the grid spans -1..1, so a shift of the edge's share is twice that
    rows = [cosine, -sine, 2 * SHIFT * across, sine, cosine, 2 * SHIFT * down]
    return torch.stack(rows, dim=1).view(count, 2, 3)


def lit(images: Tensor, chance: torch.Generator) -> Tensor:
    """Each image at its own contrast and brightness."""
    contrast, brightness = (2 * torch.rand(2, len(images), 1, 1, 1, generator=chance) - 1).to(images.device).unbind()
    return (images - 0.5) * (1 + CONTRAST * contrast) + 0.5 + BRIGHTNESS * brightness
