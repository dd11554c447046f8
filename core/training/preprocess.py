"""Preprocessing on the device, from stored uint16 to the model's input: size, augmentation, normalisation."""

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
    """Preprocessing of a batch of uint16 to floats of the model's size on the device.

    (B, channels, stored, stored) to (B, channels, size, size), or cases of several images (B, V, channels, stored,
    stored) to (B, V, channels, size, size).
    """

    size: int
    mean: Sequence[float]
    deviation: Sequence[float]
    device: torch.device
    amounts: AugmentationRanges = LIGHT

    def __call__(
        self, pixels: Tensor, present: Tensor | None = None, *, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the model's input, augmented with `generator`, unchanged without it.

        All images of a case are augmented alike. `present` (B, V) marks the present images: the others become NaN, so
        that no network can mistake an absent image for a black one.
        """
        images = self._floats(pixels.flatten(1, -3))  # (B, planes · channels, stored, stored)
        images = self._resized(images) if generator is None else self._augmented(images, generator)
        prepared = self._normalised(images.reshape(*pixels.shape[:-2], self.size, self.size))
        if generator is not None and self.amounts.cutout:
            prepared = cutout(prepared, self.amounts.cutout, generator)
        if present is not None:
            prepared = prepared.masked_fill(~to_device_async(present, self.device)[:, :, None, None, None], torch.nan)
        # not `contiguous`: with one channel it is contiguous in any layout, and the slower one would be used
        return prepared.to(memory_format=torch.channels_last) if prepared.ndim == 4 else prepared

    def _floats(self, pixels: Tensor) -> Tensor:
        return to_device_async(pixels, self.device).to(torch.float32) / 65535.0

    def _resized(self, images: Tensor) -> Tensor:
        if images.shape[-1] == self.size:
            return images
        return F.interpolate(images, size=(self.size, self.size), mode="bilinear", align_corners=False)

    def _augmented(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Apply the spatial transform, which also resizes, then intensity changes as they would reach a detector."""
        amounts = self.amounts
        images = warp(images, self.size, amounts, generator) if amounts.is_spatial else self._resized(images)
        if amounts.window:
            images = apply_intensity(images, amounts.window, generator)
        if amounts.blur:
            images = gaussian_blur(images, amounts.blur, generator)
        return add_noise(images, amounts.noise, generator) if amounts.noise else images

    def _normalised(self, planes: Tensor) -> Tensor:
        mean, deviation = to_device_async(torch.tensor([self.mean, self.deviation]), self.device)[
            :, :, None, None
        ].unbind()
        return (planes - mean) / deviation
