"""From stored uint16 to what a model sees, on the device: size, augmentation, normalisation."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from core.training.augmentation_ranges import LIGHT, AugmentationRanges
from core.training.devices import to_device_async
from core.training.intensity_augmentation import add_noise, apply_intensity, cutout, gaussian_blur
from core.training.spatial_augmentation import warp


@dataclass(frozen=True, slots=True)
class Preprocess:
    """A batch of uint16 to floats of the model's size on the device.

    (B, channels, stored, stored) to (B, channels, size, size), or cases of several planes (B, planes, channels,
    stored, stored) to (B, planes, channels, size, size).
    """

    size: int
    mean: Sequence[float]
    deviation: Sequence[float]
    device: torch.device
    amounts: AugmentationRanges = LIGHT

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
            prepared = cutout(prepared, self.amounts.cutout, chance)
        if present is not None:
            prepared = prepared.masked_fill(~to_device_async(present, self.device)[:, :, None, None, None], torch.nan)
        # not `contiguous`: one channel is that in any layout, and a convolution would take the slower one
        return prepared.to(memory_format=torch.channels_last) if prepared.ndim == 4 else prepared

    def _floats(self, pixels: Tensor) -> Tensor:
        return to_device_async(pixels, self.device).to(torch.float32) / 65535.0

    def _stretched(self, images: Tensor) -> Tensor:
        if images.shape[-1] == self.size:
            return images
        return F.interpolate(images, size=(self.size, self.size), mode="bilinear", align_corners=False)

    def _changed(self, images: Tensor, chance: torch.Generator) -> Tensor:
        """Places first, in one sampling that is the upsampling too; then light, as it would reach a detector."""
        amounts = self.amounts
        images = warp(images, self.size, amounts, chance) if amounts.is_spatial else self._stretched(images)
        if amounts.window:
            images = apply_intensity(images, amounts.window, chance)
        if amounts.blur:
            images = gaussian_blur(images, amounts.blur, chance)
        return add_noise(images, amounts.noise, chance) if amounts.noise else images

    def _normalised(self, planes: Tensor) -> Tensor:
        mean, deviation = to_device_async(torch.tensor([self.mean, self.deviation]), self.device)[
            :, :, None, None
        ].unbind()
        return (planes - mean) / deviation
