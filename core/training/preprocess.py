"""From stored uint16 to what a model sees, on the device: size, augmentation, normalisation."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from core.training.augmentation_ranges import LIGHT, Amounts
from core.training.devices import carried
from core.training.intensity_augmentation import blurred, covered, lit, noisy
from core.training.spatial_augmentation import moved


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
    amounts: Amounts = LIGHT

    def __call__(
        self, pixels: Tensor, present: Tensor | None = None, *, chance: torch.Generator | None = None
    ) -> Tensor:
        """With `chance` each case is changed by its own draw of what `amounts` allows; without it nothing is.

        All planes of a case are changed alike. `present` (B, planes) says which planes there are: the others
        become NaN, so that no network can take an absent plane for a black one.
        """
        images = self._floats(pixels.flatten(1, -3))  # (B, planes · channels, stored, stored)
        images = self._stretched(images) if chance is None else self._changed(images, chance)
        prepared = self._normalised(images.reshape(*pixels.shape[:-2], self.size, self.size))
        if chance is not None and self.amounts.cutout:
            prepared = covered(prepared, self.amounts.cutout, chance)
        if present is not None:
            prepared = prepared.masked_fill(~carried(present, self.device)[:, :, None, None, None], torch.nan)
        # not `contiguous`: one channel is that in any layout, and a convolution would take the slower one
        return prepared.to(memory_format=torch.channels_last) if prepared.ndim == 4 else prepared

    def _floats(self, pixels: Tensor) -> Tensor:
        return carried(pixels, self.device).to(torch.float32) / 65535.0

    def _stretched(self, images: Tensor) -> Tensor:
        if images.shape[-1] == self.size:
            return images
        return F.interpolate(images, size=(self.size, self.size), mode="bilinear", align_corners=False)

    def _changed(self, images: Tensor, chance: torch.Generator) -> Tensor:
        """Places first, in one sampling that is the upsampling too; then light, as it would reach a detector."""
        amounts = self.amounts
        images = moved(images, self.size, amounts, chance) if amounts.moves else self._stretched(images)
        if amounts.window:
            images = lit(images, amounts.window, chance)
        if amounts.blur:
            images = blurred(images, amounts.blur, chance)
        return noisy(images, amounts.noise, chance) if amounts.noise else images

    def _normalised(self, planes: Tensor) -> Tensor:
        mean, deviation = carried(torch.tensor([self.mean, self.deviation]), self.device)[:, :, None, None].unbind()
        return (planes - mean) / deviation
